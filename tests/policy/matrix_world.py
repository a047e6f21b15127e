"""The house that the authorisation matrix is tried on: everybody in her role, and one case of each standing.

Every cell begins with the same database: what a request has changed is undone by putting the file back.
"""

import contextlib
import io
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, update

from access.actors import OPERATOR, Actor, Grant
from access.consents import CARE, Form, Giver, Purpose, Terms
from access.identities import keyring_from_json
from access.keyring import new_keyring_json
from access.one_time_codes import code_at, step_of
from bevaka.__main__ import run
from engine.api_tokens import create_token
from engine.consent_rows import HANDLER
from engine.consenting import record_consent
from engine.enrolling import enrol, invite, offer_of
from engine.sessions import CameFrom, SessionLimits
from storage import tables
from tests.accounts import PASSWORD
from tests.house import ROLES, House, build_house, moment
from tests.integration.web.conftest import SECRET, Browser
from web.app import create_app

NOW = moment("2024-03-04")
EMAILS = {**ROLES, "funder": "funder@bevaka.example", "log_reviewer": "reviewer@bevaka.example"}
STANDINGS = ("own", "unit", "other", "consent", "without", "archived")
MISSING = "BV-0000-0000"
NOBODY = "nobody"
SCOPES = ["read", "person", "act", "open", "run"]
TERMS = Terms(
    Giver.PERSON,
    CARE,
    HANDLER,
    Purpose.COORDINATION,
    frozenset({"meetings", "benefit"}),
    Form.WRITTEN,
    date(2024, 2, 1),
    date(2024, 12, 31),
)
VOLATILE = re.compile(r'BV-[0-9A-Z]{4}-[0-9A-Z]{4}|name="csrf" value="[^"]*"|"instance":"[^"]*"')


@dataclass
class World:
    """The house with everybody in it. `refs` are the cases by how they stand to the people of `north`."""

    folder: Path
    house: House
    refs: Mapping[str, str]
    tokens: Mapping[str, str]
    browsers: dict[str, Browser] = field(default_factory=dict)
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)
    changed: bool = False

    def ask(self, role: str, method: str, path: str, sample: Mapping[str, Any]) -> tuple[int, str]:
        """Send one request as a role, and return the status and the body, bare of what differs by chance."""
        self.restore()
        self.changed = method != "GET"
        asking = NOBODY if path.startswith("/api/") else role
        browser = self.browsers[asking]
        browser.client.cookies = httpx.Cookies(self.cookies[asking])
        if path.startswith("/api/"):
            page = browser.send(method, path, **self._call(role, sample))
        elif method == "GET":
            page = browser.get(path)
        else:
            form = {name: str(value) for name, value in sample.get("form", {}).items()}
            page = browser.post(path, form)
        return page.status, VOLATILE.sub("…", page.text)

    def command(self, role: str, arguments: list[str]) -> tuple[int, str]:
        """Run one command as a role on a copy of the house, and return its status and all it said."""
        said = io.StringIO()
        with TemporaryDirectory(dir=self.folder) as folder, pytest.MonkeyPatch.context() as patch:
            shutil.copyfile(self.folder / "first", Path(folder) / "bevaka.sqlite")
            shutil.copyfile(self.folder / "keyring.json", Path(folder) / "keyring.json")
            patch.setenv("BEVAKA_DATA_DIR", folder)
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                status = run(["--as", EMAILS[role], *(word.replace("{folder}", folder) for word in arguments)])
        return status, VOLATILE.sub("…", said.getvalue())

    def restore(self) -> None:
        """Put the database back as it was, if something may have changed it."""
        if not self.changed:
            return
        self.house.engine.database.engine.dispose()
        for tail in ("-wal", "-shm"):
            (self.folder / f"bevaka.sqlite{tail}").unlink(missing_ok=True)
        shutil.copyfile(self.folder / "first", self.folder / "bevaka.sqlite")
        self.changed = False

    def _call(self, role: str, sample: Mapping[str, Any]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.tokens[role]}"} if role in self.tokens else {}
        if "file" in sample:
            return {"content": str(sample["file"]).encode(), "headers": headers | {"Content-Type": "text/csv"}}
        return {"headers": headers} | ({"json": sample["json"]} if "json" in sample else {})


