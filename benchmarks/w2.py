"""W2: a sweep that finds 10,000 due among many, and one that finds nothing."""

import psycopg
from sqlalchemy import text

from benchmarks import floor
from benchmarks.caseload import FAR, FIRST_REMINDER, NOW, build_engine, fill, prepare
from benchmarks.rates import Side, interleaved, table
from engine.sweeping import sweep
from tests.servers.postgres import PostgresServer, libpq_url

DUE = 10_000
EMPTY = 200


def measure(server: PostgresServer, open_cases: int, rounds: int) -> str:
    """Run W2 at one size and return its tables."""
    url = server.create_database()
    prepare(url).database.close()
    fill(url, open_cases, 1, due_at=FIRST_REMINDER, later=FAR, due=DUE)
    engine = build_engine(url)
    by_hand = psycopg.connect(libpq_url(url))

    def again(_: int) -> None:
        """Make the same 10,000 due again and forget what was written."""
        with engine.database.write() as connection:
            connection.execute(text("TRUNCATE ledger, outbox"))
            connection.execute(
                text("UPDATE deadline SET next_rung = 0, next_at = :due, accounted = 0 WHERE id <= :last"),
                {"due": FIRST_REMINDER, "last": DUE},
            )
        with psycopg.connect(libpq_url(url), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE deadline")

    def ours(_: int) -> int:
        return sweep(engine, NOW).deadlines

    def hand(_: int) -> int:
        return floor.sweep(by_hand, NOW, FAR)

    full = interleaved([Side("by hand", again, hand), Side("Bevaka", again, ours)], rounds)

    def nothing(_: int) -> None:
        """Leave nothing due."""

    def ours_empty(_: int) -> int:
        for _ in range(EMPTY):
            sweep(engine, NOW)
        return EMPTY

    def hand_empty(_: int) -> int:
        for _ in range(EMPTY):
            floor.sweep(by_hand, NOW, FAR)
        return EMPTY

    empty = interleaved([Side("by hand", nothing, hand_empty), Side("Bevaka", nothing, ours_empty)], rounds)
    by_hand.close()
    engine.database.close()
    server.drop(url)
    size = f"{open_cases:,} open cases"
    return table(f"W2, {DUE:,} due of {size}", full, "by hand") + table(f"W2, nothing due, {size}", empty, "by hand")
