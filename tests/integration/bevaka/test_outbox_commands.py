"""The outbox at the command line: what failed, try again, another way."""

import json

import pytest

from bevaka.error_words import BAD_INPUT, NOT_FOUND, REFUSED
from tests.command_line import Command
from tests.house import House, moment
from tests.models.reading import fate, permanent

COORDINATOR = "coordinator:email"


@pytest.fixture
def house(home: House) -> House:
    """Here it is the one the command line finds."""
    return home


@pytest.fixture
def failed(house: House) -> str:
    """A case whose first reminder the mail server refused for good."""
    ref = house.open_case("2024-01-31")
    house.mail.fail_next(permanent())
    house.pass_time(moment("2024-02-15"))
    return ref


def number(bevaka: Command) -> str:
    (line,) = json.loads(bevaka("outbox", "list", "--state", "failed", "--json")[1])["messages"]
    assert (line["error"], line["slot"]) == ("smtp_550", COORDINATOR)
    return str(line["id"])


def test_what_failed_is_listed_and_tried_again(house: House, bevaka: Command, failed: str) -> None:
    assert bevaka("outbox", "retry", number(bevaka))[0] == 0
    assert fate(house, failed, "r1", COORDINATOR) == ("queued", None)


def test_a_whole_channel_is_tried_again(house: House, bevaka: Command, failed: str) -> None:
    assert bevaka("outbox", "retry", "--channel", "email", "--unit", "north")[0] == 0
    assert fate(house, failed, "r1", COORDINATOR) == ("queued", None)


def test_a_message_goes_another_way_once(bevaka: Command, failed: str) -> None:
    assert failed
    which = number(bevaka)
    assert bevaka("outbox", "reroute", which, "--to", "project_lead")[0] == 0
    assert bevaka("outbox", "reroute", which, "--to", "project_lead")[0] == REFUSED


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("retry",), BAD_INPUT),
        (("retry", "4711"), NOT_FOUND),
        (("retry", "--channel", "pigeon"), BAD_INPUT),
        (("list", "--state", "lost"), BAD_INPUT),
    ],
)
def test_bad_input_is_told(bevaka: Command, words: tuple[str, ...], status: int) -> None:
    assert bevaka("outbox", *words)[0] == status
