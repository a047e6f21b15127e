"""A message ready to leave: everything its sender needs, so that sending touches no database."""

from dataclasses import dataclass

from notifications.messages import Message
from notifications.recipients import Mailbox, TeamsConnection


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed message. `token` fences it: only the newest claim may say what became of it."""

    message_id: int
    token: int
    key: str
    kind: str
    to: Mailbox | TeamsConnection
    message: Message
    attempts: int
    uncertain: bool
    staff_id: int | None
    unit_id: int | None
    case_id: int | None
    deadline_id: int | None
    rung: str | None
    slot: str
    late: bool = False
    channel: str = "email"
    probe: bool = False  # what becomes of it says whether its channel works again
    post_id: int | None = None
    others: tuple["Parcel", ...] = ()  # what leaves with it, as one post
