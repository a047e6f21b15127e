"""`bevaka run --demo` as a real process: it becomes ready, works by itself, stops cleanly and survives being killed."""

import re
import signal
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from bevaka.wiring import build_engine
from config.settings import read_settings
from demo.clock import DemoClock
from demo.errands import Errands, Journey, Stage
from demo.mailbox import DemoMailbox
from demo.seeding import READY, SEEDING, demo_state
from demo.surroundings import MAILBOX_FILE
from engine.auditing import replay_all, unaccounted
from engine.parts import Engine
from storage.database import Database
from storage.tables import case, ledger, outbox
from tests.demo_days import stockholm
from tests.embedded import CASES, bevaka, refused, running, starting, until
from workflows.dates import local_date

DEMO = ("--demo", "--port", "0")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a demo that has been started once, and stopped."""
    made = tmp_path_factory.mktemp("embedded")
    with running(made, *DEMO) as first:
        print(f"first start, 12 cases: {first.seconds:.1f} s")
        assert first.end(signal.SIGTERM) < 10
        assert first.process.returncode == 0
    return made


@pytest.fixture
def engine(folder: Path) -> Iterator[Engine]:
    """An engine of the test's own on the same database, as a second process would have."""
    built = build_engine(read_settings(data_dir=folder, database_url="", keyring_file=None))
    with closing(built.database):
        yield built


@pytest.fixture
def mailbox(folder: Path) -> Iterator[DemoMailbox]:
    with closing(DemoMailbox(folder / MAILBOX_FILE)) as opened:
        yield opened


def test_it_says_where_it_is_and_its_pages_answer(folder: Path) -> None:
    with running(folder, *DEMO) as run, httpx.Client(base_url=run.url, follow_redirects=True) as browser:
        print(f"second start: {run.seconds:.1f} s")
        assert run.seconds < 15
        caseload = browser.get("/")
        case_page = re.search(r"/cases/BV-[0-9A-Z]{4}-[0-9A-Z]{4}", caseload.text)
        assert case_page is not None
        paths = ("/", case_page.group(), "/ledger", "/mailbox", "/time")
        answers = {path: browser.get(path).status_code for path in paths}
        assert set(answers.values()) == {200}, answers


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_when_told(folder: Path, number: signal.Signals) -> None:
    with running(folder, *DEMO) as run:
        seconds = run.end(number)
        print(f"{number.name}: stopped after {seconds:.1f} s")
        assert run.process.returncode == 0
        assert seconds < 10


def test_the_mailbox_holds_the_first_year(folder: Path, mailbox: DemoMailbox) -> None:
    assert mailbox.count("mail") > 100


def test_a_second_process_on_the_same_folder_is_refused(folder: Path) -> None:
    with running(folder, *DEMO):
        second = refused(folder, *DEMO)
    assert second.returncode not in (0, None)
    assert str(folder) in second.stderr
    assert "Traceback" not in second.stderr


