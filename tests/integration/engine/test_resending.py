"""What people decide about messages that did not get through; the ledger keeps one entry for each rung and slot."""

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.auditing import unaccounted
from engine.errors import NotAllowedError
from engine.inspecting_queue import QueueFilter, Shown, Wait, queue_page
from engine.resending import MessageNotFoundError, ResendRefusedError, Resent, WhyNot, reroute, retry, retry_failed
from notifications.outcomes import DeliveryFailed
from tests.house import House, moment
from tests.models.reading import fate, mailed, outbox, permanent, temporary

FIRST = moment("2024-02-15")  # the first reminder of a case decided on 2024-01-31: the coordinator's
LATER = FIRST + timedelta(hours=1)
COORDINATOR, FALLBACK = "coordinator:email", "fallback/unit_manager:email"


def failed(house: House) -> tuple[str, int]:
    """Return a case whose first reminder the mail server refused for good, and the message's number."""
    ref = house.open_case("2024-01-31")
    house.mail.fail_next(permanent())
    house.pass_time(FIRST)
    return ref, outbox(house, COORDINATOR)[0].id


def again(house: House, number: int, role: str = "admin") -> None:
    retry(house.engine, number, house.actor(role), LATER)


def refusal(house: House, number: int) -> WhyNot:
    with pytest.raises(ResendRefusedError) as refused:
        again(house, number)
    return refused.value.cause


def test_a_failed_message_is_tried_again_as_the_same_message(house: House) -> None:
    ref, number = failed(house)
    again(house, number)
    assert fate(house, ref, "r1", COORDINATOR) == ("queued", None)
    house.pass_time(LATER)
    assert (fate(house, ref, "r1", COORDINATOR), mailed(house)[-1]) == (("sent", None), "coordinator")
    assert [row.key for row in outbox(house, COORDINATOR)] == [house.mail.sent[-1].key]
    assert unaccounted(house.engine, LATER) == []


def test_trying_again_says_that_it_may_be_a_duplicate_if_it_may_have_left(sqlite_house: House) -> None:
    house = sqlite_house
    house.open_case("2024-01-31")
    house.mail.fail_next(vanished())
    house.pass_time(FIRST)
    number = outbox(house, COORDINATOR)[0].id
    again(house, number)
    house.pass_time(LATER)
    assert [sent.uncertain for sent in house.mail.sent if sent.key == outbox(house, COORDINATOR)[0].key] == [True]


def vanished() -> DeliveryFailed:
    return DeliveryFailed("timeout_after_data", permanent=True, unknown_outcome=True)


def test_a_message_that_waits_is_not_tried_again(sqlite_house: House) -> None:
    sqlite_house.open_case("2024-01-31")
    sqlite_house.mail.fail_next(temporary())
    sqlite_house.pass_time(FIRST)
    assert refusal(sqlite_house, outbox(sqlite_house)[0].id) is WhyNot.NOT_FAILED


def test_what_is_over_is_not_tried_again(house: House) -> None:
    ref, number = failed(house)
    day = FIRST.date()
    house.fire(ref, "hold_meeting", FIRST + timedelta(minutes=5), held_on=day, met_on=day)
    assert refusal(house, number) is WhyNot.ENDED
    assert fate(house, ref, "r1", COORDINATOR) == ("failed", "undeliverable")


def test_only_who_may_resend_decides(sqlite_house: House) -> None:
    _, number = failed(sqlite_house)
    for decide in (
        lambda: again(sqlite_house, number, "coordinator"),
        lambda: reroute(sqlite_house.engine, number, None, sqlite_house.actor("unit_manager"), LATER),
        lambda: retry_failed(sqlite_house.engine, sqlite_house.actor("project_lead"), LATER),
    ):
        with pytest.raises(NotAllowedError):
            decide()


def test_a_message_that_is_not_there_is_not_found(sqlite_house: House) -> None:
    with pytest.raises(MessageNotFoundError):
        again(sqlite_house, 4711)


