"""Whom a programme takes in: ages as the law or the application has them, first grants only or not. Pure."""

from calendar import monthrange
from datetime import date, timedelta
from enum import StrEnum

from workflows.model import Intake

SFB_33_18 = "sfb-33-18"


class Outside(StrEnum):
    """Why a decision does not belong to a programme."""

    TOO_YOUNG = "too_young"
    TOO_OLD = "too_old"
    NOT_FIRST_GRANT = "not_first_grant"


def outside(intake: Intake, born: date, decided_on: date, benefit_from: date, first_grant: bool) -> Outside | None:
    """Say why a decision is not for a programme; None when it is.

    Args:
        intake: the programme's rule.
        born: the date of birth.
        decided_on: the date of the decision; ages "between" are those of that day.
        benefit_from: the first day of the benefit; it must lie in the months the law allows (`benefit_months`).
        first_grant: whether it is the person's first grant.
    """
    if intake.age_rule == SFB_33_18:
        first, last = benefit_months(born)
        age = Outside.TOO_YOUNG if benefit_from < first else Outside.TOO_OLD if benefit_from > last else None
    else:
        years = age_on(born, decided_on)
        age = Outside.TOO_YOUNG if years < intake.age_from else Outside.TOO_OLD if years > intake.age_to else None
    if age is None and intake.first_grant_only and not first_grant:
        return Outside.NOT_FIRST_GRANT
    return age


def benefit_months(born: date) -> tuple[date, date]:
    """Return the first and the last day on which aktivitetsersättning is possible (socialförsäkringsbalken 33:18).

    From July of the year in which the person turns 19, through the month before the one in which she turns 30.
    """
    return date(born.year + 19, 7, 1), date(born.year + 30, born.month, 1) - timedelta(days=1)


def age_on(born: date, day: date) -> int:
    """Return the age in whole years on a day; who was born on 29 February has her birthday on the month's last day."""
    last = monthrange(day.year, born.month)[1]
    had_birthday = (day.month, day.day) >= (born.month, min(born.day, last))
    return day.year - born.year - (0 if had_birthday else 1)