def test_a_taken_port_is_told(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = refused(folder, "--demo", "--port", port)
    assert ended.returncode != 0
    assert port in ended.stderr
    assert "Traceback" not in ended.stderr


def test_what_waits_when_it_starts_is_sent_by_the_clock_and_the_worker(
    folder: Path, engine: Engine, mailbox: DemoMailbox
) -> None:
    """No time machine here: the tick wakes the sweep, the sweep the postman, through the in-memory broker."""
    clock = DemoClock(engine.database)
    clock.release(_monday_after(clock))
    before = mailbox.count()
    with running(folder, *DEMO):
        until(lambda: mailbox.count() > before, "a message after the outage", 30)
        until(lambda: _waiting(engine) == 0, "an empty outbox", 30)
    assert unaccounted(engine, clock()) == []


@pytest.mark.slow
def test_killed_in_the_middle_of_a_journey_nothing_is_lost_and_nothing_sent_twice(
    folder: Path, engine: Engine, mailbox: DemoMailbox
) -> None:
    errands, clock = Errands(engine.database), DemoClock(engine.database)
    with running(folder, *DEMO) as run:
        asked = errands.ask(Journey.FORWARD, clock(), clock() + timedelta(days=200))
        until(lambda: (errands.latest() or asked).messages >= 5, "five messages")
        run.end(signal.SIGKILL)
    assert (errands.latest() or asked).under_way
    with running(folder, *DEMO):
        until(lambda: not (errands.latest() or asked).under_way, "the interrupted journey to be ended")
        asked = errands.ask(Journey.FORWARD, clock(), clock() + timedelta(days=40))
        until(lambda: not (errands.latest() or asked).under_way, "forty days")
    assert (errands.latest() or asked).stage is Stage.DONE
    assert unaccounted(engine, clock()) == []
    assert replay_all(engine, clock()).divergences == ()
    assert _sent_twice(mailbox) <= _possible_duplicates(engine)


def test_the_command_line_moves_time_with_and_without_a_running_demo(folder: Path, engine: Engine) -> None:
    clock = DemoClock(engine.database)
    began = local_date(clock())
    alone = bevaka(folder, "demo", "forward", "10d")
    assert alone.returncode == 0, alone.stderr
    assert local_date(clock()) == began + timedelta(days=10)
    with running(folder, *DEMO):
        beside = bevaka(folder, "demo", "forward", "10d")
        assert beside.returncode == 0, beside.stderr
    assert local_date(clock()) == began + timedelta(days=20)
    assert unaccounted(engine, clock()) == []


def test_an_outage_from_the_command_line_sends_nothing(folder: Path, engine: Engine, mailbox: DemoMailbox) -> None:
    before, began = mailbox.count(), local_date(DemoClock(engine.database)())
    assert bevaka(folder, "demo", "outage", "40d").returncode == 0
    assert mailbox.count() == before
    assert local_date(DemoClock(engine.database)()) == began + timedelta(days=40)


def test_a_span_that_means_nothing_is_told(folder: Path) -> None:
    ended = bevaka(folder, "demo", "forward", "soon")
    assert ended.returncode == 2
    assert "40d" in ended.stderr


def test_a_real_house_does_not_open_on_a_demos_folder(folder: Path) -> None:
    ended = refused(folder, "--port", "0")
    assert ended.returncode != 0
    assert "--demo" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
def test_a_first_start_that_is_killed_begins_anew(tmp_path: Path) -> None:
    with starting(tmp_path, *DEMO) as process:
        until(lambda: _state(tmp_path) == SEEDING, "the first year to begin")
        process.kill()
    with running(tmp_path, *DEMO):
        assert _state(tmp_path) == READY
    with closing(Database(f"sqlite:///{tmp_path}/bevaka.sqlite")) as database, database.read() as connection:
        assert connection.execute(select(func.count()).select_from(case)).scalar_one() == int(CASES)


def test_a_demo_does_not_open_on_a_real_houses_folder(tmp_path: Path) -> None:
    for command in (("keys", "new"), ("migrate",), ("units", "add", "lund", "Mottagningen")):
        done = bevaka(tmp_path, *command)
        assert done.returncode == 0, done.stderr
    ended = refused(tmp_path, *DEMO)
    assert ended.returncode != 0
    assert "not a demo" in ended.stderr


def test_a_house_without_a_demo_says_how_the_first_one_comes_in(tmp_path: Path) -> None:
    with running(tmp_path, "--port", "0") as run:
        assert "bevaka staff invite" in run.line
        assert httpx.get(run.url, follow_redirects=True).status_code == 200
        run.end(signal.SIGTERM)
        assert run.process.returncode == 0


def _state(folder: Path) -> str | None:
    """Return what the demo's database says of itself, None while it says nothing."""
    if not (folder / "bevaka.sqlite").exists():
        return None
    try:
        with closing(Database(f"sqlite:///{folder}/bevaka.sqlite")) as database:
            return demo_state(database)
    except OperationalError:  # its tables are not there yet
        return None


def _monday_after(clock: DemoClock) -> datetime:
    day = clock().date() + timedelta(days=21)
    return stockholm((day + timedelta(days=-day.weekday())).isoformat(), "09:05")


def _waiting(engine: Engine) -> int:
    with engine.database.read() as connection:
        return len(connection.execute(select(outbox.c.id).where(outbox.c.state.in_(["queued", "sending"]))).all())


def _sent_twice(mailbox: DemoMailbox) -> set[str]:
    ids = Counter(message_from_bytes(caught.raw)["Message-ID"] for caught in mailbox.list(limit=100_000, kind="mail"))
    return {message_id for message_id, times in ids.items() if times > 1}


def _possible_duplicates(engine: Engine) -> set[str]:
    same = (outbox.c.deadline_id == ledger.c.deadline_id) & (outbox.c.rung == ledger.c.rung)
    query = select(ledger.c.message_id).join(outbox, same & (outbox.c.slot == ledger.c.slot)).where(outbox.c.uncertain)
    with engine.database.read() as connection:
        return set(connection.execute(query).scalars())
