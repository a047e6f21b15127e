"""`python -m tests.chaos [T1 T5 …] [--short] [--write]`: break Bevaka and see what holds."""

import argparse
import sys
import time
from datetime import datetime

from tests.chaos.catalogue import all_trials
from tests.chaos.reliability import remember
from tests.chaos.trial import Finding, Size, Trial
from workflows.dates import STOCKHOLM


def main() -> int:
    """Run the trials that were asked for, print what they showed; 1 when a promise was not kept."""
    parser = argparse.ArgumentParser(prog="tests.chaos", description=__doc__)
    parser.add_argument("trials", nargs="*", help="such as T1 T5; all when none is named")
    parser.add_argument("--short", action="store_true", help="the part that runs in CI")
    parser.add_argument("--write", action="store_true", help="keep what is found in docs/reliability.md")
    options = parser.parse_args()
    known = {trial.number: trial for trial in all_trials()}
    unknown = [number for number in options.trials if number not in known]
    if unknown:
        parser.error(f"no such trial: {', '.join(unknown)}; there are {', '.join(known)}")
    size = Size.SHORT if options.short else Size.WHOLE
    kept = [_run(known[number], size, write=options.write) for number in options.trials or known]
    return 0 if all(kept) else 1


def _run(trial: Trial, size: Size, *, write: bool) -> bool:
    begun = time.monotonic()
    finding = trial.run(size)
    _print(trial, finding, time.monotonic() - begun)
    if write and size is Size.WHOLE:
        remember(trial, finding, datetime.now(STOCKHOLM).date().isoformat())
    return finding.kept


def _print(trial: Trial, finding: Finding, seconds: float) -> None:
    lines = [f"{trial.number} {trial.title}: {finding.load} ({seconds:.0f} s)"]
    lines += [f"  {'kept  ' if one.kept else 'BROKEN'} {one.promise}: {one.seen}" for one in finding.checks]
    print("\n".join(lines), finding.table, sep="\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
