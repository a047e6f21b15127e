"""`bevaka run`: the whole of Bevaka in one process: database, clock, worker and web workplace (facts/stack.md §3)."""

import hashlib
import hmac
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING

from bevaka.deadman import Deadman
from bevaka.demo_house import DemoHouse, demo_house
from bevaka.entrances import entrance_of, how_to_begin
from bevaka.language import t
from bevaka.locking import locked
from bevaka.publishing import publish_packaged
from bevaka.seeding_progress import seeding_progress
from bevaka.start_errors import IsADemoError, PortTakenError
from bevaka.wiring import build_engine
from config.settings import Settings
from demo.seeding import demo_state
from demo.traveller import Traveller
from engine.parts import Engine
from notifications.channels.clock import Clock, utc_now
from storage.schema import upgrade
from tasks.app import app, use_memory
from tasks.embedded import EmbeddedWorker
from tasks.nudging import Nudger
from tasks.provided import provide
from tasks.schedule import Clockwork, never

if TYPE_CHECKING:
    from web.demo_door import DemoDoor
    from web.watched import Watched

HOST = "127.0.0.1"
LAST_WORDS = 2  # seconds that requests under way get to end


@dataclass(frozen=True, slots=True)
class House:
    """What the web workplace and the threads beside it work with."""

    engine: Engine
    clock: Clock
    demo: DemoHouse | None = None

    @property
    def is_held(self) -> Callable[[], bool]:
        """Whether time stands still: the demo's time machine runs."""
        demo = self.demo
        return never if demo is None else lambda: demo.clock.held


def run(settings: Settings, *, demo: bool, port: int, flower: int | None = None) -> None:
    """Run everything in this process until it is told to stop (SIGINT or SIGTERM).

    Args:
        settings: what the operator decided.
        demo: with invented people and cases, a mailbox, and time that can be moved.
        port: where the web workplace listens on loopback; 0 takes any free port.
        flower: where Flower listens on loopback; None leaves it out.

    Raises:
        AlreadyRunningError: another process runs on the data folder.
        PortTakenError: another program listens on the port.
        NotADemoError, IsADemoError: the database is of the other kind.
    """
    began = time.perf_counter()
    with stopping_cleanly(), ExitStack() as stack:
        stack.enter_context(locked(settings.data_dir))
        listener = stack.enter_context(closing(listen(port)))
        settings = _at_home(settings, listener)
        nudger = Nudger()
        house = stack.enter_context(_demo(settings, nudger) if demo else _clinic(settings, nudger))
        stack.enter_context(_threads(settings, house, nudger, is_watched=flower is not None))
        shown = stack.enter_context(_flower(settings, flower)) if flower is not None else ""
        _serve(settings, house, listener, lambda: _say_ready(settings, house, time.perf_counter() - began, shown))


def listen(port: int, host: str = HOST) -> socket.socket:
    """Take a port, 0 for any that is free; raises `PortTakenError`."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise PortTakenError(port) from None
    return listener


def _at_home(settings: Settings, listener: socket.socket) -> Settings:
    """Let links lead to where this process listens, unless the operator has said where they shall."""
    if "public_url" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"public_url": f"http://{HOST}:{listener.getsockname()[1]}"})


@contextmanager
def _demo(settings: Settings, nudger: Nudger) -> Iterator[House]:
    with seeding_progress() as progress, demo_house(settings, nudge=nudger.nudge, progress=progress) as opened:
        yield House(opened.engine, opened.clock, opened)


@contextmanager
def _clinic(settings: Settings, nudger: Nudger) -> Iterator[House]:
    engine = build_engine(settings, nudge=nudger.nudge, new_keys=True)
    with closing(engine.database):
        upgrade(engine.database)
        if demo_state(engine.database) is not None:
            raise IsADemoError(settings.data_dir)
        publish_packaged(engine, utc_now())
        yield House(engine, utc_now)


@contextmanager
def _threads(settings: Settings, house: House, nudger: Nudger, *, is_watched: bool) -> Iterator[None]:
    """Keep the worker, the clock and (in a demo) the time machine going beside the web workplace."""
    use_memory()
    # A demo's time is not the real one, and nothing of it leaves this computer.
    deadman = Deadman(house.engine, "" if house.demo else settings.deadman_url, settings.deadman_cafile)
    provide(house.engine, house.clock, deadman.ping)
    worker = EmbeddedWorker(is_watched=is_watched)
    clockwork = Clockwork(house.engine, house.clock, is_held=house.is_held)
    traveller = Traveller(house.engine, house.demo.clock) if house.demo else None
    with ExitStack() as stack:
        for part in (worker, nudger, clockwork, traveller):
            if part is not None:
                part.start()
                stack.callback(part.stop)
        yield


@contextmanager
def _flower(settings: Settings, port: int) -> Iterator[str]:
    """Show Flower on the worker of this process; give the line that says where, with a password made for this run."""
    from bevaka.task_board import USER, board, new_password  # noqa: PLC0415 - slow to load

    own = settings.secret("flower_password")
    password = own or new_password()
    with board(app, HOST, port, password) as taken:
        yield f"Flower: http://{HOST}:{taken} ({USER}{'' if own else ' / ' + password})"


def _serve(settings: Settings, house: House, listener: socket.socket, say_ready: Callable[[], None]) -> None:
    import uvicorn  # noqa: PLC0415 - a third of a second that refusals need not wait for

    from web.app import create_app  # noqa: PLC0415

    web = create_app(
        house.engine,
        house.clock,
        _door(house),
        web_secret(settings),
        entrance=entrance_of(settings),
        watched=watched_by(settings),
        requests_per_minute=settings.api_requests_per_minute,
    )

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            say_ready()

    config = uvicorn.Config(
        web, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=LAST_WORDS
    )
    Server(config).run(sockets=[listener])


def _door(house: House) -> "DemoDoor | None":
    from bevaka.demo_door import DoorToDemo  # noqa: PLC0415

    return DoorToDemo(house.demo) if house.demo else None


def web_secret(settings: Settings) -> bytes:
    """Return the key of the pages' tokens, the same after every start: forms that are open survive a restart."""
    return hmac.new(settings.keyring.read_bytes(), b"bevaka|web", hashlib.sha256).digest()


def watched_by(settings: Settings) -> "Watched":
    """Return who may read the figures, and by which names besides its own the workplace is called."""
    from web.watched import Watched  # noqa: PLC0415 - with the web server

    hosts = frozenset(name.strip() for name in settings.web_hosts.split(",") if name.strip())
    return Watched(settings.secret("metrics_token"), hosts, settings.flower_url)


def _say_ready(settings: Settings, house: House, seconds: float, flower: str) -> None:
    """Print the one line that says where to go, how the first one comes in without a demo, and where Flower is."""
    enter = "" if house.demo else how_to_begin(house.engine)
    ready = t("Bevaka är igång efter", "Bevaka is ready in")
    print(f"{ready} {seconds:.1f} s: {settings.public_url}{enter}", flush=True)
    if flower:
        print(flower, flush=True)


@contextmanager
def stopping_cleanly() -> Iterator[None]:
    """End the block at SIGINT or SIGTERM as if it were finished; a second signal changes nothing."""
    before = {number: signal.signal(number, _interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except KeyboardInterrupt:
        print(t("stoppad", "stopped"), file=sys.stderr, flush=True)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
