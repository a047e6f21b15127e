"""What the pages are built with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from access.oidc_provider import Provider
from engine.parts import Engine
from engine.sessions import SessionLimits
from web.demo_door import DemoDoor
from web.sessions import Sessions
from web.watched import Watched


@dataclass(frozen=True, slots=True)
class Entrance:
    """How one comes in where there is no demo: how long sessions last, and an identity provider where there is one."""

    limits: SessionLimits = field(default_factory=SessionLimits)
    provider: Provider | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The parts of the web workplace. `clock` gives UTC instants, a demo's where there is one."""

    engine: Engine
    clock: Callable[[], datetime]
    demo: DemoDoor | None
    secret: bytes
    sessions: Sessions
    entrance: Entrance
    watched: Watched
