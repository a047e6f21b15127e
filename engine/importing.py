"""A file of decisions becomes cases: looked at first, then opened, all of them or none, in one transaction."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from access.actors import Actor
from access.personnumbers import PersonalNumber
from access.rules import Action
from engine.authorising import authorise_anywhere
from engine.eligibility import Outside
from engine.errors import UnknownUnitError
from engine.firing import actor_columns
from engine.import_problems import ImportRefusedError, MissingFieldsError, RowProblem, of_cell
from engine.import_rows import Choices, Register, RowMatcher, fixed_data
from engine.opening import NewCase, OpenedCase, Progress, no_progress, open_cases
from engine.parts import Engine
from intake.decisions import DecisionFile, read_decisions
from storage import cases, people
from storage.tables import intake
from workflows.dates import local_date
from workflows.planning import Rules, as_date

__all__ = ["Choices", "ImportPreview", "Imported", "apply_import", "preview_import"]

CHUNK = 500
AS_READ = Choices()


@dataclass(frozen=True, slots=True, repr=False)
class ImportPreview:
    """What importing a file would do. Not printed as a whole: it holds people.

    Attributes:
        programme, version: what the cases would be opened in.
        rows: rows of the file below its header, blank ones not counted.
        new: the cases that would be opened.
        known: how many rows are cases already.
        outside: rows the programme does not take, and why.
        problems: what cannot be used; while there is one, nothing is opened.
        missing: fields the programme requires and the file lacks, and what they may hold.
        by_unit: cases that would be opened, by the unit's code.
        without_coordinator: how many of them would have no coordinator.
        sha256: of the file's bytes.
        read_before: when this very file was imported last, None if never.
    """

    programme: str
    version: str
    rows: int
    new: tuple[NewCase, ...]
    known: int
    outside: tuple[tuple[int, Outside], ...]
    problems: tuple[RowProblem, ...]
    missing: dict[str, tuple[str, ...]]
    by_unit: dict[str, int]
    without_coordinator: int
    sha256: str
    read_before: datetime | None

    @property
    def can_be_applied(self) -> bool:
        """Say whether the file would be opened as it is."""
        return not self.problems and not self.missing


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did."""

    preview: ImportPreview = field(repr=False)
    opened: tuple[OpenedCase, ...]


def preview_import(
    engine: Engine,
    path: Path,
    programme: str,
    actor: Actor,
    now: datetime,
    progress: Progress = no_progress,
    *,
    choices: Choices = AS_READ,
) -> ImportPreview:
    """Say what importing a file would do, and write nothing.

    Args:
        engine: the parts.
        path: a CSV or Excel file of decisions (`intake.decisions`).
        programme: the programme, in its newest published version.
        actor: who imports; needs to be allowed to open cases in every unit the file names.
        now: the instant, UTC.
        progress: told rows read and rows in all.
        choices: what is decided for the whole file.

    Raises:
        NotAllowedError: the actor may open no cases anywhere.
        FileProblem: the file cannot be read at all.
        DefinitionMissingError, UnknownUnitError, FixedFieldError: the programme or the choices do not exist.
    """
    authorise_anywhere(actor, Action.OPEN)
    file = _read(path, now, progress)
    with engine.database.read() as connection:
        rules = engine.rulebook.newest(connection, programme, now)
        return _preview(engine, connection, rules, file, actor, now, choices)


def apply_import(
    engine: Engine,
    path: Path,
    programme: str,
    actor: Actor,
    now: datetime,
    progress: Progress = no_progress,
    *,
    choices: Choices = AS_READ,
    reading: Progress = no_progress,
) -> Imported:
    """Open a case for every decision in a file that has none yet: all in one transaction, or none.

    The same file may be applied again: who has a case already is passed over. Arguments as `preview_import`;
    `progress` is told cases opened, `reading` rows read.

    Raises:
        ImportRefusedError, MissingFieldsError: the preview would have shown why; nothing was written.
        As `preview_import` besides.
    """
    authorise_anywhere(actor, Action.OPEN)
    file = _read(path, now, reading)
    try:
        done = _apply(engine, file, programme, actor, now, progress, choices)
    except IntegrityError:
        # Somebody has opened cases for some of the same people meanwhile; by now they are known.
        done = _apply(engine, file, programme, actor, now, progress, choices)
    engine.nudge()
    return done


