"""Whether a message is still wanted when its turn comes, and by whom: asked in the transaction that claims it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from access.actors import ADMIN
from engine.composing import ALARM_CALENDAR, ALARM_HOURS, compose_invitation, compose_notice
from engine.consent_expiry import counting_values
from engine.digests import compose_digest
from engine.errors import DefinitionMissingError
from engine.firing import snapshot_of
from engine.parts import Engine
from engine.posts import Post, crowded_units, free_again
from engine.recipients import Directory, Found
from engine.slots import role_of
from notifications import messages
from notifications.recipients import Mailbox, RecipientError, SecretUrl, TeamsConnection
from storage import cases, people, rests
from storage.cases import CaseRow
from storage.tables import deadline
from storage.tables import outbox as outbox_table
from workflows.calendar import Calendar
from workflows.dates import WorkingHours, in_hours, local_date, next_open
from workflows.ladders import Outcome, Reason, ladder_steps
from workflows.planning import Rules


@dataclass(frozen=True, slots=True)
class Send:
    """It goes to somebody."""

    to: Mailbox | TeamsConnection
    message: messages.Message
    staff_id: int | None = None
    unit_id: int | None = None
    stand_in_for: str | None = None  # the role nobody was found for
    post_id: int | None = None  # the message that leads the post it leaves with, where several leave as one


@dataclass(frozen=True, slots=True)
class Drop:
    """It does not leave any more."""

    outcome: Outcome
    reason: Reason


@dataclass(frozen=True, slots=True)
class Postpone:
    """It leaves later."""

    until: datetime


Verdict = Send | Drop | Postpone


@dataclass(slots=True)
class Desk:
    """What is looked up once for a batch of messages."""

    engine: Engine
    connection: Connection
    now: datetime
    directory: Directory
    cases: dict[int, CaseRow]
    deadlines: dict[int, Row[Any]]
    channels: dict[int, Row[Any]]
    taken: set[tuple[int, str, int, str]]  # (deadline, rung, staff, channel) already on their way or sent
    crowded: frozenset[int]  # units whose team would get more posts than it takes
    resting: dict[int, datetime]  # units whose team asked to be left alone, until when
    newest: set[tuple[int, int, str]] = field(default_factory=set)  # (deadline, staff, channel) given in this batch
    posts: dict[int, Post] = field(default_factory=dict)  # by unit: the post that takes further messages

    @staticmethod
    def prepare(engine: Engine, connection: Connection, rows: Sequence[Row[Any]], now: datetime) -> "Desk":
        """Look up what the verdicts on these messages need."""
        deadline_ids = {row.deadline_id for row in rows if row.deadline_id is not None}
        found = connection.execute(select(deadline).where(deadline.c.id.in_(deadline_ids)))
        given = connection.execute(
            select(
                outbox_table.c.deadline_id, outbox_table.c.rung, outbox_table.c.staff_id, outbox_table.c.channel
            ).where(
                outbox_table.c.deadline_id.in_(deadline_ids),
                outbox_table.c.staff_id.is_not(None),
                outbox_table.c.id.not_in([row.id for row in rows]),
            )
        )
        known = cases.cases_by_id(connection, [row.case_id for row in rows if row.case_id is not None])
        posting = Counter(known[row.case_id].unit_id for row in rows if row.channel == "teams")
        if posting:
            people.lock_team_channels(connection, set(posting))
        return Desk(
            engine=engine,
            connection=connection,
            now=now,
            directory=Directory.read(connection, local_date(now)),
            cases=known,
            deadlines={row.id: row for row in found},
            channels=people.team_channels(connection),
            crowded=crowded_units(connection, posting, now),
            resting=rests.resting(connection, posting, now) if posting else {},
            taken={(row.deadline_id, row.rung, row.staff_id, row.channel) for row in given},
        )

    def in_order(self, rows: Sequence[Row[Any]]) -> Iterator[Row[Any]]:
        """Give the messages so that of one deadline the newest rung comes first: older ones collapse into it."""
        yield from sorted(rows, key=lambda row: (row.deadline_id or 0, -self._position(row), row.id))

    def _position(self, row: Row[Any]) -> int:
        if row.deadline_id is None or row.rung is None:
            return 0
        try:
            rules = self.rules(self.cases[row.case_id])
        except DefinitionMissingError:
            return 0  # `judge` raises it again, for this message alone
        watched = self.deadlines[row.deadline_id]
        kind = rules.definition.deadlines.get(watched.kind)
        steps = ladder_steps(kind.ladder, watched.due_on, rules.calendar, rules.definition.hours) if kind else ()
        return next((step.index for step in steps if step.key == row.rung), len(steps))

    def rules(self, case: CaseRow) -> Rules:
        """Return the rules a case is pinned to."""
        return self.engine.rulebook.rules(self.connection, case.programme, case.version, self.now)

    def judge(self, row: Row[Any]) -> Verdict:
        """Say what is to become of a message now."""
        if row.kind == "opened":
            return self._opened(row)
        if row.kind in ("digest", "alarm"):
            calendar = self.engine.rulebook.calendar(self.connection, ALARM_CALENDAR, self.now)
            return self._closed(ALARM_HOURS, calendar) or (
                self._digest(row) if row.kind == "digest" else self._alarm(row)
            )
        case = self.cases[row.case_id]
        rules = self.rules(case)
        closed = self._closed(rules.definition.hours, rules.calendar)
        if closed is not None:
            return closed
        if row.kind in ("invite", "cancel"):
            return self._meeting(row, case, rules)
        return self._rung(row, case, rules)

    def _closed(self, hours: WorkingHours, calendar: Calendar) -> Postpone | None:
        return None if in_hours(self.now, hours, calendar) else Postpone(next_open(self.now, hours, calendar))

    def _rung(self, row: Row[Any], case: CaseRow, rules: Rules) -> Verdict:
        watched = self.deadlines[row.deadline_id]
        if watched.status != "open":
            return Drop(Outcome.SUPPRESSED, Reason(watched.status))
        if watched.paused:
            return Drop(Outcome.SUPPRESSED, Reason.PAUSED)
        if row.channel == "teams":
            return self._team(row, case, rules, watched)
        if not self._consented(role_of(row.slot), case, rules):
            return Drop(Outcome.SUPPRESSED, Reason.NO_CONSENT)
        found = self.directory.find(role_of(row.slot), case, rules.definition)
        if found is None:
            return Drop(Outcome.FAILED, Reason.NOBODY_FOUND)
        return self._to_person(row, case, rules, watched, found)

    def _consented(self, role: str, case: CaseRow, rules: Rules) -> bool:
        """Say whether messages about this case may go to a role's organisation (facts/finsam.md §5)."""
        declared = rules.definition.roles.get(role)
        needs = declared.needs if declared else None
        return needs is None or needs.holds(counting_values(snapshot_of(case), self.now))

    def _to_person(self, row: Row[Any], case: CaseRow, rules: Rules, watched: Row[Any], found: Found) -> Verdict:
        staff = found.staff
        if (row.deadline_id, row.rung, staff.id, row.channel) in self.taken:
            return Drop(Outcome.COLLAPSED, Reason.SAME_PERSON)
        if (row.deadline_id, staff.id, row.channel) in self.newest:
            return Drop(Outcome.COLLAPSED, Reason.NEWER_RUNG)
        to = _mailbox(staff.email, staff.language)
        if to is None:
            return Drop(Outcome.FAILED, Reason.UNDELIVERABLE)
        self.taken.add((row.deadline_id, row.rung, staff.id, row.channel))
        self.newest.add((row.deadline_id, staff.id, row.channel))
        notice = compose_notice(self.engine, rules, case, watched, row, found, self.now)
        asked = role_of(row.slot)
        return Send(to, notice, staff.id, case.unit_id, asked if found.role != asked else None)

    def _team(self, row: Row[Any], case: CaseRow, rules: Rules, watched: Row[Any]) -> Verdict:
        channel = self.channels.get(case.unit_id)
        if channel is None or self.engine.teams is None:
            return Drop(Outcome.SUPPRESSED, Reason.NO_CHANNEL)
        if channel.broken_at is not None:
            return Drop(Outcome.FAILED, Reason.UNDELIVERABLE)
        if case.unit_id in self.resting:
            return Postpone(self.resting[case.unit_id])
        post = self.posts.get(case.unit_id)
        if post is None or post.is_full:
            wait = free_again(self.connection, case.unit_id, row.id, self.now)
            if wait is not None:
                return Postpone(wait)
            post = Post(row.id)
        if case.unit_id in self.crowded:
            self.posts[case.unit_id] = post.with_one_more()
        url = self.engine.secrets.open(f"team_channel|{channel.id}", channel.sealed_url)
        notice = compose_notice(self.engine, rules, case, watched, row, None, self.now)
        leader = post.leader if case.unit_id in self.crowded else None
        to = TeamsConnection(SecretUrl(url), channel.language)
        return Send(to, notice, unit_id=case.unit_id, post_id=leader)

    def _meeting(self, row: Row[Any], case: CaseRow, rules: Rules) -> Verdict:
        invitation = compose_invitation(self.engine, rules, case, row)
        if row.kind == "cancel":
            return self._to_invited(row, invitation)
        role = role_of(row.slot)
        if not self._consented(role, case, rules):
            return Drop(Outcome.SUPPRESSED, Reason.NO_CONSENT)
        found = self.directory.find(role, case, rules.definition)
        to = _mailbox(found.staff.email, found.staff.language) if found else None
        if found is None or to is None:
            return Drop(Outcome.FAILED, Reason.NOBODY_FOUND if found is None else Reason.UNDELIVERABLE)
        return Send(to, invitation, found.staff.id, case.unit_id)

    def _to_invited(self, row: Row[Any], invitation: messages.Invitation) -> Verdict:
        """Cancel with whoever was invited, though the role may be held by another by now."""
        invited = self.connection.execute(
            select(outbox_table.c.staff_id)
            .where(
                outbox_table.c.thread == row.thread, outbox_table.c.kind == "invite", outbox_table.c.outcome == "sent"
            )
            .order_by(outbox_table.c.id.desc())
        ).scalars()
        staff = self.directory.staff.get(next(iter(invited), None) or 0)
        to = _mailbox(staff.email, staff.language) if staff else None
        if staff is None or to is None:
            return Drop(Outcome.SUPPRESSED, Reason.VOID)
        return Send(to, invitation, staff.id)

    def _digest(self, row: Row[Any]) -> Verdict:
        if local_date(row.created_at) < local_date(self.now):
            return Drop(Outcome.COLLAPSED, Reason.NEWER_RUNG)  # today has a digest of its own
        staff = self.directory.staff.get(row.staff_id)
        if staff is None or not staff.active or staff.id in self.directory.away:
            return Drop(Outcome.SUPPRESSED, Reason.EMPTY_DIGEST)
        digest = compose_digest(self.engine, self.connection, staff.id, self.now)
        to = _mailbox(staff.email, staff.language)
        if not digest.lines or to is None:
            return Drop(Outcome.SUPPRESSED, Reason.EMPTY_DIGEST)
        return Send(to, digest, staff.id)

    def _opened(self, row: Row[Any]) -> Verdict:
        """Tell whoever manages the unit today, else the admins, at whatever hour."""
        for role in (role_of(row.slot), ADMIN):
            member = self.directory.present_holder(role, row.unit_id)
            to = _mailbox(member.email, member.language) if member else None
            if member and to:
                return Send(to, messages.from_json(row.payload["message"]), member.id, row.unit_id)
        return Drop(Outcome.FAILED, Reason.NOBODY_FOUND)

    def _alarm(self, row: Row[Any]) -> Verdict:
        for staff_id in self.directory.holding(role_of(row.slot), row.unit_id):
            staff = self.directory.staff[staff_id]
            to = _mailbox(staff.email, staff.language)
            if staff.active and to:
                return Send(to, messages.from_json(row.payload["message"]), staff.id, row.unit_id)
        return Drop(Outcome.FAILED, Reason.NOBODY_FOUND)


def _mailbox(email: str, language: str) -> Mailbox | None:
    try:
        return Mailbox(email, "en" if language == "en" else "sv")
    except RecipientError:
        return None
