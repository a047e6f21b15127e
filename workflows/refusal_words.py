"""Why an event is refused, said to a person: every cause in Swedish and English, with the definition's own titles."""

import re
from collections.abc import Mapping

from workflows.model import Definition, FieldType, Text
from workflows.refusals import Refusal, Why
from workflows.rule_words import listed

_TEXTS: Mapping[Why, Text] = {
    Why.UNKNOWN_EVENT: Text("Händelsen {subject} finns inte.", "There is no event {subject}."),
    Why.WRONG_STATE: Text(
        "Det går inte när ärendet är i {subject}{only}.", "Not while the case is in {subject}{only}."
    ),
    Why.GUARD: Text("Ett villkor är inte uppfyllt: {clause}.", "A condition is not met: {clause}."),
    Why.MISSING_ANSWER: Text("{subject} måste fyllas i.", "{subject} must be filled in."),
    Why.BAD_ANSWER: Text("{subject} har ett värde som inte går{allowed}.", "{subject} has no usable value{allowed}."),
    Why.UNASKED_ANSWER: Text("{subject} ska inte fyllas i här.", "{subject} is not asked for here."),
    Why.FUTURE_DATE: Text("{subject} kan inte ligga i framtiden.", "{subject} cannot lie in the future."),
    Why.WRONG_ROLE: Text("Din roll får inte göra detta{allowed}.", "Your role may not do this{allowed}."),
    Why.FINAL: Text("Ärendet är avslutat: {subject}.", "The case is closed: {subject}."),
    Why.NOT_OPEN: Text("{subject} bevakas inte just nu{allowed}.", "{subject} is not being watched now{allowed}."),
    Why.ALREADY_PAUSED: Text("Ärendet är redan pausat: {subject}.", "The case is already paused: {subject}."),
    Why.NOT_PAUSED: Text("Ärendet är inte pausat: {subject}{allowed}.", "The case is not paused: {subject}{allowed}."),
    Why.UNTIL_PAST: Text("{subject} ligger för tidigt.", "{subject} lies too early."),
    Why.UNTIL_AFTER_DUE: Text(
        "{subject} kan inte ligga efter bevakningens datum.", "{subject} cannot lie after the date being watched."
    ),
    Why.NO_REASON: Text("Ange ett skäl.", "Give a reason."),
    Why.NOT_LAST: Text(
        "Det går bara att ångra det som hände sist, och något annat har hänt sedan dess.",
        "Only what happened last can be undone, and something else has happened since.",
    ),
    Why.UNDO_OVER: Text("Det går inte längre att ångra.", "It can no longer be undone."),
    Why.OUT_OF_CALENDAR: Text(
        "Ett datum skulle hamna utanför de år som går att räkna med.",
        "A date would lie outside the years that can be counted with.",
    ),
}
_QUESTIONS: Mapping[str, Text] = {
    "until_on": Text("Till", "Until"),
    "from_on": Text("Från", "From"),
    "kind": Text("Pausorsak", "Kind of pause"),
    "reason": Text("Skäl", "Reason"),
    "deadline": Text("Bevakning", "Deadline"),
    "today": Text("dagens datum", "today"),
}
_TYPES: Mapping[str, Text] = {
    FieldType.DATE: Text("ett datum", "a date"),
    FieldType.DATETIME: Text("en dag och ett klockslag", "a date and a time"),
    FieldType.TEXT: Text("en text", "a text"),
    FieldType.INTEGER: Text("ett heltal", "a whole number"),
    FieldType.BOOLEAN: Text("ja eller nej", "yes or no"),
}
_SECTIONS = ("fields", "facts", "states", "deadlines", "pauses", "transitions", "roles")
_SECTION_OF: Mapping[Why, str] = {
    Why.WRONG_STATE: "states",
    Why.FINAL: "states",
    Why.NOT_OPEN: "deadlines",
    Why.ALREADY_PAUSED: "pauses",
    Why.NOT_PAUSED: "pauses",
    Why.WRONG_ROLE: "roles",
}
_DATED = frozenset({FieldType.DATE, FieldType.DATETIME})
_TOKEN = re.compile(r"'[^']*'|\"[^\"]*\"|\d{4}-\d{2}-\d{2}|[a-z][a-z0-9_.]*|==|!=|<=|>=|<|>|[^\s]|\s+")
_SIGNS = {
    "sv": {"==": "är", "!=": "är inte", "<": "är mindre än", "<=": "är högst", ">": "är mer än", ">=": "är minst"},
    "en": {
        "==": "is",
        "!=": "is not",
        "<": "is less than",
        "<=": "is at most",
        ">": "is more than",
        ">=": "is at least",
    },
}
_DATE_SIGNS = {
    "sv": {"<": "är före", "<=": "är senast", ">": "är efter", ">=": "är tidigast"},
    "en": {"<": "is before", "<=": "is no later than", ">": "is after", ">=": "is no earlier than"},
}
_WORDS = {
    "sv": {"and": "och", "or": "eller", "not": "inte", "in": "är något av", "true": "ja", "false": "nej"},
    "en": {"in": "is one of", "true": "yes", "false": "no"},
}


