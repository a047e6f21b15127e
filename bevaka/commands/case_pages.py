"""How cases look at the command line, and as JSON. Neither says anything about the person."""

from bevaka import console
from bevaka.language import said, spoken, t
from engine.inspecting import Band, CaseLine, Caseload, CaseView, DeadlineLine, HistoryLine, Move
from workflows.model import Text
from workflows.refusal_words import why_not

BANDS = {
    Band.OVERDUE: ("försenade", "overdue"),
    Band.WEEK: ("inom en vecka", "within a week"),
    Band.LATER: ("senare", "later"),
    Band.PAUSED: ("pausade", "paused"),
    Band.NONE: ("inget bevakas", "nothing watched"),
}
STATUSES = {
    "open": ("öppen", "open"),
    "met": ("klar", "met"),
    "left": ("lämnad", "left"),
    "void": ("gäller inte", "void"),
    "moved": ("flyttad", "moved"),
}


def text_data(text: Text | None) -> dict[str, str | None]:
    """Return a text in both languages."""
    return {"sv": text.sv if text else None, "en": text.en if text else None}


def caseload_data(found: Caseload) -> dict[str, object]:
    """Return a page of cases for programs."""
    return {
        "cases": [_line_data(line) for line in found.lines],
        "counts": found.counts,
        "total": found.total,
        "next_cursor": found.next_cursor,
    }


def _line_data(line: CaseLine) -> dict[str, object]:
    names = ("ref", "programme", "version", "state", "unit", "coordinator", "deadline", "due_on", "days", "band")
    rest = ("paused", "quiet", "quiet_until")
    return {name: getattr(line, name) for name in (*names, *rest)}


def show_caseload(found: Caseload) -> None:
    """Print a page of cases."""
    headings = ("ref", t("bevakning", "deadline"), t("datum", "date"), t("när", "when"), t("läge", "state"))
    rows = [
        (
            line.ref,
            said(line.deadline_title) if line.deadline_title else "–",
            line.due_on,
            t("pausad", "paused") if line.paused else console.in_days(line.days),
            said(line.state_title),
            line.unit,
            line.coordinator,
        )
        for line in found.lines
    ]
    console.table((*headings, t("mottagning", "unit"), t("rehabkoordinator", "coordinator")), rows)
    counts = ", ".join(f"{t(*BANDS[band])}: {number}" for band, number in found.counts.items() if number)
    console.tell(f"{len(rows)} {t('av', 'of')} {found.total}" + (f" ({counts})" if counts else ""))
    if found.next_cursor:
        console.tell(f"{t('fler', 'more')}: --cursor {found.next_cursor}")


def case_data(view: CaseView) -> dict[str, object]:
    """Return a case for programs."""
    return {
        "ref": view.ref,
        "programme": view.programme,
        "version": view.version,
        "state": view.state,
        "unit": view.unit,
        "coordinator": view.coordinator,
        "handler": view.handler,
        "opened_at": view.opened_at,
        "closed_at": view.closed_at,
        "fields": {line.name: line.value for line in view.fields if not line.personal},
        "facts": view.facts,
        "deadlines": [_deadline_data(line) for line in view.deadlines],
        "pauses": [{"kind": p.kind, "from_on": p.from_on, "until_on": p.until_on} for p in view.pauses],
        "moves": [{"event": m.name, "possible": m.possible, "why_not": _reasons(view, m)} for m in view.moves],
    }


def _deadline_data(line: DeadlineLine) -> dict[str, object]:
    names = ("kind", "due_on", "days", "status", "occurrence", "band", "paused", "quiet", "quiet_until", "next_at")
    rest = ("rungs_done", "rungs", "ended_at")
    return {name: getattr(line, name) for name in (*names, *rest)} | {"why": text_data(line.explanation)}


def _reasons(view: CaseView, move: Move) -> list[str]:
    return [why_not(refusal, view.rules.definition, spoken()) for refusal in move.why_not]


def show_case(view: CaseView) -> None:
    """Print a case."""
    console.say(f"{view.ref}  {said(view.title)} ({view.programme} {view.version})")
    console.say(f"{t('läge', 'state')}: {said(view.state_title)}")
    console.say(f"{t('mottagning', 'unit')}: {view.unit}")
    console.say(f"{t('rehabkoordinator', 'coordinator')}: {view.coordinator or '–'}")
    console.say(f"{t('försäkringsutredare', 'handler')}: {view.handler or '–'}")
    for line in view.fields:
        if line.value is not None:
            console.say(f"{said(line.title)}: {said(line.choice) if line.choice else console.shown(line.value)}")
    _show_deadlines(view)
    _show_moves(view)


def _show_deadlines(view: CaseView) -> None:
    console.say()
    headings = (t("bevakning", "deadline"), t("datum", "date"), t("när", "when"), t("läge", "status"))
    rows = [
        (
            f"{said(line.title)} ({line.kind})",
            line.due_on,
            console.in_days(line.days) if line.status == "open" else "–",
            t("pausad", "paused") if line.paused else t(*STATUSES.get(line.status, (line.status, line.status))),
            line.next_at,
            ", ".join(f"{said(slot.title)}: {slot.name or '–'}" for slot in line.next_slots) or "–",
            f"{line.rungs_done}/{line.rungs}",
        )
        for line in view.deadlines
    ]
    console.table((*headings, t("nästa", "next"), t("till", "to"), t("steg", "rungs")), rows)


def _show_moves(view: CaseView) -> None:
    possible = [move for move in view.moves if move.possible]
    if possible:
        console.say()
        console.say(t("Kan hända nu:", "Can happen now:"))
    for move in possible:
        asks = "".join(f" {line.field.name}{'' if line.required else '?'}" for line in move.asks)
        console.say(f"  {move.name}{asks}  {said(move.title)}")
    blocked = [move for move in view.moves if not move.possible]
    if blocked:
        console.say()
        console.say(t("Kan inte hända nu:", "Cannot happen now:"))
    for move in blocked:
        console.say(f"  {move.name}: {' '.join(_reasons(view, move))}")


def history_data(line: HistoryLine) -> dict[str, object]:
    """Return one event for programs."""
    names = ("seq", "at", "actor", "actor_kind", "event", "hash")
    states = {"state_before": line.state_before, "state_after": line.state_after}
    return {name: getattr(line, name) for name in names} | {
        name: text_data(text) if text else None for name, text in states.items()
    }
