"""Where the linter draws its lines: what is just allowed, and what is just not."""

from pathlib import Path

import pytest

from workflows.reader import check

SMALL = (Path(__file__).parents[2] / "fixtures" / "small.yaml").read_text(encoding="utf-8")
ROLE = "  handler: {title"
FIELD = "  goals: {type"
FOLLOW_UP_ENDS = "      - {at: 14 days before, to: coordinator}\npauses"


def rules(*changes: tuple[str, str]) -> list[str]:
    """Return the rules that the small definition breaks once some of its pieces are exchanged."""
    text = SMALL
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return [problem.rule for problem in check(text, "small.yaml")]


def reminded(at: str) -> tuple[str, str]:
    return "{at: 14 days before, to: coordinator}", f"{{at: {at}, to: coordinator}}"


def escalated(at: str) -> tuple[str, str]:
    return "{at: 1 working day after", f"{{at: {at}"


@pytest.mark.parametrize("at", ["on the day", "30 days before", "4 weeks before", "1 month before", "0 days after"])
def test_a_reminder_comes_between_the_anchor_and_the_due_date(at: str) -> None:
    assert rules(reminded(at)) == []


@pytest.mark.parametrize("at", ["31 days before", "5 weeks before", "2 months before", "22 working days before"])
def test_a_reminder_before_the_anchor_is_too_early(at: str) -> None:
    assert rules(reminded(at)) == ["rung-too-early"]


def test_a_reminder_of_what_recurs_comes_after_the_time_before() -> None:
    assert rules(("days before, to: coordinator}\npauses", "weeks before, to: coordinator}\npauses")) == [
        "rung-too-early"
    ]


@pytest.mark.parametrize("at", ["on the day", "0 days after", "1 day before"])
def test_an_escalation_on_or_before_the_date_is_a_reminder(at: str) -> None:
    assert rules(escalated(at)) == ["escalation-before-due"]


def test_an_escalation_of_what_recurs_comes_before_the_next_time() -> None:
    last = "escalate:\n      - {at: %s, to: coordinator}\npauses"
    ladder = FOLLOW_UP_ENDS.replace("pauses", "    " + last)
    assert rules((FOLLOW_UP_ENDS, ladder % "12 weeks after")) == []
    assert rules((FOLLOW_UP_ENDS, ladder % "3 months after")) == ["rung-after-end"]


def test_what_is_planned_backwards_escalates_before_the_end_it_is_planned_from() -> None:
    backwards = ("due: 1 month after decision_date", "due: 1 month before benefit_until")
    assert rules(backwards) == []
    assert rules(backwards, ("at_most: 4", "at_most: 5")) == ["rung-after-end"]


@pytest.mark.parametrize(
    ("again", "clashes"),
    [
        ("{at: 1 working day after, to: unit_manager}", False),
        ("{at: 1 working day after, to: coordinator}", True),
        ("{at: 2 days after, to: coordinator}", False),
        ("{at: 20 working days after, to: unit_manager}", True),
        ("{at: 25 working days after, to: unit_manager}", False),
        ("{at: 3 working days after, to: unit_manager, repeat: every 7 working days, at_most: 2}", True),
    ],
)
def test_two_rungs_clash_at_one_moment_to_one_role(again: str, clashes: bool) -> None:
    assert rules((", at_most: 4}\n", f", at_most: 4}}\n      - {again}\n")) == (["rung-clash"] if clashes else [])


def test_a_week_and_seven_days_are_one_moment() -> None:
    escalations = "{at: 7 days after, to: coordinator}\n      - {at: 1 week after, to: coordinator}"
    assert rules(("{at: 1 working day after, to: coordinator}", escalations)) == ["rung-clash"]


def test_one_of_several_events_is_enough_to_meet_a_deadline() -> None:
    assert rules(("met_by: hold_meeting", "met_by: [close, hold_meeting]")) == []


