"""The forms of a case's page: its moves, and the events that every programme has."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta

from access.rules import Action
from engine.inspecting import CaseView, Move
from web.dates import Dates
from web.errors import PageNotFoundError
from web.forms import Blank, Question
from web.texts import Words
from workflows.answer_texts import read_answers, write_answer
from workflows.case import Builtin
from workflows.guards import Value
from workflows.model import Field, FieldType, Text

UNTIL = Field("until_on", FieldType.DATE, Text("Till och med", "Until"))
ENDED = Field("until_on", FieldType.DATE, Text("Pausen slutade den", "The pause ended on"))
FROM = Field("from_on", FieldType.DATE, Text("Från och med", "From"))
REASON = Field("reason", FieldType.TEXT, Text("Skäl", "Reason"))
AMEND_KEY = "amend"
A_WEEK = timedelta(days=7)


def move_blank(move: Move, words: Words, dates: Dates) -> Blank:
    """Return the form of a transition."""
    questions = tuple(Question(a.field, a.required, _first(a.field, dates), _hint(a.field, words)) for a in move.asks)
    return Blank(f"move-{move.name}", move.name, words.of(move.title), questions)


def _first(asked: Field, dates: Dates) -> str:
    """What was held was most often held today."""
    return dates.today.isoformat() if asked.name == "held_on" else ""


def _hint(asked: Field, words: Words) -> str:
    if asked.personal:
        return words("form.personal")
    return words("form.local_time") if asked.type is FieldType.DATETIME else ""


def case_blanks(view: CaseView, words: Words, dates: Dates) -> dict[str, Blank]:
    """Return every form that this reader may send about this case, by key."""
    blanks = [move_blank(move, words, dates) for move in view.moves if move.possible]
    if Action.STEER in view.may and not view.final:
        past = {f"snooze-{line.kind}" for line in view.deadlines if line.status == "open" and line.days <= 0}
        blanks += [blank for blank in _steering(view, words, dates) if blank.key not in past]
    return {blank.key: blank for blank in blanks}


def blank_named(view: CaseView, key: str, words: Words, dates: Dates) -> Blank:
    """Return one of the case's forms, possible or not: whether it may happen is for the engine to say.

    Raises:
        PageNotFoundError: there is no such form.
    """
    moves = {f"move-{move.name}": move for move in view.moves}
    if key in moves:
        return move_blank(moves[key], words, dates)
    blank = {blank.key: blank for blank in _steering(view, words, dates)}.get(key)
    if blank is None:
        raise PageNotFoundError
    return blank


def _steering(view: CaseView, words: Words, dates: Dates) -> Iterator[Blank]:
    for line in view.deadlines:
        if line.status == "open":
            yield _quieting(Builtin.ACKNOWLEDGE, "ack", line.kind, line.due_on, words, dates)
            yield _quieting(Builtin.SNOOZE, "snooze", line.kind, line.due_on, words, dates)
    paused = {pause.kind for pause in view.pauses if pause.until_on is None}
    for kind in view.rules.definition.pauses.values():
        if kind.name in paused:
            ended = Question(ENDED, required=True, first=dates.today.isoformat())
            yield Blank(f"resume-{kind.name}", Builtin.RESUME, words.of(kind.title), (ended,), {"kind": kind.name})
        else:
            began = Question(FROM, required=True, first=dates.today.isoformat())
            yield Blank(f"pause-{kind.name}", Builtin.PAUSE, words.of(kind.title), (began,), {"kind": kind.name})
    yield amend_blank(view, words)


def quiet_blanks(kind: str, due_on: date, words: Words, dates: Dates) -> tuple[Blank, ...]:
    """Return the forms that acknowledge a deadline and, before its date, snooze it."""
    acknowledge = _quieting(Builtin.ACKNOWLEDGE, "ack", kind, due_on, words, dates)
    if due_on <= dates.today:
        return (acknowledge,)
    return acknowledge, _quieting(Builtin.SNOOZE, "snooze", kind, due_on, words, dates)


def quiet_blank(event: Builtin, words: Words, dates: Dates) -> Blank:
    """Return the form that acknowledges or snoozes the most urgent deadlines of several cases."""
    prefix = "ack" if event is Builtin.ACKNOWLEDGE else "snooze"
    return replace(_quieting(event, prefix, "", date.max, words, dates), key=prefix, fixed={})


def _quieting(event: Builtin, prefix: str, kind: str, due_on: date, words: Words, dates: Dates) -> Blank:
    day = dates.today + A_WEEK
    first = min(day, due_on) if event is Builtin.SNOOZE else day  # a snooze may not pass the date
    until = Question(UNTIL, required=True, first=first.isoformat())
    asks = (until, Question(REASON, required=True)) if event is Builtin.SNOOZE else (until,)
    return Blank(f"{prefix}-{kind}", event, words(f"{prefix}.title"), asks, {"deadline": kind}, words(f"{prefix}.note"))


def amend_blank(view: CaseView, words: Words) -> Blank:
    """Return the form that corrects what the case knows; personal values are not shown in it."""
    known = {line.name: line.value for line in view.fields}
    questions = tuple(
        Question(
            asked,
            required=asked.required,
            first="" if asked.personal else write_answer(known.get(name)),
            hint=words("amend.personal") if asked.personal else _hint(asked, words),
        )
        for name, asked in view.rules.definition.fields.items()
    )
    return Blank(AMEND_KEY, Builtin.AMEND, words("amend.title"), questions)


def answers_of(blank: Blank, view: CaseView, typed: Mapping[str, str]) -> dict[str, Value]:
    """Return the typed answers of a form, those it came with included.

    A question left blank was not answered; when data are amended it empties the field, personal ones excepted. What
    is amended to what it was is left out.

    Raises:
        AnswersError: what was typed cannot be read.
    """
    asked = {name: text for name, text in typed.items() if name not in blank.fixed}
    read = read_answers(blank.fields, asked)
    if blank.event != Builtin.AMEND:
        return {**{name: value for name, value in read.items() if value is not None}, **blank.fixed}
    personal = {name for name, asked in view.rules.definition.fields.items() if asked.personal}
    known = {line.name: line.value for line in view.fields}
    return {
        name: value
        for name, value in read.items()
        if (value is not None if name in personal else value != known.get(name))
    }
