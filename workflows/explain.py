"""Why a date is what it is, in a paragraph of Swedish and one of English: rule, anchor, pauses, calendar.

`why_not` (why an event is refused) and `compare` (what a change would move) are the other two answers people ask for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from workflows.case import Pause, QuietKind, Snapshot, Watch
from workflows.dates import Roll, Unit, local_date
from workflows.differences import compare
from workflows.errors import BevakaError
from workflows.ladders import TEAM_SLOT, LadderStep, is_muted, ladder_steps
from workflows.model import Deadline, Level, Text
from workflows.planning import Rules, guard_values, pauses_of, reckon
from workflows.reckoning import counted_since, span_of
from workflows.refusal_words import clause_words, title_of, why_not
from workflows.rule_words import (
    days_words,
    full_date,
    in_running_text,
    listed,
    offset_words,
    roll_words,
    rule_words,
    small_first,
    span_words,
    weekday,
)

__all__ = ["Explanation", "Part", "UnknownDeadlineError", "compare", "why_date", "why_not"]

LANGUAGES = ("sv", "en")
MOST_STEPS = 3  # coming reminders that are told; the rest is noise
CALENDAR_DAY_LIMIT = 31  # no date is rolled further than this


@dataclass(frozen=True, slots=True)
class Part:
    """One sentence or more about one thing; `topic` is a controlled word (rule, anchor, pauses …)."""

    topic: str
    text: Text


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a date is what it is: a paragraph in each language, and its parts in the same order."""

    sv: str
    en: str
    parts: tuple[Part, ...]


