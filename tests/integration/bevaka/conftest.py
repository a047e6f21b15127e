"""A clinic that the command line finds, and the command line in this process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from access.identities import keyring_from_json
from access.keyring import new_keyring_json
from bevaka.__main__ import run
from tests.command_line import Command
from tests.house import House, build_house


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
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
def bevaka(home: House, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command in this process; gives its status, its answer and what it said beside."""

    def command(*arguments: str) -> tuple[int, str, str]:
        status = run(list(arguments))
        said = capsys.readouterr()
        return status, said.out, said.err

    return command
