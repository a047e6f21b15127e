"""The postman's call wakes whoever posts to other systems, where something waits for them; and the house forgets."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from access.actors import OPERATOR
from engine.api_tokens import create_token
from engine.idempotency import KEPT, KeptAnswer, KeyedRequest, answer_once
from engine.subscribing import add_webhook
from notifications.channels.webhooks import HookChannel, HookSettings
from storage.kept_answers import hold_key
from tasks import delivering, housekeeping
from tasks.app import WEBHOOKS
from tasks.delivering import deliver_waiting
from tasks.housekeeping import keep_house
from tasks.posting import post_webhooks
from tasks.provided import provide, withdraw
from tests.house import ROLES, House, moment
from tests.misbehaving.plain_receiver import Receiver, receiver

NOW = moment("2024-03-04")


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that were called, in order."""
    tasks: list[str] = []
    for door in (delivering, housekeeping):
        monkeypatch.setattr(door, "call", tasks.append)
    return tasks


@pytest.fixture
def other(house: House) -> Iterator[Receiver]:
    """Another system, which wants to be told of everything."""
    with receiver() as made:
        settings = HookSettings(frozenset({made.origin}))
        engine = replace(house.engine, hooks=HookChannel(settings))
        add_webhook(engine, made.url, ["*"], settings, OPERATOR, NOW)
        provide(engine, lambda: NOW)
        yield made
        withdraw()


def test_what_waits_for_another_system_is_posted_by_a_task_of_its_own(
    house: House, other: Receiver, called: list[str]
) -> None:
    deliver_waiting()
    assert called == []
    house.open_case("2024-02-15")
    deliver_waiting()
    assert called == [WEBHOOKS]
    assert post_webhooks() == {"done": 1, "later": 0, "dead": 0}
    assert len(other.got) == 1


@pytest.mark.usefixtures("called")
def test_housekeeping_forgets_answers_nobody_can_ask_for_any_more(house: House) -> None:
    token = create_token(house.engine, ROLES["coordinator"], "x", ["act"], 30, OPERATOR, NOW)
    answer_once(house.engine, KeyedRequest(token.id, "k", "c"), lambda _engine: KeptAnswer(200, {}, ""), NOW)
    for later, kept in ((KEPT - timedelta(minutes=1), 1), (KEPT, 0)):
        provide(house.engine, lambda later=later: NOW + later)  # type: ignore[misc]
        keep_house()
        assert house.count("kept_answer") == kept
    withdraw()


def test_of_two_processes_with_the_same_key_one_is_told_that_it_is_under_way(postgres_house: House) -> None:
    database = postgres_house.engine.database
    with database.write() as first, database.write() as second:
        assert hold_key(first, 1, "k")
        assert not hold_key(second, 1, "k")
        assert hold_key(second, 2, "k")
    with database.write() as third:
        assert hold_key(third, 1, "k")
