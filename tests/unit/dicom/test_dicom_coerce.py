"""IHE-61, IHE-68: an image under its golden identity keeps the one it came with, however often it is coerced."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydicom import Dataset

from adapters.dicom.attributes import elements_of
from adapters.dicom.coerce import coerce
from adapters.dicom.identity import Origin, read_identity, read_others
from mpi.api.resolve import resolution_json
from mpi.domain.identifiers import Identifier
from mpi.domain.views import Resolution, ResolutionState
from mpi.errors import Fault, Refused
from mpi.networks import load_network
from tests.unit.dicom.dicom_builders import FROM_ARCHIVE, FROM_BOLTON, encoded, header, sent, sequence

NETWORK = load_network("greater-manchester")
GOLDEN, OTHER = (UUID(f"5f0c6b1e-7a55-4f0e-9d0a-3d6c1f6f0a1{n}") for n in (1, 2))
NOW = datetime(2026, 3, 3, 12, 0, 0, 250000, tzinfo=UTC)
ALPHA = Identifier("BOLTON", "0001027")


def resolved(identifier: Identifier = ALPHA, golden_id: UUID = GOLDEN) -> Resolution:
    return Resolution(identifier, golden_id, ResolutionState.CERTAIN, ())


def identity(dataset: Dataset, origin: Origin = FROM_ARCHIVE) -> Identifier:
    return read_identity(elements_of(dataset, NETWORK, origin), NETWORK, origin)


def coerced(dataset: Dataset, golden_id: UUID = GOLDEN, origin: Origin = FROM_ARCHIVE) -> Dataset:
    found = sent(dataset)
    coerce(found, resolved(identity(found, origin), golden_id), NETWORK, origin, NOW)
    return sent(found)


def test_ihe_61_the_golden_id_is_the_patient_id_and_the_local_one_stands_beside_it() -> None:
    assert NETWORK.issuer is not None
    found = coerced(header())
    assert (found.PatientID, found.IssuerOfPatientID) == (str(GOLDEN), "GMMPI")
    qualifiers = found.IssuerOfPatientIDQualifiersSequence[0]
    assert (qualifiers.UniversalEntityID, qualifiers.UniversalEntityIDType) == (NETWORK.issuer.oid, "ISO")
    (other,) = found.OtherPatientIDsSequence
    assert (other.PatientID, other.IssuerOfPatientID) == ("0001027", "RMC")
    assert found.PatientName == header().PatientName


def test_ihe_68_what_was_replaced_is_kept_with_its_time_system_and_reason() -> None:
    (item,) = coerced(header()).OriginalAttributesSequence
    assert (item.ModifyingSystem, item.ReasonForTheAttributeModification) == ("GMMPI", "COERCE")
    assert item.AttributeModificationDateTime == "20260303120000.250000+0000"
    assert item.SourceOfPreviousValues in {"", None}
    (kept,) = item.ModifiedAttributesSequence
    assert (kept.PatientID, kept.IssuerOfPatientID) == ("0001027", "RMC")
    assert not kept.IssuerOfPatientIDQualifiersSequence


def test_an_id_that_is_golden_already_is_left() -> None:
    once = coerced(header())
    again = sent(once)
    assert coerce(again, resolved(), NETWORK, FROM_ARCHIVE, datetime(2030, 1, 1, tzinfo=UTC)) is False
    assert encoded(again) == encoded(once)


def test_a_golden_id_that_was_succeeded_is_replaced_and_is_no_id_of_a_trust() -> None:
    moved = coerced(coerced(header()), OTHER)
    assert moved.PatientID == str(OTHER)
    assert [other.PatientID for other in moved.OtherPatientIDsSequence] == ["0001027"]
    kept = [item.ModifiedAttributesSequence[0].PatientID for item in moved.OriginalAttributesSequence]
    assert kept == ["0001027", str(GOLDEN)]


def test_an_issuer_told_by_the_ae_title_is_remembered() -> None:
    found = coerced(header(IssuerOfPatientID=None), origin=FROM_BOLTON)
    assert identity(found, Origin()) == ALPHA
    assert not found.OriginalAttributesSequence[0].ModifiedAttributesSequence[0].IssuerOfPatientID


def test_a_golden_id_without_a_past_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        identity(sent(header(PatientID=str(GOLDEN), IssuerOfPatientID="GMMPI")))
    assert (refused.value.fault, refused.value.location) == (Fault.MISSING_FIELD, "(0400,0561)")


def test_what_another_system_coerced_is_not_taken_for_ours() -> None:
    earlier = sequence(
        {
            "ModifyingSystem": "IMPORTER",
            "ModifiedAttributesSequence": sequence({"PatientID": "X1", "IssuerOfPatientID": "RBV"}),
        }
    )
    found = coerced(header(OriginalAttributesSequence=earlier))
    assert len(found.OriginalAttributesSequence) == 2
    assert identity(found) == ALPHA


@pytest.mark.parametrize("identifier", [Identifier("BOLTON", "9"), Identifier("MFT", "0001027")])
def test_the_resolution_of_another_patient_changes_nothing(identifier: Identifier) -> None:
    found = sent(header())
    with pytest.raises(Refused) as refused:
        coerce(found, resolved(identifier), NETWORK, FROM_ARCHIVE, NOW)
    assert refused.value.fault is Fault.CONFLICT
    assert encoded(found) == encoded(sent(header()))


def test_without_an_issuer_in_the_network_file_nothing_is_coerced() -> None:
    without = replace(NETWORK, issuer=None)
    assert resolution_json(resolved(), without)["coercion"] is None
    with pytest.raises(Refused):
        coerce(sent(header()), resolved(), without, FROM_ARCHIVE, NOW)


IDS = st.text("0123456789ABCZ-", min_size=1, max_size=12)
ISSUERS = st.sampled_from(["RMC", "BOLPAS", "RM3", "RW6", None])
OTHERS = st.lists(st.tuples(IDS, st.sampled_from(["RMC", "RBV", "NOWHERE"])), max_size=3)


@st.composite
def images(draw: st.DrawFn) -> Dataset:
    others = draw(OTHERS)
    found = header(
        PatientID=draw(IDS),
        IssuerOfPatientID=draw(ISSUERS),
        OtherPatientIDsSequence=sequence(*({"PatientID": v, "IssuerOfPatientID": i} for v, i in others))
        if others
        else None,
    )
    if draw(st.booleans()):
        found.add_new(0x00101000, "LO", draw(IDS))
    return found


@given(images(), st.lists(st.sampled_from([GOLDEN, OTHER]), min_size=1, max_size=4))
def test_laws(image: Dataset, golden_ids: list[UUID]) -> None:
    """Coercing again is nothing; identity, other ids and (0010,1000) survive; every change is on record."""
    found = sent(image)
    before = identity(found, FROM_BOLTON)
    others = set(read_others(elements_of(found, NETWORK, FROM_BOLTON), NETWORK, FROM_BOLTON).identifiers)
    # Two trusts' ids of one value, and the image names the issuer of neither: then nothing is guessed (IHE-60).
    assume(found.get("IssuerOfPatientID") or before.value not in {o.value for o in others - {before}})
    retired = deepcopy(found.get(0x00101000))
    changes = 0
    for previous, golden_id in pairwise([None, *golden_ids]):
        changed = coerce(found, resolved(before, golden_id), NETWORK, FROM_BOLTON, NOW)
        assert changed is (previous != golden_id)
        changes += changed
        assert coerce(found, resolved(before, golden_id), NETWORK, FROM_BOLTON, NOW) is False
        found = sent(found)
        assert identity(found, FROM_BOLTON) == identity(found, FROM_ARCHIVE) == before
        assert found.PatientID == str(golden_id)
        elements = elements_of(found, NETWORK, FROM_BOLTON)
        assert set(read_others(elements, NETWORK, FROM_BOLTON).identifiers) == others | {before}
        assert len(found.OriginalAttributesSequence) == changes
        assert found.get(0x00101000) == retired


def apply_as_documented(image: dict[str, Any], coercion: dict[str, Any], at: str) -> None:
    """An archive without Python: the image and the coercion in the DICOM JSON model, the steps of the API's words."""
    attributes, other = coercion["attributes"], coercion["other_patient_id"]
    same = all(image.get(tag) == attributes[tag] for tag in ("00100020", "00100021"))
    if same:
        return
    ours = image.get("00100021") == attributes["00100021"]
    kept = {tag: image.get(tag, {"vr": "SQ" if tag == "00100024" else "LO"}) for tag in coercion["replaced"]}
    item = coercion["original_attributes"] | {
        "04000562": {"vr": "DT", "Value": [at]},
        "04000550": {"vr": "SQ", "Value": [kept]},
    }
    image.setdefault("04000561", {"vr": "SQ", "Value": []})["Value"].append(item)
    present = image.get("00101002", {}).get("Value", [])
    named = [(o["00100020"]["Value"], o.get("00100021", {}).get("Value")) for o in present]
    if not ours and (other["00100020"]["Value"], other["00100021"]["Value"]) not in named:
        image.setdefault("00101002", {"vr": "SQ", "Value": []})["Value"].append(other)
    image |= attributes


@pytest.mark.parametrize("golden_ids", [[GOLDEN], [GOLDEN, GOLDEN], [GOLDEN, OTHER]])
def test_the_api_s_data_does_the_same_without_python(golden_ids: list[UUID]) -> None:
    ours = sent(header())
    theirs: dict[str, Any] = json.loads(sent(header()).to_json())
    for golden_id in golden_ids:
        coerce(ours, resolved(golden_id=golden_id), NETWORK, FROM_ARCHIVE, NOW)
        answer = json.loads(json.dumps(resolution_json(resolved(golden_id=golden_id), NETWORK), default=str))
        apply_as_documented(theirs, answer["coercion"], NOW.strftime("%Y%m%d%H%M%S.%f%z"))
    assert encoded(Dataset.from_json(json.dumps(theirs))) == encoded(ours)
