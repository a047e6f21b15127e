"""A file of decisions, sent as it is: looked at first, then opened, all of it or none."""

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import Field

from access.rules import Action
from engine.import_rows import Choices
from engine.importing import ImportPreview, apply_import, preview_import
from engine.parts import Engine
from web.api.calls import PREFIX, Answer, ApiRoute, Call, CallDep
from web.api.cases import UnitCode
from web.api.shapes import Instant, Name, Shape
from web.api.shapes import Query as Asked
from web.languages import Language

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILES = ("text/csv", XLSX, "application/octet-stream")


class FileRoute(ApiRoute):
    """A route that takes a file as its body."""

    takes = FILES

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, with the file kept where the operation finds it."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            request.state.file = await request.body()
            return await inner(request)

        return handle


router = APIRouter(prefix=PREFIX, route_class=FileRoute, tags=["import"])
BODY = {
    "requestBody": {
        "required": True,
        "description": "A CSV or Excel file of decisions (see docs/operator.md), at most 5 MB.",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in FILES},
    }
}


class ImportQuery(Asked):
    """What is decided for the whole file."""

    programme: Name
    unit: UnitCode | None = Field(None, description="The unit of rows that name none.")
    first_grants: bool = Field(default=False, description="Rows that do not say are first grants.")


class ImportRow(Shape):
    """A place in the file that cannot be used, and what is allowed there."""

    row: int
    column: str
    cause: str
    text: str


class OutsideRow(Shape):
    """A row the programme does not take, and why."""

    row: int
    cause: str


class ImportShown(Shape):
    """What importing the file would do. It names rows, never people."""

    programme: str
    version: str
    rows: int
    new: int
    known: int
    outside: list[OutsideRow]
    problems: list[ImportRow]
    missing: dict[str, list[str]]
    by_unit: dict[str, int]
    without_coordinator: int
    sha256: str
    read_before: Instant | None
    can_be_applied: bool


class ImportDone(Shape):
    """What the import did: the cases it opened."""

    opened: list[str]
    known: int
    outside: list[OutsideRow]


@router.post("/imports/preview", operation_id="preview_import", response_model=ImportShown, openapi_extra=BODY)
def show_import(call: CallDep, query: Annotated[ImportQuery, Query()]) -> Response:
    """Say what importing a file would do; nothing is written."""
    actor = call.acting(Action.OPEN)
    with _as_file(call) as path:
        found = preview_import(call.engine, path, query.programme, actor, call.now, choices=_choices(query))
    return call.answer(_shown(found, call.language))


@router.post("/imports", operation_id="apply_import", status_code=201, response_model=ImportDone, openapi_extra=BODY)
def receive_import(call: CallDep, query: Annotated[ImportQuery, Query()]) -> Response:
    """Open a case for every decision in a file that has none yet: all in one transaction, or none."""
    actor = call.acting(Action.OPEN)

    def act(engine: Engine) -> Answer:
        with _as_file(call) as path:
            done = apply_import(engine, path, query.programme, actor, call.now, choices=_choices(query))
        body = ImportDone(
            opened=[one.ref for one in done.opened], known=done.preview.known, outside=_outside(done.preview)
        )
        return Answer(body, 201)

    return call.once(act)


@contextmanager
def _as_file(call: Call) -> Iterator[Path]:
    """Give the body as a file that only this process's user can read, for as long as the block lasts."""
    with TemporaryDirectory(prefix="bevaka-") as folder:
        path = Path(folder) / "decisions"
        path.write_bytes(call.request.state.file)
        yield path


def _choices(query: ImportQuery) -> Choices:
    return Choices(unit=query.unit, first_grants=query.first_grants)


def _outside(found: ImportPreview) -> list[OutsideRow]:
    return [OutsideRow(row=row, cause=cause.value) for row, cause in found.outside]


def _shown(found: ImportPreview, language: Language) -> ImportShown:
    return ImportShown(
        programme=found.programme,
        version=found.version,
        rows=found.rows,
        new=len(found.new),
        known=found.known,
        outside=_outside(found),
        problems=[
            ImportRow(row=one.row, column=one.column, cause=one.cause, text=one.text(language))
            for one in found.problems[:1000]
        ],
        missing={name: list(allowed) for name, allowed in found.missing.items()},
        by_unit=found.by_unit,
        without_coordinator=found.without_coordinator,
        sha256=found.sha256,
        read_before=found.read_before,
        can_be_applied=found.can_be_applied,
    )
