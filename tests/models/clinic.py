"""A second, slow and obvious opinion on what the engine does with the programme `prov`, written from DESIGN §5 alone.

It counts day by day on the oracle's calendar and knows nothing of `workflows`. The programme is written out by hand.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from tests.models.people import People
from tests.models.prov import (
    CLOSES,
    KIND_IN,
    MAIL_COORDINATOR,
    MAIL_HANDLER,
    OPENS,
    STOPPED_BY,
    TEAM,
    Moment,
    Rung,
    rungs,
)
from tests.oracles.swedish_calendar import add_days, add_months, is_working_day, roll_next


@dataclass
class Pause:
    """From its first day until, not including, its last; None while it runs."""

    kind: str
    from_on: date
    until_on: date | None = None


@dataclass
class Quiet:
    """Acknowledged or snoozed until a day, by the event with this number."""

    kind: str
    until_on: date
    seq: int
    told: bool = False

    def is_over(self, now: Moment) -> bool:
        return (roll_next(self.until_on), OPENS) <= now

    def holds(self, rung: str, day: date) -> bool:
        """An acknowledgement holds reminders and repeats, never the first escalation of a level; a snooze all."""
        within = day < roll_next(self.until_on)
        return within and (self.kind == "snoozed" or rung.startswith("r") or "#" in rung)


@dataclass
class Line:
    """One entry of the ledger."""

    outcome: str
    reason: str | None = None
    late: bool = False
    to: str | None = None


@dataclass
class Ladder:
    """One deadline: where it stands, and its lines of the ledger by rung and slot."""

    kind: str
    base: date
    due: date
    paused: bool
    status: str = "open"
    quiet: Quiet | None = None
    ledger: dict[tuple[str, str], Line] = field(default_factory=dict)

    def rungs_left(self) -> list[Rung]:
        return [rung for rung in rungs(self.kind, self.due) if (rung[0], rung[2][0]) not in self.ledger]

    def waiting(self) -> list[tuple[str, str]]:
        return [key for key, line in self.ledger.items() if line.outcome == "queued"]

    def take_back(self, reason: str) -> None:
        for key in self.waiting():
            self.ledger[key] = Line("suppressed", reason, self.ledger[key].late)

    def stop_telling_fk(self) -> None:
        for key in self.waiting():
            if key[1] == MAIL_HANDLER:
                self.ledger[key] = Line("suppressed", "no_consent", self.ledger[key].late)

    def end(self, status: str) -> None:
        self.take_back(status)
        for rung, _, slots in self.rungs_left():
            self.ledger.update({(rung, slot): Line("suppressed", status) for slot in slots})
        if self.quiet and not self.quiet.told:
            self.ledger[f"q{self.quiet.seq}", MAIL_COORDINATOR] = Line("suppressed", status)
        self.status = status

    def hush(self, quiet: Quiet) -> None:
        """Be quiet from now on: what waits and would have been held is taken back."""
        self.quiet = quiet
        for rung, slot in self.waiting():
            if quiet.kind == "snoozed" or rung.startswith("r") or "#" in rung:
                self.ledger[rung, slot] = Line("suppressed", quiet.kind, self.ledger[rung, slot].late)

    def sweep(self, now: Moment) -> None:
        """Account for each rung whose hour has come: held back, overtaken by a newer one, or on its way."""
        fresh: dict[str, tuple[str, str]] = {}  # the newest by slot
        for rung, day, slots in self.rungs_left():
            if (day, OPENS) > now:
                break
            late = day < now[0]
            for slot in slots:
                if self.quiet and self.quiet.holds(rung, day):
                    self.ledger[rung, slot] = Line("suppressed", self.quiet.kind, late)
                    continue
                self.overtake(slot)
                fresh[slot] = (rung, slot)
                self.ledger[rung, slot] = Line("queued", None, late)
        if self.quiet and not self.quiet.told and self.quiet.is_over(now):
            self.quiet.told = True
            key = f"q{self.quiet.seq}", MAIL_COORDINATOR
            if MAIL_COORDINATOR in fresh:
                self.ledger[key] = Line("collapsed", "newer_rung")
            else:
                self.overtake(MAIL_COORDINATOR)
                self.ledger[key] = Line("queued")

    def overtake(self, slot: str) -> None:
        for key in self.waiting():
            if key[1] == slot:
                self.ledger[key] = Line("collapsed", "newer_rung", self.ledger[key].late)


@dataclass
class Case:
    """One case: what is known of it and every ladder it has had."""

    decided: date
    until: date
    state: str = "granted"
    seq: int = 1
    consent: bool = False
    meetings: int = 0
    met_on: date | None = None
    number: int = 1  # of the follow-up to come
    pauses: list[Pause] = field(default_factory=list)
    ladders: list[Ladder] = field(default_factory=list)

    @property
    def live(self) -> Ladder | None:
        return next((ladder for ladder in self.ladders if ladder.status == "open"), None)

    def running(self, kind: str) -> Pause | None:
        return next((pause for pause in self.pauses if pause.kind == kind and pause.until_on is None), None)

    def reckon(self, kind: str, today: date) -> tuple[date, date]:
        """Return (the rule's date, that date moved by every paused day since the anchor and rolled)."""
        anchor = self.decided if kind == "meeting" else self.met_on
        assert anchor is not None
        base = add_months(anchor, 1 if kind == "meeting" else 3 * self.number)
        paused = sum(self.stood_still(kind, day, today) for day in days_between(anchor, today))
        return base, roll_next(add_days(base, paused))

    def stood_still(self, kind: str, day: date, today: date) -> bool:
        return any(p.kind in STOPPED_BY[kind] and p.from_on <= day < (p.until_on or today) for p in self.pauses)

    def plan(self, today: date) -> None:
        """Bring the deadline that is watched in line with the state, the dates and the pauses."""
        self.seq += 1
        live, kind = self.live, KIND_IN.get(self.state)
        if live and live.kind != kind:
            live.end("left")
            live = None
        if kind is None:
            return
        base, due = self.reckon(kind, today)
        if kind == "follow_up" and due >= self.until:
            if live:
                live.end("void")
            return
        paused = any(p.until_on is None and p.kind in STOPPED_BY[kind] for p in self.pauses)
        if live and live.base != base:
            live.end("moved")
            live = None
        if live is None:
            self.ladders.append(Ladder(kind, base, due, paused))
        elif paused:  # the date is not known while the pause runs: the last one stays
            live.take_back("paused")
            live.paused = True
        else:
            live.due, live.paused = due, False
            if live.quiet and live.quiet.kind == "snoozed" and live.quiet.until_on > max(due, today):
                live.quiet.until_on = due

    def follow_up(self, held: date, today: date) -> None:
        """Meet the follow-up that is open; the next is the first that is due after the day it was held."""
        self.meetings += 1
        if self.live:
            self.live.end("met")
            self.number += 1
            while self.reckon("follow_up", today)[1] <= held:
                self.number += 1
        self.plan(today)


def days_between(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days):
        yield first + timedelta(days=number)


@dataclass
class Clinic:
    """The people, and the post."""

    cases: list[Case] = field(default_factory=list)
    people: People = field(default_factory=People)

    def sweep(self, now: Moment) -> None:
        for case in self.cases:
            if case.live and not case.live.paused:
                case.live.sweep(now)

    def deliver(self, now: Moment) -> None:
        """Send what waits, in working hours only; of one deadline the newest first, and each person once."""
        if not is_open(now):
            return
        for case in self.cases:
            if case.live:
                self.post(case, case.live, now[0])

    def post(self, case: Case, ladder: Ladder, today: date) -> None:
        order = [rung for rung, _, _ in rungs(ladder.kind, ladder.due)]
        newest_first = sorted(
            ladder.waiting(), key=lambda key: -(order.index(key[0]) if key[0] in order else len(order))
        )
        given: dict[str, str] = {}
        for rung, slot in newest_first:
            line = ladder.ledger[rung, slot]
            to = None if slot == TEAM else self.people.find(slot.removesuffix(":email"), today)
            if slot == TEAM:
                line.outcome, line.reason = "suppressed", "no_channel"
            elif slot == MAIL_HANDLER and not case.consent:
                line.outcome, line.reason = "suppressed", "no_consent"
            elif to is None:
                line.outcome, line.reason = "failed", "nobody_found"
            elif to in given:
                line.outcome, line.reason = "collapsed", "same_person" if given[to] == rung else "newer_rung"
            else:
                given[to] = rung
                line.outcome, line.to = "sent", to


def is_open(now: Moment) -> bool:
    return is_working_day(now[0]) and OPENS <= now[1] < CLOSES
