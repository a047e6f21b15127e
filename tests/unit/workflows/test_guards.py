"""The guard language: what it says, that it never raises, and what it refuses."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.guards import GuardError, compile_guard
from workflows.model import FactType, FieldType

TYPES: dict[str, FieldType | FactType] = {
    "benefit_until": FieldType.DATE,
    "benefit_from": FieldType.DATE,
    "meeting_at": FieldType.DATETIME,
    "outcome": FieldType.CHOICE,
    "note": FieldType.TEXT,
    "age": FieldType.INTEGER,
    "active": FieldType.BOOLEAN,
    "consent.region_to_fk": FactType.FLAG,
    "plan_agreed": FactType.FLAG,
    "meetings_held": FactType.COUNT,
}
CHOICES = {"outcome": ("work", "studies", "other_benefit")}


def holds(source: str, **values: Any) -> bool:
    named = {name.replace("__", "."): value for name, value in values.items()}
    return compile_guard(source, TYPES, CHOICES).holds(named)


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ("plan_agreed", {"plan_agreed": True}),
        ("consent.region_to_fk", {"consent__region_to_fk": True}),
        ("not plan_agreed", {"plan_agreed": False}),
        ("meetings_held >= 1", {"meetings_held": 1}),
        ("outcome in ['work', 'studies']", {"outcome": "studies"}),
        ('outcome == "work"', {"outcome": "work"}),
        ("benefit_until >= 2024-01-31", {"benefit_until": date(2024, 1, 31)}),
        ("benefit_from < benefit_until", {"benefit_from": date(2024, 1, 1), "benefit_until": date(2024, 1, 2)}),
        ("today < benefit_until", {"today": date(2024, 1, 1), "benefit_until": date(2024, 1, 2)}),
        ("plan_agreed or meetings_held > 0 and active", {"plan_agreed": True}),
        ("active == false", {"active": False}),
        ("2 <= age", {"age": 2}),
    ],
)
def test_a_guard_holds(source: str, values: dict[str, Any]) -> None:
    assert holds(source, **values)


def test_and_binds_tighter_than_or() -> None:
    assert holds("plan_agreed or active and meetings_held > 9", plan_agreed=True)
    assert not holds("(plan_agreed or active) and meetings_held > 9", plan_agreed=True)


def test_a_missing_flag_is_false() -> None:
    assert not holds("plan_agreed")
    assert holds("plan_agreed == false")


def test_a_missing_count_is_zero() -> None:
    assert holds("meetings_held == 0")


@pytest.mark.parametrize("comparison", ["==", "!=", "<", "<=", ">", ">="])
def test_a_missing_value_makes_every_comparison_false(comparison: str) -> None:
    assert not holds(f"benefit_until {comparison} 2024-01-31")


def test_an_instant_is_read_as_its_date_in_stockholm() -> None:
    late_in_the_evening_utc = datetime(2024, 6, 1, 22, 30, tzinfo=UTC)
    assert holds("meeting_at == 2024-06-02", meeting_at=late_in_the_evening_utc)


def test_failures_are_the_smallest_clauses_in_the_languages_own_words() -> None:
    guard = compile_guard("plan_agreed and (consent.region_to_fk and meetings_held >= 1)", TYPES)
    failures = guard.failures({"plan_agreed": True, "meetings_held": 0})
    assert [failure.clause for failure in failures] == ["consent.region_to_fk", "meetings_held >= 1"]
    assert [failure.names for failure in failures] == [("consent.region_to_fk",), ("meetings_held",)]


def test_a_failing_choice_is_reported_whole_with_its_parentheses() -> None:
    guard = compile_guard("(plan_agreed and active) or (meetings_held > 1)", TYPES)
    assert [failure.clause for failure in guard.failures({})] == ["(plan_agreed and active) or (meetings_held > 1)"]


def test_a_failure_never_shows_a_value() -> None:
    guard = compile_guard("note == 'public'", TYPES)
    assert "secret" not in repr(guard.failures({"note": "secret"}))


def test_a_guard_tells_what_it_depends_on() -> None:
    guard = compile_guard("not plan_agreed or today > benefit_until", TYPES)
    assert guard.names == {"plan_agreed", "today", "benefit_until"}


def test_guards_with_the_same_source_are_equal() -> None:
    assert compile_guard("plan_agreed", TYPES) == compile_guard("plan_agreed", TYPES)


@pytest.mark.parametrize(
    ("source", "column", "allowed"),
    [
        ("plan_agred", 1, "plan_agreed"),
        ("plan_agreed and meetings_hold > 1", 17, "meetings_held"),
        ("outcome == 'werk'", 12, "work"),
        ("benefit_until == 'work'", 18, "a date"),
        ("benefit_until", 1, "a comparison"),
        ("meetings_held", 1, "a comparison"),
        ("plan_agreed < true", 1, "=="),
        ("benefit_until < 2024-02-30", 17, "a date in the calendar"),
        ("plan_agreed and", 16, "a name"),
        ("(plan_agreed", 13, ")"),
        ("plan_agreed plan_agreed", 13, "and, or"),
        ("age in []", 9, "a name"),
        ("(age > 1) == true", 1, "a name or a literal"),
        ("1 < age < 3", 9, "and, or"),
        ("", 1, "a name"),
    ],
)
def test_an_error_names_the_column_and_what_is_allowed(source: str, column: int, allowed: str) -> None:
    with pytest.raises(GuardError) as caught:
        compile_guard(source, TYPES, CHOICES)
    assert caught.value.column == column
    assert allowed in caught.value.allowed


@pytest.mark.parametrize(
    "source",
    [
        "__import__('os')",
        "plan_agreed.__class__",
        "len(note) > 1",
        "lambda: plan_agreed",
        "[x for x in note]",
        "(age := 1) > 0",
        "f'{note}' == 'x'",
        "note[0] == 'x'",
        "age + 1 > 2",
        "age ** 9 > 2",
        "note == 'a' 'b'",
        "plan_agreed if active else active",
        "plan_agreed; active",
        "plan_agreed\x00",
        "note == 'line\nbreak'",
        "age == 99999999999999999999",
        "age == 1e9",
        "(" * 30 + "plan_agreed" + ")" * 30,
        "not " * 60 + "plan_agreed",
        "plan_agreed and " * 60 + "plan_agreed",
        "PLAN_AGREED",
        "åsna == 1",
        "*",
        "@plan_agreed",
        "# plan_agreed",
    ],
)
def test_what_is_not_the_language_is_refused(source: str) -> None:
    with pytest.raises(GuardError):
        compile_guard(source, TYPES, CHOICES)


@given(st.text(max_size=60))
def test_any_text_compiles_or_is_refused(source: str) -> None:
    column = 1
    try:
        compile_guard(source, TYPES, CHOICES)
    except GuardError as error:
        column = error.column
    assert 1 <= column <= len(source) + 1


_COMPARISONS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
_CLAUSES = st.one_of(
    st.sampled_from(["plan_agreed", "active", "consent.region_to_fk", "true", "note == 'x'", "outcome in ['work']"]),
    st.builds("meetings_held {} {}".format, _COMPARISONS, st.integers(0, 9)),
    st.builds("age {} meetings_held".format, _COMPARISONS),
    st.builds("{} {} {}".format, st.just("meeting_at"), _COMPARISONS, st.sampled_from(["2024-01-31", "today"])),
    st.builds("meeting_at {} meeting_at".format, _COMPARISONS),
    st.builds("benefit_until {} benefit_from".format, _COMPARISONS),
)
_GUARDS = st.recursive(
    _CLAUSES,
    lambda inner: st.one_of(
        inner.map("not ({})".format),
        st.builds("({}) and ({})".format, inner, inner),
        st.builds("({}) or ({})".format, inner, inner),
    ),
    max_leaves=6,
)
_ANYTHING = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.dates(), st.datetimes())
_AWARE = st.datetimes(timezones=st.just(UTC))
_VALUES = st.dictionaries(st.sampled_from([*TYPES, "today"]), _ANYTHING | _AWARE)


@given(_GUARDS, _VALUES)
def test_a_compiled_guard_never_raises(source: str, values: dict[str, Any]) -> None:
    assert compile_guard(source, TYPES).holds(values) in {True, False}


@given(_GUARDS, _VALUES)
def test_failures_are_empty_if_and_only_if_the_guard_holds(source: str, values: dict[str, Any]) -> None:
    guard = compile_guard(source, TYPES)
    assert guard.holds(values) == (guard.failures(values) == ())


@given(_CLAUSES, _CLAUSES, _VALUES)
def test_de_morgan(one: str, two: str, values: dict[str, Any]) -> None:
    neither = compile_guard(f"not ({one} or {two})", TYPES)
    both_not = compile_guard(f"(not {one}) and (not {two})", TYPES)
    assert neither.holds(values) == both_not.holds(values)


@given(_GUARDS, _VALUES)
def test_a_failing_clause_fails_alone(source: str, values: dict[str, Any]) -> None:
    for failure in compile_guard(source, TYPES).failures(values):
        assert not compile_guard(failure.clause, TYPES).holds(values)
