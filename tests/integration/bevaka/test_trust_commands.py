"""Consents, the audit and the access log at the command line."""

import io
import json
from pathlib import Path

import pytest

from bevaka.error_words import BAD_INPUT, REFUSED
from engine.inspecting_persons import identity_of
from tests.command_line import Command
from tests.house import House, moment


@pytest.fixture
def house(home: House) -> House:
    """Here it is the one the command line finds."""
    return home


def record(bevaka: Command, ref: str, *more: str) -> tuple[int, str, str]:
    given = ("--data", "plan", "--until", "2031-12-31", "--form", "written")
    return bevaka("--as", "coordinator@bevaka.example", "consents", "record", ref, *given, *more)


def test_a_consent_is_recorded_listed_and_withdrawn(house: House, bevaka: Command) -> None:
    ref = house.open_case("2024-01-31")
    assert record(bevaka, ref)[0] == 0
    assert bevaka("consents", "withdraw", ref)[0] == 0
    (line,) = json.loads(bevaka("consents", "list", ref, "--json")[1])
    assert (line["data"], line["form"], line["ended"], line["lacks"]) == (
        ["plan"],
        "written",
        "withdrawn",
        ["withdrawn"],
    )


def test_a_consent_to_everything_is_refused_with_what_is_allowed(house: House, bevaka: Command) -> None:
    status, _, said = record(bevaka, house.open_case("2024-01-31"), "--data", "all")
    assert status == BAD_INPUT
    assert "identity, benefit, meetings, plan, evaluation" in said


def test_a_disclosure_without_consent_says_why_not(house: House, bevaka: Command) -> None:
    ref = house.open_case("2024-01-31")
    coordinator = ("--as", "coordinator@bevaka.example")
    status, _, said = bevaka(*coordinator, "consents", "disclose", ref, "--field", "held_on")
    assert (status, ("no consent" in said or "inget samtycke" in said)) == (REFUSED, True)


def test_a_head_that_was_kept_finds_what_was_changed(house: House, bevaka: Command, tmp_path: Path) -> None:
    ref = house.open_case("2024-01-31")
    kept = tmp_path / "heads"
    kept.write_text(bevaka("audit", "head")[1])
    assert bevaka("audit", "verify", "--head", str(kept))[0] == 0
    with house.engine.database.write() as connection:
        connection.exec_driver_sql("UPDATE history SET actor = 'system'")
    status, said, _ = bevaka("audit", "verify", "--head", str(kept), "--json")
    found = json.loads(said)
    assert (status, found["outside"]) == (REFUSED, 1)
    assert {"breach": "event", "case": ref, "at": "1"} in found["findings"]


def test_a_file_that_holds_no_head_is_refused(bevaka: Command, tmp_path: Path) -> None:
    (tmp_path / "heads").write_text("hej")
    assert bevaka("audit", "verify", "--head", str(tmp_path / "heads"))[0] == BAD_INPUT


def test_heads_are_appended_to_the_file_outside(
    house: House, bevaka: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEVAKA_HEAD_FILE", str(tmp_path / "outside"))
    lines = [bevaka("audit", "head")[1] for _ in range(2)]
    assert (tmp_path / "outside").read_text() == "".join(lines)


def test_readings_are_reviewed_and_the_protocol_signed(house: House, bevaka: Command) -> None:
    ref = house.open_case("2024-01-31")
    house.away("coordinator", "2024-02-05", "2024-02-05")
    identity_of(house.engine, ref, house.actor("deputy"), moment("2024-02-05"))
    manager = ("--as", "manager@bevaka.example", "access-log", "review")
    status, said, beside = bevaka(*manager, "--since", "2024-02-05", "--until", "2024-02-05", "--sign", "no_remark")
    assert status == 0
    assert (ref in said, "no link to the case" in said, "Protocol 1 is signed." in beside) == (True, True, True)


def test_an_extract_takes_the_number_from_standard_input(
    house: House, bevaka: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = house.open_case("2024-01-31")
    number = identity_of(house.engine, ref, house.actor("coordinator"), moment("2024-02-05")).number.digits
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{number}\n"))
    status, said, _ = bevaka("--as", "manager@bevaka.example", "access-log", "extract", "--json")
    assert (status, [line["unit"] for line in json.loads(said)]) == (0, ["Mottagning north"])
    assert number not in said


def test_a_number_that_is_none_is_refused_and_not_repeated(bevaka: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("19990314-0000\n"))
    status, _, said = bevaka("--as", "manager@bevaka.example", "access-log", "extract")
    assert (status, "0000" in said) == (BAD_INPUT, False)


def test_the_glass_is_broken_listed_and_reviewed(house: House, bevaka: Command) -> None:
    ref = house.open_case("2024-01-31")
    deputy, manager = ("--as", "deputy@bevaka.example"), ("--as", "manager@bevaka.example")
    assert bevaka(*deputy, "cases", "break-glass", ref, "--reason", "akut")[0] == BAD_INPUT
    status, said, _ = bevaka(*deputy, "cases", "break-glass", ref, "--reason", "Patienten ringer akut")
    assert (status, "Open until" in said, "Testperson" in said) == (0, True, False)
    (line,) = json.loads(bevaka(*manager, "access-log", "openings", "--json")[1])
    assert (line["ref"], line["reason"], line["overdue"]) == (ref, "Patienten ringer akut", False)
    settled = bevaka(*manager, "access-log", "settle", ref, str(line["seq"]), "--conclusion", "no_remark")
    assert (settled[0], json.loads(bevaka(*manager, "access-log", "openings", "--json")[1])) == (0, [])