def test_another_way_has_an_entry_of_its_own_and_the_failure_stays(house: House) -> None:
    ref, number = failed(house)  # the unit manager was told at once: that way is tried
    assert reroute(house.engine, number, "project_lead", house.actor("admin"), LATER) == "project_lead"
    house.pass_time(LATER)
    assert fate(house, ref, "r1", COORDINATOR) == ("failed", "undeliverable")
    assert fate(house, ref, "r1", "fallback/project_lead:email") == ("sent", None)
    assert unaccounted(house.engine, LATER) == []


def test_a_way_that_was_tried_is_not_tried_twice(sqlite_house: House) -> None:
    _, number = failed(sqlite_house)
    with pytest.raises(ResendRefusedError) as refused:
        reroute(sqlite_house.engine, number, "unit_manager", sqlite_house.actor("admin"), LATER)
    assert (refused.value.cause, refused.value.allowed) == (WhyNot.NO_WAY, ("project_lead",))


def test_what_waits_and_goes_another_way_is_settled_as_rerouted(house: House) -> None:
    ref = house.open_case("2024-01-31")
    house.mail.fail_next(temporary())
    house.pass_time(FIRST)
    number = outbox(house, COORDINATOR)[0].id
    reroute(house.engine, number, None, house.actor("admin"), FIRST)
    house.pass_time(LATER)
    assert fate(house, ref, "r1", COORDINATOR) == ("suppressed", "rerouted")
    assert fate(house, ref, "r1", FALLBACK) == ("sent", None)
    assert unaccounted(house.engine, LATER) == []


def test_all_that_failed_on_a_channel_is_tried_again_but_what_is_over(house: House) -> None:
    ended, _ = failed(house)
    wanted, _ = failed(house)
    day = FIRST.date()
    house.fire(ended, "hold_meeting", FIRST + timedelta(minutes=5), held_on=day, met_on=day)
    done = retry_failed(house.engine, house.actor("admin"), LATER, channel="email", unit="north")
    house.pass_time(LATER)
    assert done == Resent(again=1, left=1)
    assert fate(house, wanted, "r1", COORDINATOR) == ("sent", None)
    assert retry_failed(house.engine, house.actor("admin"), LATER, channel="teams") == Resent(0, 0)


def test_the_list_says_why_and_what_can_be_done(house: House) -> None:
    ref, number = failed(house)
    page = queue_page(house.engine, house.actor("admin"), FIRST, QueueFilter(Shown.FAILED))
    (line,) = page.lines
    assert (line.id, line.ref, line.error, line.why) == (number, ref, "smtp_550", Wait.FAILED)
    assert (line.not_again, line.ways) == (None, ("project_lead",))
    assert page.counts[Shown.FAILED] == 1
    again(house, number)
    (waits,) = queue_page(house.engine, house.actor("admin"), LATER, QueueFilter(Shown.WAITING)).lines
    assert waits.decided is not None
    assert (waits.decided.by, waits.decided.decision) == ("Prov admin", "retried")


def test_the_list_shows_a_coordinator_her_own_units_messages_alone(house: House) -> None:
    failed(house)
    house.open_case("2024-01-31", unit="south")
    house.mail.fail_next(permanent())
    house.pass_time(FIRST)
    page = queue_page(house.engine, house.actor("coordinator"), FIRST, QueueFilter())
    assert {line.unit for line in page.lines} == {"Mottagning north"}
    with pytest.raises(NotAllowedError):
        queue_page(house.engine, replace(house.actor("handler")), FIRST, QueueFilter())


def test_the_list_goes_on_where_it_ended(sqlite_house: House) -> None:
    for _ in range(3):
        failed(sqlite_house)
    admin, wanted = sqlite_house.actor("admin"), QueueFilter(Shown.FAILED)
    first = queue_page(sqlite_house.engine, admin, FIRST, wanted, limit=2)
    rest = queue_page(sqlite_house.engine, admin, FIRST, wanted, limit=2, cursor=first.next_cursor)
    assert [len(first.lines), len(rest.lines), rest.next_cursor] == [2, 1, None]