def test_a_deadline_may_end_by_its_condition_instead_of_an_event() -> None:
    assert rules(("met_by: hold_meeting", "when: not consent.region_to_fk")) == []


def test_a_deadline_that_nothing_ends_is_incomplete() -> None:
    assert rules(("    met_by: hold_meeting\n", "")) == ["incomplete"]


def test_an_end_nobody_reaches_is_told_once_and_not_for_every_state_before_it() -> None:
    assert rules(("    from: following\n    to: closed", "    from: following\n    to: granted")) == [
        "unreachable-state"
    ]


def test_an_unreachable_state_is_not_also_a_dead_end() -> None:
    more = "  lost: {title: {sv: Borta, en: Lost}}\n  closed: {title"
    assert rules(("  closed: {title", more)) == ["unreachable-state"]


def test_an_anchor_may_be_asked_for_instead_of_required() -> None:
    assert rules(("due: 1 month after decision_date", "due: 1 month after held_on")) == []


def test_a_role_of_another_party_that_is_told_nothing_needs_no_condition() -> None:
    assert rules((ROLE, "  employer: {title: {sv: Arbetsgivare, en: Employer}, party: employer}\n" + ROLE)) == []


def test_a_funder_may_take_part_where_personal_fields_are_for_others() -> None:
    funder = (ROLE, "  funder: {title: {sv: Förbund, en: Funder}, party: funder}\n" + ROLE)
    hidden = (FIELD + ": text, personal: true", FIELD + ": text, visible_to: [coordinator], personal: true")
    assert rules(funder, hidden) == []


def test_a_funder_named_as_a_reader_of_a_personal_field_is_refused() -> None:
    funder = (ROLE, "  funder: {title: {sv: Förbund, en: Funder}, party: funder}\n" + ROLE)
    shown = (FIELD + ": text, personal: true", FIELD + ": text, visible_to: [coordinator, funder], personal: true")
    assert rules(funder, shown) == ["personal-to-funder"]


def test_a_circle_of_roles_is_told_once() -> None:
    circle = ("en: Unit manager}}", "en: Unit manager}, above: coordinator}")
    assert rules(circle) == ["role-loop"]


def test_a_role_that_only_leads_into_a_circle_is_not_part_of_it() -> None:
    circle = ("en: Unit manager}}", "en: Unit manager}, above: unit_manager}")
    assert rules(circle) == ["role-loop"]


def test_counts_feed_the_reports_and_need_no_other_use() -> None:
    count = "  pulse_reviews: {type: count, title: {sv: Pulsmöten, en: Pulse meetings}}\n  meetings_held: {type"
    assert rules(("  meetings_held: {type", count)) == []


def test_a_goal_is_a_use_of_a_fact_and_asks_that_something_sets_it() -> None:
    flag = ("  meetings_held: {type", "  better: {type: flag, title: {sv: Bättre, en: Better}}\n  meetings_held: {type")
    goal = ("kpis:\n", "kpis:\n  better: {title: {sv: Bättre, en: Better}, goal: 70 %, fact: better}\n")
    assert rules(flag, goal) == ["unset-fact"]
    assert rules(flag, goal, ("sets: {meetings_held: +1}", "sets: {meetings_held: +1, better: true}")) == []


def test_a_missing_standard_date_is_told_at_the_fields() -> None:
    without = ("  benefit_from: {type: date, required: true, title: {sv: Från, en: From}}\n", "")
    assert rules(without) == ["standard-field"]


def test_an_early_window_is_shorter_than_the_interval() -> None:
    assert rules(("early: 45 days", "early: 3 months")) == ["no-room"]


def test_an_interval_longer_than_the_programme_has_no_room() -> None:
    assert rules(("due: every 3 months", "due: every 24 months")) == []
    assert rules(("due: every 3 months", "due: every 25 months")) == ["no-room"]


def test_an_interval_of_nothing_has_no_room() -> None:
    assert "no-room" in rules(("due: every 3 months", "due: every 0 days"))
