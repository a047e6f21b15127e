"""A small programme built by hand, and a case that lives through it: what the tests of the machine talk about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time

from workflows.calendar import Calendar, calendar_named
from workflows.case import Became, DeadlineStep, Decision, Event, Snapshot, Watch
from workflows.dates import Offset, Roll, Span, WorkingHours, at_local
from workflows.guards import Guard, Value, compile_guard
from workflows.machine import decide
from workflows.model import (
    Asked,
    Deadline,
    Definition,
    DueRule,
    Fact,
    FactChange,
    FactType,
    Field,
    FieldType,
    Intake,
    Invite,
    Level,
    PauseKind,
    Repeat,
    Role,
    Rung,
    State,
    Text,
    Transition,
)
from workflows.planning import Rules
from workflows.replay import Recorded

SE = calendar_named("SE")
HOURS = WorkingHours()

FIELDS = {
    "decision_date": Field("decision_date", FieldType.DATE, Text("Beslutsdatum", "Decision date"), required=True),
    "benefit_until": Field("benefit_until", FieldType.DATE, Text("Ersättning till och med", "Benefit until")),
    "plan_agreed_on": Field("plan_agreed_on", FieldType.DATE, Text("Plan överenskommen", "Plan agreed on")),
    "held_on": Field("held_on", FieldType.DATE, Text("Hölls den", "Held on")),
    "meeting_at": Field("meeting_at", FieldType.DATETIME, Text("Mötestid", "Meeting time")),
    "place": Field(
        "place",
        FieldType.CHOICE,
        Text("Plats", "Place"),
        choices={"clinic": Text("Mottagningen", "The clinic"), "video": Text("Video", "Video")},
    ),
    "note": Field("note", FieldType.TEXT, Text("Anteckning", "Note"), personal=True),
    "goals": Field("goals", FieldType.INTEGER, Text("Antal mål", "Number of goals")),
}
FACTS = {
    "consent.region_to_fk": Fact("consent.region_to_fk", FactType.FLAG, Text("Samtycke till FK", "Consent to FK")),
    "meetings_held": Fact("meetings_held", FactType.COUNT, Text("Hållna möten", "Meetings held")),
}
STATES = {
    "granted": State("granted", Text("Beviljad", "Granted")),
    "booked": State("booked", Text("Första möte bokat", "First meeting booked")),
    "following": State("following", Text("Plan följs", "Plan followed")),
    "closed": State("closed", Text("Avslutad", "Closed"), final=True),
}
OPEN_STATES = frozenset({"granted", "booked", "following"})
ROLES = ("coordinator", "deputy", "handler", "unit_manager", "project_lead")
TITLES = {
    "coordinator": Text("Rehabkoordinator", "Rehabilitation coordinator"),
    "deputy": Text("Ersättare", "Deputy"),
    "handler": Text("Försäkringsutredare", "Insurance officer"),
    "unit_manager": Text("Enhetschef", "Unit manager"),
    "project_lead": Text("Projektledare", "Project lead"),
}


def guard(source: str) -> Guard:
    types = {name: f.type for name, f in FIELDS.items()} | {name: f.type for name, f in FACTS.items()}
    return compile_guard(source, types)


def remind(key: str, at: str, *to: str, channels: tuple[str, ...] = ("email",)) -> Rung:
    return Rung(key, Level.REMIND, Offset.parse(at), to, channels)


def escalate(
    key: str, at: str, *to: str, channels: tuple[str, ...] = ("email",), every: str = "", at_most: int = 1
) -> Rung:
    repeat = Repeat(Span.parse(every), at_most) if every else None
    return Rung(key, Level.ESCALATE, Offset.parse(at), to, channels, repeat)


LADDER = (
    remind("r1", "14 days before", "coordinator"),
    remind("r2", "5 working days before", "coordinator", "handler"),
    escalate("e1", "1 working day after", "coordinator", "deputy"),
    escalate("e2", "5 working days after", "unit_manager", channels=("email", "teams")),
    escalate("e3", "10 working days after", "project_lead", every="5 working days", at_most=4),
)


def due(words: str) -> DueRule:
    rule, _, until = words.partition(" until ")
    every = rule.startswith("every ")
    offset, _, anchor = rule.removeprefix("every ").rpartition(" ")
    return DueRule(Offset.parse(offset), anchor, every, until or None)


def deadline(
    name: str,
    rule: str,
    region: Iterable[str] = OPEN_STATES,
    met_by: Iterable[str] = (),
    ladder: tuple[Rung, ...] = LADDER,
    roll: Roll = Roll.NEXT,
    when: str = "",
    early: str = "",
) -> Deadline:
    return Deadline(
        name,
        DEADLINE_TITLES.get(name, Text(name, name)),
        due(rule),
        frozenset(region),
        frozenset(met_by),
        ladder,
        roll,
        guard(when) if when else None,
        Span.parse(early) if early else None,
    )


DEADLINE_TITLES = {
    "first_meeting": Text("Första mötet", "First meeting"),
    "follow_up": Text("Uppföljning", "Follow-up"),
    "final_meeting": Text("Slutmöte", "Final meeting"),
    "consent": Text("Samtycke", "Consent"),
}
FIRST_MEETING = deadline("first_meeting", "1 month after decision_date", ("granted", "booked"), ("hold_first",))
FOLLOW_UP = deadline(
    "follow_up",
    "every 3 months after plan_agreed_on until benefit_until",
    ("following",),
    ("follow_up", "new_plan"),
    early="45 days",
)
FINAL_MEETING = deadline("final_meeting", "3 months before benefit_until", met_by=("hold_final",), roll=Roll.PREVIOUS)
CONSENT = deadline("consent", "14 days after decision_date", when="not consent.region_to_fk")
DEADLINES = (FIRST_MEETING, FOLLOW_UP, FINAL_MEETING, CONSENT)

PAUSES = {
    "sick_leave": PauseKind("sick_leave", Text("Sjukskrivning", "Sick leave"), frozenset({"follow_up"})),
    "parental_leave": PauseKind(
        "parental_leave",
        Text("Föräldraledighet", "Parental leave"),
        frozenset({"follow_up", "first_meeting", "final_meeting"}),
    ),
}


def transition(
    name: str,
    sources: Iterable[str],
    to: str | None = None,
    asks: tuple[str, ...] = (),
    may_ask: tuple[str, ...] = (),
    needs: tuple[str, ...] = (),
    sets: Mapping[str, bool | int] | None = None,
    invite: Invite | None = None,
) -> Transition:
    return Transition(
        name,
        Text(name, name),
        frozenset(sources),
        to,
        frozenset({"coordinator"}),
        (*(Asked(a) for a in asks), *(Asked(a, required=False) for a in may_ask)),
        tuple(guard(n) for n in needs),
        tuple(FactChange(fact, value) for fact, value in (sets or {}).items()),
        invite,
    )


MEETING = Invite("first_meeting", "meeting_at", 60, "place", ("coordinator", "handler"))
CONSENTED = "consent.region_to_fk"
TRANSITIONS = (
    transition("give_consent", OPEN_STATES, sets={CONSENTED: True}),
    transition("withdraw_consent", OPEN_STATES, sets={CONSENTED: False}),
    transition("book", ("granted",), "booked", ("meeting_at", "place"), needs=(CONSENTED,), invite=MEETING),
    transition("rebook", ("booked",), None, ("meeting_at", "place"), invite=MEETING),
    transition("cancel", ("booked",), "granted", invite=replace(MEETING, cancels=True)),
    transition(
        "hold_first",
        ("granted", "booked"),
        "following",
        ("held_on",),
        ("plan_agreed_on", "goals", "note"),
        sets={"meetings_held": 1},
    ),
    transition("follow_up", ("following",), None, ("held_on",), sets={"meetings_held": 1}),
    transition("new_plan", ("following",), None, ("held_on", "plan_agreed_on"), sets={"meetings_held": 1}),
    transition("hold_final", OPEN_STATES, None, ("held_on",)),
    transition("extend", OPEN_STATES, None, ("benefit_until",)),
    transition("start_over", ("following",), "granted", may_ask=("decision_date",)),
    transition("close", OPEN_STATES, "closed"),
)


def programme(
    *deadlines: Deadline, version: str = "1", transitions: Iterable[Transition] = TRANSITIONS, **changes: object
) -> Definition:
    """Return the programme of these tests with the deadlines given, or all of its own."""
    made = Definition(
        programme="prov",
        version=version,
        title=Text("Prov", "Trial"),
        calendar="SE",
        hours=HOURS,
        period_from=None,
        period_until=None,
        intake=Intake("between"),
        initial="granted",
        states=STATES,
        fields=FIELDS,
        facts=FACTS,
        roles={name: Role(name, TITLES[name]) for name in ROLES},
        transitions={t.name: t for t in transitions},
        deadlines={d.name: d for d in deadlines or DEADLINES},
        pauses=PAUSES,
        outcomes={},
        kpis={},
        costs=None,
        digest="",
        source="",
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # a test says by name what it changes


def noon(day: date) -> datetime:
    return at_local(day, time(12))


def on(year: int, month: int, day: int, hour: int = 11) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


@dataclass
class Life:
    """A case that lives: fires events on days and remembers all that was decided."""

    definition: Definition
    calendar: Calendar = SE
    snapshot: Snapshot | None = None
    history: list[Recorded] = field(default_factory=list)
    steps: list[DeadlineStep] = field(default_factory=list)

    @property
    def rules(self) -> Rules:
        return Rules(self.definition, self.calendar)

    @property
    def now_is(self) -> Snapshot:
        assert self.snapshot is not None
        return self.snapshot

    def fire(self, name: str, day: date, answers: Mapping[str, Value] | None = None, **more: Value) -> Decision:
        event = Event(name, {**(answers or {}), **more})
        decision = decide(self.rules, self.snapshot, event, noon(day))
        self.snapshot = decision.after
        self.history.append(Recorded(event, noon(day), self.definition.version))
        self.steps.extend(decision.deadlines)
        return decision

    def watch(self, kind: str) -> Watch:
        return self.now_is.watch[kind]

    def due(self, kind: str) -> date | None:
        watch = self.now_is.watch.get(kind)
        return watch.due_on if watch and watch.live else None

    def became(self, kind: str) -> list[Became]:
        return [step.became for step in self.steps if step.key.kind == kind]


def granted(*deadlines: Deadline, decided: date = date(2024, 1, 31), until: date | None = date(2025, 8, 31)) -> Life:
    """Return a case opened on the day of its decision."""
    life = Life(programme(*deadlines))
    life.fire("case.open", decided, decision_date=decided, benefit_until=until)
    return life


def followed(*deadlines: Deadline, plan: date = date(2024, 3, 1), until: date | None = date(2025, 8, 31)) -> Life:
    """Return a case whose plan was agreed on at its first meeting, on `plan`."""
    life = granted(*deadlines, decided=date(2024, 1, 31), until=until)
    life.fire("hold_first", plan, held_on=plan, plan_agreed_on=plan)
    return life
