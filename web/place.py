"""What the pages are built with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from engine.parts import Engine
from web.access import AccessDoor
from web.demo_door import DemoDoor
from web.sessions import SessionStore
from web.watched import Watched


@dataclass(frozen=True, slots=True)
class Place:
    """The parts of the web workplace. `clock` gives UTC instants, a demo's where there is one."""

    engine: Engine
    clock: Callable[[], datetime]
    demo: DemoDoor | None
    secret: bytes
    sessions: SessionStore
    access: AccessDoor
    watched: Watched
