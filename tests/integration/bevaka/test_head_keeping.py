"""Signed heads leave the house every hour, and whatever becomes of one stops nothing."""

from dataclasses import replace
from pathlib import Path

import pytest

from access.keyring import new_keyring_json
from access.signing import Signer
from bevaka.head_keeping import keeper
from engine.chain_heads import read_head
from engine.verifying import verify
from tasks import housekeeping
from tasks.auditing import prove_hourly
from tasks.housekeeping import keep_house
from tasks.provided import provide, withdraw
from tests.house import House, moment

SIGNER = Signer.from_keyring(new_keyring_json())


def test_the_hourly_audit_keeps_a_head_outside_that_verifies(house: House, tmp_path: Path) -> None:
    house.open_case("2024-01-31")
    keep = keeper(tmp_path / "heads", "")
    provide(replace(house.engine, signer=SIGNER, keep_outside=keep), lambda: moment("2024-02-05"))
    try:
        prove_hourly()
        prove_hourly()
    finally:
        withdraw()
    head = read_head((tmp_path / "heads").read_text())
    assert (head.id, head.cases) == (2, 1)
    assert verify(house.engine, SIGNER, head).findings == ()


def test_housekeeping_notes_whose_identity_is_protected(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "call", lambda _: True)  # nobody audits here
    house.open_many(2, "2024-01-31")
    with house.engine.database.write() as connection:
        connection.exec_driver_sql("UPDATE person SET protected = NULL")
    provide(house.engine, lambda: moment("2024-02-05"))
    try:
        assert [keep_house()["noted"], keep_house()["noted"]] == [2, 0]
    finally:
        withdraw()


def test_a_place_that_cannot_be_written_stops_nothing_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keeper(tmp_path / "missing" / "heads", "")("line")
    assert "the file of signed heads was not reached" in caplog.text


def test_an_address_that_does_not_answer_stops_nothing_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    keeper(None, "https://127.0.0.1:9/")("line")
    assert "the address of signed heads was not reached" in caplog.text
