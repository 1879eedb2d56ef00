"""IHE-60, IHE-61: an image's identity is Patient ID and issuer, named by the image or configured, never guessed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydicom import Dataset

from adapters.dicom.attributes import read_header
from adapters.dicom.identity import Origin
from mpi.domain.commands import Field, NhsNumber
from mpi.domain.identifiers import NHS_OID, Identifier
from mpi.domain.network import Archive
from mpi.errors import Fault, Refused
from mpi.networks import load_network
from tests.unit.dicom.dicom_builders import FROM_ARCHIVE, FROM_BOLTON, header, sent, sequence

NETWORK = load_network("greater-manchester")
BOLTON_OID = NETWORK.authority_by_id["BOLTON"].oid
ALPHA = Identifier("BOLTON", "0001027")


def patient(dataset: Dataset, origin: Origin = FROM_ARCHIVE) -> Identifier:
    return read_header(sent(dataset), NETWORK, origin).study.patient


def refusal(dataset: Dataset, origin: Origin = FROM_ARCHIVE) -> tuple[Fault, str]:
    with pytest.raises(Refused) as refused:
        read_header(sent(dataset), NETWORK, origin)
    return refused.value.fault, refused.value.location


def test_ihe_60_the_issuer_in_the_image_names_the_authority() -> None:
    assert patient(header()) == ALPHA
    assert patient(header(IssuerOfPatientID="RM3")) == Identifier("SALFORD", "0001027")


def test_ihe_60_a_patient_id_longer_than_its_vr_allows_is_no_identity() -> None:
    """LO holds 64 characters (PS3.5 6.2): longer, somebody's data stands in the wrong place."""
    longest = "9" * 64
    assert patient(header(PatientID=longest)).value == longest
    assert refusal(header(PatientID=longest + "9")) == (Fault.BAD_VALUE, "(0010,0020)")
    with pytest.raises(Refused, match=r"\(0010,0020\) is longer than 64 characters"):
        patient(header(PatientID="9" * 90))
    others = sequence({"PatientID": "9" * 65, "IssuerOfPatientID": "RM3"})
    told = read_header(sent(header(OtherPatientIDsSequence=others)), NETWORK, FROM_ARCHIVE)
    assert (told.others, len(told.remarks)) == ((), 1)


def test_ihe_60_the_issuer_may_be_a_universal_id() -> None:
    qualifiers = sequence({"UniversalEntityID": BOLTON_OID, "UniversalEntityIDType": "ISO"})
    assert patient(header(IssuerOfPatientID=None, IssuerOfPatientIDQualifiersSequence=qualifiers)) == ALPHA
    assert patient(header(IssuerOfPatientIDQualifiersSequence=qualifiers)) == ALPHA
    namespace = sequence({"LocalNamespaceEntityID": "RMC"})
    assert patient(header(IssuerOfPatientID=None, IssuerOfPatientIDQualifiersSequence=namespace)) == ALPHA


def test_ihe_60_names_of_the_issuer_that_disagree_are_refused() -> None:
    qualifiers = sequence({"UniversalEntityID": BOLTON_OID, "UniversalEntityIDType": "ISO"})
    dataset = header(IssuerOfPatientID="RM3", IssuerOfPatientIDQualifiersSequence=qualifiers)
    assert refusal(dataset) == (Fault.UNKNOWN_AUTHORITY, "(0010,0024)")
    wrong = sequence({"UniversalEntityID": BOLTON_OID, "UniversalEntityIDType": "DNS"})
    place = "(0010,0024)[1](0040,0033)"
    assert refusal(header(IssuerOfPatientIDQualifiersSequence=wrong)) == (Fault.UNKNOWN_AUTHORITY, place)


def test_ihe_60_only_without_an_issuer_the_ae_title_speaks() -> None:
    assert patient(header(IssuerOfPatientID=None), FROM_BOLTON) == ALPHA
    assert patient(header(IssuerOfPatientID="RM3"), FROM_BOLTON).authority == "SALFORD"
    assert patient(header(IssuerOfPatientID="  "), FROM_BOLTON) == ALPHA


