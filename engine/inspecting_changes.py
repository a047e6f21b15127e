"""How many of the cases somebody has on her screen have changed since she looked."""

from collections.abc import Mapping

from sqlalchemy import select

from access.actors import Actor
from engine.inspecting_visible import visible_cases
from engine.parts import Engine
from storage.tables import case


def changed_since(engine: Engine, actor: Actor, shown: Mapping[str, int]) -> int:
    """Return how many cases have had an event since they were read, or are none of the actor's business any more.

    Args:
        engine: the parts.
        actor: who looks.
        shown: the number of events a case had, by reference.
    """
    if not shown:
        return 0
    query = select(case.c.ref, case.c.seq).where(case.c.ref.in_(shown), visible_cases(actor))
    with engine.database.read() as connection:
        now = {row.ref: row.seq for row in connection.execute(query)}
    return sum(now.get(ref) != seq for ref, seq in shown.items())
