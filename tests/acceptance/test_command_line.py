"""The command line as an operator meets it: real processes, real files, a clinic set up by its own commands."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from access.personnumbers import synthetic_number, synthetic_serials
from tests.acceptance.forking import Done, Forking

ROOT = Path(__file__).parents[2]
HEADER = "Personnummer;Namn;Beslutsdatum;Från och med;Till och med;Omfattning;Mottagning;Koordinator"
NAMES = ("Rakel Påhittad", "Sixten Uppdiktad", "Tyra Fabulerad")
ORIGIN = ("--set", "origin=fk_contact")
WEBHOOK = "https://x.environment.api.powerplatform.com/workflows/1?sig=heltochhallethemlig"
LISTINGS = ("people list", "units list", "channels list", "programmes list", "token list", "doctor")
KEYS = {
    "cases list": {"cases", "counts", "total", "next_cursor"},
    "ledger": {"entries", "counts", "next_cursor"},
    "ledger --unaccounted": {"unaccounted", "gaps"},
    "replay": {"cases", "events", "divergences"},
    "sweep --now 2024-02-01T08:00:00Z": {
        "now",
        "deadlines",
        "queued",
        "collapsed",
        "suppressed",
        "quarantined",
        "digests",
    },
    "deliver": {"now", "sent", "dropped", "postponed", "failed"},
}


def number(place: int) -> str:
    born = date(1999 + place, 3, 14)
    return synthetic_number(born, synthetic_serials(born)[0]).digits


NUMBERS = tuple(number(place) for place in range(len(NAMES)))


def personal(text: str) -> list[str]:
    """Return what in a text could tell who somebody is: names, their parts, and numbers in six forms."""
    forms = [
        form
        for digits in NUMBERS
        for form in (
            digits,
            f"{digits[:8]}-{digits[8:]}",
            digits[2:],
            f"{digits[2:8]}-{digits[8:]}",
            f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}-{digits[8:]}",
            digits[-4:],
        )
    ]
    return [word for word in (*forms, *(part for name in NAMES for part in name.split())) if word in text]


@dataclass
class Clinic:
    """A folder with a clinic in it, and the commands run on it."""

    folder: Path
    forking: Forking
    english: bool = False

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("BEVAKA_", "LC_"))}
        language = "en_US.UTF-8" if self.english else "sv_SE.UTF-8"
        return {**kept, "BEVAKA_DATA_DIR": str(self.folder / "data"), "LANG": language}

    def run(self, *arguments: str, stdin: str = "", **environment: str) -> Done:
        return self.forking.run(list(arguments), {**self.environment, **environment}, self.folder, stdin)

    def rows(self) -> list[str]:
        """Return everything the database holds."""
        with sqlite3.connect(f"file:{self.folder / 'data' / 'bevaka.sqlite'}?mode=ro", uri=True) as connection:
            return list(connection.iterdump())

    def write(self, *rows: str, name: str = "beslut.csv") -> str:
        (self.folder / name).write_text("\n".join([HEADER, *rows]), encoding="utf-8")
        return name

    @property
    def ref(self) -> str:
        found: str = self.run("cases", "list", "--json").data["cases"][0]["ref"]
        return found


def row(place: int, *, decided: str = "2024-01-15", level: str = "halv", unit: str = "north") -> str:
    return f"{NUMBERS[place]};{NAMES[place]};{decided};2024-01-01;2025-12-31;{level};{unit};kim@bevaka.example"


@pytest.fixture(scope="module")
def forking() -> Iterator[Forking]:
    with Forking() as parent:
        yield parent


@pytest.fixture(scope="module")
def pattern(forking: Forking, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clinic with three cases, to be copied by every test."""
    clinic = Clinic(tmp_path_factory.mktemp("clinic"), forking)
    for arguments in (
        ("keys", "new"),
        ("migrate",),
        ("programmes", "publish", "aktiv-2023", "akt-sam"),
        ("units", "add", "north", "Mottagning Nord"),
        ("units", "add", "south", "Mottagning Syd"),
        ("people", "add", "kim@bevaka.example", "Prov Kim"),
        ("people", "role", "kim@bevaka.example", "coordinator", "--unit", "north"),
        ("people", "add", "admin@bevaka.example", "Prov Admin"),
        ("people", "role", "admin@bevaka.example", "admin"),
        ("import", clinic.write(row(0), row(1), row(2)), "--programme", "aktiv-2023", *ORIGIN, "--apply"),
    ):
        done = clinic.run(*arguments)
        assert done.status == 0, done.said
        assert personal(done.said) == []
    return clinic.folder


