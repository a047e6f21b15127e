"""Which column is which: the Swedish headers clinics use, whatever their case, spaces and dots."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from intake.problems import FileCause, FileProblem

HEADER_ROWS = 10

_BRACKETS = re.compile(r"\([^()]*\)")
_SIGNS = re.compile(r"[\W_]")

ACCEPTED: Mapping[str, tuple[str, ...]] = {
    "number": ("personnummer", "pnr", "personnr", "person-/samordningsnummer", "personid"),
    "name": ("namn", "för- och efternamn", "fullständigt namn", "patient", "patientnamn", "personens namn"),
    "first_name": ("förnamn", "tilltalsnamn"),
    "last_name": ("efternamn",),
    "decided_on": ("beslutsdatum", "datum för beslut", "beslutsdag", "beslutat", "beslutad", "beslut"),
    "benefit_from": ("från och med", "fr.o.m.", "from", "från", "period från", "period från och med", "startdatum"),
    "benefit_until": ("till och med", "t.o.m.", "till", "period till", "period till och med", "slutdatum"),
    "level": ("omfattning", "nivå", "ersättningsnivå", "ersättningsgrad", "grad"),
    "unit": ("mottagning", "enhet", "klinik", "vårdenhet"),
    "coordinator": ("koordinator", "rehabkoordinator", "rehabiliteringskoordinator"),
    "handler": ("handläggare", "försäkringsutredare", "utredare", "handläggare FK", "FK-handläggare"),
    "municipality": ("kommun", "hemkommun", "folkbokföringskommun", "bostadskommun"),
    "first_grant": ("förstagångsbeslut", "första beslut", "första gången", "nybeslut", "nybeviljad"),
    "protected": ("skyddade personuppgifter", "skyddad identitet", "sekretessmarkering", "skyddad", "skyddat"),
}
REQUIRED = ("number", "decided_on", "benefit_from", "benefit_until", "level")

_VAGUE = {"beslut", "patient", "beslutat", "beslutad", "grad", "till", "utredare", "enhet"}
"""Headers that give way when a clearer one for the same column is there: "Beslut" may hold "bifall"."""


def plain(header: str) -> str:
    """A header without case, accents, brackets, spaces and signs: "Fr. o. m. (ååååmmdd)" becomes "from"."""
    decomposed = unicodedata.normalize("NFKD", _BRACKETS.sub("", header).casefold())
    return _SIGNS.sub("", decomposed)


_FIELD_OF = {plain(header): field for field, headers in ACCEPTED.items() for header in headers}


@dataclass(frozen=True, slots=True)
class Header:
    """The header row that was found.

    Attributes:
        place: its index among the rows given.
        columns: the index of each known column, by field.
        labels: each known column as a person finds it, "C (Beslutsdatum)", by field.
        width: the number of cells up to the last header, known or not.
    """

    place: int
    columns: Mapping[str, int]
    labels: Mapping[str, str]
    width: int

    def label(self, field: str) -> str:
        """The column of a field; of the last name when the file has the name in two columns and `name` is asked for."""
        return self.labels.get(field) or self.labels.get("last_name", field)


def recognised(cells: Sequence[object]) -> int:
    """How many different columns a row of cells would name, were it the header."""
    return len({_FIELD_OF[key] for cell in cells if isinstance(cell, str) and (key := plain(cell)) in _FIELD_OF})


def find_header(rows: Sequence[Sequence[object]]) -> Header:
    """Find the header among the first rows; title rows above it are passed over.

    Args:
        rows: the rows of the file from the top; only the first `HEADER_ROWS` are looked at.

    Raises:
        FileProblem: no header, columns missing, or two columns for one field.
    """
    head = rows[:HEADER_ROWS]
    scores = [recognised(cells) for cells in head]
    if max(scores, default=0) < 2:
        raise FileProblem(FileCause.NO_HEADER, ", ".join(ACCEPTED[field][0] for field in (*REQUIRED, "name")))
    place = scores.index(max(scores))
    cells = head[place]
    columns = _choose(cells)
    _require(columns)
    labels = {field: f"{letter(column)} ({_shown(cells[column])})" for field, column in columns.items()}
    width = max(index for index, cell in enumerate(cells) if cell not in {None, ""}) + 1
    return Header(place, columns, labels, width)


def letter(column: int) -> str:
    """The name a spreadsheet gives a column, counted from 0: 0 is A, 26 is AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _choose(cells: Sequence[object]) -> dict[str, int]:
    """The column of each field: the clear headers first, the vague ones where no clear one is."""
    found: dict[str, list[tuple[bool, int]]] = {}
    for column, cell in enumerate(cells):
        key = plain(cell) if isinstance(cell, str) else ""
        if key in _FIELD_OF:
            found.setdefault(_FIELD_OF[key], []).append((key in _VAGUE, column))
    repeated: list[str] = []
    for places in found.values():
        best = [column for vague, column in places if vague == min(places)[0]]
        if len(best) > 1:
            repeated += [f"{letter(column)} ({_shown(cells[column])})" for column in best]
    if repeated:
        raise FileProblem(FileCause.REPEATED_COLUMNS, ", ".join(repeated))
    return {field: min(places)[1] for field, places in found.items()}


def _require(columns: Mapping[str, int]) -> None:
    missing = [field for field in REQUIRED if field not in columns]
    if "name" not in columns and not {"first_name", "last_name"} <= columns.keys():
        missing.append("name")
    if missing:
        raise FileProblem(FileCause.MISSING_COLUMNS, "; ".join(_accepted(field) for field in missing))


def _accepted(field: str) -> str:
    first, *others = ACCEPTED[field]
    if field == "name":
        others.append("förnamn + efternamn")
    return f"{first} ({', '.join(others)})"


def _shown(cell: object) -> str:
    """A known header on one line, without what its writer put in brackets."""
    words = " ".join(_BRACKETS.sub("", str(cell)).split())
    return "".join(sign for sign in words if sign.isprintable())
