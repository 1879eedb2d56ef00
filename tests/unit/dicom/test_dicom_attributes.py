"""What an image says of patient and study, in every character set, and whatever is wrong with it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.datadict import tag_for_keyword

from adapters.dicom.attributes import read_header
from adapters.dicom.demographics import read_name
from adapters.dicom.times import read_date, read_moment, read_offset, write_moment
from linkage.record import Name, NameUse, Sex
from mpi.domain.commands import Field
from mpi.domain.orders import Coded
from mpi.errors import Fault, Refused
from mpi.networks import load_network
from tests.unit.dicom.dicom_builders import (
    FROM_ARCHIVE,
    FROM_BOLTON,
    STUDY,
    element,
    encoded,
    header,
    received,
    sent,
    sequence,
    with_bytes,
)

NETWORK = load_network("greater-manchester")


def patch_of(dataset: Dataset) -> dict[Field, object]:
    found = read_header(sent(dataset), NETWORK, FROM_ARCHIVE)
    assert found.flaw is None
    return dict(found.patch or {})


def flaw_of(dataset: Dataset) -> tuple[Fault, str]:
    found = read_header(dataset, NETWORK, FROM_ARCHIVE)
    assert found.study.study_uid == STUDY
    assert found.patch is None
    assert found.flaw is not None
    return found.flaw.fault, found.flaw.location


def test_the_patient() -> None:
    assert patch_of(header(PatientTelephoneNumbers=["07700900123"], PatientMotherBirthName="OLDNAME^X")) == {
        Field.NAMES: (Name("TESTPERSON", "Alpha", "Beta Gamma", "Mrs"),),
        Field.BIRTH_DATE: "1954-03-07",
        Field.SEX: Sex.FEMALE,
        Field.PHONES: ("07700900123",),
        Field.MOTHERS_MAIDEN_NAME: "OLDNAME",
    }


def test_what_is_empty_is_not_said() -> None:
    assert patch_of(header(PatientName="^^^^", PatientBirthDate="", PatientSex=None)) == {}


def test_names_once_borne_are_names_too() -> None:
    found = patch_of(header(PatientBirthName="OLDNAME^Alpha", OtherPatientNames=["ALIAS^A", "ALIAS^B"]))
    names = found[Field.NAMES]
    assert isinstance(names, tuple)
    assert [(n.family, n.use) for n in names] == [
        ("TESTPERSON", NameUse.USUAL),
        ("OLDNAME", NameUse.MAIDEN),
        ("ALIAS", NameUse.ALIAS),
        ("ALIAS", NameUse.ALIAS),
    ]


def test_an_age_is_no_date_of_birth() -> None:
    assert Field.BIRTH_DATE not in patch_of(header(PatientBirthDate=None, PatientAge="070Y"))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", ("Yamada", "山田", "やまだ")),
        ("=王^小东", ("王",)),
        ("Adams^John Robert Quincy^^Rev.^B.A.", ("Adams",)),
        ("Morrison-Jones^Susan^^^Ph.D.", ("Morrison-Jones",)),
        ("Mononym", ("Mononym",)),
        ("==", ()),
    ],
)
def test_component_groups_of_a_name(text: str, names: tuple[str, ...]) -> None:
    found = read_name(text)
    assert tuple(name.family for name in found) == names
    assert [name.use for name in found[1:]] == [NameUse.ALIAS] * len(found[1:])


@pytest.mark.parametrize(
    ("charset", "encoded", "family"),
    [
        (b"ISO_IR 192", "Müller^Anna".encode(), "Müller"),
        (b"ISO_IR 100", "Müller^Anna".encode("latin-1"), "Müller"),
        (b"ISO IR 100", "Müller^Anna".encode("latin-1"), "Müller"),  # a slip of spelling
        (b"ISO_IR 101", "Łukasz^Jan".encode("iso8859-2"), "Łukasz"),
        (b"ISO_IR 144", "Люкceмбypг^A".encode("iso8859-5"), "Люкceмбypг"),
        (b"ISO_IR 166", "สมชาย^A".encode("iso8859-11"), "สมชาย"),
        (b"GB18030", "王^小东".encode("gb18030"), "王"),
        (b"\\ISO 2022 IR 87", b"\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B", "山田"),  # PS3.5 H.3.1
        (b"\\ISO 2022 IR 149", b"\x1b$)C\xb1\xe8^\x1b$)C\xb1\xe6\xb5\xbf", "김"),  # PS3.5 I.2
        (b"", b"O'Brien^Pat", "O'Brien"),
    ],
)
def test_character_sets(charset: bytes, encoded: bytes, family: str) -> None:
    found = read_header(with_bytes(encoded, charset), NETWORK, FROM_ARCHIVE)
    assert found.flaw is None
    names = (found.patch or {})[Field.NAMES]
    assert isinstance(names, tuple)
    assert names[0].family == family


@pytest.mark.parametrize(
    ("charset", "encoded"),
    [
        (b"", "Müller^Anna".encode("latin-1")),  # undeclared: which of many?
        (b"", "Müller^Anna".encode()),
        (b"ISO_IR 6", "Müller^Anna".encode("latin-1")),
        (b"ISO_IR 192", "Müller^Anna".encode("latin-1")),  # declared, and not so
        (b"ISO_IR 100", b"M\x81ller"),  # a control character of Latin-1
        (b"ISO_IR 999", "Müller".encode("latin-1")),
        (b"GB18030", b"\xff\xff"),
        (b"\\ISO 2022 IR 87", b"\x1b$BZ\x1b(B"),
        (b"\\ISO 2022 IR 87", b"M\xfcller"),
        (b"ISO_IR 100", b"A\x1b$B;3\x1b(B"),  # an escape to a set that is not declared
    ],
)
def test_bytes_of_another_character_set_are_a_flaw_and_not_a_guess(charset: bytes, encoded: bytes) -> None:
    assert flaw_of(with_bytes(encoded, charset)) == (Fault.ENCODING, "(0010,0010)")


def test_an_archive_may_say_what_undeclared_bytes_are() -> None:
    (archive,) = NETWORK.archives
    network = replace(NETWORK, archives=(replace(archive, charset="cp1252"),))
    found = read_header(with_bytes("Müller’s^A".encode("cp1252")), network, FROM_ARCHIVE)
    assert found.patch == {Field.NAMES: (Name("Müller’s", "A"),)}


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("19540307", "1954-03-07"),
        ("1954.03.07", "1954-03-07"),
        ("195403", "1954-03"),
        ("1954", "1954"),
        ("19540000", "1954"),
        ("19540300", "1954-03"),
        ("00000000", ""),
        ("19541345", None),
        ("19540230", None),
        ("19540007", None),
        ("07/03/1954", None),
        ("UNKNOWN", None),
        ("１９５４", None),
    ],
)
def test_dates_at_their_precision(text: str, date: str | None) -> None:
    assert read_date(text) == date


@pytest.mark.parametrize(
    ("keyword", "value", "place"),
    [("PatientBirthDate", b"7 MAR 54", "(0010,0030)"), ("PatientSex", b"WOMAN", "(0010,0040)")],
)
def test_garbage_about_the_patient_is_a_flaw(keyword: str, value: bytes, place: str) -> None:
    dataset = header(**{keyword: None})
    tag = tag_for_keyword(keyword) or 0
    vr = b"DA" if keyword == "PatientBirthDate" else b"CS"
    content = encoded(dataset) + element(tag >> 16, tag & 0xFFFF, vr, value)
    assert flaw_of(received(content)) == (Fault.BAD_VALUE, place)


@pytest.mark.parametrize(("code", "sex"), [("M", Sex.MALE), ("f", Sex.FEMALE), ("O", Sex.OTHER), ("U", Sex.UNKNOWN)])
def test_sex_codes(code: str, sex: Sex) -> None:
    assert patch_of(header(PatientSex=code))[Field.SEX] is sex


def test_the_study() -> None:
    dataset = header(
        ModalitiesInStudy=["CT", "SR"],
        InstitutionName="Royal Bolton Hospital",
        NumberOfStudyRelatedSeries="3",
        NumberOfStudyRelatedInstances="212",
    )
    study = read_header(sent(dataset), NETWORK, FROM_BOLTON).study
    assert (study.study_uid, study.accession, study.archive) == (STUDY, "ACC1", "gm-vna")
    assert study.started_at == datetime(2024, 3, 1, 10, 15, tzinfo=UTC)
    assert (study.modalities, study.body_site, study.description) == (("CT", "SR"), "CHEST", "CT Thorax")
    assert (study.organisation, study.series, study.instances) == ("RMC", 3, 212)


def test_codes_of_the_examination_and_of_the_part_of_the_body() -> None:
    """Issue 5: SNOMED CT and NICIP where given, from the study, its request and its region; each once."""
    made = {"CodeValue": "169069000", "CodingSchemeDesignator": "SCT", "CodeMeaning": "CT of chest"}
    asked = {"CodeValue": "CCHES", "CodingSchemeDesignator": "NICIP", "CodeMeaning": "CT Thorax"}
    chest = {"LongCodeValue": "816094009", "CodingSchemeDesignator": "SCT", "CodeMeaning": "Chest"}
    dataset = header(
        ProcedureCodeSequence=sequence(made, {"CodeMeaning": "no code"}),
        RequestAttributesSequence=sequence(
            *({"RequestedProcedureCodeSequence": sequence(code)} for code in (asked, made))
        ),
        AnatomicRegionSequence=sequence(chest),
    )
    found = read_header(sent(dataset), NETWORK, FROM_BOLTON)
    assert found.study.procedures == (Coded("169069000", "CT of chest", "SCT"), Coded("CCHES", "CT Thorax", "NICIP"))
    assert found.study.anatomy == (Coded("816094009", "Chest", "SCT"),)
    dataset = header(ProcedureCodeSequence=sequence(made | {"CodeMeaning": "x" * 300}))
    long = read_header(sent(dataset), NETWORK, FROM_BOLTON)
    assert (long.study.procedures, long.remarks) == ((), ("(0008,1032)[1](0008,0104) left out: bad-value",))


def test_the_trust_is_told_by_code_before_name_and_never_by_who_issued_the_id() -> None:
    coded = header(
        InstitutionCodeSequence=sequence({"CodeValue": "RBV01", "CodingSchemeDesignator": "ODS"}),
        InstitutionName="Royal Bolton Hospital",
    )
    assert read_header(sent(coded), NETWORK, FROM_BOLTON).study.organisation == "RBV"
    assert read_header(sent(header()), NETWORK, FROM_BOLTON).study.organisation == ""
    assert read_header(sent(header(InstitutionName="Bolton")), NETWORK, FROM_BOLTON).study.organisation == ""


@pytest.mark.parametrize(
    ("day", "clock", "offset", "utc"),
    [
        ("20240701", "101500", "", "2024-07-01T09:15:00+00:00"),  # London in summer
        ("20240701", "101500.250000", "+0200", "2024-07-01T08:15:00.250000+00:00"),
        ("20240701", "101500", "-0530", "2024-07-01T15:45:00+00:00"),
        ("20240701", "", "", "2024-06-30T23:00:00+00:00"),  # the earliest of that day
        ("20241231", "235960", "", "2024-12-31T23:59:59+00:00"),
        ("202407", "10", "", None),
        ("20240701", "2515", "", None),
    ],
)
def test_moments(day: str, clock: str, offset: str, utc: str | None) -> None:
    found = read_moment(day, clock, read_offset(offset) if offset else None)
    assert (found.isoformat() if found else None) == utc


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (datetime(2024, 7, 1, 9, 15, tzinfo=UTC), ("20240701", "101500", "+0100")),
        (datetime(2024, 1, 1, 9, 15, tzinfo=UTC), ("20240101", "091500", "+0000")),
        # Greenwich since December 1847, before that the sun over London, 75 seconds behind
        (datetime(1847, 12, 1, 0, 2, tzinfo=UTC), ("18471201", "000200", "+0000")),
        (datetime(1847, 12, 1, 0, 1, tzinfo=UTC), ("18471201", "000000", "-0001")),
        (datetime(1820, 5, 5, 0, 1, 10, tzinfo=UTC), ("18200505", "000010", "-0001")),
        (datetime(1820, 5, 5, 0, 0, 59, tzinfo=UTC), ("18200504", "235959", "-0001")),
    ],
)
def test_moments_are_written_with_an_offset_of_whole_minutes(moment: datetime, written: tuple[str, ...]) -> None:
    """PS3.5 6.2, DT: &ZZXX is hours and minutes."""
    assert write_moment(moment) == written


@given(st.integers(-5_332_000_000, 7_258_000_000))  # seconds since 1970: of 1801 to 2199
def test_what_is_written_of_a_moment_is_read_as_that_moment(second: int) -> None:
    moment = datetime.fromtimestamp(second, UTC)
    day, clock, offset = write_moment(moment)
    assert read_moment(day, clock, read_offset(offset)) == moment


def test_what_describes_the_study_is_left_out_when_it_is_garbage() -> None:
    dataset = header(StudyDate=None, Modality=None, StudyDescription=None)
    bad = (
        element(8, 0x20, b"DA", b"yesterday")
        + element(8, 0x60, b"CS", b"c-t!")
        + element(8, 0x1030, b"LO", b"\xff\xfe")
    )
    found = read_header(received(encoded(dataset) + bad), NETWORK, FROM_ARCHIVE)
    assert (found.study.started_at, found.study.modalities, found.study.description) == (None, (), "")
    assert found.patch is not None
    assert found.remarks == (
        "(0008,0020) left out: bad-value",
        "(0008,0060) left out: bad-value",
        "(0008,1030) left out: encoding",
    )


@pytest.mark.parametrize(
    ("uid", "fault"), [(None, Fault.MISSING_FIELD), ("1.02.3", Fault.BAD_VALUE), ("study", Fault.BAD_VALUE)]
)
def test_a_study_needs_its_uid(uid: str | None, fault: Fault) -> None:
    dataset = header(StudyInstanceUID=None)
    if uid:
        dataset.add_new(0x0020000D, "LO", uid)
    with pytest.raises(Refused) as refused:
        read_header(sent(dataset), NETWORK, FROM_BOLTON)
    assert (refused.value.fault, refused.value.location) == (fault, "(0020,000D)")


def require_place(location: str) -> None:
    """A refusal says where."""
    assert re.match(r"\([0-9A-F]{4},[0-9A-F]{4}\)", location)


KEYWORDS = [
    *("SpecificCharacterSet", "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex"),
    *("IssuerOfPatientIDQualifiersSequence", "OtherPatientIDsSequence", "StudyInstanceUID", "StudyDate", "StudyTime"),
    *("TimezoneOffsetFromUTC", "Modality", "InstitutionCodeSequence", "NumberOfStudyRelatedSeries", "PatientAddress"),
]
VRS = st.sampled_from([b"CS", b"LO", b"PN", b"DA", b"TM", b"UI", b"US", b"FD", b"AT", b"IS", b"AS", b"ZZ"])
ELEMENTS = st.dictionaries(st.sampled_from(KEYWORDS), st.tuples(VRS, st.binary(max_size=40)), max_size=12)


@given(ELEMENTS)
def test_any_elements_are_read_or_refused(elements: dict[str, tuple[bytes, bytes]]) -> None:
    tags = sorted((tag_for_keyword(keyword) or 0, *value) for keyword, value in elements.items())
    content = b"".join(element(tag >> 16, tag & 0xFFFF, vr, value) for tag, vr, value in tags)
    try:
        dataset = received(content)
    except Exception:  # pydicom could not even split it into elements; the registrar's matter
        return
    try:
        found = read_header(dataset, NETWORK, FROM_BOLTON)
    except Refused as refused:
        require_place(refused.location)
        return
    assert found.study.patient.value
    assert (found.patch is None) is (found.flaw is not None)


TEXT = st.text(max_size=20)
VALUES = st.dictionaries(st.sampled_from([k for k in KEYWORDS if not k.endswith("Sequence")]), TEXT, max_size=10)


@given(VALUES)
def test_any_texts_are_read_or_refused_and_nothing_unstorable_comes_through(values: dict[str, str]) -> None:
    dataset = header()
    for keyword, value in values.items():
        tag = tag_for_keyword(keyword) or 0
        dataset.add_new(tag, "LO", value)
    try:
        found = read_header(dataset, NETWORK, FROM_BOLTON)
    except Refused as refused:
        require_place(refused.location)
        return
    told = f"{found.study} {found.patch}"
    assert "\\x00" not in told
    told.encode()
