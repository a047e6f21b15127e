"""`python -m benchmarks [w1 w2 …] [--rounds N] [--quick]`: run workloads on a durable PostgreSQL of their own."""

import argparse

from benchmarks import w1, w2
from benchmarks.caseload import prepare
from tests.servers.postgres import PostgresServer


def main() -> None:
    """Run what was asked for and print its tables."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("workloads", nargs="*", default=[], help="w1, w2; all when none is named")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="fewer rows, for trying things out")
    options = parser.parse_args()
    wanted = options.workloads or ["w1", "w2"]
    with PostgresServer(durable=True) as server:
        if "w1" in wanted:
            url = server.create_database()
            prepare(url).database.close()
            print(w1.measure(url, options.rounds, 200 if options.quick else 1000), flush=True)
            server.drop(url)
        if "w2" in wanted:
            for size in (20_000,) if options.quick else (20_000, 200_000, 2_000_000):
                print(w2.measure(server, size, options.rounds), flush=True)


if __name__ == "__main__":
    main()
