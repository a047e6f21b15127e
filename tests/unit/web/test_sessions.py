"""Sessions end by themselves, and a name we did not give opens nothing."""

from datetime import UTC, datetime

import pytest

from engine.sessions import Method, OpenSession, Stage
from web.sessions import IDLE, LONGEST, MOST, Session, SessionStore, csrf_token, is_csrf_token, sign, signed_id

SECRET = b"s" * 32


class Hand:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def test_a_session_is_found_by_its_name_as_long_as_it_is_used() -> None:
    clock = Hand()
    store = SessionStore(clock=clock)
    session = store.begin()
    for _ in range(5):
        clock.at += IDLE - 1
        assert store.find(session.id) is session


def test_a_session_ends_when_nobody_uses_it() -> None:
    clock = Hand()
    store = SessionStore(clock=clock)
    session = store.begin()
    clock.at += IDLE + 1
    assert store.find(session.id) is None


def test_a_session_ends_at_last_however_much_it_is_used() -> None:
    clock = Hand()
    store = SessionStore(clock=clock)
    session = store.begin()
    while clock.at <= LONGEST - IDLE:
        clock.at += IDLE - 1
        store.find(session.id)
    clock.at = LONGEST + 1
    assert store.find(session.id) is None


def test_a_name_given_out_before_a_restart_begins_a_session_that_knows_nobody() -> None:
    session = SessionStore().begin("an-old-name")
    assert (session.id, session.staff_id) == ("an-old-name", None)


@pytest.mark.parametrize(("stage", "staff_id"), [(Stage.CODE, None), (Stage.FULL, 7)])
def test_nobody_is_in_before_the_second_factor(stage: Stage, staff_id: int | None) -> None:
    opened = OpenSession(7, stage, Method.LOCAL, datetime(2024, 3, 4, tzinfo=UTC))
    assert Session("name", opened=opened).staff_id == staff_id


def test_there_are_never_more_sessions_than_there_is_room_for() -> None:
    store = SessionStore()
    first = store.begin()
    for _ in range(MOST):
        store.begin()
    assert store.find(first.id) is None


def test_a_name_is_believed_only_with_our_signature() -> None:
    assert signed_id(SECRET, sign(SECRET, "name")) == "name"
    assert signed_id(b"x" * 32, sign(SECRET, "name")) is None
    assert signed_id(SECRET, "name") is None
    assert signed_id(SECRET, sign(SECRET, "")) is None
    assert signed_id(SECRET, "nämn.å") is None


def test_a_form_of_one_session_is_no_form_of_another() -> None:
    store = SessionStore()
    mine, other = store.begin(), store.begin()
    assert is_csrf_token(SECRET, mine, csrf_token(SECRET, mine))
    assert not is_csrf_token(SECRET, mine, csrf_token(SECRET, other))
    assert not is_csrf_token(SECRET, mine, "å")
