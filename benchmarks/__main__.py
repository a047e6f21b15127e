"""`python -m benchmarks [w1 w2 …]`: run workloads on a durable PostgreSQL of their own, and print what they found."""

import argparse
import importlib
import shlex
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import cast

import psycopg

from benchmarks import report
from benchmarks.results import Result
from benchmarks.run import Run
from tests.servers.postgres import PostgresServer, libpq_url

# Each is a module beside this one with `results(run: Run) -> Iterable[Result]`.
NAMES = ("w1", "w2", "w3", "w4", "memory", "twelve_hours")
LONG = frozenset({"twelve_hours"})  # only when asked for by name


def main() -> None:
    """Run what was asked for and print its tables; what is done is written before the next begins."""
    options = _options()
    with PostgresServer(durable=True) as server:
        run = Run(server, options.rounds, options.quick, not options.no_peers)
        for name in options.workloads or [name for name in _present() if name not in LONG]:
            found = list(_printed(_results(name, run)))
            if options.write:
                report.write({name: found}, _occasion(server))
    if run.missing:
        print(f"not installed: {', '.join(sorted(run.missing))}")


def _printed(results: Iterable[Result]) -> Iterator[Result]:
    for result in results:
        print(report.table(result), flush=True)
        yield result


def _occasion(server: PostgresServer) -> report.Occasion:
    command = shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])
    return report.Occasion.of(datetime.now(UTC).date(), _version(server), command)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("workloads", nargs="*", metavar="workload", help=f"{', '.join(_present())}; all when none")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="fewer rows, for trying things out")
    parser.add_argument("--no-peers", action="store_true", help="Bevaka and the floor alone")
    parser.add_argument("--write", action="store_true", help="renew docs/benchmarks.md and docs/benchmarks.json")
    options = parser.parse_args()
    unknown = sorted(set(options.workloads) - set(_present()))
    if unknown:
        parser.error(f"no workload is called {', '.join(unknown)}; there are {', '.join(_present())}")
    if options.quick and options.write:
        parser.error("--quick is for trying things out: such figures are not written down")
    return options


def _present() -> list[str]:
    return [name for name in NAMES if find_spec(f"benchmarks.{name}")]


def _results(name: str, run: Run) -> Iterable[Result]:
    return cast(Iterable[Result], importlib.import_module(f"benchmarks.{name}").results(run))


def _version(server: PostgresServer) -> str:
    with psycopg.connect(libpq_url(server.url)) as connection:
        return f"{connection.info.server_version // 10000}.{connection.info.server_version % 10000}"


if __name__ == "__main__":
    main()
