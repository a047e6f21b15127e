"""`bevaka cases`: find cases, look at one, and let something happen to it."""

from dataclasses import dataclass
from typing import Annotated

import typer

from bevaka import console
from bevaka.commands import case_pages
from bevaka.commands.options import AsJson, Cursor, Limit, Ref, day, group, pairs
from bevaka.entry import TOLD, Entry, enter
from bevaka.language import said, spoken, t
from engine.breaking_glass import break_glass
from engine.firing import fire as fire_event
from engine.firing import preview as preview_event
from engine.glass_rows import LONGEST
from engine.inspecting import Band, CaseFilter, CaseView, case_view, caseload, history_lines
from engine.staffing import assign_case, find_staff
from workflows.answer_texts import AnswersError, read_answers
from workflows.case import Builtin, Event
from workflows.explain import UnknownDeadlineError, compare
from workflows.guards import Value
from workflows.refusals import EventRefusedError, Refusal, Why, shown

app = group("Ärenden: lista, visa, låt något hända.", "Cases: list, show, let something happen.")

Preview = Annotated[bool, typer.Option("--preview", help=t("Visa vad som skulle hända.", "Show what would happen."))]
Until = Annotated[str, typer.Option("--until", metavar="DATUM")]
Deadline = Annotated[str, typer.Argument(metavar="BEVAKNING")]


