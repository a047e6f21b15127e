"""Other systems are told of events: written with the event, signed, posted until taken, never to a private place."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from access.actors import OPERATOR
from engine.doctoring import Health, examine
from engine.errors import CaseMovedError
from engine.firing import fire
from engine.holding import put_on_hold, release_hold
from engine.parts import Engine
from engine.staffing import BadEntryError
from engine.subscribing import (
    MadeWebhook,
    UnknownWebhookError,
    add_webhook,
    change_webhook,
    message_lines,
    redeliver,
    remove_webhook,
    webhook_line,
)
from engine.webhook_delivering import WAITS, deliver_webhooks
from notifications.channels.webhooks import HookChannel, HookSettings, HookUrlError
from notifications.outcomes import Accepted
from storage import holding
from tests.house import House, moment
from tests.misbehaving.plain_receiver import Receiver, receiver
from workflows.case import Builtin, Event

NOW = moment("2024-03-04")


@pytest.fixture
def other() -> Iterator[Receiver]:
    """Another system that receives."""
    with receiver() as made:
        yield made


@pytest.fixture
def engine(house: House, other: Receiver) -> Engine:
    """The house's engine, which trusts the other system's origin."""
    house.engine = replace(house.engine, hooks=HookChannel(HookSettings(frozenset({other.origin}))))
    return house.engine


def subscribed(engine: Engine, url: str, *events: str) -> MadeWebhook:
    assert engine.hooks is not None
    return add_webhook(engine, url, events or ("*",), engine.hooks.settings, OPERATOR, NOW)


def test_an_event_is_posted_signed_and_without_anything_that_was_answered(
    house: House, engine: Engine, other: Receiver
) -> None:
    made = subscribed(engine, other.url)
    ref = house.open_case("2024-02-15")
    fire(engine, ref, Event(Builtin.PAUSE, {"kind": "sick_leave"}), house.actor("coordinator"), NOW)
    assert deliver_webhooks(engine, NOW).done == 2
    headers, body = other.got[1]
    told = json.loads(body)
    assert told["data"] == {
        "id": f"{ref}.2",
        "case": ref,
        "programme": "prov",
        "event": "case.pause",
        "state": "granted",
    }
    assert (told["type"], told["timestamp"]) == ("case.pause", "2024-03-04T08:00:00Z")
    assert b"sick_leave" not in body
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(made.secret.removeprefix("whsec_"))
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"


def test_only_the_events_that_are_wanted_are_told(house: House, engine: Engine, other: Receiver) -> None:
    subscribed(engine, other.url, "record_consent")
    ref = house.open_case("2024-02-15")
    house.fire(ref, "record_consent", NOW)
    assert deliver_webhooks(engine, NOW).done == 1
    assert json.loads(other.got[0][1])["type"] == "record_consent"


def test_an_event_that_does_not_happen_is_not_told_of(house: House, engine: Engine, other: Receiver) -> None:
    made = subscribed(engine, other.url, "record_consent")
    ref = house.open_case("2024-02-15")
    with pytest.raises(CaseMovedError):
        fire(engine, ref, Event("record_consent"), house.actor("coordinator"), NOW, expected_entry=9)
    assert message_lines(engine, made.line.id, OPERATOR) == ()


def test_what_fails_is_tried_again_later_with_the_same_id_and_given_up_in_the_end(
    house: House, engine: Engine, other: Receiver
) -> None:
    made = subscribed(engine, other.url)
    house.open_case("2024-02-15")
    other.status, now = 500, NOW
    for _ in WAITS:
        assert deliver_webhooks(engine, now).later == 1
        assert deliver_webhooks(engine, now).handled == 0
        now += timedelta(hours=13)
    assert deliver_webhooks(engine, now).dead == 1
    message = message_lines(engine, made.line.id, OPERATOR)[0]
    assert (message.status, message.error, message.attempts) == ("dead", "http_500", len(WAITS) + 1)
    assert len({headers["webhook-id"] for headers, _ in other.got}) == 1


def test_a_dead_message_is_posted_once_more_when_somebody_asks(house: House, engine: Engine, other: Receiver) -> None:
    made = subscribed(engine, other.url)
    house.open_case("2024-02-15")
    assert deliver_webhooks(engine, NOW).done == 1
    message = message_lines(engine, made.line.id, OPERATOR)[0]
    assert redeliver(engine, made.line.id, message.id, OPERATOR, NOW).status == "queued"
    assert deliver_webhooks(engine, NOW).done == 1
    assert other.got[0][0]["webhook-id"] == other.got[1][0]["webhook-id"] == message.event_id


def test_a_system_that_wants_no_more_gets_no_more(house: House, engine: Engine, other: Receiver) -> None:
    made = subscribed(engine, other.url)
    house.open_many(2, "2024-02-15")
    other.status = 410
    deliver_webhooks(engine, NOW)
    assert not webhook_line(engine, made.line.id, OPERATOR).active
    assert len(other.got) == 1


def test_one_system_that_is_away_holds_up_no_other(house: House, engine: Engine, other: Receiver) -> None:
    with receiver() as away:
        settings = HookSettings(frozenset({other.origin, away.origin}))
        engine = replace(engine, hooks=HookChannel(settings))
        subscribed(engine, away.url)
    subscribed(engine, other.url)
    house.open_many(3, "2024-02-15")
    assert deliver_webhooks(engine, NOW).done == 3
    assert len(other.got) == 3


def test_a_redirect_is_not_followed(house: House, engine: Engine, other: Receiver) -> None:
    made = subscribed(engine, other.url)
    house.open_case("2024-02-15")
    other.status, other.headers = 307, {"Location": f"{other.origin}/elsewhere"}
    deliver_webhooks(engine, NOW)
    assert (len(other.got), message_lines(engine, made.line.id, OPERATOR)[0].error) == (1, "http_redirect")


@pytest.mark.parametrize(
    "url",
    [
        "http://journal.region.example/x",
        "https://10.0.0.5/x",
        "https://user:pw@journal.region.example/",
        "https://journal.region.example:8443/",
        "https://localhost/x",
        "ftp://journal.region.example/",
        "https://journal.region.example/#x",
    ],
)
def test_an_address_that_nobody_answers_for_is_refused(engine: Engine, url: str) -> None:
    with pytest.raises(HookUrlError):
        subscribed(engine, url)


def test_a_name_that_leads_to_a_private_address_is_not_connected_to(
    house: House, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = subscribed(engine, "https://journal.region.example/x")
    house.open_case("2024-02-15")
    monkeypatch.setattr("socket.getaddrinfo", lambda *_a, **_k: [(2, 1, 6, "", ("10.0.0.5", 443))])
    deliver_webhooks(engine, NOW)
    assert message_lines(engine, made.line.id, OPERATOR)[0].error == "address_forbidden"


def test_a_webhook_that_was_removed_is_gone_with_what_waits(house: House, engine: Engine, other: Receiver) -> None:
    made = subscribed(engine, other.url)
    house.open_case("2024-02-15")
    remove_webhook(engine, made.line.id, OPERATOR)
    assert deliver_webhooks(engine, NOW).handled == 0
    with pytest.raises(UnknownWebhookError):
        webhook_line(engine, made.line.id, OPERATOR)


def test_what_waits_while_a_webhook_rests_leaves_when_it_goes_on(house: House, engine: Engine, other: Receiver) -> None:
    made = subscribed(engine, other.url)
    house.open_case("2024-02-15")
    change_webhook(engine, made.line.id, OPERATOR, active=False)
    assert deliver_webhooks(engine, NOW).handled == 0
    change_webhook(engine, made.line.id, OPERATOR, active=True, events=["case.open"])
    assert deliver_webhooks(engine, NOW).done == 1


def test_a_house_restored_from_a_backup_posts_nothing_until_it_is_released(
    house: House, engine: Engine, other: Receiver
) -> None:
    subscribed(engine, other.url)
    house.open_case("2024-02-15")
    with engine.database.write() as connection:
        put_on_hold(connection, NOW, NOW)
        assert holding.HOLD in holding.marks(connection)
    assert deliver_webhooks(engine, NOW).handled == 0
    release_hold(engine, OPERATOR, NOW)
    assert deliver_webhooks(engine, NOW).done == 1


def test_what_a_killed_process_had_in_hand_is_posted_again(house: House, engine: Engine, other: Receiver) -> None:
    subscribed(engine, other.url)
    house.open_case("2024-02-15")

    class Killed(BaseException):
        pass

    class Dying(HookChannel):
        def send(self, url: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Accepted:  # noqa: ARG002
            raise Killed

    with pytest.raises(Killed):
        deliver_webhooks(replace(engine, hooks=Dying(HookSettings(frozenset({other.origin})))), NOW)
    assert deliver_webhooks(engine, NOW + timedelta(seconds=60)).handled == 0
    assert deliver_webhooks(engine, NOW + timedelta(seconds=121)).done == 1


def test_the_check_up_tells_of_events_that_were_given_up_or_have_waited_long(
    house: House, engine: Engine, other: Receiver
) -> None:
    def healths(hours: int) -> list[Health]:
        later = NOW + timedelta(hours=hours)
        return [one.health for one in examine(engine, None, later) if one.check == "webhooks"]

    assert healths(0) == []
    subscribed(engine, other.url)
    house.open_case("2024-03-04")
    assert (healths(0), healths(2)) == ([Health.OK], [Health.WARN])
    other.status = 410
    deliver_webhooks(engine, NOW)
    assert healths(0) == [Health.WARN]


@pytest.mark.parametrize("events", [[], ["Upper"], ["a b"]])
def test_events_that_cannot_be_are_refused(engine: Engine, other: Receiver, events: list[str]) -> None:
    with pytest.raises(BadEntryError):
        add_webhook(engine, other.url, events, HookSettings(frozenset({other.origin})), OPERATOR, NOW)
