"""The packaged programmes say what their documents say, each with its own version of the rules."""

from datetime import date

import pytest

from workflows.calendar import calendar_named
from workflows.catalogue import UnknownProgrammeError, load_packaged, packaged, packaged_text
from workflows.dates import roll, shift
from workflows.model import Definition, FactType, FieldType, Level
from workflows.reader import check, definition_from_json

ALL = packaged()
KRONOR = {
    "aktiv-2022": {2022: 480_000, 2023: 720_000, 2024: 240_000},
    "aktiv-2023": {2023: 630_000, 2024: 720_000, 2025: 90_000},
}


def due(definition: Definition, deadline: str, anchor: date) -> date:
    """Reckon a deadline's date as the rule says, from the anchor."""
    calendar = calendar_named(definition.calendar)
    watched = definition.deadlines[deadline]
    offset = watched.due.offset
    return roll(shift(anchor, offset.span, offset.sign, calendar), watched.roll, calendar)


def test_the_four_programmes_are_packaged() -> None:
    assert ALL == ("akt-sam", "aktiv-2022", "aktiv-2023", "rar-sormland")


@pytest.mark.parametrize("name", ALL)
def test_a_packaged_programme_has_neither_errors_nor_warnings(name: str) -> None:
    assert check(packaged_text(name), name) == ()


@pytest.mark.parametrize("name", ALL)
def test_a_programme_is_named_as_its_file(name: str) -> None:
    assert load_packaged(name).programme == name


@pytest.mark.parametrize("name", ALL)
def test_stored_source_compiles_back_equal(name: str) -> None:
    definition = load_packaged(name)
    again = definition_from_json(definition.source)
    assert again == definition
    assert list(again.transitions) == list(definition.transitions)


@pytest.mark.parametrize("name", ALL)
def test_programmes_share_the_names_that_reports_and_pages_rely_on(name: str) -> None:
    definition = load_packaged(name)
    assert {"decision_date", "benefit_from", "benefit_until", "level"} <= set(definition.fields)
    assert {"coordinator", "deputy", "unit_manager", "project_lead", "handler"} == set(definition.roles)
    assert set(definition.fields["level"].choices) == {"quarter", "half", "three_quarters", "full"}


@pytest.mark.parametrize("name", ALL)
def test_the_handler_belongs_to_fk_and_hears_nothing_without_consent(name: str) -> None:
    handler = load_packaged(name).roles["handler"]
    assert handler.party == "fk"
    assert handler.needs is not None
    assert not handler.needs.holds({"consent.region_to_fk": False})


@pytest.mark.parametrize("name", ALL)
def test_consent_can_be_given_and_withdrawn_in_every_open_state(name: str) -> None:
    definition = load_packaged(name)
    open_states = {state.name for state in definition.states.values() if not state.final}
    given, withdrawn = definition.transitions["record_consent"], definition.transitions["withdraw_consent"]
    assert given.sources == withdrawn.sources == open_states
    assert [change.value for change in (*given.sets, *withdrawn.sets)] == [True, False]


@pytest.mark.parametrize("name", ALL)
def test_no_open_state_is_without_a_deadline(name: str) -> None:
    definition = load_packaged(name)
    watched = set().union(*(deadline.region for deadline in definition.deadlines.values()))
    assert watched == {state.name for state in definition.states.values() if not state.final}


@pytest.mark.parametrize("name", ALL)
def test_every_deadline_escalates_beyond_the_coordinator(name: str) -> None:
    for deadline in load_packaged(name).deadlines.values():
        told = {role for rung in deadline.ladder if rung.level is Level.ESCALATE for role in rung.to}
        assert told & {"unit_manager", "project_lead"}, deadline.name


@pytest.mark.parametrize("name", ALL)
def test_free_text_about_the_person_is_personal_and_hidden_from_fk(name: str) -> None:
    texts = [field for field in load_packaged(name).fields.values() if field.type is FieldType.TEXT]
    assert texts
    assert all(field.personal and "handler" not in field.visible_to and field.visible_to for field in texts)


@pytest.mark.parametrize("name", ALL)
def test_what_is_planned_backwards_follows_the_end_of_the_benefit(name: str) -> None:
    definition = load_packaged(name)
    assert due(definition, "final_meeting", date(2024, 8, 30)) == date(2024, 5, 30)
    assert due(definition, "renewal", date(2024, 8, 30)) == date(2024, 4, 30)


@pytest.mark.parametrize("name", ALL)
def test_measures_are_counted_as_planned_done_and_interrupted(name: str) -> None:
    facts = load_packaged(name).facts
    assert all(facts[f"measures_{what}"].type is FactType.COUNT for what in ("planned", "done", "interrupted"))


