"""Reading a definition: what becomes of it, and where its problems are said to be."""

import json
from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from workflows.dates import Roll, Span, Unit
from workflows.guards import compile_guard
from workflows.model import Asked, FactChange, FactType, Level, Repeat
from workflows.reader import DefinitionErrors, check, definition_from_json, read_definition
from workflows.schema import published_schema

SMALL = (Path(__file__).parents[2] / "fixtures" / "small.yaml").read_text(encoding="utf-8")
SMALL_READ = read_definition(SMALL, "small.yaml")


def changed(old: str, new: str) -> str:
    """Return the small definition with one piece exchanged."""
    assert old in SMALL
    return SMALL.replace(old, new, 1)


def rules(text: str) -> list[str]:
    return [problem.rule for problem in check(text, "small.yaml")]


def test_the_published_schema_is_a_json_schema() -> None:
    Draft202012Validator.check_schema(published_schema())


def test_the_first_state_is_the_initial_one() -> None:
    assert SMALL_READ.initial == "granted"


def test_another_state_can_be_the_initial_one() -> None:
    text = changed("states:\n", "initial: following\nstates:\n")
    assert "unreachable-state" in rules(text)


def test_working_hours_are_eight_to_five_unless_said() -> None:
    assert (SMALL_READ.hours.opens, SMALL_READ.hours.closes) == (time(8), time(17))


def test_an_asterisk_means_every_state_that_is_not_final() -> None:
    assert SMALL_READ.transitions["record_consent"].sources == {"granted", "following"}


def test_a_transition_without_to_stays() -> None:
    assert SMALL_READ.transitions["book_meeting"].to is None


def test_a_field_may_be_asked_for_without_being_demanded() -> None:
    assert SMALL_READ.transitions["hold_meeting"].asks == (Asked("held_on"), Asked("goals", required=False))


def test_flags_are_set_and_counts_grow() -> None:
    assert SMALL_READ.transitions["record_consent"].sets == (FactChange("consent.region_to_fk", True),)
    assert SMALL_READ.transitions["hold_meeting"].sets == (FactChange("meetings_held", 1),)


def test_guards_are_compiled() -> None:
    guard = compile_guard("consent.region_to_fk", {"consent.region_to_fk": FactType.FLAG})
    assert SMALL_READ.transitions["book_meeting"].needs == (guard,)


def test_outcomes_can_be_the_choices_of_a_field() -> None:
    assert SMALL_READ.fields["outcome"].choices == SMALL_READ.outcomes


def test_rungs_are_numbered_by_level() -> None:
    ladder = SMALL_READ.deadlines["first_meeting"].ladder
    assert [(rung.key, rung.level) for rung in ladder] == [
        ("r1", Level.REMIND),
        ("e1", Level.ESCALATE),
        ("e2", Level.ESCALATE),
    ]


def test_a_rung_goes_by_email_unless_said_and_repeats_when_said() -> None:
    last = SMALL_READ.deadlines["first_meeting"].ladder[-1]
    assert last.channels == ("email",)
    assert last.repeat == Repeat(Span(5, Unit.WORKING_DAYS), 4)


def test_a_due_rule_says_itself_in_the_definitions_words() -> None:
    assert str(SMALL_READ.deadlines["follow_up"].due) == "every 3 months after held_on until benefit_until"


def test_a_due_date_is_not_rolled_unless_said() -> None:
    assert SMALL_READ.deadlines["first_meeting"].roll is Roll.NONE


def test_the_cost_key_and_the_budget_are_numbers_by_funder_and_year() -> None:
    assert SMALL_READ.costs is not None
    assert SMALL_READ.costs.key == {"lund": 60, "eslov": 40}
    assert SMALL_READ.costs.budget == {2024: 1000}
    assert SMALL_READ.costs.valid_from == date(2024, 1, 1)


def test_a_cancellation_withdraws_the_invitation_of_its_kind() -> None:
    more = "  cancel: {title: {sv: Ställ in, en: Cancel}, from: granted, by: coordinator, cancels: meeting}\n"
    invite = read_definition(changed("  close:\n", f"{more}  close:\n"), "x").transitions["cancel"].invite
    assert invite is not None
    assert (invite.kind, invite.cancels) == ("meeting", True)


def test_comments_and_spaces_do_not_change_the_digest() -> None:
    again = read_definition("# a comment\n" + SMALL.replace("{type: date, ", "{type:   date, "), "x")
    assert again.digest == SMALL_READ.digest


def test_any_other_change_changes_the_digest() -> None:
    assert read_definition(changed('version: "1"', 'version: "2"'), "x").digest != SMALL_READ.digest


def test_what_is_stored_is_json_and_compiles_back_equal() -> None:
    assert json.loads(SMALL_READ.source)["programme"] == "small"
    assert definition_from_json(SMALL_READ.source) == SMALL_READ


def test_a_stored_definition_is_not_linted_again() -> None:
    text = changed("    from: following\n    to: closed\n", "    from: following\n    to: closed\n    undo: 7 days\n")
    assert definition_from_json(read_definition(text, "x").source).transitions["close"].undo == Span(7, Unit.DAYS)


@pytest.mark.parametrize("source", ["", "[]", "{}", "{", '{"programme": "x"}', "null"])
def test_what_is_no_stored_definition_is_refused(source: str) -> None:
    with pytest.raises(DefinitionErrors):
        definition_from_json(source)