@app.command(
    "list",
    help=t(
        "Ärenden, de mest brådskande först.",
        "Cases, the most urgent first; closed ones only when a state or a reference is asked for.",
    ),
)
def list_(
    unit: Annotated[str | None, typer.Option("--unit")] = None,
    programme: Annotated[str | None, typer.Option("--programme")] = None,
    state: Annotated[str | None, typer.Option("--state")] = None,
    band: Annotated[Band | None, typer.Option("--band")] = None,
    coordinator: Annotated[str | None, typer.Option("--coordinator", metavar="E-POST")] = None,
    search: Annotated[str | None, typer.Option("--search", metavar="BV-…")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """Cases, the most urgent first; closed ones only when a state or a reference is asked for."""
    entry = enter()
    wanted = CaseFilter(unit, _staff_id(entry, coordinator), programme, state, band, search)
    found = caseload(entry.engine, entry.actor, entry.now, wanted, limit, cursor)
    if as_json:
        console.data(case_pages.caseload_data(found))
    else:
        case_pages.show_caseload(found)


def _staff_id(entry: Entry, email: str | None) -> int | None:
    if email is None:
        return None
    with entry.engine.database.read() as connection:
        return find_staff(connection, email).id


@app.command(
    "show",
    help=t(
        "Ett ärende: läge, bevakningar och vad som kan hända.",
        "A case: its state, its deadlines, what can happen next and why the rest cannot. Nothing about the person.",
    ),
)
def show(ref: Ref, as_json: AsJson = False) -> None:
    """A case: its state, its deadlines, what can happen next and why the rest cannot. Nothing about the person."""
    view = _look(ref).view
    if as_json:
        console.data(case_pages.case_data(view))
    else:
        case_pages.show_case(view)


@dataclass(frozen=True, slots=True)
class Look:
    """A case as the one who asks may see it, and what she acts with."""

    entry: Entry
    view: CaseView


def _look(ref: str) -> Look:
    """Look at a case, and let refusals be told in its programme's words."""
    entry = enter()
    view = case_view(entry.engine, ref.upper(), entry.actor, entry.now)
    TOLD.definition = view.rules.definition
    return Look(entry, view)


@app.command("why", help=t("Varför varje bevakning har sitt datum.", "Why each open deadline is on the date it is."))
def why(
    ref: Ref, deadline: Annotated[str | None, typer.Argument(metavar="BEVAKNING")] = None, as_json: AsJson = False
) -> None:
    """Why each open deadline is on the date it is."""
    view = _look(ref).view
    told = [line for line in view.deadlines if line.explanation and deadline in (None, line.kind)]
    if deadline is not None and not told:
        raise UnknownDeadlineError(tuple(line.kind for line in view.deadlines if line.explanation))
    if as_json:
        console.data([{"deadline": x.kind, "due_on": x.due_on, **case_pages.text_data(x.explanation)} for x in told])
        return
    for line in told:
        console.say(f"{said(line.title)}, {line.due_on}")
        console.say(f"  {said(line.explanation) if line.explanation else ''}")
    if not told:
        console.say(t("Ingen bevakning är öppen.", "No deadline is open."))


@app.command(
    "history",
    help=t(
        "Ärendets händelser, äldst först.",
        "Every event of a case, oldest first, with the hash that chains it to the one before.",
    ),
)
def history(ref: Ref, as_json: AsJson = False) -> None:
    """Every event of a case, oldest first, with the hash that chains it to the one before."""
    entry = enter()
    lines = history_lines(entry.engine, ref.upper(), entry.actor, entry.now)
    if as_json:
        console.data([case_pages.history_data(line) for line in lines])
        return
    headings = ("#", t("när", "when"), t("vem", "by"), t("händelse", "event"), t("till", "to"), "hash")
    rows = [
        (x.seq, x.at, x.actor or x.actor_kind, said(x.event_title), said(x.state_after), x.hash[:12]) for x in lines
    ]
    console.table(headings, rows)


@app.command("fire", help=t("Låt en händelse i insatsen ske.", "Let an event of the programme happen to a case."))
def fire(
    ref: Ref,
    event: Annotated[str, typer.Argument(metavar="HÄNDELSE")],
    answer: Annotated[list[str] | None, typer.Option("--answer", metavar="FÄLT=VÄRDE")] = None,
    preview: Preview = False,
) -> None:
    """Let an event of the programme happen to a case."""
    look = _look(ref)
    move = next((move for move in look.view.moves if move.name == event), None)
    if move is None:  # a built-in event has a command of its own
        allowed = tuple(move.name for move in look.view.moves)
        raise EventRefusedError(event, look.view.state, [Refusal(Why.UNKNOWN_EVENT, shown(event), allowed=allowed)])
    answers = read_answers([line.field for line in move.asks], pairs("--answer", answer or []))
    _let(look, Event(event, answers), preview)


@app.command(
    "amend",
    help=t(
        "Rätta uppgifter; bevakningar som räknas från dem flyttas.",
        "Correct what a case knows; deadlines that count from it move.",
    ),
)
def amend(
    ref: Ref,
    fields: Annotated[list[str], typer.Option("--set", metavar="FÄLT=VÄRDE")],
    preview: Preview = False,
) -> None:
    """Correct what a case knows; deadlines that count from it move."""
    look = _look(ref)
    answers = read_answers(look.view.rules.definition.fields.values(), pairs("--set", fields))
    _let(look, Event(Builtin.AMEND, answers), preview)


@app.command(
    "pause",
    help=t("Stanna klockan för de bevakningar en orsak anger.", "Stop the clock of the deadlines that a reason names."),
)
def pause(
    ref: Ref,
    kind: Annotated[str, typer.Argument(metavar="ORSAK")],
    from_on: Annotated[str | None, typer.Option("--from", metavar="DATUM")] = None,
    preview: Preview = False,
) -> None:
    """Stop the clock of the deadlines that a reason names."""
    look = _look(ref)
    began: dict[str, Value] = {"from_on": day("--from", from_on)} if from_on else {}
    _let(look, Event(Builtin.PAUSE, {"kind": kind, **began}), preview)


@app.command("resume", help=t("Starta klockan igen.", "Let the clock go again; dates move by the days it stood still."))
def resume(
    ref: Ref,
    kind: Annotated[str, typer.Argument(metavar="ORSAK")],
    until_on: Annotated[str | None, typer.Option("--until", metavar="DATUM")] = None,
    preview: Preview = False,
) -> None:
    """Let the clock go again; dates move by the days it stood still."""
    look = _look(ref)
    ended: dict[str, Value] = {"until_on": day("--until", until_on)} if until_on else {}
    _let(look, Event(Builtin.RESUME, {"kind": kind, **ended}), preview)


@app.command(
    "ack",
    help=t(
        "Kvittera: påminnelser vilar till ett datum.",
        'Say "I have it": reminders and repeats rest until a date, escalations do not.',
    ),
)
def acknowledge(ref: Ref, deadline: Deadline, until: Until, preview: Preview = False) -> None:
    """Say "I have it": reminders and repeats rest until a date, escalations do not."""
    look = _look(ref)
    answers: dict[str, Value] = {"deadline": deadline, "until_on": day("--until", until)}
    _let(look, Event(Builtin.ACKNOWLEDGE, answers), preview)


@app.command(
    "snooze",
    help=t(
        "Skjut upp: allt om en bevakning vilar till ett datum.",
        "Let everything about a deadline rest until a date, never past its own.",
    ),
)
def snooze(
    ref: Ref,
    deadline: Deadline,
    until: Until,
    reason: Annotated[str, typer.Option("--reason", metavar="SKÄL")],
    preview: Preview = False,
) -> None:
    """Let everything about a deadline rest until a date, never past its own."""
    look = _look(ref)
    answers: dict[str, Value] = {"deadline": deadline, "until_on": day("--until", until), "reason": reason}
    _let(look, Event(Builtin.SNOOZE, answers), preview)


@app.command(
    "assign",
    help=t(
        "Ange rehabkoordinator eller försäkringsutredare.",
        "Say who is the coordinator of a case, and who its handler at Försäkringskassan.",
    ),
)
def assign(
    ref: Ref,
    coordinator: Annotated[str | None, typer.Option("--coordinator", metavar="E-POST")] = None,
    handler: Annotated[str | None, typer.Option("--handler", metavar="E-POST")] = None,
) -> None:
    """Say who is the coordinator of a case, and who its handler at Försäkringskassan."""
    if coordinator is None and handler is None:
        raise AnswersError([("--coordinator, --handler", t("minst en av dem", "one of them at least"))])
    entry = enter()
    assign_case(entry.engine, ref.upper(), entry.actor, coordinator=coordinator, handler=handler)
    console.say(t("Ändrat.", "Changed."))


@app.command(
    "break-glass",
    help=t(
        "Öppna en kollegas ärende i en timme, med skäl; enhetschefen får veta.",
        "Open a colleague's case for an hour, with a reason; the unit manager is told.",
    ),
)
def open_all_the_same(
    ref: Ref,
    reason: Annotated[str, typer.Option("--reason", metavar="SKÄL")],
    minutes: Annotated[int, typer.Option("--minutes", min=1, max=LONGEST)] = LONGEST,
) -> None:
    """Open a colleague's case for an hour, with a reason. Nothing about the person is printed: see her in the web."""
    entry = enter()
    until = break_glass(entry.engine, ref.upper(), reason, entry.actor, entry.now, minutes=minutes)
    console.say(t("Öppet till", "Open until") + f" {console.shown(until)}")


def _let(look: Look, event: Event, preview: bool) -> None:
    entry, act = look.entry, preview_event if preview else fire_event
    fired = act(entry.engine, look.view.ref, event, entry.actor, entry.now)
    definition, decision = fired.rules.definition, fired.decision
    for line in compare(look.view.snapshot, decision.after, definition, spoken()):
        console.say(line)
    state = said(definition.states[decision.after.state].title)
    console.say(t("Ärendet är i", "The case is in") + f": {state}")
    if preview:
        console.tell(t("Inget är skrivet.", "Nothing was written."))
