"""A postman that one message kills: `python -m tests.programs.postman URL NOW KEY`. Prints what it sends."""

import os
import signal
import sys
from datetime import datetime
from typing import Any

from access.identities import keyring_from_json
from access.keyring import new_keyring_json
from access.sealing import SecretBox
from engine.delivering import deliver
from engine.parts import Engine
from storage.database import Database
from tests.fakes.channels import FakeEmailSession
from tests.house import RememberingMail


class DeadlySession(FakeEmailSession):
    """Ends the process, as the kernel would, when it is to send one key."""

    deadly = ""

    def send(self, key: str, to: Any, message: Any, **how: Any) -> Any:
        if key == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        print(f"sent {key}", flush=True)  # the log goes to the same place
        return super().send(key, to, message, **how)


class DeadlyMail(RememberingMail):
    """Opens deadly sessions."""

    def open(self) -> DeadlySession:
        return DeadlySession(self)


def main(url: str, now: str, key: str) -> None:
    """Deliver until nothing more may leave at `now`."""
    keyring = new_keyring_json()
    DeadlySession.deadly = key
    engine = Engine(
        database=Database(url),
        vault=keyring_from_json(keyring),
        secrets=SecretBox.from_keyring(keyring),
        public_url="https://bevaka.region.example",
        email=DeadlyMail(),
    )
    deliver(engine, datetime.fromisoformat(now))


if __name__ == "__main__":
    main(*sys.argv[1:])
