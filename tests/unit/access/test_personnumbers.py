"""A personal identity number is read in the forms people write, refused otherwise, and never printed."""

import traceback
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from access.personnumbers import PersonalNumber, PersonalNumberError, synthetic_number, synthetic_serials

TODAY = date(2026, 11, 22)
WOMAN = synthetic_number(date(1998, 3, 17), 238)
MAN = synthetic_number(date(1998, 3, 17), 239)

births = st.dates(date(1990, 1, 1), TODAY)
test_numbers = births.flatmap(
    lambda birth: st.sampled_from(synthetic_serials(birth)).map(lambda n: synthetic_number(birth, n))
)


def cause_of(text: str, today: date = TODAY) -> str:
    with pytest.raises(PersonalNumberError) as caught:
        PersonalNumber.parse(text, today=today)
    return caught.value.cause


def luhn(nine: str) -> str:
    """Written apart from the package: the digit that makes the weighted digit sum a multiple of ten."""
    total = sum(sum(divmod(int(digit) * weight, 10)) for digit, weight in zip(nine, [2, 1] * 5, strict=False))
    return str((10 - total % 10) % 10)


@pytest.mark.parametrize("text", ["199803172387", "19980317-2387", "980317-2387", "  19980317-2387  "])
def test_written_forms_give_the_same_twelve_digits(text: str) -> None:
    assert PersonalNumber.parse(text, today=TODAY).digits == WOMAN.digits == "199803172387"


@given(test_numbers)
def test_every_form_of_a_number_is_read_back(number: PersonalNumber) -> None:
    long, short = number.digits, number.digits[2:]
    for text in (long, f"{long[:8]}-{long[8:]}", f"{short[:6]}-{short[6:]}"):
        assert PersonalNumber.parse(text, today=TODAY) == number


@given(st.dates(date(1900, 1, 1), TODAY), st.integers(1, 999))
def test_any_birth_number_with_its_check_digit_is_accepted(birth: date, serial: int) -> None:
    nine = f"{birth:%y%m%d}{serial:03d}"
    number = PersonalNumber.parse(f"{birth:%Y}{nine[2:]}{luhn(nine)}", today=TODAY)
    assert (number.birth_date, number.legal_sex) == (birth, "man" if serial % 2 else "woman")


@given(st.dates(date(1900, 1, 1), TODAY), st.integers(1, 999), st.integers(1, 9))
def test_any_other_check_digit_is_refused(birth: date, serial: int, off: int) -> None:
    nine = f"{birth:%y%m%d}{serial:03d}"
    assert cause_of(f"{birth:%Y}{nine[2:]}{(int(luhn(nine)) + off) % 10}") == "check_digit"


@given(st.dates(date(1900, 1, 1), TODAY), st.integers(1, 999))
def test_a_coordination_number_gives_the_true_date(birth: date, serial: int) -> None:
    nine = f"{birth:%y%m}{birth.day + 60}{serial:03d}"
    number = PersonalNumber.parse(f"{birth:%Y}{nine[2:]}{luhn(nine)}", today=TODAY)
    assert number.is_coordination
    assert number.birth_date == birth
    assert not number.is_synthetic


def test_plus_means_the_year_of_turning_hundred_or_later() -> None:
    number = synthetic_number(date(1926, 12, 31), 980)
    text = number.digits[2:8] + "+" + number.digits[8:]
    assert PersonalNumber.parse(text, today=TODAY) == number
    assert PersonalNumber.parse(text.replace("+", "-"), today=date(2025, 12, 31)) == number


def test_minus_never_means_a_date_to_come() -> None:
    assert cause_of(f"261231-{synthetic_number(date(2026, 12, 31), 238).digits[8:]}") == "future_date"


@given(st.integers(1, 400))
def test_a_date_to_come_is_refused(days: int) -> None:
    assert cause_of(synthetic_number(TODAY + timedelta(days), 239).digits) == "future_date"


def test_a_child_born_today_has_a_number() -> None:
    number = synthetic_number(TODAY, 238)
    assert PersonalNumber.parse(number.digits, today=TODAY) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "199803172387\n",
        "\n199803172387",
        "\t199803172387",
        "199803172387\u00a0",
        "١٩٩٨٠٣١٧٢٣٨٩",  # Arabic-Indic digits, which the package underneath accepts
        "１９９８０３１７２３８９",  # full width
        "9803172387",  # ten digits without a sign do not say which century
        "19980317+2387",
        "19980317 2387",
        "1998-03-17-2387",
        "1998031723870",
        "199803170000123",
        "179803172387",
        "219803172387",
    ],
)
def test_other_forms_are_refused(text: str) -> None:
    assert cause_of(text) == "form"


@pytest.mark.parametrize("text", ["19980317-T238", "980317-238K", "990317122389", "99031712-2389", "19980317R238"])
def test_reserve_numbers_are_refused_as_such(text: str) -> None:
    assert cause_of(text) == "reserve_number"


@pytest.mark.parametrize("day", ["19980229", "19981301", "19980000", "19980332", "19980360", "19980392", "19980231"])
def test_impossible_dates_are_refused(day: str) -> None:
    assert cause_of(f"{day}2387") == "impossible_date"


def test_birth_number_zero_does_not_exist() -> None:
    assert cause_of(f"19980317000{luhn('980317000')}") == "check_digit"


@given(st.text(max_size=10) | st.from_regex(r"[0-9]{8}[-+T ]?[0-9A-Z]{3}\n", fullmatch=True))
@example("199803172388")
@example("19980317-T238")
def test_a_refusal_never_quotes_the_text_nor_carries_it_along(text: str) -> None:
    with pytest.raises(PersonalNumberError) as caught:
        PersonalNumber.parse(text, today=TODAY)
    error = caught.value
    told = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
    assert error.__context__ is None
    assert len(text) < 8 or text not in told


def test_a_number_cannot_be_made_around_the_reader() -> None:
    with pytest.raises(PersonalNumberError):
        PersonalNumber("199803172388")


@pytest.mark.parametrize("shown", [f"{WOMAN}", f"{WOMAN!r}", f"{WOMAN:>40}", str(WOMAN), repr([WOMAN]), "%s" % WOMAN])  # noqa: UP031
def test_a_number_is_printed_as_stars(shown: str) -> None:
    assert "PersonalNumber(********)" in shown
    assert "2387" not in shown


def test_sex_follows_the_birth_number() -> None:
    assert (WOMAN.legal_sex, MAN.legal_sex) == ("woman", "man")


@given(test_numbers)
def test_synthetic_numbers_are_valid_and_known_as_such(number: PersonalNumber) -> None:
    assert number.digits[11] == luhn(number.digits[2:11])
    assert number.is_synthetic


def test_an_ordinary_birth_number_is_not_synthetic() -> None:
    nine = "980317012"
    assert not PersonalNumber.parse(f"19{nine}{luhn(nine)}", today=TODAY).is_synthetic


def test_a_test_number_of_skatteverkets_old_dates() -> None:
    assert synthetic_number(date(1890, 1, 1), 980).digits == "189001019802"


@pytest.mark.parametrize(
    ("birth", "serial"), [(date(1998, 3, 17), 980), (date(1980, 1, 1), 238), (date(1998, 3, 17), 1)]
)
def test_only_the_series_of_the_date_makes_a_synthetic_number(birth: date, serial: int) -> None:
    with pytest.raises(PersonalNumberError) as caught:
        synthetic_number(birth, serial)
    assert caught.value.cause == "not_a_test_number"