def why_not(refusal: Refusal, definition: Definition, language: str) -> str:
    """Return one sentence that says why, in the definition's titles; it never repeats what somebody filled in.

    Args:
        refusal: the reason.
        definition: gives the titles.
        language: "sv" or "en".
    """
    text = _TEXTS[refusal.why].in_language(language)
    return text.format(
        subject=_quoted(_title(refusal, refusal.subject, definition, language), language),
        clause=clause_words(refusal.subject, definition, language),
        allowed=_allowed(refusal, definition, language),
        only=_only(refusal, definition, language),
    )


def title_of(definition: Definition, name: str, language: str, section: str = "") -> str:
    """Return the title of what the definition calls by this name; the name itself when it calls nothing so.

    Args:
        definition: gives the titles.
        name: a name of the definition.
        language: "sv" or "en".
        section: where to look first (fields, states, deadlines …): a field and a deadline may share a name.
    """
    for place in (section, *_SECTIONS):
        titled = getattr(definition, place, {})
        if name in titled:
            return str(titled[name].title.in_language(language))
    return _QUESTIONS[name].in_language(language) if name in _QUESTIONS else name


def clause_words(clause: str, definition: Definition, language: str) -> str:
    """Return a clause of a guard with the titles of what it names and words for its signs."""
    tokens = _TOKEN.findall(clause)
    dated = any(_is_dated(token, definition) for token in tokens)
    signs = _SIGNS[language] | (_DATE_SIGNS[language] if dated else {})
    choices = {
        key: text
        for token in tokens
        if token in definition.fields
        for key, text in definition.fields[token].choices.items()
    }
    return "".join(_token_words(token, definition, signs, choices, language) for token in tokens)


def _token_words(
    token: str, definition: Definition, signs: Mapping[str, str], choices: Mapping[str, Text], language: str
) -> str:
    if token[0] in "'\"":
        return choices[token[1:-1]].in_language(language) if token[1:-1] in choices else token[1:-1]
    if token in signs or token in _WORDS[language]:
        return signs.get(token) or _WORDS[language][token]
    title = title_of(definition, token, language)
    return title if title == token or token in _QUESTIONS else _quoted(title, language)


def _is_dated(token: str, definition: Definition) -> bool:
    return token == "today" or (token in definition.fields and definition.fields[token].type in _DATED)  # noqa: S105


def _only(refusal: Refusal, definition: Definition, language: str) -> str:
    if not refusal.allowed:
        return ""
    states = [_quoted(_title(refusal, name, definition, language), language) for name in refusal.allowed]
    return f"{'; bara i' if language == 'sv' else '; only in'} {listed(states, language)}"


def _allowed(refusal: Refusal, definition: Definition, language: str) -> str:
    if not refusal.allowed:
        return ""
    choices = definition.fields[refusal.subject].choices if refusal.subject in definition.fields else {}
    words = [
        choices[name].in_language(language) if name in choices else _allowed_words(refusal, name, definition, language)
        for name in refusal.allowed
    ]
    return f"{'; möjligt' if language == 'sv' else '; possible'}: {listed(words, language)}"


def _allowed_words(refusal: Refusal, name: str, definition: Definition, language: str) -> str:
    kind, _, years = name.partition(" in ")
    if kind in _TYPES:
        words = _TYPES[kind].in_language(language)
        return f"{words} {'under' if language == 'sv' else 'in'} {years.replace('-', '–')}" if years else words
    return _title(refusal, name, definition, language)


def _title(refusal: Refusal, name: str, definition: Definition, language: str) -> str:
    return title_of(definition, name, language, _SECTION_OF.get(refusal.why, "fields"))


def _quoted(words: str, language: str) -> str:
    return f"”{words}”" if language == "sv" else f"“{words}”"
