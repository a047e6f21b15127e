"""A small clinic to test with: an engine on a real database, people in their roles, and channels that remember.

Two units; in `north` a coordinator, her deputy, a unit manager and an FK handler; a project lead and an admin for both.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from pathlib import Path

from sqlalchemy import func, insert, select

from access.actors import OPERATOR, Actor, Grant
from access.identities import Identity, keyring_from_json
from access.keyring import new_keyring_json
from access.personnumbers import synthetic_number, synthetic_serials
from access.sealing import SecretBox
from engine.delivering import Delivered, deliver
from engine.firing import Fired, fire
from engine.opening import NewCase, open_cases
from engine.parts import Engine
from engine.rulebook import publish
from engine.sweeping import Swept, sweep
from notifications.channels.email import SmtpSettings
from storage import schema, tables
from storage.database import Database
from tests.fakes.channels import FakeEmailChannel, FakeTeamsChannel
from workflows.case import Event
from workflows.catalogue import load_packaged, packaged
from workflows.dates import STOCKHOLM
from workflows.guards import Value
from workflows.reader import read_definition

PROGRAMME = "prov"
PROV = Path(__file__).parent / "fixtures" / "prov.yaml"
ROLES = {
    "coordinator": "coordinator@bevaka.example",
    "deputy": "deputy@bevaka.example",
    "unit_manager": "manager@bevaka.example",
    "handler": "handler@fk.example",
    "project_lead": "lead@bevaka.example",
    "admin": "admin@bevaka.example",
}
EVERYWHERE = ("project_lead", "admin")


def moment(day: str, clock: str = "09:00") -> datetime:
    """Return the UTC instant of a Stockholm day and time: `moment("2024-01-31", "08:00")`."""
    local = datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), STOCKHOLM)
    return local.astimezone(UTC)


class RememberingMail(FakeEmailChannel):
    """The fake email channel, with the settings the engine needs for Message-IDs."""

    def __init__(self) -> None:
        super().__init__()
        self.settings = SmtpSettings(
            host="localhost",
            port=2525,
            security="none",
            sender="bevaka@bevaka.example",
            message_id_key=b"k" * 32,
            message_id_domain="bevaka.example",
        )


@dataclass
class House:
    """The clinic. `staff` and `units` are ids by role and by code."""

    engine: Engine
    mail: RememberingMail
    teams: FakeTeamsChannel
    units: Mapping[str, int]
    staff: Mapping[str, int]
    births: "count[int]" = field(default_factory=count)

    def actor(self, role: str) -> Actor:
        """Return the member of staff who holds a role."""
        unit = None if role in EVERYWHERE else self.units["north"]
        return Actor.staff(self.staff[role], [Grant(role, unit)])

    def open_case(
        self,
        decision_date: str = "2024-01-31",
        *,
        now: datetime | None = None,
        programme: str = PROGRAMME,
        unit: str = "north",
        until: str = "2025-12-31",
        **data: Value,
    ) -> str:
        """Open one case of a synthetic person and return its reference."""
        return self.open_many(1, decision_date, now=now, programme=programme, unit=unit, until=until, **data)[0]

    def open_many(
        self,
        number: int,
        decision_date: str = "2024-01-31",
        *,
        now: datetime | None = None,
        programme: str = PROGRAMME,
        unit: str = "north",
        until: str = "2025-12-31",
        **data: Value,
    ) -> list[str]:
        """Open cases of synthetic persons on one decision date."""
        decided = date.fromisoformat(decision_date)
        at = now or moment(decision_date)
        first: dict[str, Value] = {
            "decision_date": decided,
            "benefit_from": decided.replace(day=1),
            "benefit_until": date.fromisoformat(until),
        }
        with self.engine.database.write() as connection:
            rules = self.engine.rulebook.newest(connection, programme, at)
            required = {"origin": "fk_contact"} if "origin" in rules.definition.fields else {}
            wanted = [
                NewCase(
                    self.identity(),
                    {**first, **required, **data},
                    self.units[unit],
                    self.staff["coordinator"],
                    self.staff["handler"],
                )
                for _ in range(number)
            ]
            opened = open_cases(connection, self.engine.vault, rules, wanted, OPERATOR, at)
        return [case.ref for case in opened]

    def identity(self) -> Identity:
        """Return a synthetic person nobody has met before."""
        number = next(self.births)
        birth = date(1995, 1, 1) + timedelta(days=number // 2)
        return Identity(f"Prov Testperson{number}", synthetic_number(birth, synthetic_serials(birth)[number % 2]))

    def fire(self, ref: str, event: str, now: datetime, role: str = "coordinator", **answers: Value) -> Fired:
        """Let a person act."""
        return fire(self.engine, ref, Event(event, answers), self.actor(role), now)

    def pass_time(self, now: datetime) -> tuple[Swept, Delivered]:
        """Let time act: one sweep and one round of the postman."""
        return sweep(self.engine, now), deliver(self.engine, now)

    def ledger(self, ref: str) -> list[tuple[str, str, str, str, str | None]]:
        """Return (deadline, rung, slot, outcome, reason) of a case in the order of deciding."""
        query = (
            select(
                tables.deadline.c.kind,
                tables.ledger.c.rung,
                tables.ledger.c.slot,
                tables.ledger.c.outcome,
                tables.ledger.c.reason,
            )
            .join(tables.deadline, tables.deadline.c.id == tables.ledger.c.deadline_id)
            .join(tables.case, tables.case.c.id == tables.deadline.c.case_id)
            .where(tables.case.c.ref == ref)
            .order_by(tables.ledger.c.decided_at, tables.deadline.c.id, tables.ledger.c.rung, tables.ledger.c.slot)
        )
        with self.engine.database.read() as connection:
            return [tuple(row) for row in connection.execute(query)]

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        with self.engine.database.read() as connection:
            number: int = connection.execute(
                select(func.count()).select_from(tables.metadata.tables[table])
            ).scalar_one()
            return number

    def away(self, role: str, from_on: str, until_on: str, deputy: str | None = None) -> None:
        """Let somebody be away, first to last day, with a deputy or without."""
        with self.engine.database.write() as connection:
            connection.execute(
                insert(tables.absence).values(
                    staff_id=self.staff[role],
                    from_on=date.fromisoformat(from_on),
                    until_on=date.fromisoformat(until_on),
                    deputy_id=self.staff[deputy] if deputy else None,
                )
            )

    def connect_team(self, unit: str = "north") -> None:
        """Give a unit a Teams connection."""
        with self.engine.database.write() as connection:
            row = {"unit_id": self.units[unit], "sealed_url": b"", "label": "test …0000"}
            channel = connection.execute(insert(tables.team_channel).values(**row).returning(tables.team_channel.c.id))
            channel_id = channel.scalar_one()
            url = "https://x.environment.api.powerplatform.com/workflows/1?sig=secret"
            sealed = self.engine.secrets.seal(f"team_channel|{channel_id}", url)
            connection.execute(
                tables.team_channel.update().where(tables.team_channel.c.id == channel_id).values(sealed_url=sealed)
            )


def build_house(database_url: str) -> House:
    """Return a clinic on an empty database: schema, packaged programmes, units and people."""
    database = Database(database_url)
    furnish(database)
    return enter_house(database)


def enter_house(database: Database) -> House:
    """Return the clinic on a database that is furnished."""
    keyring, mail, teams = new_keyring_json(), RememberingMail(), FakeTeamsChannel()
    engine = Engine(
        database=database,
        vault=keyring_from_json(keyring),
        secrets=SecretBox.from_keyring(keyring),
        public_url="https://bevaka.region.example",
        email=mail,
        teams=teams,
    )
    with database.read() as connection:
        units = {row.code: row.id for row in connection.execute(select(tables.unit))}
        ids = {row.email: row.id for row in connection.execute(select(tables.staff))}
    return House(engine, mail, teams, units, {role: ids[email] for role, email in ROLES.items()})


def furnish(database: Database) -> None:
    """Put schema, packaged programmes, units and people into an empty database."""
    schema.upgrade(database)
    with database.write() as connection:
        for definition in (
            *map(load_packaged, packaged()),
            read_definition(PROV.read_text(encoding="utf-8"), PROV.name),
        ):
            publish(connection, definition, moment("2022-01-03"))
        units = {
            code: connection.execute(
                insert(tables.unit).values(code=code, title=f"Mottagning {code}").returning(tables.unit.c.id)
            ).scalar_one()
            for code in ("north", "south")
        }
        for role, email in ROLES.items():
            row = insert(tables.staff).values(email=email, name=f"Prov {role}").returning(tables.staff.c.id)
            staff_id = connection.execute(row).scalar_one()
            unit_id = None if role in EVERYWHERE else units["north"]
            connection.execute(insert(tables.membership).values(staff_id=staff_id, role=role, unit_id=unit_id))
