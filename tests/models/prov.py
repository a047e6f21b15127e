"""The programme of `tests/fixtures/prov.yaml`, written out by hand: what is watched when, what stops it, ladders."""

from datetime import date

from tests.oracles.swedish_calendar import add_days, add_working_days, roll_previous

OPENS, CLOSES = 8, 17
KIND_IN = {"granted": "meeting", "following": "follow_up"}  # the one deadline watched in each state
STOPPED_BY = {"meeting": {"parental_leave"}, "follow_up": {"parental_leave", "sick_leave"}}
MAIL_COORDINATOR, MAIL_HANDLER, TEAM = "coordinator:email", "handler:email", "unit:teams"

Moment = tuple[date, int]  # a Stockholm day and hour
Rung = tuple[str, date, list[str]]  # its key, its day, whom it addresses


def rungs(kind: str, due: date) -> list[Rung]:
    """Return the ladder of a deadline due on a date: reminders on the working day before, escalations on one after."""
    fortnight = roll_previous(add_days(due, -14))
    if kind == "follow_up":
        return [
            ("r1", fortnight, [MAIL_COORDINATOR]),
            ("e1", add_working_days(due, 1), [MAIL_COORDINATOR]),
            ("e2", add_working_days(due, 5), ["unit_manager:email"]),
        ]
    return [
        ("r1", fortnight, [MAIL_COORDINATOR]),
        ("r2", max(fortnight, add_working_days(due, -5)), [MAIL_COORDINATOR, MAIL_HANDLER]),
        ("e1", add_working_days(due, 1), [MAIL_COORDINATOR, "deputy:email"]),
        ("e2", add_working_days(due, 5), ["unit_manager:email", TEAM]),
        ("e3", add_working_days(due, 10), ["project_lead:email"]),
        ("e3#2", add_working_days(due, 15), ["project_lead:email"]),
        ("e3#3", add_working_days(due, 20), ["project_lead:email"]),
        ("e3#4", add_working_days(due, 25), ["project_lead:email"]),
    ]
