"""Swedish personal identity numbers: one canonical form, checked, and masked wherever it could be printed."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from personnummer import personnummer as reader

from workflows.errors import BevakaError

MASK = "PersonalNumber(********)"

_SERIES_FROM_1990 = (238, 239)
_SERIES_BEFORE_1990 = (980, 981)

_LONG = re.compile(r"(?P<day>(?:18|19|20)[0-9]{6})-?(?P<tail>[0-9]{4})")
_SHORT = re.compile(r"(?P<day>[0-9]{6})(?P<sign>[-+])(?P<tail>[0-9]{4})")
_RESERVE = re.compile(r"99[0-9]{6}-?[0-9]{4}|(?=.*[A-Za-z])(?:[0-9]{2})?[0-9]{6}[-+]?[0-9A-Za-z]{4}")
_DIGITS = re.compile(r"[0-9]{12}")

_MESSAGES = {
    "form": "a personal identity number is written YYYYMMDDXXXX, YYYYMMDD-XXXX, YYMMDD-XXXX or YYMMDD+XXXX",
    "reserve_number": "reserve numbers are not personal identity numbers; a coordination number is accepted",
    "impossible_date": "the personal identity number begins with a date that does not exist",
    "future_date": "the personal identity number begins with a date that has not come yet",
    "check_digit": "the last digit of the personal identity number does not agree with the others",
    "not_a_test_number": "a synthetic number uses birth number 238 or 239, on dates before 1990 it uses 980 or 981",
}


class PersonalNumberError(BevakaError, ValueError):
    """A text is not a personal identity number. Says why (`cause`), never what the text was."""

    def __init__(self, cause: str) -> None:
        self.cause = cause
        super().__init__(_MESSAGES[cause])


@dataclass(frozen=True, slots=True, repr=False)
class PersonalNumber:
    """A personal identity number or coordination number that exists on paper: real date, right check digit.

    Attributes:
        digits: twelve ASCII digits, century first. The only form that is stored, indexed or compared.
    """

    digits: str

    def __post_init__(self) -> None:
        cause = _fault(self.digits)
        if cause is not None:
            raise PersonalNumberError(cause)

    @staticmethod
    def parse(text: str, *, today: date) -> "PersonalNumber":
        """Read a number the way people write it.

        Args:
            text: twelve digits, YYYYMMDD-XXXX, YYMMDD-XXXX or YYMMDD+XXXX; plain spaces around it are dropped.
            today: the date in Stockholm. It settles the century: `+` from the year in which the person turns 100
                (folkbokföringslagen 18 §), and refuses dates to come.

        Raises:
            PersonalNumberError: anything else, and numbers with an impossible or future date or a wrong check digit.
        """
        number = PersonalNumber(_canonical(text.strip(" "), today))
        if number.birth_date > today:
            raise PersonalNumberError("future_date")
        return number

    @property
    def birth_date(self) -> date:
        """The date of birth; 60 is taken off the day of a coordination number."""
        return _date_of(self.digits)

    @property
    def is_coordination(self) -> bool:
        """Whether this is a coordination number (samordningsnummer: the day is raised by 60)."""
        return int(self.digits[6:8]) > 60

    @property
    def legal_sex(self) -> Literal["woman", "man"]:
        """Legal sex as the last digit of the birth number has it: even for women, odd for men."""
        return "man" if int(self.digits[10]) % 2 else "woman"

    @property
    def is_synthetic(self) -> bool:
        """Whether the birth number belongs to Skatteverket's test series for that date (`synthetic_serials`)."""
        return not self.is_coordination and int(self.digits[8:11]) in synthetic_serials(self.birth_date)

    def __repr__(self) -> str:
        return MASK

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)


def synthetic_serials(birth: date) -> tuple[int, int]:
    """The birth numbers of Skatteverket's test series on a date: first the woman's, then the man's.

    Skatteverket publishes test numbers as open data ("Testpersonnummer" on dataportal.se). On birth dates from 1990
    they have birth number 238 or 239; on old dates 980 or 981. The list is the authority, this is its pattern: before
    1990 the list has gaps and other series too, so there a match is a hint, not a proof.
    """
    return _SERIES_FROM_1990 if birth.year >= 1990 else _SERIES_BEFORE_1990


def synthetic_number(birth: date, serial: int) -> PersonalNumber:
    """Build a number of Skatteverket's test series, for demonstrations and tests.

    Args:
        birth: the date of birth.
        serial: one of `synthetic_serials(birth)`.

    Raises:
        PersonalNumberError: the serial is not of the date's test series (`not_a_test_number`), or the year is before
            1800 or after 2099.
    """
    if serial not in synthetic_serials(birth):
        raise PersonalNumberError("not_a_test_number")
    body = f"{birth:%Y%m%d}{serial}"
    return PersonalNumber(body + _check_digit(body[2:]))


def _canonical(text: str, today: date) -> str:
    """Twelve digits for a written form; the date in them is not yet checked."""
    if long := _LONG.fullmatch(text):
        return long["day"] + long["tail"]
    if short := _SHORT.fullmatch(text):
        newest = today.year - (100 if short["sign"] == "+" else 0)
        year = newest - (newest - int(short["day"][:2])) % 100
        return f"{year:04d}{short['day'][2:]}{short['tail']}"
    raise PersonalNumberError("reserve_number" if _RESERVE.fullmatch(text) else "form")


def _fault(digits: str) -> str | None:
    """The cause for which twelve characters are no number, or None.

    The causes are returned, not raised inside `except`: the reader's own exception quotes the number, and would live on
    as the context of ours.
    """
    if not _DIGITS.fullmatch(digits) or digits[:2] not in {"18", "19", "20"}:
        return "form"
    try:
        _date_of(digits)
    except ValueError:
        return "impossible_date"
    try:
        reader.Personnummer(digits)
    except reader.PersonnummerException:
        return "check_digit"
    return None


def _date_of(digits: str) -> date:
    day = int(digits[6:8])
    return date(int(digits[:4]), int(digits[4:6]), day - 60 if day > 60 else day)


def _check_digit(nine: str) -> str:
    """The Luhn digit of YYMMDDNNN (weights 2, 1, 2 …; Skatteverket, rättslig vägledning, "Personnummer")."""
    products = (int(digit) * (2 - place % 2) for place, digit in enumerate(nine))
    return str(-sum(product // 10 + product % 10 for product in products) % 10)
