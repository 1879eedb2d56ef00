import pytest

from linkage.nicknames import are_variants, canonical, formals
from linkage.phonetics import sound


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("BOB", "ROBERT"),
        ("BILL", "LIAM"),
        ("BETTY", "ELIZABETH"),
        ("MOHD", "MUHAMMAD"),
        ("ALEX", "ALEXANDER"),
        ("ALEX", "ALEXANDRA"),
        ("CHRIS", "CHRISTOPHER"),
        ("SEAN", "SHAUN"),
        ("CATHERINE", "KATHRYN"),
        ("YUSUF", "YOUSEF"),
        ("QWERTY", "QWERTY"),
    ],
)
def test_nhs_60_forms_of_one_name(one: str, other: str) -> None:
    assert are_variants(one, other)
    assert are_variants(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ALEXANDER", "ALEXANDRA"),
        ("JOHN", "JAMES"),
        ("CHRISTOPHER", "CHRISTINE"),
        ("MARY", "MARGARET"),
        ("ALI", "AHMED"),
    ],
)
def test_nhs_55_names_that_twins_may_bear_are_not_forms_of_one_another(one: str, other: str) -> None:
    assert not are_variants(one, other)


def test_nhs_60_a_formal_name_stands_for_itself_first() -> None:
    assert formals("ALEX") == ("ALEXANDER", "ALEXANDRA")
    assert formals("ELIZABETH")[0] == "ELIZABETH"
    assert canonical("BOB") == canonical("ROBBIE") == canonical("ROBERT") == "ROBERT"
    assert formals("QWERTY") == ("QWERTY",)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SMITH", "SMYTH"),
        ("AHMED", "EHMED"),
        ("HUSSAIN", "HUSSEIN"),
        ("CHAUDHRY", "CHOWDHURY"),
        ("OBRIEN", "OBRYAN"),
        ("PHILIPS", "FILLIPS"),
        ("STEPHENSON", "STEVENSON"),
        ("REID", "READ"),
    ],
)
def test_nhs_60_spellings_that_sound_alike_share_a_code(one: str, other: str) -> None:
    assert sound(one) == sound(other)


def test_nhs_60_every_name_has_a_code_and_nothing_has_none() -> None:
    assert sound("") == ""
    assert all(sound(name) for name in ("A", "H", "W", "Y", "HH", "OO", "EUAN", "YI"))
