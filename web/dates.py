"""Dates and instants in words, in Stockholm and in the visitor's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from babel.dates import format_date

from web.languages import Language
from web.texts import Words
from workflows.dates import STOCKHOLM, local_date

LOCALES: Mapping[Language, str] = {"sv": "sv_SE", "en": "en_GB"}


MONTH, YEAR = 30.44, 365.25  # days
DAYS_AT_MOST, MONTHS_AT_MOST = 60, 24


def _rounded(days: int) -> tuple[int, str]:
    """Return a number of days in the unit one would say it in; the date itself always stands beside it."""
    if days <= DAYS_AT_MOST:
        return days, "day"
    months = round(days / MONTH)
    return (months, "month") if months < MONTHS_AT_MOST else (round(days / YEAR), "year")


@dataclass(frozen=True, slots=True)
class Dates:
    """Writes dates as seen from `now` (UTC)."""

    words: Words
    now: datetime

    @property
    def today(self) -> date:
        """Return the date in Stockholm."""
        return local_date(self.now)

    def long(self, day: date) -> str:
        """Return "måndag 15 januari 2024"."""
        return self._formatted(day, "EEEE d MMMM y")

    def short(self, day: date) -> str:
        """Return "mån 15 jan", with the year when it is another one than today's."""
        return self._formatted(day, "EEE d MMM" if day.year == self.today.year else "EEE d MMM y")

    def plain(self, day: date) -> str:
        """Return "15 januari 2024"."""
        return self._formatted(day, "d MMMM y")

    def month(self, day: date) -> str:
        """Return "mars 2024"."""
        return self._formatted(day, "LLLL y")

    def weekday(self, day: date) -> str:
        """Return "mån"."""
        return self._formatted(day, "EEE")

    def span(self, first: date, last: date) -> str:
        """Return "3–14 juli", "28 juni–2 juli 2024"; one day alone when both are the same."""
        if first == last:
            return self._formatted(first, self._day_month(first))
        begin = "d" if (first.year, first.month) == (last.year, last.month) else self._day_month(first)
        told = {"first": self._formatted(first, begin), "last": self._formatted(last, self._day_month(last))}
        return self.words("date.span", **told)

    def _day_month(self, day: date) -> str:
        return "d MMMM" if day.year == self.today.year else "d MMMM y"

    def moment(self, at: datetime) -> str:
        """Return an instant as "mån 15 jan kl. 08:00"."""
        local = at.astimezone(STOCKHOLM)
        return self.words("date.at", day=self.short(local.date()), clock=local.strftime("%H:%M"))

    def clock(self, at: datetime) -> str:
        """Return "08:00"."""
        return at.astimezone(STOCKHOLM).strftime("%H:%M")

    def due(self, days: int) -> str:
        """Return how far away a date is: "3 dagar försenad", "i dag", "i morgon", "om 3 dagar"."""
        if days in (0, 1):
            return self.words("due.today" if days == 0 else "due.tomorrow")
        number, unit = _rounded(abs(days))
        return self.words.count(f"due.overdue.{unit}" if days < 0 else f"due.in.{unit}", number)

    def value(self, value: object) -> str:
        """Return a case's value as text: dates in words, yes and no, the rest as it is."""
        if isinstance(value, datetime):
            return self.moment(value)
        if isinstance(value, date):
            return self.plain(value)
        if isinstance(value, bool):
            return self.words("yes" if value else "no")
        return "–" if value is None or value == "" else str(value)

    def _formatted(self, day: date, form: str) -> str:
        return format_date(day, form, LOCALES[self.words.language]).replace(".", "")
