"""Undoing on a real database: the case, its deadlines, its ladders and its messages, on both kinds."""

from datetime import date

import pytest
from sqlalchemy import select

from engine.auditing import replay_all, unaccounted
from engine.errors import CaseMovedError, NotAllowedError
from engine.rulebook import publish
from engine.sweeping import sweep
from engine.undoing import undo_last, undo_offer
from storage import tables
from tests.house import PROV, House, moment
from workflows.reader import read_definition
from workflows.refusals import EventRefusedError

DECIDED, TODAY = "2024-01-31", moment("2024-02-27", "14:00")
UNDO = "undo: 7 days"


@pytest.fixture
def forgiving(house: House) -> House:
    """A house whose programme lets booking and holding be undone for a week."""
    text = PROV.read_text(encoding="utf-8").replace('version: "1"', 'version: "2"')
    for event in ("book_meeting", "hold_meeting"):
        text = text.replace(f"  {event}:\n", f"  {event}:\n    {UNDO}\n")
    with house.engine.database.write() as connection:
        publish(connection, read_definition(text, "prov2.yaml"), moment("2022-01-04"))
    return house


def open_rows(house: House) -> list[tuple[object, ...]]:
    wanted = tables.deadline
    query = select(wanted.c.kind, wanted.c.occurrence, wanted.c.due_on, wanted.c.next_rung, wanted.c.next_at)
    with house.engine.database.read() as connection:
        rows = connection.execute(query.where(wanted.c.status == "open").order_by(wanted.c.kind))
        return [tuple(row) for row in rows]


def undo(house: House, ref: str, role: str = "coordinator") -> None:
    offer = undo_offer(house.engine, ref, house.actor(role), TODAY)
    assert offer is not None
    undo_last(house.engine, ref, house.actor(role), TODAY, expected_seq=offer.seq)


def sound(house: House) -> bool:
    """Whether nothing is unaccounted for and every case follows from its history."""
    return unaccounted(house.engine, TODAY) == [] and replay_all(house.engine, TODAY).divergences == ()


def test_a_meeting_logged_by_mistake_is_taken_back_and_its_ladder_goes_on(forgiving: House) -> None:
    ref = forgiving.open_case(DECIDED)
    forgiving.pass_time(TODAY)
    before, mails = open_rows(forgiving), len(forgiving.mail.sent)
    forgiving.fire(ref, "hold_meeting", TODAY, held_on=date(2024, 2, 26), met_on=date(2024, 2, 26))
    undo(forgiving, ref)
    assert open_rows(forgiving) == before
    forgiving.pass_time(TODAY)
    assert len(forgiving.mail.sent) == mails, "nobody hears twice"
    assert sound(forgiving)


def test_a_reminder_that_was_taken_back_unsent_is_sent_after_all(forgiving: House) -> None:
    ref = forgiving.open_case(DECIDED)
    sweep(forgiving.engine, TODAY)
    forgiving.fire(ref, "hold_meeting", TODAY, held_on=date(2024, 2, 26), met_on=date(2024, 2, 26))
    undo(forgiving, ref)
    forgiving.pass_time(TODAY)
    assert len(forgiving.mail.sent) == 1
    assert sound(forgiving)


def test_an_invitation_that_has_not_left_never_leaves(forgiving: House) -> None:
    ref = forgiving.open_case(DECIDED)
    forgiving.fire(ref, "record_consent", TODAY)
    forgiving.fire(ref, "book_meeting", TODAY, meeting_at=moment("2024-03-05", "10:00"), place="clinic")
    undo(forgiving, ref)
    forgiving.pass_time(TODAY)
    assert not [mail for mail in forgiving.mail.sent if "BEGIN:VCALENDAR" in str(mail)]
    assert sound(forgiving)


def test_fired_undone_and_fired_again_all_is_accounted_for(forgiving: House) -> None:
    ref = forgiving.open_case(DECIDED)
    for _ in range(3):
        forgiving.fire(ref, "hold_meeting", TODAY, held_on=date(2024, 2, 26), met_on=date(2024, 2, 26))
        undo(forgiving, ref)
    forgiving.fire(ref, "hold_meeting", TODAY, held_on=date(2024, 2, 26), met_on=date(2024, 2, 26))
    forgiving.pass_time(TODAY)
    assert sound(forgiving)


def test_nothing_is_offered_where_nothing_can_be_undone(forgiving: House) -> None:
    ref = forgiving.open_case(DECIDED)
    assert undo_offer(forgiving.engine, ref, forgiving.actor("coordinator"), TODAY) is None
    forgiving.fire(ref, "record_consent", TODAY)
    assert undo_offer(forgiving.engine, ref, forgiving.actor("coordinator"), TODAY) is None
    with pytest.raises(EventRefusedError):
        undo_last(forgiving.engine, ref, forgiving.actor("coordinator"), TODAY, expected_seq=2)


def test_what_has_moved_on_is_not_undone(forgiving: House) -> None:
    ref = forgiving.open_case(DECIDED)
    forgiving.fire(ref, "hold_meeting", TODAY, held_on=date(2024, 2, 26), met_on=date(2024, 2, 26))
    forgiving.fire(ref, "record_consent", TODAY)
    with pytest.raises(CaseMovedError):
        undo_last(forgiving.engine, ref, forgiving.actor("coordinator"), TODAY, expected_seq=2)


def test_who_may_not_fire_may_not_undo(forgiving: House) -> None:
    ref = forgiving.open_case(DECIDED)
    forgiving.fire(ref, "hold_meeting", TODAY, held_on=date(2024, 2, 26), met_on=date(2024, 2, 26))
    assert undo_offer(forgiving.engine, ref, forgiving.actor("project_lead"), TODAY) is None
    with pytest.raises(NotAllowedError):
        undo_last(forgiving.engine, ref, forgiving.actor("project_lead"), TODAY, expected_seq=2)
