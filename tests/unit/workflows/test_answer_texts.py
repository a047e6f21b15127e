"""Answers as people type them: Swedish and ISO dates, Stockholm time, and nothing quoted when they cannot be read."""

from contextlib import suppress
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.answer_texts import AnswersError, read_answers, read_day, write_answer
from workflows.dates import STOCKHOLM
from workflows.guards import Value
from workflows.model import Field, FieldType, Text

HELD_ON = Field("held_on", FieldType.DATE, Text("Hölls den", "Held on"))
MEETING_AT = Field("meeting_at", FieldType.DATETIME, Text("Mötestid", "Meeting time"))
GOALS = Field("goals", FieldType.INTEGER, Text("Antal mål", "Goals"))
DONE = Field("done", FieldType.BOOLEAN, Text("Klar", "Done"))
NOTE = Field("note", FieldType.TEXT, Text("Anteckning", "Note"))
PLACE = Field(
    "place",
    FieldType.CHOICE,
    Text("Plats", "Place"),
    choices={"clinic": Text("Mottagningen", "The clinic"), "video": Text("Video", "Video")},
)
FIELDS = (HELD_ON, MEETING_AT, GOALS, DONE, NOTE, PLACE)


@pytest.mark.parametrize(
    "text",
    ["2024-01-31", "20240131", "31/1 2024", "31.1.2024", " 31 januari 2024 ", "den 31 jan 2024", "31 January 2024"],
)
def test_a_date_is_read_in_swedish_and_iso_forms(text: str) -> None:
    assert read_day(text) == date(2024, 1, 31)


@pytest.mark.parametrize(
    "text", ["2024-02-30", "31/13 2024", "5/3/2024", "snart", "2024", "٣١/١ ٢٠٢٤", "31 mumble 2024"]
)
def test_what_is_no_date_or_could_be_two_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="2024-01-31"):
        read_day(text)


@pytest.mark.parametrize(
    "text",
    [
        "2024-07-01T13:30",
        "2024-07-01 13:30",
        "2024-07-01 13:30:00",
        "1/7 2024 kl. 13.30",
        "1 juli 2024, kl 13:30",
        "2024-07-01T11:30:00Z",
        "2024-07-01T13:30+02:00",
    ],
)
def test_a_time_is_stockholm_time_unless_it_says_otherwise(text: str) -> None:
    assert read_answers([MEETING_AT], {"meeting_at": text}) == {"meeting_at": datetime(2024, 7, 1, 11, 30, tzinfo=UTC)}


@pytest.mark.parametrize(
    "text", ["2024-07-01", "2024-07-01 25:00", "13:30", "0001-01-01T00:00", "9999-12-31T23:59-12:00"]
)
def test_a_time_without_day_or_a_day_without_time_is_refused(text: str) -> None:
    with pytest.raises(AnswersError):
        read_answers([MEETING_AT], {"meeting_at": text, "x": ""})


@pytest.mark.parametrize("text", ["clinic", "Mottagningen", "the clinic", " CLINIC "])
def test_a_choice_is_read_by_its_name_or_title(text: str) -> None:
    assert read_answers(FIELDS, {"place": text}) == {"place": "clinic"}


@pytest.mark.parametrize(("text", "value"), [("ja", True), ("on", True), ("Nej", False), ("0", False)])
def test_yes_and_no_are_read_in_both_languages(text: str, value: bool) -> None:
    assert read_answers(FIELDS, {"done": text}) == {"done": value}


def test_a_blank_answer_is_none_and_one_left_out_is_left_out() -> None:
    assert read_answers(FIELDS, {"held_on": "  "}) == {"held_on": None}


def test_every_problem_is_said_at_once_and_none_quotes_what_was_typed() -> None:
    with pytest.raises(AnswersError) as caught:
        read_answers(FIELDS, {"held_on": "19900101-2380", "goals": "Anna Andersson", "place": "Storgatan 1"})
    assert [field for field, _ in caught.value.problems] == ["held_on", "goals", "place"]
    assert not any(word in str(caught.value) for word in ("19900101", "Anna", "Storgatan"))


def test_a_name_that_is_not_asked_for_is_refused_without_being_quoted() -> None:
    with pytest.raises(AnswersError) as caught:
        read_answers([GOALS], {"Anna Andersson": "1"})
    assert caught.value.problems == (("?", "goals"),)


@given(text=st.text(max_size=40))
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    with suppress(AnswersError):
        assert read_answers(FIELDS, dict.fromkeys((f.name for f in FIELDS), text)).keys() == {f.name for f in FIELDS}


FIRST, LAST = datetime(2016, 1, 1), datetime(2040, 1, 1)  # noqa: DTZ001 - Hypothesis adds the zone
# An instant in the hour that comes twice in autumn cannot be told from its twin by its wall time.
unambiguous = (
    st.datetimes(FIRST, LAST, timezones=st.just(UTC))
    .map(lambda at: at.replace(second=0, microsecond=0))
    .filter(lambda at: at.astimezone(STOCKHOLM).fold == 0)
)


@given(
    st.one_of(
        st.tuples(st.just(HELD_ON), st.dates(date(1990, 1, 1), date(2100, 1, 1))),
        st.tuples(st.just(MEETING_AT), unambiguous),
        st.tuples(st.just(GOALS), st.integers(-999_999_999, 999_999_999)),
        st.tuples(st.just(DONE), st.booleans()),
        st.tuples(st.just(PLACE), st.sampled_from(["clinic", "video"])),
    )
)
def test_what_a_form_shows_for_editing_is_read_back_as_it_was(asked: tuple[Field, Value]) -> None:
    field, value = asked
    assert read_answers([field], {field.name: write_answer(value)}) == {field.name: value}