@pytest.fixture
def clinic(pattern: Path, forking: Forking, tmp_path: Path) -> Clinic:
    shutil.copytree(pattern, tmp_path / "clinic")
    return Clinic(tmp_path / "clinic", forking)


def refused(clinic: Clinic, *arguments: str, stdin: str = "", status: int = 2, **environment: str) -> str:
    """Run what must be refused: told in words, nothing written, nobody named, no traceback. Return what was said."""
    before = clinic.rows()
    done = clinic.run(*arguments, stdin=stdin, **environment)
    assert done.status == status, done.said
    assert done.err.strip()
    assert "Traceback" not in done.said
    assert personal(done.said) == []
    assert clinic.rows() == before
    return done.err


@pytest.mark.parametrize("command", KEYS)
def test_answers_for_programs_have_stable_keys(clinic: Clinic, command: str) -> None:
    done = clinic.run(*command.split(), "--json")
    assert done.status == ("--unaccounted" in command)  # the clinic's clock has stood still since 2024
    assert set(done.data) == KEYS[command]
    assert personal(done.said) == []


@pytest.mark.parametrize("listing", LISTINGS)
def test_every_listing_answers_in_json(clinic: Clinic, listing: str) -> None:
    assert isinstance(clinic.run(*listing.split(), "--json").data, list)


def test_a_case_is_shown_explained_and_told_without_its_person(clinic: Clinic) -> None:
    ref = clinic.ref
    shown = [clinic.run("cases", what, ref) for what in ("show", "why", "history")]
    answers = [clinic.run("cases", what, ref, "--json") for what in ("show", "why", "history")]
    assert all(done.status == 0 and personal(done.said) == [] for done in (*shown, *answers))
    assert "Samtycke" in shown[1].out
    assert {"deadline", "due_on", "sv", "en"} == set(answers[1].data[0])
    assert answers[2].data[0]["event"] == "case.open"


def test_a_case_is_lived_through(clinic: Clinic) -> None:
    ref = clinic.ref
    steps = (
        ("fire", ref, "record_consent", "--answer", "consent_until=30/6 2031"),
        (
            "fire",
            ref,
            "book_first_meeting",
            "--answer",
            "meeting_at=2031-03-03 10:00",
            "--answer",
            "place=Mottagningen",
        ),
        ("ack", ref, "first_meeting", "--until", "2031-03-04"),
        ("snooze", ref, "consent_renewal", "--until", "2031-03-04", "--reason", "x"),
        ("pause", ref, "parental_leave"),
        ("resume", ref, "parental_leave"),
        ("amend", ref, "--set", "benefit_until=2026-06-30"),
        ("assign", ref, "--coordinator", "kim@bevaka.example"),
    )
    for step in steps:
        done = clinic.run("cases", *step)
        assert done.status == 0, (step, done.said)
    events = [line["event"] for line in clinic.run("cases", "history", ref, "--json").data]
    assert events == ["case.open", "record_consent", "book_first_meeting", "deadline.acknowledge", "deadline.snooze",
                      "case.pause", "case.resume", "case.amend"]  # fmt: skip
    assert clinic.run("replay").status == 0


def test_a_preview_writes_nothing(clinic: Clinic) -> None:
    before = clinic.rows()
    done = clinic.run(
        "cases", "fire", clinic.ref, "record_consent", "--answer", "consent_until=2031-06-30", "--preview"
    )
    assert done.status == 0
    assert "klar" in done.out
    assert clinic.rows() == before


def test_what_is_refused_says_why_in_both_languages(clinic: Clinic) -> None:
    booking = ("fire", clinic.ref, "book_first_meeting", "--answer", "meeting_at=2031-03-03 10:00")
    assert "Ett villkor är inte uppfyllt" in refused(clinic, "cases", *booking, status=1)
    clinic.english = True
    assert "A condition is not met" in refused(clinic, "cases", *booking, status=1)


def test_time_passes_and_everything_is_accounted_for(clinic: Clinic) -> None:
    assert clinic.run("ledger", "--unaccounted").status == 1
    swept = clinic.run("sweep", "--json")
    assert swept.data["deadlines"] > 0
    done = clinic.run("ledger", "--unaccounted", "--json")
    assert (done.status, done.data) == (0, {"unaccounted": 0, "gaps": []})


