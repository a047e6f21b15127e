"""What can happen to a case, and what an event has led to or would lead to."""

from datetime import date

from engine.firing import Fired
from engine.inspecting import AskedLine, Move
from web.api.shapes import Instant, Shape
from web.languages import Language
from workflows.case import Became, DeadlineStep
from workflows.differences import compare
from workflows.model import Definition
from workflows.refusal_words import why_not


class AskedField(Shape):
    """A field that a transition asks for. Dates as YYYY-MM-DD, instants with their zone."""

    name: str
    title: str
    type: str
    required: bool
    personal: bool
    choices: dict[str, str]


class Reason(Shape):
    """Why something cannot happen now; `why` stays the same, `text` speaks the caller's language."""

    why: str
    subject: str
    allowed: list[str]
    text: str


class Transition(Shape):
    """A transition of the case's programme: possible for this token now, or every reason why not."""

    name: str
    title: str
    to: str | None
    by: list[str]
    asks: list[AskedField]
    possible: bool
    reasons: list[Reason]


class Transitions(Shape):
    """Every transition of a case's programme. `entry` is what to send as `expected_entry`."""

    entry: int
    transitions: list[Transition]


class DeadlineChange(Shape):
    """What becomes of a deadline."""

    kind: str
    occurrence: int
    became: str
    due_on: date | None


class Invitation(Shape):
    """A meeting that people are called to, or (`live` false) that is called off."""

    kind: str
    starts_at: Instant
    to: list[str]
    live: bool


class Happened(Shape):
    """What an event has led to, or would lead to. `text` says it line by line in the caller's language."""

    ref: str
    event: str
    state_before: str
    state: str
    entry: int
    seq: int
    deadlines: list[DeadlineChange]
    invitations: list[Invitation]
    text: list[str]


def transition_body(move: Move, definition: Definition, language: Language) -> Transition:
    """Return a transition as it stands for a reader."""
    reasons = [
        Reason(
            why=one.why.value,
            subject=one.subject,
            allowed=list(one.allowed),
            text=why_not(one, definition, language),
        )
        for one in move.why_not
    ]
    return Transition(
        name=move.name,
        title=move.title.in_language(language),
        to=move.to.in_language(language) if move.to else None,
        by=[role.in_language(language) for role in move.by],
        asks=[_asked(one, language) for one in move.asks],
        possible=move.possible,
        reasons=reasons,
    )


def _asked(line: AskedLine, language: Language) -> AskedField:
    asked = line.field
    return AskedField(
        name=asked.name,
        title=asked.title.in_language(language),
        type=asked.type.value,
        required=line.required,
        personal=asked.personal,
        choices={name: title.in_language(language) for name, title in asked.choices.items()},
    )


def happened_body(fired: Fired, language: Language) -> Happened:
    """Return what an event led to."""
    decision = fired.decision
    before, after = decision.before, decision.after
    met = {step.key.kind for step in decision.deadlines if step.became is Became.MET}
    return Happened(
        ref=fired.ref,
        event=decision.event.name,
        state_before=before.state if before else "",
        state=after.state,
        entry=after.entry_seq,
        seq=after.seq,
        deadlines=[_change(step) for step in decision.deadlines],
        invitations=[
            Invitation(
                kind=step.kind, starts_at=step.invited.starts_at, to=list(step.invited.to), live=step.invited.live
            )
            for step in decision.invitations
        ],
        text=list(compare(before, after, fired.rules.definition, language, met)) if before else [],
    )


def _change(step: DeadlineStep) -> DeadlineChange:
    return DeadlineChange(
        kind=step.key.kind, occurrence=step.key.occurrence, became=step.became.value, due_on=step.watch.due_on
    )
