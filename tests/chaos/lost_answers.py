"""Commits and sends that succeed and then raise, as when the answer is lost (Temporal's ExecuteAndTimeout)."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from engine.errors import CaseMovedError
from engine.parts import MailChannel, MailSession
from notifications.messages import Message
from notifications.outcomes import Accepted, DeliveryFailed
from notifications.recipients import Mailbox
from storage.database import Database

MOST_TRIES = 60


@dataclass
class Line:
    """A line that carries every call and loses a share of the answers."""

    share: float
    chance: random.Random
    calls: int = 0
    lost: int = 0

    def is_lost(self) -> bool:
        """Carry one call; say whether its answer is lost."""
        self.calls += 1
        lost = self.chance.random() < self.share
        self.lost += lost
        return lost


class ForgetfulDatabase(Database):
    """Commits, and then now and then raises as if the connection had broken before."""

    def __init__(self, url: str, line: Line) -> None:
        super().__init__(url)
        self._line = line

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a transaction that is committed whatever the caller is told."""
        with super().write() as connection:
            yield connection
        self._answer()

    @contextmanager
    def at_once(self) -> Iterator["psycopg.Connection[Any]"]:
        """Give the driver's connection; its statements are done whatever the caller is told."""
        with super().at_once() as driver:
            yield driver
        self._answer()

    def _answer(self) -> None:
        if self._line.is_lost():
            raise OperationalError("COMMIT", None, ConnectionError("the answer was lost"))


class ForgetfulMail:
    """A real mail server whose last word is now and then not heard."""

    def __init__(self, honest: MailChannel, line: Line) -> None:
        self.settings = honest.settings
        self._honest = honest
        self._line = line

    @contextmanager
    def open(self) -> Iterator[MailSession]:
        """Begin a conversation."""
        with self._honest.open() as session:
            yield _ForgetfulSession(session, self._line)


@dataclass
class _ForgetfulSession:
    honest: MailSession
    line: Line

    def send(self, key: str, to: Mailbox, message: Message, **how: Any) -> Accepted:
        accepted = self.honest.send(key, to, message, **how)
        if self.line.is_lost():
            raise DeliveryFailed("disconnect_after_data", unknown_outcome=True)
        return accepted


def insist(act: Callable[[], Any]) -> None:
    """Try until it is done and known to be done, as a task queue or an impatient person does."""
    for _ in range(MOST_TRIES):
        try:
            act()
        except OperationalError:
            continue
        except CaseMovedError:
            pass  # it had been done
        return
    raise AssertionError("never answered")