def test_a_member_of_staff_acts_with_her_own_rights(clinic: Clinic) -> None:
    assert clinic.run("--as", "kim@bevaka.example", "cases", "list").status == 0
    assert "admin" in refused(clinic, "--as", "kim@bevaka.example", "units", "add", "west", "Väst", status=1)
    refused(clinic, "--as", "nobody@bevaka.example", "cases", "list", status=3)


def test_an_invitation_is_a_link_on_stdout_and_nowhere_else(clinic: Clinic) -> None:
    done = clinic.run("staff", "invite", "kim@bevaka.example")
    assert done.status == 0
    assert re.fullmatch(r"http://127\.0\.0\.1:8420/join/[A-Za-z0-9_-]{43}\n", done.out)
    assert done.out.strip().rpartition("/")[2] not in done.err + "".join(clinic.rows())
    assert clinic.run("staff", "invite", "kim@bevaka.example", "--json").data["expires_at"]


def test_only_who_runs_the_system_invites(clinic: Clinic) -> None:
    refused(clinic, "--as", "kim@bevaka.example", "staff", "invite", "admin@bevaka.example", status=1)


def test_who_is_disabled_is_not_invited_until_she_is_back(clinic: Clinic) -> None:
    assert clinic.run("staff", "disable", "kim@bevaka.example").status == 0
    refused(clinic, "staff", "invite", "kim@bevaka.example", status=3)
    assert clinic.run("staff", "enable", "kim@bevaka.example").status == 0
    assert clinic.run("staff", "invite", "kim@bevaka.example").status == 0


def test_a_token_is_told_once_listed_without_itself_and_revoked(clinic: Clinic) -> None:
    made = clinic.run("token", "create", "kim@bevaka.example", "Export", "--scope", "read", "--scope", "act")
    assert re.fullmatch(r"bvk_[A-Za-z0-9_-]{43}\n", made.out)
    listed = clinic.run("token", "list", "--json")
    assert made.out.strip() not in listed.said + made.err + "".join(clinic.rows())
    assert [(line["label"], line["scopes"], line["revoked_at"]) for line in listed.data] == [
        ("Export", ["read", "act"], None)
    ]
    assert clinic.run("token", "revoke", "1").status == 0
    assert clinic.run("token", "list", "--json").data[0]["revoked_at"]


def test_a_changed_history_is_found(clinic: Clinic) -> None:
    with sqlite3.connect(clinic.folder / "data" / "bevaka.sqlite") as connection:
        connection.execute("UPDATE history SET event = 'withdraw_consent' WHERE seq = 1 AND case_id = 1")
    connection.close()
    done = clinic.run("replay", "--json")
    assert done.status == 1
    assert [one["what"] for one in done.data["divergences"]] == [["chain", "history"]]


def test_a_doctor_says_how_to_mend(clinic: Clinic) -> None:
    done = clinic.run("doctor", "--json")
    unwell = {one["check"] for one in done.data if one["health"] != "ok"}
    assert done.status == 1
    assert "smtp" in unwell
    assert all(one["mend"]["sv"] and one["mend"]["en"] for one in done.data if one["health"] != "ok")
    (clinic.folder / "data" / "keyring.json").chmod(0o644)
    assert {"keyring"} <= {one["check"] for one in clinic.run("doctor", "--json").data if one["health"] == "error"}


def test_a_doctor_of_nothing_says_where_to_begin(forking: Forking, tmp_path: Path) -> None:
    done = Clinic(tmp_path, forking).run("doctor")
    assert done.status == 1
    assert "bevaka keys new" in done.out
    assert "bevaka migrate" in done.out
    assert not (tmp_path / "data").exists()


def test_a_definition_is_checked_by_line_and_column(clinic: Clinic) -> None:
    broken = ROOT / "tests" / "fixtures" / "broken" / "01-syntax.yaml"
    done = clinic.run("programmes", "lint", str(broken))
    assert done.status == 1
    assert re.search(r"01-syntax\.yaml:\d+:\d+: syntax: ", done.out)
    good = ROOT / "workflows" / "definitions" / "aktiv-2023.yaml"
    assert clinic.run("programmes", "lint", str(good), "--json").data == []


def test_a_programme_is_explained_and_drawn(clinic: Clinic) -> None:
    assert (
        "Första möte (first_meeting): 1 månad efter beslutsdatum" in clinic.run("programmes", "show", "aktiv-2023").out
    )
    assert clinic.run("programmes", "show", "aktiv-2023", "--diagram", "mermaid").out.startswith("stateDiagram-v2")
    assert clinic.run("programmes", "show", "aktiv-2023", "--diagram", "svg").out.startswith("<svg")