def test_ihe_60_an_issuer_that_nobody_knows_is_never_replaced_by_the_ae_title() -> None:
    assert refusal(header(IssuerOfPatientID="NOWHERE"), FROM_BOLTON) == (Fault.UNKNOWN_AUTHORITY, "(0010,0021)")


@pytest.mark.parametrize(
    ("origin", "fault"), [(FROM_ARCHIVE, Fault.UNKNOWN_AUTHORITY), (Origin("gm-vna"), Fault.MISSING_FIELD)]
)
def test_ihe_60_no_issuer_and_an_unmapped_source_is_refused(origin: Origin, fault: Fault) -> None:
    assert refusal(header(IssuerOfPatientID=None), origin) == (fault, "(0010,0021)")


@pytest.mark.parametrize("empty", [None, "", "   "])
def test_an_empty_patient_id_is_refused(empty: str | None) -> None:
    assert refusal(header(PatientID=empty)) == (Fault.MISSING_FIELD, "(0010,0020)")


def test_several_patient_ids_are_none() -> None:
    assert refusal(header(PatientID="1\\2")) == (Fault.BAD_VALUE, "(0010,0020)")


def test_an_nhs_number_as_patient_id_is_refused() -> None:
    assert refusal(header(PatientID="9990000018", IssuerOfPatientID="NHS")) == (Fault.BAD_VALUE, "(0010,0020)")


def test_an_archive_may_have_names_of_its_own() -> None:
    own = replace(NETWORK, archives=(Archive("old", "Old", "RM3", {"LOCAL": "SALFORD"}, {}),))
    found = read_header(sent(header(IssuerOfPatientID="LOCAL")), own, Origin("old", "ANY"))
    assert found.study.patient.authority == "SALFORD"


def test_ihe_61_other_ids_have_issuers_and_the_nhs_number_is_one_of_them() -> None:
    others = sequence(
        {"PatientID": "C99812", "IssuerOfPatientID": "RBV", "TypeOfPatientID": "TEXT"},
        {
            "PatientID": "999 000 0018",
            "IssuerOfPatientIDQualifiersSequence": sequence(
                {"UniversalEntityID": NHS_OID, "UniversalEntityIDType": "ISO"}
            ),
        },
    )
    found = read_header(sent(header(OtherPatientIDsSequence=others)), NETWORK, FROM_ARCHIVE)
    assert found.others == (Identifier("CHRISTIE", "C99812"),)
    assert found.patch is not None
    assert found.patch[Field.NHS_NUMBER] == NhsNumber("9990000018")
    assert found.remarks == ()


def test_ihe_61_another_id_without_a_known_issuer_is_passed_over_and_remarked() -> None:
    others = sequence({"PatientID": "1"}, {"PatientID": "2", "IssuerOfPatientID": "NOWHERE"})
    found = read_header(sent(header(OtherPatientIDsSequence=others)), NETWORK, FROM_BOLTON)
    assert found.others == ()
    assert found.remarks == (
        "(0010,1002)[1] passed over: missing-field",
        "(0010,1002)[2](0010,0021) passed over: unknown-authority",
    )


def test_two_nhs_numbers_are_none_and_the_image_keeps_its_identity() -> None:
    others = sequence(
        {"PatientID": "9990000018", "IssuerOfPatientID": "NHS"},
        {"PatientID": "9990000026", "IssuerOfPatientID": "NHS"},
    )
    found = read_header(sent(header(OtherPatientIDsSequence=others)), NETWORK, FROM_ARCHIVE)
    assert found.study.patient == ALPHA
    assert found.patch is None
    assert found.flaw is not None
    assert (found.flaw.fault, found.flaw.location) == (Fault.BAD_VALUE, "(0010,1002)")


def test_ihe_61_the_retired_other_patient_ids_are_not_read() -> None:
    with_it = header()
    with_it.add_new(0x00101000, "LO", ["9990000018", "C99812"])
    assert read_header(sent(with_it), NETWORK, FROM_ARCHIVE) == read_header(sent(header()), NETWORK, FROM_ARCHIVE)
