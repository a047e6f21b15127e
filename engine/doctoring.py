"""A check-up of a running house: what could make somebody be forgotten, found before it does. Sends nothing."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from engine.doctoring_channels import check_mail, check_teams
from engine.doctoring_held import check_circuits, check_held
from engine.doctoring_openings import check_openings
from engine.doctoring_people import check_absences, check_admins, check_roles
from engine.doctoring_webhooks import check_webhooks
from engine.doctoring_work import check_clock, check_outbox, check_proof
from engine.findings import Finding, Health, error, fine, warning
from engine.metrics import read_metrics
from engine.parts import Engine
from notifications.channels.teams import TeamsSettings
from storage import schema
from storage.database import Database
from storage.errors import SchemaError
from storage.tables import definition
from workflows.catalogue import load_packaged, packaged
from workflows.model import Text
from workflows.problems import Severity
from workflows.reader import check

__all__ = ["Finding", "Health", "check_database", "examine"]


def examine(engine: Engine, teams: TeamsSettings | None, now: datetime) -> list[Finding]:
    """Look at everything that a database of this schema and its channels can tell.

    Args:
        engine: the parts.
        teams: which webhook addresses may be used; None leaves the ways out alone (the demo's are another process's).
        now: the instant, UTC.
    """
    with engine.database.read() as connection:
        figures = read_metrics(connection, now)
        found = [
            *check_definitions(connection),
            *check_admins(connection, now),
            *check_roles(engine, connection, now),
            *check_absences(connection, now),
            *check_clock(figures),
            *check_outbox(engine, figures),
            *check_proof(figures),
            *check_held(connection),
            *check_circuits(connection, now),
            *check_openings(connection, now),
            *check_webhooks(connection, now),
        ]
        found += check_teams(engine, connection, teams) if teams is not None else []
    return [*found, check_mail(engine)] if teams is not None else found


def check_database(database: Database) -> Finding:
    """Say whether the database answers and has this program's schema."""
    try:
        schema.require_newest(database)
    except SchemaError as problem:
        said = Text(
            f"databasen har schema {problem.found or 'inget'}, programmet behöver {problem.wanted}",
            f"the database has schema {problem.found or 'none'}, this program needs {problem.wanted}",
        )
        return error("database", said, Text("kör `bevaka migrate`", "run `bevaka migrate`"))
    except SQLAlchemyError:
        said = Text("databasen går inte att nå", "the database cannot be reached")
        mend = Text(
            "kontrollera BEVAKA_DATABASE_URL, och att servern är igång",
            "check BEVAKA_DATABASE_URL, and that the server runs",
        )
        return error("database", said, mend)
    revision = schema.newest_revision()
    return fine("database", f"databasen svarar, schema {revision}", f"the database answers, schema {revision}")


def check_definitions(connection: Connection) -> Iterator[Finding]:
    """Compare what is published with what is packaged, and lint it anew."""
    query = select(definition.c.programme, definition.c.version, definition.c.digest, definition.c.source)
    published = {(row.programme, row.version): row for row in connection.execute(query)}
    for name in packaged():
        offered = load_packaged(name)
        row = published.get((offered.programme, offered.version))
        if row is not None and row.digest != offered.digest:
            said = Text(
                f"{name} version {offered.version} är publicerad med annat innehåll än den som följer med",
                f"{name} version {offered.version} is published with other content than the packaged one",
            )
            mend = Text("ge den ändrade ett nytt versionsnummer", "give the changed one a new version")
            yield error("definitions", said, mend)
    warned = 0
    for programme, version in sorted(published):
        problems = check(published[programme, version].source, f"{programme} {version}")
        warned += bool(problems)
        for problem in problems:
            text = f"{programme} {version}: {problem.rule}"
            mend = Text("kör `bevaka programmes lint` på källfilen", "run `bevaka programmes lint` on its source")
            severe = "fel" if problem.severity is Severity.ERROR else "varning"
            yield warning("definitions", Text(f"{text} ({severe})", f"{text} ({problem.severity})"), mend)
    if not published:
        said = Text("ingen insats är publicerad", "no programme is published")
        mend = Text("kör `bevaka programmes publish FIL`", "run `bevaka programmes publish FILE`")
        yield warning("definitions", said, mend)
    elif not warned:
        count = len(published)
        yield fine("definitions", f"{count} publicerade versioner", f"{count} published versions")