@pytest.mark.parametrize(
    ("name", "decision", "expected"),
    [
        ("aktiv-2022", date(2024, 1, 31), date(2024, 2, 29)),
        ("akt-sam", date(2024, 1, 31), date(2024, 3, 1)),
        ("aktiv-2022", date(2023, 5, 6), date(2023, 6, 7)),
        ("akt-sam", date(2023, 5, 6), date(2023, 6, 5)),
        ("aktiv-2023", date(2023, 11, 24), date(2023, 12, 27)),
        ("akt-sam", date(2023, 11, 24), date(2023, 12, 27)),
        ("aktiv-2023", date(2024, 5, 21), date(2024, 6, 24)),
        ("akt-sam", date(2024, 5, 21), date(2024, 6, 20)),
        ("aktiv-2022", date(2024, 2, 29), date(2024, 4, 2)),
        ("akt-sam", date(2024, 2, 29), date(2024, 4, 2)),
    ],
)
def test_one_month_and_thirty_days_are_different_rules(name: str, decision: date, expected: date) -> None:
    assert due(load_packaged(name), "first_meeting", decision) == expected


def test_the_first_application_asks_that_the_meeting_is_booked_the_revised_one_that_it_is_held() -> None:
    assert "book_first_meeting" in load_packaged("aktiv-2022").deadlines["first_meeting"].met_by
    assert load_packaged("aktiv-2023").deadlines["first_meeting"].met_by == {"hold_first_meeting"}


def test_a_booked_meeting_is_watched_until_it_is_held_also_in_the_first_application() -> None:
    assert load_packaged("aktiv-2022").deadlines["first_meeting_held"].met_by == {"hold_first_meeting"}


@pytest.mark.parametrize("name", KRONOR)
def test_aktiv_is_paid_by_three_funders(name: str) -> None:
    costs = load_packaged(name).costs
    assert costs is not None
    assert costs.key == {"lund": 52, "mittskane": 34, "burlov_staffanstorp": 14}
    assert costs.budget == KRONOR[name]
    assert sum(costs.budget.values()) == 1_440_000


def test_periods_are_those_of_the_documents() -> None:
    periods = {name: (load_packaged(name).period_from, load_packaged(name).period_until) for name in ALL[:3]}
    assert periods == {
        "akt-sam": (date(2022, 3, 1), date(2024, 2, 29)),
        "aktiv-2022": (date(2022, 5, 1), date(2024, 4, 30)),
        "aktiv-2023": (date(2023, 2, 13), date(2025, 2, 12)),
    }


def test_the_revised_application_renames_one_funder() -> None:
    before, after = load_packaged("aktiv-2022").costs, load_packaged("aktiv-2023").costs
    assert before
    assert after
    assert "Kävlinge" not in before.titles["burlov_staffanstorp"].sv
    assert "Kävlinge" in after.titles["burlov_staffanstorp"].sv


def test_the_revised_programme_reviews_its_cases_every_second_month() -> None:
    review = load_packaged("aktiv-2023").deadlines["pulse_review"]
    assert str(review.due) == "every 2 months after decision_date until benefit_until"


def test_a_review_at_a_pulse_meeting_does_not_move_the_date_of_the_plan() -> None:
    definition = load_packaged("aktiv-2023")
    asked = {asked.field for asked in definition.transitions["review_at_pulse_meeting"].asks}
    assert definition.deadlines["plan"].due.anchor not in asked


@pytest.mark.parametrize("name", ALL)
def test_extending_the_period_leaves_the_first_decision_alone(name: str) -> None:
    asked = {asked.field for asked in load_packaged(name).transitions["extend_period"].asks}
    assert "benefit_until" in asked
    assert "decision_date" not in asked


def test_akt_sam_takes_first_grants_between_19_and_29_and_lets_fk_record_consent() -> None:
    definition = load_packaged("akt-sam")
    assert (definition.intake.age_from, definition.intake.age_to, definition.intake.first_grant_only) == (19, 29, True)
    assert "handler" in definition.transitions["record_consent"].by


def test_akt_sam_has_its_two_goals() -> None:
    kpis = load_packaged("akt-sam").kpis
    assert (kpis["early_meeting"].goal_percent, str(kpis["early_meeting"].within)) == (75, "30 days after")
    assert (kpis["step_forward"].goal_percent, kpis["step_forward"].fact) == (70, "step_forward_both")


@pytest.mark.parametrize("name", [name for name in ALL if name.startswith("aktiv")])
def test_the_ages_of_aktiv_are_those_of_the_law(name: str) -> None:
    assert load_packaged(name).intake.age_rule == "sfb-33-18"


def test_rar_takes_sickness_benefit_and_closes_for_the_reasons_of_its_report() -> None:
    definition = load_packaged("rar-sormland")
    reported = {"compensation_granted", "work_or_studies", "no_right", "conditions_not_met", "other_benefit"}
    assert definition.intake.benefits == ("sjukpenning",)
    assert set(definition.outcomes) == reported | {"left_programme"}


def test_an_unknown_programme_is_answered_with_the_nearest_names() -> None:
    with pytest.raises(UnknownProgrammeError, match="allowed: aktiv-2023, aktiv-2022"):
        load_packaged("aktiv-2024")
