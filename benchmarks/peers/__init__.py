"""The peers: each in a module of its own, driven as its own documentation suggests. None of them is ever shipped.

Every transition writes the rows that Bevaka's writes (`tables.sql`), with the same guard and the same lock on the case,
in as few transactions as the peer allows.
"""

from dataclasses import dataclass
from importlib.util import find_spec

from benchmarks.run import Run


@dataclass(frozen=True, slots=True)
class Peer:
    """One peer.

    Attributes:
        name: As it stands in the tables; says so when the transition was written around it by hand.
        needs: The import name of every package it takes.
        place: Where its `benchmarks.clients.Contestant` is, in this package.
        note: Its licence, and what a reader must know.
    """

    name: str
    needs: tuple[str, ...]
    place: str
    note: str


NO_MACHINE = "SQLAlchemy ORM, no machine"  # no peer, but what the machines that keep no rows are put on

W1 = (
    Peer(NO_MACHINE, (), "sqlalchemy_orm:SqlalchemyOrm", "MIT"),
    Peer("django-fsm-2", ("django", "django_fsm"), "django_fsm_2:DjangoFsm", "MIT; Django's ORM"),
    Peer(
        "SpiffWorkflow", ("SpiffWorkflow",), "spiffworkflow:SpiffCase", "LGPL-3.0; its state as JSON, SQLAlchemy's ORM"
    ),
    Peer("transitions", ("transitions",), "transitions_machine:TransitionsCase", "MIT; SQLAlchemy's ORM"),
    Peer("python-statemachine", ("statemachine",), "python_statemachine:StatemachineCase", "MIT; SQLAlchemy's ORM"),
    Peer("Viewflow", ("viewflow", "django_fsm"), "viewflow_process:ViewflowCase", "AGPL-3.0; Django's ORM"),
    Peer("DBOS", ("dbos",), "dbos_workflow:DbosCase", "MIT; a workflow of one transaction, SQLAlchemy's ORM"),
    Peer(
        "Procrastinate, transition by hand",
        ("procrastinate",),
        "procrastinate_jobs:ProcrastinateCase",
        "MIT; reminders are jobs, in the ORM's transaction",
    ),
    Peer(
        "APScheduler's store, transition by hand",
        ("apscheduler",),
        "apscheduler_store:ApschedulerCase",
        "MIT; reminders are jobs, each in a transaction of its own",
    ),
)
REMINDERS = (
    Peer("Procrastinate", ("procrastinate",), "procrastinate_jobs:ProcrastinateReminders", "MIT; batches of 500 jobs"),
    Peer("Celery `eta`", ("celery",), "celery_eta:CeleryReminders", "BSD-3-Clause; in a Valkey that keeps no file"),
    Peer("APScheduler's store", ("apscheduler",), "apscheduler_store:ApschedulerReminders", "MIT; one at a time"),
    Peer("DBOS", ("dbos",), "dbos_workflow:DbosReminders", "MIT; delayed workflows, one at a time"),
)

FIRING = (
    Peer("Celery `eta`", ("celery",), "celery_eta:CeleryFiring", "four threads, starting the worker included"),
    Peer("APScheduler's store", ("apscheduler",), "apscheduler_store:ApschedulerFiring", "ten threads, its default"),
    Peer("Procrastinate", ("procrastinate",), "procrastinate_jobs:ProcrastinateFiring", "four jobs at once"),
)


def with_w1(run: Run) -> list[Peer]:
    """Return the peers that have a W1 and are installed; note those that are not."""
    return _entered(run, W1)


def with_reminders(run: Run) -> list[Peer]:
    """Return the peers that schedule reminders and are installed; note those that are not."""
    return _entered(run, REMINDERS)


def with_firing(run: Run) -> list[Peer]:
    """Return the schedulers that fire what is due and are installed; note those that are not."""
    return _entered(run, FIRING)


def _entered(run: Run, peers: tuple[Peer, ...]) -> list[Peer]:
    if not run.peers:
        return []
    absent = {peer: [name for name in peer.needs if find_spec(name) is None] for peer in peers}
    run.missing.update(name for names in absent.values() for name in names)
    return [peer for peer in peers if not absent[peer]]
