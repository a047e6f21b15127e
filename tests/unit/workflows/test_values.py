"""Snapshots and answers become JSON and come back the same."""

import json
from datetime import UTC, date, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.workflows.building import STATES
from workflows.case import Invited, Pause, Quiet, QuietKind, Snapshot, Watch
from workflows.values import (
    canonical,
    data_from_json,
    data_to_json,
    snapshot_from_json,
    snapshot_to_json,
    value_from_json,
    value_to_json,
)

days = st.dates(date(2016, 1, 1), date(2040, 12, 31))
zones = st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours)))
instants = st.datetimes(datetime(2016, 1, 1), datetime(2040, 12, 31), timezones=zones)  # noqa: DTZ001 - bounds
names = st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True)
values = st.none() | days | instants | st.text() | st.integers() | st.booleans()
quiets = st.builds(Quiet, st.sampled_from(QuietKind), days, st.integers(1, 99))
watches = st.builds(
    Watch,
    entry_seq=st.integers(1, 99),
    occurrence=st.integers(0, 40),
    generation=st.integers(-1, 9),
    live=st.booleans(),
    met=st.booleans(),
    anchor_on=st.none() | days,
    base_on=st.none() | days,
    due_on=st.none() | days,
    paused_days=st.integers(0, 999),
    paused=st.booleans(),
    quiet=st.none() | quiets,
    met_on=st.none() | days,
    rule=st.text(),
    marks=st.tuples(st.text(), st.text()),
)
invitations = st.builds(
    Invited,
    st.integers(0, 9),
    instants,
    st.integers(1, 480),
    st.none() | names,
    st.lists(names).map(tuple),
    st.booleans(),
)
snapshots = st.builds(
    Snapshot,
    state=st.sampled_from(sorted(STATES)),
    seq=st.integers(1, 99),
    entry_seq=st.integers(1, 99),
    data=st.dictionaries(names, values),
    watch=st.dictionaries(names, watches),
    pauses=st.lists(st.builds(Pause, names, days, st.none() | days)).map(tuple),
    invited=st.dictionaries(names, invitations),
)


@given(snapshots)
def test_a_snapshot_comes_back_from_stored_text(snapshot: Snapshot) -> None:
    stored = json.loads(json.dumps(snapshot_to_json(snapshot)))

    assert snapshot_from_json(snapshot.state, snapshot.seq, snapshot.entry_seq, stored) == snapshot


@given(st.dictionaries(names, values))
def test_answers_come_back_with_their_types(data: dict[str, date | datetime | str | int | bool | None]) -> None:
    back = data_from_json(json.loads(json.dumps(data_to_json(data))))

    assert back == data
    assert {name: type(value) for name, value in back.items()} == {name: type(value) for name, value in data.items()}


def test_a_text_that_looks_like_a_date_stays_a_text() -> None:
    assert value_from_json(value_to_json("2024-01-31")) == "2024-01-31"


def test_one_instant_has_one_stored_form_whatever_its_zone() -> None:
    noon = datetime(2024, 6, 1, 12, tzinfo=UTC)

    assert value_to_json(noon.astimezone(timezone(timedelta(hours=2)))) == {"t": "2024-06-01T12:00:00+00:00"}


def test_the_canonical_text_does_not_depend_on_the_order_of_keys() -> None:
    assert canonical({"b": 1, "a": "å"}) == canonical({"a": "å", "b": 1}) == '{"a":"å","b":1}'


def test_a_watch_stored_before_it_had_a_rule_can_still_be_read() -> None:
    stored = snapshot_to_json(Snapshot("granted", 1, 1, {}, {"x": Watch(entry_seq=1)}))
    for later in ("met_on", "rule", "marks"):
        del stored["watch"]["x"][later]

    assert snapshot_from_json("granted", 1, 1, stored).watch["x"] == Watch(entry_seq=1)
