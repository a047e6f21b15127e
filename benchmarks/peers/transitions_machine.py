"""transitions: one machine shared by all cases, on SQLAlchemy models (its documentation: "Sharing a machine")."""

from sqlalchemy.orm import Session
from transitions import Machine

from benchmarks.peers import rows
from benchmarks.peers.sqlalchemy_orm import CaseFile, SqlalchemyOrm, end_deadline, follow_up, invite, record
from benchmarks.peers.sqlalchemy_orm import settle_ladder as settle


class TransitionsCase(SqlalchemyOrm):
    """Fires through a machine of `transitions`."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.machine = Machine(
            model=None,
            states=["granted", "following", "closed"],
            initial="granted",
            auto_transitions=False,
            transitions=[
                {
                    "trigger": "hold",
                    "source": "granted",
                    "dest": "following",
                    "conditions": lambda _, case: case.consent,
                    "after": write,
                },
                {"trigger": "finish", "source": "following", "dest": "closed"},
            ],
        )

    def fire(self, session: Session, case: CaseFile) -> None:
        self.machine.add_model(case, initial=case.state)
        if not case.hold(session, case):
            raise rows.GuardError
        self.machine.remove_model(case)


def write(session: Session, case: CaseFile) -> None:
    """Write what follows from the transition."""
    record(session, case)
    settle(session, end_deadline(session, case))
    follow_up(session, case, rows.REMINDERS[0])
    invite(session, case)
