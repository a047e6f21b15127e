"""What changes between two snapshots of a case, one line for each deadline: for previews before anything is written."""

from collections.abc import Set
from datetime import date

from workflows.case import Snapshot, Watch
from workflows.model import Definition, Text
from workflows.refusal_words import title_of

_OPENS = Text("börjar bevakas, {after}", "begins to be watched, {after}")
_ENDS = Text("{before} → bevakas inte längre", "{before} → no longer watched")
_MET = Text("{before} → klar", "{before} → met")
_PAUSES = Text("{after} → pausad", "{after} → paused")
_GOES_ON = Text("{before} → {after} (pausen är slut)", "{before} → {after} (the pause is over)")
_MOVES = Text("{before} → {after} ({why})", "{before} → {after} ({why})")

_PAUSED_LONGER = Text("paus", "pause")
_NEXT = Text("nästa tillfälle", "the next occurrence")
_NEW_RULE = Text("ny regel", "new rule")
_NEW_CALENDAR = Text("ny kalender", "new calendar")
_NEW_ANCHOR = Text("nytt: {anchor}", "new: {anchor}")


def compare(
    before: Snapshot, after: Snapshot, definition: Definition, language: str, met: Set[str] = frozenset()
) -> tuple[str, ...]:
    """Return one line for each deadline whose date or standing differs, in the order of the definition.

    Args:
        before: the case as it is.
        after: the case as it would be.
        definition: gives the titles; deadlines it does not know are called by their names.
        language: "sv" or "en".
        met: the deadlines that the event has met; a case that also left their states does not remember it.
    """
    others = [kind for kind in before.watch if kind not in definition.deadlines]
    lines = []
    for kind in (*definition.deadlines, *others):
        words = _change(before.watch.get(kind), after.watch.get(kind), definition, kind, language, met)
        if words:
            lines.append(f"{title_of(definition, kind, language, 'deadlines')}: {words}")
    return tuple(lines)


def _change(
    was: Watch | None, now: Watch | None, definition: Definition, kind: str, language: str, met: Set[str]
) -> str:
    text = _text_of(was, now, is_met=kind in met)
    if text is None:
        return ""
    why = _why(was, now, definition, kind, language) if text is _MOVES and was and now else ""
    return text.in_language(language).format(before=_day(was), after=_day(now), why=why)


def _text_of(was: Watch | None, now: Watch | None, *, is_met: bool) -> Text | None:
    """Return the kind of change there is; None when there is none."""
    if was is None or not was.live:
        return _OPENS if now and now.live else None
    if now is None or not now.live:
        return _MET if is_met or (now and now.met) else _ENDS
    if was.paused != now.paused:
        return _PAUSES if now.paused else _GOES_ON
    return _MOVES if was.due_on != now.due_on else None


def _why(was: Watch, now: Watch, definition: Definition, kind: str, language: str) -> str:
    if was.rule != now.rule:
        return _NEW_RULE.in_language(language)
    if was.anchor_on != now.anchor_on and kind in definition.deadlines:
        anchor = title_of(definition, definition.deadlines[kind].due.anchor, language)
        return _NEW_ANCHOR.in_language(language).format(anchor=anchor)
    if was.occurrence != now.occurrence:
        return _NEXT.in_language(language)
    return (_PAUSED_LONGER if was.paused_days != now.paused_days else _NEW_CALENDAR).in_language(language)


def _day(watch: Watch | None) -> str:
    return watch.due_on.isoformat() if watch and isinstance(watch.due_on, date) else "–"