def _apply(
    engine: Engine,
    file: DecisionFile,
    programme: str,
    actor: Actor,
    now: datetime,
    progress: Progress,
    choices: Choices,
) -> Imported:
    with engine.database.write() as connection:
        rules = engine.rulebook.newest(connection, programme, now)
        preview = _preview(engine, connection, rules, file, actor, now, choices)
        if preview.missing:
            raise MissingFieldsError(preview.missing)
        if preview.problems:
            raise ImportRefusedError(preview.problems)
        opened = open_cases(connection, engine.vault, rules, preview.new, actor, now, progress)
        _note(connection, preview, actor, now, len(opened))
    return Imported(preview, tuple(opened))


def _read(path: Path, now: datetime, progress: Progress) -> DecisionFile:
    today = local_date(now)
    return read_decisions(
        path,
        today=today,
        parse_number=lambda text: PersonalNumber.parse(text, today=today).digits,
        progress=progress,
    )


def _preview(
    engine: Engine,
    connection: Connection,
    rules: Rules,
    file: DecisionFile,
    actor: Actor,
    now: datetime,
    choices: Choices,
) -> ImportPreview:
    register = Register.read(connection)
    codes = tuple(sorted(register.codes.values()))
    if choices.unit is not None and choices.unit not in codes:
        raise UnknownUnitError(choices.unit, codes)
    data, missing = fixed_data(rules.definition, choices)
    matcher = RowMatcher(rules.definition, register, actor, choices, data, frozenset(missing), file.labels, now)
    wanted, left_out, problems = _matched(matcher, file)
    fresh = _unknown(engine, connection, rules, wanted)
    return ImportPreview(
        programme=rules.definition.programme,
        version=rules.definition.version,
        rows=len(file.rows) + len({problem.row for problem in file.problems}),
        new=tuple(fresh),
        known=len(wanted) - len(fresh),
        outside=tuple(left_out),
        problems=tuple(sorted(problems, key=lambda problem: (problem.row, problem.column))),
        missing=missing,
        by_unit=dict(sorted(Counter(register.codes[new.unit_id] for new in fresh).items())),
        without_coordinator=sum(new.coordinator_id is None for new in fresh),
        sha256=file.sha256,
        read_before=_read_before(connection, file.sha256, rules.definition.programme),
    )


def _matched(
    matcher: RowMatcher, file: DecisionFile
) -> tuple[list[NewCase], list[tuple[int, Outside]], list[RowProblem]]:
    """Return the cases the rows would be, the rows the programme does not take, and every problem of the file."""
    wanted: list[NewCase] = []
    left_out: list[tuple[int, Outside]] = []
    problems = [of_cell(problem) for problem in file.problems]
    for row in file.rows:
        match matcher.match(row):
            case NewCase() as new:
                wanted.append(new)
            case Outside() as reason:
                left_out.append((row.row, reason))
            case found:
                problems.extend(found)
    return wanted, left_out, problems


def _unknown(engine: Engine, connection: Connection, rules: Rules, wanted: Sequence[NewCase]) -> list[NewCase]:
    """Return those whose decision has no case yet."""
    fresh: list[NewCase] = []
    for start in range(0, len(wanted), CHUNK):
        batch = wanted[start : start + CHUNK]
        persons = people.persons_by_index(connection, {engine.vault.index(new.identity.number) for new in batch})
        known = cases.known_decisions(connection, rules.definition.programme, list(persons.values()))
        fresh += [
            new
            for new in batch
            if (persons.get(engine.vault.index(new.identity.number)), as_date(new.data["decision_date"])) not in known
        ]
    return fresh


def _read_before(connection: Connection, sha256: str, programme: str) -> datetime | None:
    query = select(intake.c.at).where(intake.c.sha256 == sha256, intake.c.programme == programme)
    found: datetime | None = connection.execute(query.order_by(intake.c.at.desc()).limit(1)).scalar_one_or_none()
    return found


def _note(connection: Connection, preview: ImportPreview, actor: Actor, now: datetime, opened: int) -> None:
    row = {"sha256": preview.sha256, "programme": preview.programme, "at": now, **actor_columns(actor)}
    connection.execute(insert(intake).values(rows=preview.rows, opened=opened, **row))
