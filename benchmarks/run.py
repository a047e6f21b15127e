"""How the workloads are asked to run."""

from dataclasses import dataclass, field

from tests.servers.postgres import PostgresServer


@dataclass(frozen=True, slots=True)
class Run:
    """One call of `python -m benchmarks`.

    Attributes:
        server: A PostgreSQL that flushes its commits to disk, for this run alone.
        rounds: How many times every side takes its turn.
        quick: Fewer rows, for trying things out; such figures are never written down.
        peers: Whether the peers that are installed take part.
        missing: What would have taken part, had it been installed; workloads add to it.
    """

    server: PostgresServer
    rounds: int
    quick: bool = False
    peers: bool = True
    missing: set[str] = field(default_factory=set)