def test_keys_are_never_written_over_and_old_ones_stay_readable(clinic: Clinic) -> None:
    keyring = clinic.folder / "data" / "keyring.json"
    before = keyring.read_text(encoding="utf-8")
    refused(clinic, "keys", "new", status=1)
    assert keyring.read_text(encoding="utf-8") == before
    assert clinic.run("keys", "rotate").status == 0
    assert keyring.stat().st_mode & 0o777 == 0o600
    assert clinic.run("import", "beslut.csv", "--programme", "aktiv-2023", *ORIGIN, "--json").data["known"] == 3


# --- the worst that can be fed to it ---


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param((row(0, decided="2024-02-30"), row(1)), id="no such date"),
        pytest.param((row(0).replace(NUMBERS[0], NUMBERS[0][:-1] + "0"),), id="wrong check digit"),
        pytest.param((f'"{row(0)}', row(1)), id="unmatched quotation mark"),
        pytest.param((row(0, unit=NAMES[1]), row(1, level=NUMBERS[0])), id="person in the wrong column"),
        pytest.param((row(0, decided="2023-11-01"), row(0, decided="2023-11-01")), id="the same decision twice"),
        pytest.param((f"={NUMBERS[0]};{NAMES[0]}\x00;;;;;;",), id="formula and control characters"),
    ],
)
@pytest.mark.parametrize("apply", [(), ("--apply",)], ids=["preview", "apply"])
def test_a_bad_file_is_refused_whole(clinic: Clinic, rows: tuple[str, ...], apply: tuple[str, ...]) -> None:
    before = clinic.rows()
    file = clinic.write(*rows, name="bad.csv")
    done = clinic.run("import", file, "--programme", "aktiv-2023", *ORIGIN, *apply)
    assert done.status in (1, 2), done.said
    assert re.search(r"(?i)\brad\b", done.said), done.said
    assert "Traceback" not in done.said
    assert personal(done.said) == []
    assert clinic.rows() == before


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04" + b"\x00" * 99, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 9, b"a\x81;b"]
)
def test_a_file_that_is_no_list_of_decisions_is_refused(clinic: Clinic, content: bytes) -> None:
    (clinic.folder / "bad.xlsx").write_bytes(content)
    refused(clinic, "import", "bad.xlsx", "--programme", "aktiv-2023", "--apply")


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("cases", "show", NUMBERS[0]), 3),
        (("cases", "list", NAMES[0]), 2),
        (("cases", "fire", "BV-0000-0000", "close"), 3),
        (("cases", "list", "--limit", NUMBERS[0]), 2),
        (("cases", "list", "--cursor", NUMBERS[0]), 2),
        (("ledger", "--since", NUMBERS[0]), 2),
        (("sweep", "--now", NAMES[0]), 2),
        (("--as", NUMBERS[0], "cases", "list"), 3),
        ((f"--{NUMBERS[0]}",), 2),
        ((NAMES[0],), 2),
        (("units", "add", NUMBERS[0] + "!", "x"), 2),
        (("people", "add", f"{NAMES[0]}@x.example", "x"), 2),
        (("import", "missing.csv", "--programme", "aktiv-2023"), 2),
        (("import", "beslut.csv", "--programme", NUMBERS[0]), 3),
        (("import", "beslut.csv", "--programme", "aktiv-2023", "--set", NUMBERS[0]), 2),
        (("import", "beslut.csv", "--programme", "aktiv-2023", "--set", f"origin={NAMES[0]}"), 2),
        (("programmes", "publish", "/etc/shadow-of-nothing"), 2),
        (("programmes", "publish", "/dev/null"), 1),
        (("people", "role", "kim@bevaka.example", NUMBERS[0]), 2),
        (("staff", "invite", NUMBERS[0]), 3),
        (("staff", "disable", NUMBERS[0]), 3),
        (("token", "create", "kim@bevaka.example", NAMES[0], "--scope", NUMBERS[0]), 2),
        (("token", "create", NUMBERS[0], "x", "--scope", "read"), 3),
        (("token", "create", "kim@bevaka.example", "x", "--scope", "read", "--days", NUMBERS[0]), 2),
        (("token", "revoke", "7"), 3),
        (("channels", "set", "nowhere", "--file", "/nope"), 2),
    ],
)
def test_a_bad_command_is_refused_without_quoting_it(clinic: Clinic, arguments: tuple[str, ...], status: int) -> None:
    refused(clinic, *arguments, status=status)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://x.environment.api.powerplatform.com/w?sig=heltochhallethemlig",
        "https://169.254.169.254/latest?sig=heltochhallethemlig",
        "https://x.environment.api.powerplatform.com.evil.example/?sig=heltochhallethemlig",
        "https://user:heltochhallethemlig@x.environment.api.powerplatform.com/?sig=1",
        "https://x.webhook.office.com/webhookb2/heltochhallethemlig",
        WEBHOOK + "\r\nHost: evil.example",
    ],
)
def test_a_bad_webhook_is_refused_without_quoting_it(clinic: Clinic, url: str) -> None:
    assert "heltochhallethemlig" not in refused(clinic, "channels", "set", "north", stdin=url)


