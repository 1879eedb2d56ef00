import pytest

from linkage.nhs_number import NumberKind, accept, check_digit, classify, parse, show


@pytest.mark.parametrize("number", ["9990000018", "9990000026", "9990000034", "9990000050", "9434765919"])
def test_nhs_1_valid_vectors(number: str) -> None:
    assert parse(number) == number
    assert check_digit(number[:9]) == number[9]
    assert accept(number) == number


@pytest.mark.parametrize("nine", ["999000000", "999000014"])
def test_nhs_1_no_digit_exists_when_the_check_is_ten(nine: str) -> None:
    assert check_digit(nine) is None
    assert all(parse(f"{nine}{digit}") == "" for digit in range(10))


@pytest.mark.parametrize("digit", "0123456789")
def test_nhs_2_repdigits_pass_the_check_and_are_refused(digit: str) -> None:
    assert check_digit(digit * 9) == digit
    assert parse(digit * 10) == ""
    assert classify(digit * 10) is NumberKind.INVALID


@pytest.mark.parametrize("number", ["9876544321", "4857773456", "9912003890", "9999345201"])
def test_nhs_3_widely_printed_samples_fail(number: str) -> None:
    assert parse(number) == ""


def test_nhs_2_every_single_digit_error_and_adjacent_swap_is_caught() -> None:
    number = "9434765919"
    for place in range(10):
        for digit in "0123456789":
            wrong = number[:place] + digit + number[place + 1 :]
            assert wrong == number or parse(wrong) == ""
    for place in range(9):
        swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
        assert swapped == number or parse(swapped) == ""


def _complete(nine: str) -> str:
    return nine + (check_digit(nine) or "")


@pytest.mark.parametrize(
    ("nine", "kind"),
    [
        ("010101003", NumberKind.SCOTLAND_CHI),
        ("290200002", NumberKind.SCOTLAND_CHI),
        ("310200003", NumberKind.NOT_ISSUED),  # 31 February
        ("311299999", NumberKind.SCOTLAND_CHI),
        ("311300000", NumberKind.NOT_ISSUED),
        ("320000001", NumberKind.NORTHERN_IRELAND),
        ("399999999", NumberKind.NORTHERN_IRELAND),
        ("400000004", NumberKind.ENGLAND_WALES),
        ("499999999", NumberKind.ENGLAND_WALES),
        ("500000001", NumberKind.NOT_ISSUED),
        ("600000006", NumberKind.ENGLAND_WALES),
        ("799999999", NumberKind.ENGLAND_WALES),
        ("800000001", NumberKind.IRELAND_IHI),
        ("859999999", NumberKind.IRELAND_IHI),
        ("860000001", NumberKind.NOT_ISSUED),
        ("900000009", NumberKind.TEST),
        ("999000001", NumberKind.TEST),
    ],
)
def test_nhs_4_kind_by_range(nine: str, kind: NumberKind) -> None:
    number = _complete(nine)
    assert len(number) == 10, "the vector needs a check digit"
    assert classify(number) is kind
    assert (accept(number) == number) == (kind in {NumberKind.ENGLAND_WALES, NumberKind.TEST})


@pytest.mark.parametrize("text", ["999 000 0018", "999-000-0018", " 9990000018 ", "999\u2013000\u20130018"])
def test_nhs_6_spacing_is_removed(text: str) -> None:
    assert parse(text) == "9990000018"


def test_nhs_6_a_leading_zero_is_kept_and_numbers_show_3_3_4() -> None:
    assert parse(_complete("010101003")).startswith("010101003")
    assert show("9990000018") == "999 000 0018"
    assert show("C99812") == "C99812"


@pytest.mark.parametrize("text", ["", "999000001", "99900000180", "999000001X", "٩٩٩٠٠٠٠٠١٨", "ABC 12 34"])
def test_nhs_7_other_shapes_are_not_numbers(text: str) -> None:
    assert parse(text) == ""
    assert classify(text) is NumberKind.INVALID
    assert check_digit(text) is None or len(text) == 9
