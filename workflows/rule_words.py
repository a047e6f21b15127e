"""Dates, spans and rules in plain Swedish and English. Own small tables: this floor has no formatter and needs none."""

from datetime import date

from workflows.dates import Offset, Roll, Span, Unit
from workflows.model import DueRule, Text

_WEEKDAYS = {
    "sv": ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS = {
    "sv": (
        *("januari", "februari", "mars", "april", "maj", "juni"),
        *("juli", "augusti", "september", "oktober", "november", "december"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}
_UNITS = {
    "sv": {
        Unit.DAYS: ("dag", "dagar"),
        Unit.WORKING_DAYS: ("arbetsdag", "arbetsdagar"),
        Unit.WEEKS: ("vecka", "veckor"),
        Unit.MONTHS: ("månad", "månader"),
        Unit.YEARS: ("år", "år"),
    },
    "en": {unit: (unit.singular, unit.value) for unit in Unit},
}
_DIRECTIONS = {"sv": {-1: "före", 1: "efter"}, "en": {-1: "before", 1: "after"}}
_ROLLS = {
    Roll.NONE: Text("dagen gäller även om den är en helgdag", "the day stands even if it is a holiday"),
    Roll.NEXT: Text(
        "är dagen ingen arbetsdag gäller närmast följande arbetsdag",
        "if the day is no working day, the next working day applies",
    ),
    Roll.PREVIOUS: Text(
        "är dagen ingen arbetsdag gäller närmast föregående arbetsdag",
        "if the day is no working day, the previous working day applies",
    ),
}


def full_date(day: date, language: str) -> str:
    """Return a date with its weekday: "torsdag 29 februari 2024", "Thursday 29 February 2024"."""
    return f"{weekday(day, language)} {day.day} {_MONTHS[language][day.month - 1]} {day.year}"


def weekday(day: date, language: str) -> str:
    """Return the name of the day of the week."""
    return _WEEKDAYS[language][day.weekday()]


def span_words(span: Span, language: str) -> str:
    """Return a length of time: "5 arbetsdagar"."""
    one, many = _UNITS[language][span.unit]
    return f"{span.count} {one if span.count == 1 else many}"


def days_words(count: int, language: str) -> str:
    """Return a number of days: "14 dagar"."""
    return span_words(Span(count, Unit.DAYS), language)


def offset_words(offset: Offset, language: str) -> str:
    """Return a span and its direction: "3 månader före"."""
    if offset.sign == 0:
        return "samma dag som" if language == "sv" else "on the day of"
    return f"{span_words(offset.span, language)} {_DIRECTIONS[language][offset.sign]}"


def rule_words(rule: DueRule, anchor: Text, until: Text | None, language: str) -> str:
    """Return a rule: "var 3:e månad efter beslutsdatum".

    Args:
        rule: the rule.
        anchor: the title of the field it counts from.
        until: the title of the field that ends a recurring rule.
        language: "sv" or "en".
    """
    when = _every_words(rule.offset, language) if rule.every else offset_words(rule.offset, language)
    words = f"{when} {in_running_text(anchor, language)}"
    if until is None:
        return words
    return f"{words}, {'fram till' if language == 'sv' else 'up to'} {in_running_text(until, language)}"


def roll_words(roll: Roll, language: str) -> str:
    """Return what happens when the day is no working day."""
    return _ROLLS[roll].in_language(language)


def in_running_text(title: Text, language: str) -> str:
    """Return a title within a sentence: one word with a small letter, more than one within quotation marks."""
    words = title.in_language(language)
    if " " in words:
        return f"”{words}”" if language == "sv" else f"“{words}”"
    return small_first(words)


def small_first(words: str) -> str:
    """Return words with a small first letter, unless they begin with an abbreviation: "sjukdom", "FK"."""
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]


def listed(words: list[str], language: str, last: str = "or") -> str:
    """Return words as a list: "a, b eller c"; `last` is "or" or "and"."""
    if len(words) < 2:
        return "".join(words)
    joint = last if language == "en" else {"or": "eller", "and": "och"}[last]
    return f"{', '.join(words[:-1])} {joint} {words[-1]}"


def _every_words(offset: Offset, language: str) -> str:
    count, unit = offset.span.count, offset.span.unit
    direction = _DIRECTIONS[language].get(offset.sign, "")
    if language == "en":
        return f"every {unit.singular if count == 1 else f'{count} {unit.value}'} {direction}"
    one = _UNITS["sv"][unit][0]
    neuter = unit is Unit.YEARS
    if count == 1:
        return f"varje {one} {direction}"
    if count == 2:
        return f"{'vartannat' if neuter else 'varannan'} {one} {direction}"
    return f"{'vart' if neuter else 'var'} {count}:{_ordinal(count)} {one} {direction}"


def _ordinal(count: int) -> str:
    return "a" if count % 10 in {1, 2} and count % 100 not in {11, 12} else "e"