def test_a_webhook_is_connected_and_never_shown(clinic: Clinic) -> None:
    connected = clinic.run("channels", "set", "north", stdin=WEBHOOK + "\n")
    listed = clinic.run("channels", "list")
    assert (connected.status, listed.status) == (0, 0)
    assert "heltochhallethemlig" not in connected.said + listed.said + "".join(clinic.rows())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BEVAKA_SMTP_PORT", "many"),
        ("BEVAKA_DATABASE_URL", f"nonsense://{NUMBERS[0]}"),
        ("BEVAKA_DATABASE_URL", f"postgresql+psycopg://u:{NUMBERS[0]}@127.0.0.1:1/x"),
        ("BEVAKA_KEYRING_FILE", "/nowhere/keyring.json"),
        ("BEVAKA_SMTP_HOST", "mail.example"),
        ("BEVAKA_SMTP_PASSWORD_FILE", "/nowhere/password"),
        ("BEVAKA_OIDC_ISSUER", "http://sso.region.example"),
        ("BEVAKA_SESSION_IDLE_MINUTES", "0"),
    ],
)
def test_a_bad_setting_is_named_and_not_quoted(clinic: Clinic, name: str, value: str) -> None:
    extra = {"BEVAKA_SMTP_SECURITY": "none"} if name == "BEVAKA_SMTP_HOST" else {}
    extra |= {"BEVAKA_SMTP_HOST": "localhost"} if name == "BEVAKA_SMTP_PASSWORD_FILE" else {}
    refused(clinic, "cases", "list", status=4, **{name: value}, **extra)


def test_an_older_database_is_refused_and_named(forking: Forking, tmp_path: Path) -> None:
    clinic = Clinic(tmp_path, forking)
    clinic.run("keys", "new")
    done = clinic.run("cases", "list")
    assert done.status == 4
    assert "bevaka migrate" in done.err


def test_the_same_commands_work_on_postgresql(forking: Forking, tmp_path: Path, postgres_url: str) -> None:
    clinic = Clinic(tmp_path, forking)
    database = {"BEVAKA_DATABASE_URL": postgres_url}
    file = clinic.write(row(0), row(1), row(2))
    for arguments in (
        ("keys", "new"),
        ("migrate",),
        ("programmes", "publish", "aktiv-2023"),
        ("units", "add", "north", "Mottagning Nord"),
        ("people", "add", "kim@bevaka.example", "Prov Kim"),
        ("people", "role", "kim@bevaka.example", "coordinator", "--unit", "north"),
        ("import", file, "--programme", "aktiv-2023", *ORIGIN, "--apply"),
        ("sweep",),
        ("ledger", "--unaccounted"),
        ("replay",),
    ):
        done = clinic.run(*arguments, **database)
        assert done.status == 0, (arguments, done.said)
        assert personal(done.said) == []
    assert clinic.run("cases", "list", "--json", **database).data["total"] == 3


def test_the_installed_command_and_the_module_answer_alike(clinic: Clinic) -> None:
    installed = Path(sys.executable).parent / "bevaka"
    ways = ([str(installed)], [sys.executable, "-m", "bevaka"])
    answers = [
        subprocess.run(
            [*way, "units", "list", "--json"],
            env=clinic.environment,
            cwd=ROOT,
            capture_output=True,
            check=True,
            timeout=120,
        ).stdout
        for way in ways
    ]
    assert answers[0] == answers[1]


def test_every_command_has_help_in_both_languages(clinic: Clinic) -> None:
    swedish = clinic.run("--help").out
    clinic.english = True
    english = clinic.run("--help").out
    assert "Hälsokontroll" in swedish
    assert "A check-up" in english
    assert clinic.run("--language", "sv", "--help").out == swedish
