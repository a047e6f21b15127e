"""Sweeps in small batches until nothing is due: `python -m tests.programs.sweeper URL NOW`. Made to be killed."""

import sys
from datetime import datetime

from access.identities import keyring_from_json
from access.keyring import new_keyring_json
from access.sealing import SecretBox
from engine.parts import Engine
from engine.sweeping import sweep
from storage.database import Database


def main(url: str, now: str) -> None:
    """Sweep until nothing is due at `now`."""
    keyring = new_keyring_json()
    engine = Engine(
        database=Database(url),
        vault=keyring_from_json(keyring),
        secrets=SecretBox.from_keyring(keyring),
        public_url="https://bevaka.region.example",
    )
    print("sweeping", flush=True)
    sweep(engine, datetime.fromisoformat(now), limit=40)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
