"""python-statemachine: a machine for each case, on SQLAlchemy models (its documentation: "Models")."""

from sqlalchemy.orm import Session
from statemachine import State, StateMachine

from benchmarks.peers import rows
from benchmarks.peers.sqlalchemy_orm import (
    CaseFile,
    SqlalchemyOrm,
    end_deadline,
    follow_up,
    invite,
    record,
    settle_ladder,
)


class CaseMachine(StateMachine):
    """The programme."""

    granted = State(initial=True)
    following = State()
    closed = State(final=True)
    hold = granted.to(following, cond="has_consent")
    finish = following.to(closed)

    def has_consent(self) -> bool:
        """Say whether the case has consent."""
        return self.model.consent

    def after_hold(self, session: Session) -> None:
        """Write what follows from the transition."""
        record(session, self.model)
        settle_ladder(session, end_deadline(session, self.model))
        follow_up(session, self.model, rows.REMINDERS[0])
        invite(session, self.model)


class StatemachineCase(SqlalchemyOrm):
    """Fires through a machine of `python-statemachine`."""

    def fire(self, session: Session, case: CaseFile) -> None:
        CaseMachine(case).hold(session=session)
