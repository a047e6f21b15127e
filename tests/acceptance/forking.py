"""Runs commands of `bevaka` in processes of their own without loading the libraries anew each time.

A parent process loads everything below the command line once; each command is a fork of it, with its own arguments,
environment, folder and standard streams. What a command imports, remembers or breaks dies with its process.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LIBRARIES = (
    "alembic.command",
    "sqlalchemy.dialects.sqlite",
    "typer",
    "rich.console",
    "openpyxl",
    "workflows.catalogue",
    "config.settings",
    "config.logging",
    "engine.importing",
    "engine.inspecting",
    "engine.doctoring",
    "notifications.channels.email",
    "notifications.channels.teams",
)


@dataclass(frozen=True, slots=True)
class Done:
    """What a command printed and the status it ended with."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The answer, read as JSON."""
        return json.loads(self.out)

    @property
    def said(self) -> str:
        """Everything printed, on both streams."""
        return self.out + self.err


class Forking:
    """The parent process. Use as a context; `run` is one command."""

    def __init__(self) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )

    def __enter__(self) -> "Forking":
        return self

    def __exit__(self, *_: object) -> None:
        self._parent.communicate()

    def run(self, arguments: list[str], environment: Mapping[str, str], folder: Path, stdin: str = "") -> Done:
        """Run one command to its end."""
        if self._parent.stdin is None or self._parent.stdout is None:
            raise RuntimeError("the parent has no pipes")
        (folder / ".stdin").write_text(stdin, encoding="utf-8")
        request = {"arguments": arguments, "environment": dict(environment), "folder": str(folder)}
        self._parent.stdin.write(json.dumps(request) + "\n")
        self._parent.stdin.flush()
        status = int(self._parent.stdout.readline())
        out, err = ((folder / name).read_text(encoding="utf-8") for name in (".stdout", ".stderr"))
        return Done(status, out, err)


def _serve() -> None:
    for library in LIBRARIES:
        __import__(library)
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(request)
        _, ended = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(ended)}\n")
        sys.stdout.flush()


def _become(request: dict[str, Any]) -> None:
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    for number, (name, mode) in enumerate(
        ((".stdin", os.O_RDONLY), (".stdout", os.O_WRONLY), (".stderr", os.O_WRONLY))
    ):
        os.dup2(os.open(name, mode | (os.O_CREAT | os.O_TRUNC if number else 0), 0o600), number)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - a descriptor, for the process's life
    sys.argv = ["bevaka", *request["arguments"]]
    from bevaka.__main__ import main  # noqa: PLC0415 - the language is chosen when it is loaded

    try:
        main()
    except SystemExit as ending:
        status = ending.code if isinstance(ending.code, int) else 0
    except BaseException:  # noqa: BLE001 - as the interpreter would
        import traceback  # noqa: PLC0415

        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    _serve()