class UnknownDeadlineError(BevakaError):
    """The programme has no such deadline."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        self.allowed = allowed
        super().__init__(f"There is no such deadline; allowed: {', '.join(allowed)}.")


def why_date(rules: Rules, snapshot: Snapshot, kind: str, now: datetime) -> Explanation:
    """Explain a deadline of a case: its date, or why it has none.

    Args:
        rules: the case's pinned definition and the calendar in force.
        snapshot: the case.
        kind: the deadline's name.
        now: the instant of asking, UTC.

    Raises:
        UnknownDeadlineError: the definition has no such deadline.
    """
    deadline = rules.definition.deadlines.get(kind)
    if deadline is None:
        raise UnknownDeadlineError(tuple(rules.definition.deadlines))
    told = {language: _Teller(rules, snapshot, deadline, now, language).tell() for language in LANGUAGES}
    parts = tuple(Part(topic, Text(sv, told["en"][topic])) for topic, sv in told["sv"].items())
    return Explanation(" ".join(told["sv"].values()), " ".join(told["en"].values()), parts)


@dataclass(frozen=True, slots=True)
class _Teller:
    """Tells about one deadline in one language."""

    rules: Rules
    snapshot: Snapshot
    deadline: Deadline
    now: datetime
    language: str

    def tell(self) -> dict[str, str]:
        """Return sentences by topic, in the order they are read."""
        watch = self.snapshot.watch.get(self.deadline.name)
        if watch is None or not watch.live:
            return {"standing": self._why_none(watch), "rule": self._rule(), "met_by": self._met_by()}
        told = {"standing": self._standing(watch), "rule": self._rule(), "anchor": self._anchor(watch)}
        for topic, sentence in (
            ("pauses", self._pauses(watch)),
            ("calendar", self._calendar(watch)),
            ("quiet", self._quiet(watch)),
            ("met_by", self._met_by()),
            ("next", "" if watch.paused else self._next(watch)),
        ):
            if sentence:
                told[topic] = sentence
        return told

    # --- how it stands ---

    def _standing(self, watch: Watch) -> str:
        due = self._day(watch.due_on)
        if watch.paused:
            return self._say(
                f"{self._title}: pausad. Datumet är {due} och räknas om när pausen är slut.",
                f"{self._title}: paused. The date is {due} and is reckoned anew when the pause is over.",
            )
        late = (local_date(self.now) - watch.due_on).days if watch.due_on else 0
        by = self._say(f"{self._title}: senast {due}.", f"{self._title}: by {due} at the latest.")
        if late <= 0:
            return by
        passed = days_words(late, self.language)
        return by + self._say(f" Datumet har passerats med {passed}.", f" The date passed {passed} ago.")

    def _why_none(self, watch: Watch | None) -> str:
        if watch is None:
            states = [
                self._quote(self._name("states", s)) for s in self.rules.definition.states if s in self.deadline.region
            ]
            here = self._quote(self._name("states", self.snapshot.state))
            return self._say(
                f"{self._title} bevakas när ärendet är i {listed(states, 'sv')}; nu är det i {here}.",
                f"{self._title} is watched while the case is in {listed(states, 'en')}; it is in {here} now.",
            )
        if watch.met:
            return self._say(
                f"{self._title}: klar {self._day(watch.met_on)}.", f"{self._title}: met on {self._day(watch.met_on)}."
            )
        return self._why_not_open(watch)

    def _why_not_open(self, watch: Watch) -> str:
        guard = self.deadline.when
        failures = guard.failures(guard_values(self.snapshot, self.now)) if guard else ()
        if failures:
            clauses = listed(
                [clause_words(f.clause, self.rules.definition, self.language) for f in failures], self.language, "and"
            )
            return self._say(
                f"{self._title} bevakas inte nu. Villkoret är inte uppfyllt: {clauses}.",
                f"{self._title} is not watched now. Its condition does not hold: {clauses}.",
            )
        wanted = self._reckoned(watch.occurrence)
        if wanted is None:
            anchor = in_running_text(self._anchor_title, self.language)
            return self._say(
                f"{self._title} har inget datum än: {anchor} är inte känt.",
                f"{self._title} has no date yet: {anchor} is not known.",
            )
        return self._say(
            f"{self._title} bevakas inte mer: nästa skulle vara {self._day(wanted)}, men perioden är slut då.",
            f"{self._title} is watched no more: the next would be {self._day(wanted)}, but the period is over by then.",
        )

    # --- how it was reckoned ---

    def _rule(self) -> str:
        rule, definition = self.deadline.due, self.rules.definition
        until = definition.fields[rule.until].title if rule.until else None
        words = rule_words(rule, self._anchor_title, until, self.language)
        rolled = roll_words(self.deadline.roll, self.language)
        return self._say(
            f"Regeln i {definition.programme} (version {definition.version}) säger: {words}; {rolled}.",
            f"The rule in {definition.programme} (version {definition.version}) says: {words}; {rolled}.",
        )

    def _anchor(self, watch: Watch) -> str:
        anchor = self._anchor_title.in_language(self.language)
        found = self._say(f"{anchor} är {self._day(watch.anchor_on)}", f"{anchor} is {self._day(watch.anchor_on)}")
        if watch.base_on == watch.anchor_on:
            return f"{found}."
        span = span_of(self.deadline, watch.occurrence)
        number = self._say(f"tillfälle {watch.occurrence}, ", f"occurrence {watch.occurrence}, ")
        counted = f"{offset_words(self.deadline.due.offset, self.language)}"
        counted = (
            f"{number if self.deadline.due.every else ''}{span_words(span, self.language)} {counted.rpartition(' ')[2]}"
        )
        sentence = self._say(
            f"{found}; {counted} är {self._day(watch.base_on)}.", f"{found}; {counted} is {self._day(watch.base_on)}."
        )
        return sentence + self._month_end(watch)

    def _month_end(self, watch: Watch) -> str:
        monthly = self.deadline.due.offset.span.unit in {Unit.MONTHS, Unit.YEARS}
        if not (monthly and watch.anchor_on and watch.base_on and watch.anchor_on.day != watch.base_on.day):
            return ""
        return self._say(
            " Månaden saknar den dagen, så månadens sista dag gäller (lag 1930:173).",
            " The month has no such day, so its last day applies (Act 1930:173).",
        )

    def _pauses(self, watch: Watch) -> str:
        if watch.anchor_on is None:
            return ""
        since = counted_since(self.deadline, watch.anchor_on)
        pauses = pauses_of(self.rules.definition, self.snapshot, self.deadline.name)
        told = [self._pause(pause) for pause in pauses if pause.until_on is None or pause.until_on > since]
        if not told:
            return ""
        moved = self._say(
            f" Datumet har flyttats {days_words(watch.paused_days, 'sv')}.",
            f" The date has been moved by {days_words(watch.paused_days, 'en')}.",
        )
        return f"{self._say('Pauser', 'Pauses')}: {'; '.join(told)}.{moved if watch.paused_days else ''}"

    def _pause(self, pause: Pause) -> str:
        title = small_first(self._name("pauses", pause.kind))
        start = self._day(pause.from_on)
        if pause.until_on is None:
            return self._say(f"{title} från {start}, pågår", f"{title} from {start}, still running")
        last = self._day(pause.until_on)
        days = days_words((pause.until_on - pause.from_on).days, self.language)
        return self._say(f"{title} från {start} till {last} ({days})", f"{title} from {start} until {last} ({days})")

    def _calendar(self, watch: Watch) -> str:
        name = f"{self.rules.calendar.name} ({self.rules.calendar.version})"
        closed = list(self._closed_days(watch)) if self.deadline.roll is not Roll.NONE else []
        if not closed:
            return self._say(f"Kalender: {name}.", f"Calendar: {name}.")
        days, one = listed(closed, self.language, "and"), len(closed) == 1
        return self._say(
            f"Enligt kalendern {name} är {days} {'ingen arbetsdag' if one else 'inga arbetsdagar'}, "
            f"så {self._day(watch.due_on)} gäller.",
            f"By the calendar {name}, {days} {'is no working day' if one else 'are no working days'}, "
            f"so {self._day(watch.due_on)} applies.",
        )

    def _closed_days(self, watch: Watch) -> Iterator[str]:
        """Return the days between the rule's date and the date that applies, each with why it is no working day."""
        if watch.base_on is None or watch.due_on is None:
            return
        day = watch.base_on + timedelta(days=watch.paused_days)
        step = timedelta(days=1 if watch.due_on > day else -1)
        for _ in range(CALENDAR_DAY_LIMIT):
            if day == watch.due_on:
                return
            reason = self.rules.calendar.why_closed(day)
            named = reason and reason != weekday(day, "sv")
            yield f"{self._day(day)} ({reason})" if named else self._day(day)
            day += step

    # --- what comes next ---

    def _quiet(self, watch: Watch) -> str:
        quiet = watch.quiet
        if quiet is None or quiet.until_on <= local_date(self.now):
            return ""
        until = self._day(quiet.until_on)
        if quiet.kind is QuietKind.SNOOZED:
            return self._say(f"Påminnelserna är uppskjutna till {until}.", f"Its reminders are snoozed until {until}.")
        return self._say(
            f"Bevakningen är kvitterad till {until}; datumet ändras inte av det.",
            f"It is acknowledged until {until}, which does not change the date.",
        )

    def _met_by(self) -> str:
        titles = [
            self._quote(self._name("transitions", t))
            for t in self.rules.definition.transitions
            if t in self.deadline.met_by
        ]
        if not titles:
            return self._say(
                "Inget moment gör den klar; den upphör med sitt villkor.",
                "No event meets it; it ends with its condition.",
            )
        return self._say(f"Den blir klar med {listed(titles, 'sv')}.", f"It is met by {listed(titles, 'en')}.")

    def _next(self, watch: Watch) -> str:
        if watch.due_on is None:
            return ""
        hours, calendar = self.rules.definition.hours, self.rules.calendar
        steps = ladder_steps(self.deadline.ladder, watch.due_on, calendar, hours)
        coming = [s for s in steps if s.at > self.now and not is_muted(s, watch.quiet, calendar, hours)]
        if not coming:
            return self._say("Inga fler påminnelser återstår.", "No reminders are left.")
        told = "; ".join(self._step(step) for step in coming[:MOST_STEPS])
        return self._say(f"Härnäst: {told}.", f"Next: {told}.")

    def _step(self, step: LadderStep) -> str:
        escalates = step.rung.level is Level.ESCALATE
        what = self._say("eskalering", "escalation") if escalates else self._say("påminnelse", "reminder")
        team = self._say("mottagningens Teams-kanal", "the unit's Teams channel")
        to = [
            team if slot == TEAM_SLOT else small_first(self._name("roles", slot.partition(":")[0]))
            for slot in step.slots
        ]
        return f"{self._day(step.on)} {what} {self._say('till', 'to')} {listed(to, self.language, 'and')}"

    # --- words ---

    @property
    def _title(self) -> str:
        return self.deadline.title.in_language(self.language)

    @property
    def _anchor_title(self) -> Text:
        return self.rules.definition.fields[self.deadline.due.anchor].title

    def _reckoned(self, occurrence: int) -> date | None:
        pauses = pauses_of(self.rules.definition, self.snapshot, self.deadline.name)
        today = local_date(self.now)
        parts = reckon(self.deadline, occurrence, self.snapshot.data, pauses, self.rules.calendar, today)
        return parts.due_on if parts else None

    def _say(self, sv: str, en: str) -> str:
        return sv if self.language == "sv" else en

    def _day(self, day: date | None) -> str:
        return full_date(day, self.language) if day else "–"

    def _name(self, section: str, name: str) -> str:
        return title_of(self.rules.definition, name, self.language, section)

    def _quote(self, words: str) -> str:
        return f"”{words}”" if self.language == "sv" else f"“{words}”"