@contextlib.contextmanager
def build_world(folder: Path) -> Iterator[World]:
    """Build the house, sign everybody in, and keep its database as it is then."""
    keyring = new_keyring_json()
    (folder / "keyring.json").write_text(keyring)
    house = build_house(f"sqlite:///{folder / 'bevaka.sqlite'}")
    object.__setattr__(house.engine, "vault", keyring_from_json(keyring))
    _hire(house)
    world = World(folder, house, _cases(house), _tokens(house))
    _enter(world)
    with house.engine.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    house.engine.database.engine.dispose()
    shutil.copyfile(folder / "bevaka.sqlite", folder / "first")
    yield world
    house.engine.database.close()


def _hire(house: House) -> None:
    """Let a funder and a log reviewer work here, and people of `south` and of another handler's office."""
    south, staff = house.units["south"], dict(house.staff)
    wanted = [
        ("funder", EMAILS["funder"], "funder", None),
        ("log_reviewer", EMAILS["log_reviewer"], "log_reviewer", None),
        ("colleague", "colleague@bevaka.example", "coordinator", house.units["north"]),
        ("southerner", "south@bevaka.example", "coordinator", south),
        ("other_handler", "other@fk.example", "handler", None),
    ]
    with house.engine.database.write() as connection:
        for key, email, role, unit_id in wanted:
            row = insert(tables.staff).values(email=email, name=f"Prov {key}").returning(tables.staff.c.id)
            staff[key] = connection.execute(row).scalar_one()
            connection.execute(insert(tables.membership).values(staff_id=staff[key], role=role, unit_id=unit_id))
        everywhere = update(tables.membership).where(tables.membership.c.role == "handler")
        connection.execute(everywhere.values(unit_id=None))  # a handler belongs to no clinic
    house.staff = staff


def _cases(house: House) -> dict[str, str]:
    places = {
        "own": ("north", "coordinator", "handler"),
        "unit": ("north", "colleague", "other_handler"),
        "other": ("south", "southerner", "other_handler"),
        "consent": ("south", "southerner", "handler"),
        "without": ("south", "southerner", "handler"),
        "archived": ("north", "coordinator", "handler"),
    }
    refs = {}
    for standing, (unit, coordinator, handler) in places.items():
        refs[standing] = house.open_case("2024-02-15", unit=unit)
        sides = {"coordinator_id": house.staff[coordinator], "handler_id": house.staff[handler]}
        with house.engine.database.write() as connection:
            connection.execute(update(tables.case).where(tables.case.c.ref == refs[standing]).values(**sides))
    southerner = Actor.staff(house.staff["southerner"], [Grant("coordinator", house.units["south"])])
    record_consent(house.engine, refs["consent"], TERMS, southerner, moment("2024-02-16"))
    house.fire(refs["archived"], "withdraw", moment("2024-02-20"), outcome="work")
    return refs


def _tokens(house: House) -> dict[str, str]:
    engine = house.engine
    return {role: create_token(engine, mail, "Matris", SCOPES, 30, OPERATOR, NOW).text for role, mail in EMAILS.items()}


def _enter(world: World) -> None:
    """Sign everybody in."""
    for role in (*EMAILS, NOBODY):
        world.browsers[role] = _browser(world.house)
        if role != NOBODY:
            _sign_in(world.browsers[role], EMAILS[role])
        world.cookies[role] = dict(world.browsers[role].client.cookies)


def _sign_in(browser: Browser, email: str) -> None:
    engine, joined = browser.house.engine, NOW - timedelta(days=1)
    code = invite(engine, email, OPERATOR, joined).code
    secret = offer_of(engine, code, joined).secret
    enrol(engine, code, PASSWORD, code_at(secret, step_of(joined)), CameFrom("192.0.2.10", ""), joined, SessionLimits())
    assert browser.post("/sign-in", {"email": email, "password": PASSWORD}).status == 303
    assert browser.post("/sign-in/code", {"code": code_at(secret, step_of(NOW))}).status == 303


def _browser(house: House) -> Browser:
    app = create_app(house.engine, lambda: NOW, None, SECRET)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    client = httpx.AsyncClient(transport=transport, base_url=house.engine.public_url, follow_redirects=False)
    return Browser(client, house, None)
