"""What every command begins with: settings, an engine, who acts, and what time it is."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from access.actors import OPERATOR, Actor
from bevaka.clock import clock_of
from bevaka.wiring import build_engine
from config.logging import set_up_logging
from config.settings import Settings, read_settings
from engine.parts import Engine
from engine.staffing import actor_of
from notifications.channels.clock import utc_now
from storage.schema import require_newest
from workflows.answer_texts import DATETIME_FORMS, AnswersError, read_answer
from workflows.model import Definition, Field, FieldType, Text

NOW = Field("--now", FieldType.DATETIME, Text("tidpunkt", "instant"))


@dataclass(slots=True)
class Told:
    """What was said before the command (`bevaka --as EMAIL … cases list`), and what the command has come to know."""

    acts_as: str | None = None
    debug: bool = False
    definition: Definition | None = None  # of the case at hand: a refusal is told in its titles


TOLD = Told()


@dataclass(frozen=True, slots=True)
class Entry:
    """What a command works with. `now` is UTC; in the demo's data folder it is the demo's time."""

    settings: Settings
    engine: Engine
    actor: Actor
    now: datetime


def enter(now: str | None = None) -> Entry:
    """Open the house for one command.

    Args:
        now: an instant to act at instead of the clock's; without zone it is Stockholm time.

    Raises:
        SettingsError, KeyringMissingError, KeyringError, SchemaError, UnknownStaffError, AnswersError.
    """
    at = read_instant(now) if now is not None else None
    settings = settings_read()
    engine = build_engine(settings)
    require_newest(engine.database)
    actor = OPERATOR if TOLD.acts_as is None else actor_of(engine, TOLD.acts_as)
    clock = clock_of(engine.database)
    if at is not None or clock is not utc_now:
        # Another time than the world's: no silence is long in it, and no lease is measured by the database's clock.
        engine = replace(engine, real_time=False, hold_backlog=0)
    return Entry(settings, engine, actor, at or clock().astimezone(UTC))


def settings_read() -> Settings:
    """Return the settings, and send the log where they say."""
    settings = read_settings()
    set_up_logging(settings.log_level)
    return settings


def read_instant(text: str) -> datetime:
    """Return a typed instant as UTC; raises `AnswersError`."""
    try:
        found = read_answer(NOW, text)
    except ValueError:
        found = None
    if not isinstance(found, datetime):
        raise AnswersError([(NOW.name, f"{DATETIME_FORMS}, 2024-01-31T12:30:00+00:00")])
    return found
