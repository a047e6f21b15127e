"""The outbox at the command line: what failed, try again, another way."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from access.identities import keyring_from_json
from access.keyring import new_keyring_json
from bevaka.__main__ import run
from bevaka.error_words import BAD_INPUT, NOT_FOUND, REFUSED
from tests.house import House, build_house, moment
from tests.models.reading import fate, permanent

Command = Callable[..., tuple[int, str, str]]
COORDINATOR = "coordinator:email"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A clinic whose database and keys lie where the command line finds them."""
    keyring = new_keyring_json()
    (tmp_path / "keyring.json").write_text(keyring)
    monkeypatch.setenv("BEVAKA_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("bevaka.language.spoken", lambda: "en")
    built = build_house(f"sqlite:///{tmp_path / 'bevaka.sqlite'}")
    object.__setattr__(built.engine, "vault", keyring_from_json(keyring))
    yield built
    built.engine.database.close()


@pytest.fixture
def bevaka(house: House, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command in this process; gives its status, its answer and what it said beside."""

    def command(*arguments: str) -> tuple[int, str, str]:
        status = run(list(arguments))
        said = capsys.readouterr()
        return status, said.out, said.err

    return command


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
