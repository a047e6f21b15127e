"""What is sent again happens once, and gets the answer it got: whoever is killed or comes at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Event as Signal

import pytest

from access.actors import OPERATOR
from engine.api_tokens import create_token
from engine.firing import fire
from engine.idempotency import (
    KEPT,
    KeptAnswer,
    KeyedRequest,
    KeyInUseError,
    KeyReusedError,
    answer_once,
    forget_answers,
)
from engine.parts import Engine
from tests.house import ROLES, House, moment
from workflows.case import Builtin, Event

NOW = moment("2024-03-04")


def request(house: House, key: str = "k", content: str = "c") -> KeyedRequest:
    made = create_token(house.engine, ROLES["coordinator"], "x", ["act"], 30, OPERATOR, NOW)
    return KeyedRequest(made.id, key, content)


def pausing(house: House, ref: str) -> Callable[[Engine], KeptAnswer]:
    def act(engine: Engine) -> KeptAnswer:
        done = fire(engine, ref, Event(Builtin.PAUSE, {"kind": "sick_leave"}), house.actor("coordinator"), NOW)
        return KeptAnswer(200, {"X": "1"}, f"seq {done.decision.after.seq}")

    return act


def test_the_second_time_nothing_happens_and_the_answer_is_the_same(house: House) -> None:
    ref, asked = house.open_case("2024-02-15"), request(house)
    first = answer_once(house.engine, asked, pausing(house, ref), NOW)
    again = answer_once(house.engine, asked, pausing(house, ref), NOW)
    assert (
        (again.status, again.headers, again.body)
        == (first.status, first.headers, first.body)
        == (200, {"X": "1"}, "seq 2")
    )
    assert (first.replayed, again.replayed) == (False, True)
    assert house.count("history") == 2


def test_whoever_dies_before_the_commit_leaves_neither_effect_nor_answer(house: House) -> None:
    ref, asked = house.open_case("2024-02-15"), request(house)

    def dying(engine: Engine) -> KeptAnswer:
        pausing(house, ref)(engine)
        raise MemoryError

    with pytest.raises(MemoryError):
        answer_once(house.engine, asked, dying, NOW)
    assert (house.count("history"), house.count("kept_answer")) == (1, 0)
    assert not answer_once(house.engine, asked, pausing(house, ref), NOW).replayed


def test_a_key_belongs_to_one_request(house: House) -> None:
    ref, asked = house.open_case("2024-02-15"), request(house)
    answer_once(house.engine, asked, pausing(house, ref), NOW)
    with pytest.raises(KeyReusedError):
        answer_once(house.engine, KeyedRequest(asked.token_id, "k", "other"), pausing(house, ref), NOW)


def test_two_tokens_may_choose_the_same_key(house: House) -> None:
    refs = house.open_many(2, "2024-02-15")
    answers = [answer_once(house.engine, request(house), pausing(house, ref), NOW) for ref in refs]
    assert [answer.replayed for answer in answers] == [False, False]


def test_while_one_is_under_way_the_other_is_told_so(house: House) -> None:
    asked, inside, go_on = request(house), Signal(), Signal()

    def slow(_engine: Engine) -> KeptAnswer:
        inside.set()
        assert go_on.wait(10)
        return KeptAnswer(200, {}, "")

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(answer_once, house.engine, asked, slow, NOW)
        assert inside.wait(10)
        with pytest.raises(KeyInUseError):
            answer_once(house.engine, asked, slow, NOW)
        go_on.set()
        assert first.result(10).status == 200


def test_an_answer_is_forgotten_after_a_day(house: House) -> None:
    ref, asked = house.open_case("2024-02-15"), request(house)
    answer_once(house.engine, asked, pausing(house, ref), NOW)
    assert forget_answers(house.engine, NOW + KEPT - timedelta(seconds=1)) == 0
    assert forget_answers(house.engine, NOW + KEPT) == 1


def test_what_is_kept_can_be_read_with_the_house_s_key_alone(house: House) -> None:
    asked = request(house)
    answer_once(house.engine, asked, lambda _engine: KeptAnswer(201, {}, "whsec_told_once"), NOW)
    with house.engine.database.read() as connection:
        row = connection.exec_driver_sql("SELECT sealed FROM kept_answer").scalar_one()
    assert b"told_once" not in bytes(row)


def test_messages_are_nudged_for_after_the_commit(house: House) -> None:
    seen: list[int] = []
    engine = replace(house.engine, nudge=lambda: seen.append(house.count("kept_answer")))
    answer_once(engine, request(house), pausing(house, house.open_case("2024-02-15")), NOW)
    assert seen == [1]
