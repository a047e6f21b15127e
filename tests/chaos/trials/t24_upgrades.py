"""T24: schemas go down and up with data, the former program works on in the new one, old histories mean the same."""

from tests.chaos.former_program import Upgraded, former_commit, upgrade_beneath
from tests.chaos.golden_histories import kept, outcome
from tests.chaos.migrated_data import Migrated, back_and_forth, revisions
from tests.chaos.trial import Check, Finding, Size, Trial
from tests.chaos.virtual_time import databases


def run(size: Size) -> Finding:
    """Migrate with data on both databases, upgrade under the former program, replay what was kept."""
    short = size is Size.SHORT
    cases, lots = (200, 1) if short else (10_000, 12)
    with databases() as fresh:
        migrated = [back_and_forth(kind, url, cases) for kind, url in fresh().items()]
    commit = former_commit()
    upgraded = upgrade_beneath(commit, lots) if commit else None
    checks = [*_migrations(migrated), *(_upgrade(upgraded) if upgraded else ()), _histories()]
    beneath = (
        f"the former program ({upgraded.commit[:7]}), worker and clock, on PostgreSQL through {upgraded.lots} lots of "
        "5 reminders, upgraded after a quarter of them"
        if upgraded
        else "no history of this repository here to take the former program from"
    )
    return Finding(
        load=f"{cases} cases, {len(revisions())} revisions down and up twice, PostgreSQL and SQLite; {beneath}",
        checks=checks,
        table=_table(migrated),
    )


def _migrations(migrated: list[Migrated]) -> list[Check]:
    unequal = sorted({name for one in migrated for name in one.unequal})
    diverging, missing = sum(one.diverging for one in migrated), sum(one.gaps for one in migrated)
    rows, ways = sum(one.rows for one in migrated), sum(one.ways for one in migrated)
    seen = f"{', '.join(unequal) or 'all tables equal'}: {rows} rows, {ways} migrations"
    return [
        Check("checksums equal after down, up, down, up", seen, not unequal and rows > 0),
        Check("every case follows from its history afterwards", f"{diverging} do not", diverging == 0),
        Check("ledger --unaccounted 0 afterwards", str(missing), missing == 0),
    ]


def _upgrade(upgraded: Upgraded) -> list[Check]:
    seen = f"{upgraded.errors} errors, {upgraded.arrived} of {upgraded.owed} reminders"
    worked = upgraded.errors == 0 and upgraded.arrived == upgraded.owed
    return [
        Check("the former program works on in the new schema, the next one takes over", seen, worked),
        *upgraded.account.checks(),
    ]


def _histories() -> Check:
    found = kept()
    every = [(one, history) for one in found for history in one.histories]
    same = sum(outcome(one.replayed(history)) == history["leads_to"] for one, history in every)
    events = sum(len(history["events"]) for _, history in every)
    seen = f"{same} of {len(every)} histories ({events} events) of {len(found)} versions"
    return Check("histories kept of every released version lead to the same case", seen, same == len(every) > 0)


def _table(migrated: list[Migrated]) -> str:
    head = "| on | cases | rows | migrations | the longest |\n|---|---|---|---|---|\n"
    rows = [f"| {one.kind} | {one.cases} | {one.rows} | {one.ways} | {one.longest:.1f} s |" for one in migrated]
    return head + "\n".join(rows)


TRIAL = Trial("T24", "upgrades", run)
