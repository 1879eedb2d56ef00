import pytest

from linkage.record import Caution, Demographics, Name, NameUse, StandardRecord
from linkage.standardise import standardise


def read(family: str = "", given: str = "", middle: str = "", **more: object) -> StandardRecord:
    return standardise(Demographics(names=(Name(family, given, middle),), **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("family", "surnames"),
    [
        ("Smith", ("SMITH",)),
        ("  smith  ", ("SMITH",)),
        ("O'Brien", ("OBRIEN",)),
        ("O\u2019Brien", ("OBRIEN",)),
        ("O\u00b4Brien", ("OBRIEN",)),
        ("O Brien", ("OBRIEN",)),
        ("Müller", ("MULLER",)),
        ("Łukasiewicz", ("LUKASIEWICZ",)),
        ("Sørensen", ("SORENSEN",)),
        ("Großmann", ("GROSSMANN",)),
        ("Smith-Jones", ("SMITHJONES", "SMITH", "JONES")),
        ("SMITH JONES", ("SMITHJONES", "SMITH", "JONES")),
        ("Smith\u2013Jones", ("SMITHJONES", "SMITH", "JONES")),
        ("Mc Donald", ("MCDONALD",)),
        ("van der Berg", ("VANDERBERG", "BERG")),
        ("El-Sayed", ("ELSAYED", "SAYED")),
        ("Le", ("LE",)),
        ("St. John", ("STJOHN",)),
        ("Garcia y Lopez", ("GARCIALOPEZ", "GARCIA", "LOPEZ")),
        ("Mrs Patel", ("PATEL",)),
        ("Patel Jnr", ("PATEL",)),
        ("Jones née Smith", ("JONES", "SMITH")),
        ("Jones (nee Smith)", ("JONES", "SMITH")),
        ("Nee", ("NEE",)),
        ("Smith2", ("SMITH",)),
        ("", ()),
        (".", ()),
        ("王", ()),
    ],
)
def test_nhs_60_surnames(family: str, surnames: tuple[str, ...]) -> None:
    record = read(family, "Ann")
    assert record.surnames == surnames
    assert record.cautions is Caution.NONE


@pytest.mark.parametrize(
    ("given", "middle", "forenames", "middles"),
    [
        ("Seán", "", ("SEAN",), ()),
        ("Mary Ann", "", ("MARY",), ("ANN",)),
        ("Mary", "Ann Louise", ("MARY",), ("ANN", "LOUISE")),
        ("Jean-Paul", "", ("JEANPAUL", "JEAN"), ()),
        ("J.", "P.", ("J",), ("P",)),
        ("Mr John", "", ("JOHN",), ()),
        ("Dr", "Aisha", ("AISHA",), ()),
        ("Robert (Bob)", "", ("ROBERT", "BOB"), ()),
        ('Robert "Bob"', "", ("ROBERT", "BOB"), ()),
        ("Mohammed", "Imran", ("MOHAMMED", "IMRAN"), ("IMRAN",)),
        ("Abdul Rahman", "", ("ABDUL", "ABDULRAHMAN"), ("RAHMAN",)),
        ("Abd El Rahman", "", ("ABD", "ABDELRAHMAN"), ("EL", "RAHMAN")),
        ("", "Ann", ("ANN",), ()),
        ("FNU", "", (), ()),
        ("Mrs", "", (), ()),
    ],
)
def test_nhs_60_forenames(given: str, middle: str, forenames: tuple[str, ...], middles: tuple[str, ...]) -> None:
    record = read("Green", given, middle)
    assert record.forenames == forenames
    assert record.middle_names == middles
    assert record.cautions is Caution.NONE


def test_nhs_60_a_religious_name_is_a_surname_only_when_it_stands_alone() -> None:
    assert read("Kaur", "Jasvinder").surnames == ("KAUR",)
    before, after = read("Kaur Gill", "Jasvinder"), read("Gill", "Jasvinder", "Kaur")
    assert before == after
    assert after.surnames == ("GILL",)
    assert after.middle_names == ("KAUR",)
    assert read("Singh-Gill", "Raj").surnames == ("SINGHGILL", "SINGH", "GILL")
    assert read("Begum", "Bibi").surnames == ("BEGUM",)


def test_nhs_60_mononyms_have_one_kind_of_name() -> None:
    assert read("", "Suharto").forenames == ("SUHARTO",)
    assert read("Suharto").surnames == ("SUHARTO",)


@pytest.mark.parametrize(
    ("family", "given", "surnames", "forenames"),
    [
        ("Smith (deceased)", "John", ("SMITH",), ("JOHN",)),
        ("Smith DECEASED", "John", ("SMITH",), ("JOHN",)),
        ("Smith (Dec'd)", "John", ("SMITH",), ("JOHN",)),
        ("ZZZTEST", "Test", (), ()),
        ("XXTESTPATIENT", "Donald", (), ("DONALD",)),
        ("DO NOT USE Smith", "John", ("SMITH",), ("JOHN",)),
        ("Smith", "John TEST PATIENT", ("SMITH",), ("JOHN",)),
    ],
)
def test_nhs_60_junk_is_removed_and_marked(
    family: str, given: str, surnames: tuple[str, ...], forenames: tuple[str, ...]
) -> None:
    record = read(family, given)
    assert (record.surnames, record.forenames) == (surnames, forenames)
    assert record.cautions is Caution.JUNK_NAME


@pytest.mark.parametrize("family", ["Tester", "Testa", "Deacon", "Merger", "Zaza", "Riper", "Dumme"])
def test_nhs_60_names_that_resemble_junk_stay(family: str) -> None:
    assert read(family, "Ann").surnames == (family.upper(),)
    assert read(family, "Ann").cautions is Caution.NONE


@pytest.mark.parametrize(
    ("given", "middle"),
    [
        ("Baby", ""),
        ("BABY", "BOY"),
        ("Babe", ""),
        ("Infant", "of Sarah"),
        ("Male", ""),
        ("Female", "Infant"),
        ("Boy", ""),
        ("Girl", "2"),
        ("B/O Sarah", ""),
        ("Baby of Sarah", ""),
        ("Son of Sarah", ""),
        ("Babygirl", ""),
        ("Unknown", ""),
        ("Not known", ""),
    ],
)
def test_nhs_54_a_placeholder_is_a_missing_forename(given: str, middle: str) -> None:
    record = read("Smith", given, middle)
    assert record.surnames == ("SMITH",)
    assert record.forenames == record.middle_names == ()
    assert record.cautions is Caution.PLACEHOLDER_NAME
    assert record.birth_order == 0


@pytest.mark.parametrize(
    ("given", "middle", "order"),
    [
        ("Twin", "", 0),
        ("Twin 1", "", 1),
        ("Twin", "B", 2),
        ("TRIPLET THREE", "", 3),
        ("Twin2", "", 2),
        ("Baby", "Twin II", 2),
    ],
)
def test_nhs_54_and_55_twin_placeholders_tell_the_birth_order(given: str, middle: str, order: int) -> None:
    record = read("Smith", given, middle)
    assert record.forenames == ()
    assert record.birth_order == order
    assert record.cautions is Caution.PLACEHOLDER_NAME | Caution.MULTIPLE_BIRTH


@pytest.mark.parametrize(
    "given", ["Bailey", "Babette", "Boyd", "Malena", "Sonny", "Son", "Twinkle", "Infanta", "B O"]
)
def test_nhs_54_names_that_resemble_placeholders_stay(given: str) -> None:
    record = read("Smith", given)
    assert record.forenames[0] == given.upper().split()[0]
    assert record.cautions is Caution.NONE


def test_nhs_54_a_baby_named_since_keeps_no_caution() -> None:
    raw = Demographics(names=(Name("Jones", "Alice"),), previous_names=(Name("Smith", "Baby Girl"),))
    record = standardise(raw)
    assert record.surnames == ("JONES", "SMITH")
    assert record.forenames == ("ALICE",)
    assert record.cautions is Caution.NONE


@pytest.mark.parametrize(
    ("family", "given"),
    [
        ("Unknown", "Male"),
        ("UNKNOWN", "Unknown"),
        ("Male", "Unknown"),
        ("Female", "UNKNOWN"),
        ("", "Unknown"),
        ("Unidentified", ""),
        ("Trauma", "7"),
        ("Smith", "Trauma"),
        ("Major Incident", "12"),
        ("Incident", "Major"),
        ("NOT KNOWN", "John"),
    ],
)
def test_nhs_53_legacy_names_of_the_unidentified_are_no_names(family: str, given: str) -> None:
    record = read(family, given)
    assert record.cautions is Caution.UNIDENTIFIED
    assert record.surnames == record.forenames == record.middle_names == ()


@pytest.mark.parametrize(
    ("family", "given"),
    [("Bravo", "Alpha"), ("ZULU", "X-Ray"), ("Quebec", "Juliett"), ("Alpha Bravo", ""), ("Echo", "Delta Kilo")],
)
def test_nhs_53_spelling_alphabet_pairs_are_unidentified(family: str, given: str) -> None:
    assert read(family, given).cautions is Caution.UNIDENTIFIED


@pytest.mark.parametrize(
    ("family", "given"),
    [
        ("Brown", "Oscar"),
        ("Hugo", "Victor"),
        ("Green", "Mike"),
        ("Smith", "Juliet"),
        ("Jones", "Romeo"),
        ("Delta", "Anna"),
        ("Lima", "Ana"),
        ("Lima", "Victor James"),
        ("Major", "John"),
        ("Mann", "Unity"),
        ("Alpha", ""),
    ],
)
def test_nhs_53_one_word_of_the_spelling_alphabet_is_a_name(family: str, given: str) -> None:
    assert read(family, given).cautions is Caution.NONE


def test_nhs_53_the_flag_alone_is_enough_and_keeps_the_names() -> None:
    record = read("Smith", "John", identity_unknown=True)
    assert record.cautions is Caution.UNIDENTIFIED
    assert record.surnames == ("SMITH",)


def test_nhs_53_identified_since() -> None:
    raw = Demographics(names=(Name("Smith", "John"),), previous_names=(Name("Bravo", "Alpha"),))
    assert standardise(raw).cautions is Caution.NONE


def test_nhs_60_current_name_first_then_aliases_then_previous_without_repeats() -> None:
    raw = Demographics(
        names=(
            Name("Brown", "Lizzie", use=NameUse.NICKNAME),
            Name("Taylor", "Elizabeth", "Jane", use=NameUse.OFFICIAL),
            Name("Green", use=NameUse.MAIDEN),
        ),
        previous_names=(Name("Green", "Elizabeth"), Name("White", "Beth")),
    )
    record = standardise(raw)
    assert record.surnames == ("TAYLOR", "BROWN", "GREEN", "WHITE")
    assert record.forenames == ("ELIZABETH", "LIZZIE", "BETH")
    assert record.middle_names == ("JANE",)


def test_nhs_60_mothers_maiden_name_is_one_surname() -> None:
    assert read("Smith", "Ann", mothers_maiden_name="O'Neill-Byrne").mothers_maiden_name == "ONEILLBYRNE"
    assert read("Smith", "Ann", mothers_maiden_name="Not known").mothers_maiden_name == ""