def test_all_problems_come_at_once_in_the_order_of_the_file() -> None:
    text = changed("party: fk", "party: fkk").replace("at_most: 4", "at_most: 99").replace("goal: 75 %", "goal: 175 %")
    text = text.replace("to: unit_manager", "to: unit_manger").replace("stops: follow_up", "stops: follow")
    problems = check(text, "small.yaml")
    assert [p.rule for p in problems] == ["not-allowed", "out-of-range", "unknown-name", "bad-form"]
    assert [p.line for p in problems] == sorted(p.line for p in problems)


def test_a_broken_field_does_not_make_its_users_wrong() -> None:
    assert rules(changed("meeting_at: {type: datetime", "meeting_at: {type: datetme")) == ["not-allowed"]


def test_a_broken_section_does_not_make_its_users_wrong() -> None:
    assert rules(changed("  meetings_held: {type: count", "  meetings_held: {type: cout")) == ["not-allowed"]


def test_a_misspelt_key_is_not_also_a_missing_one() -> None:
    assert rules(changed("    from: granted\n", "    fron: granted\n")) == ["unknown-key"]


def test_an_unknown_name_is_answered_with_the_nearest_one() -> None:
    (problem,) = check(changed("while: granted", "while: grantd"), "small.yaml")
    assert (problem.rule, problem.found) == ("unknown-name", "grantd")
    assert problem.allowed.startswith("the states: granted, ")


def test_a_mistake_in_a_list_is_placed_at_its_element() -> None:
    (problem,) = check(changed("from: [granted, following]", "from: [granted, folowing]"), "small.yaml")
    line = SMALL.splitlines()[problem.line - 1]
    assert line[problem.column - 1 :].startswith("following]")


def test_a_mistake_in_a_guard_is_placed_inside_it() -> None:
    (problem,) = check(changed("needs: [consent.region_to_fk]", "needs: [not consent.region_to_f]"), "small.yaml")
    assert problem.rule == "bad-guard"
    assert problem.column == len("    needs: [not ") + 1


def test_a_mistake_in_an_anchor_is_placed_at_the_anchor() -> None:
    (problem,) = check(changed("due: 1 month after decision_date", "due: 1 month after decision"), "small.yaml")
    assert problem.column == len("    due: 1 month after ") + 1


@pytest.mark.parametrize("word", ["no", "on", "yes", "off"])
def test_words_that_yaml_1_1_reads_as_booleans_stay_words(word: str) -> None:
    (problem,) = check(changed("final: true", f"final: {word}"), "small.yaml")
    assert (problem.rule, problem.found) == ("wrong-type", f'"{word}"')


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing",
        "[]",
        "just words",
        "a: 1",
        "\t",
        "a: b: c",
        "{",
        "? [a]\n: b",
        "\x00",
        "--- a\n--- b",
        "!!map {}",
    ],
)
def test_what_is_no_definition_is_explained(text: str) -> None:
    with pytest.raises(DefinitionErrors) as caught:
        read_definition(text, "some.yaml")
    assert all(str(problem).startswith("some.yaml:") for problem in caught.value.problems)
    assert caught.value.problems


def test_an_error_shows_one_line_per_problem() -> None:
    with pytest.raises(DefinitionErrors) as caught:
        read_definition(changed("party: fk", "party: fkk"), "small.yaml")
    assert str(caught.value).startswith("small.yaml:9:")
    assert len(str(caught.value).splitlines()) == len(caught.value.problems) == 1


def test_a_file_of_any_size_is_answered() -> None:
    assert rules("a" * 300_000) == ["too-large"]


_LINES = SMALL.splitlines()
_JUNK = st.sampled_from(
    [
        "",
        "x",
        "null",
        "[]",
        "{}",
        "true",
        "-1",
        "7",
        '"',
        "'",
        "{",
        "]",
        ":",
        "&a",
        "*a",
        "!!int 3",
        "- ",
        "#",
        "  ",
        "å",
    ]
)


@st.composite
def _damaged(draw: st.DrawFn) -> str:
    lines = list(_LINES)
    for _ in range(draw(st.integers(1, 3))):
        row = draw(st.integers(0, len(lines) - 1))
        line = lines[row]
        start = draw(st.integers(0, len(line)))
        end = draw(st.integers(start, min(len(line), start + 12)))
        lines[row] = line[:start] + draw(_JUNK) + line[end:]
        if draw(st.booleans()):
            del lines[draw(st.integers(0, len(lines) - 1))]
    return "\n".join(lines)


@settings(max_examples=150, deadline=None)
@given(_damaged())
def test_a_damaged_definition_gives_problems_inside_the_file_and_never_a_traceback(text: str) -> None:
    last = text.count("\n") + 2
    assert all(1 <= problem.line <= last and problem.column >= 1 for problem in check(text, "damaged.yaml"))


_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from(["", "x", "outcomes", "*", "2024-01-31"])),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["sv", "from", "x"]), inner, max_size=2)
    ),
    max_leaves=4,
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_value_in_any_place_is_read_or_explained(data: st.DataObject) -> None:
    definition = json.loads(SMALL_READ.source)
    place, key = definition, data.draw(st.sampled_from(sorted(definition)))
    while isinstance(place[key], dict) and place[key] and data.draw(st.booleans()):
        place, key = place[key], data.draw(st.sampled_from(sorted(place[key])))
    place[key] = data.draw(_VALUES)
    problems = check(json.dumps(definition, ensure_ascii=False), "odd.json")
    assert len({(p.line, p.column, p.rule, p.found) for p in problems}) == len(problems)
