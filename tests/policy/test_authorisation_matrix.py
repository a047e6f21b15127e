"""Who may what, door by door: every route of the pages and the API, and every command, as each role (T13).

What is expected is in authorisation.yaml, for cases that stand to a role in each way; a door that is not there fails. A
status is what the door answers to the sample sent there; one number goes for every standing. On a case foreign to
a role the answer is the same as for a case that does not exist, to the letter.
"""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from argon2 import PasswordHasher

from access import passwords
from tests.house import House, build_house
from tests.integration.web.conftest import SECRET
from tests.policy.matrix_doors import commands, routes_of
from tests.policy.matrix_world import EMAILS, MISSING, NOBODY, NOW, STANDINGS, World, build_world
from web.app import create_app

NOT_FOUND = {404, 3}  # a page's or the API's, and a command's


@lru_cache(maxsize=1)
def matrix() -> dict[str, Any]:
    """Return the expected values."""
    read: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("authorisation.yaml").read_text(encoding="utf-8"))
    return read


def expected(door: Mapping[str, Any], role: str) -> dict[str, int]:
    """Return what a door answers to a role, by standing."""
    found = next(value for roles, value in door["expect"].items() if role in roles.split())
    return dict(zip(STANDINGS, found, strict=True)) if isinstance(found, list) else dict.fromkeys(STANDINGS, found)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The house with everybody in it, and a case of each standing."""
    quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", lambda: quick)
        with build_world(tmp_path_factory.mktemp("matrix")) as built:
            yield built


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """An empty house, to list the routes of."""
    built = build_house(f"sqlite:///{tmp_path / 'x.sqlite'}")
    yield built
    built.engine.database.close()


def test_every_route_has_its_row_and_every_row_its_route(house: House) -> None:
    routes = routes_of(create_app(house.engine, lambda: NOW, None, SECRET))
    assert sorted(routes) == sorted(matrix()["routes"])


def test_every_command_has_its_row_and_every_row_its_command() -> None:
    assert sorted(commands()) == sorted([*matrix()["commands"], *matrix()["commands_without_roles"]])


@pytest.mark.slow
@pytest.mark.parametrize("door", sorted(matrix()["routes"]))
def test_a_route_answers_each_role_as_it_should(world: World, door: str) -> None:
    row = matrix()["routes"][door]
    asked: dict[tuple[str, str], tuple[int, str]] = {}

    def ask(role: str, ref: str) -> tuple[int, str]:
        if (role, ref) not in asked:
            asked[role, ref] = world.ask(role, *_request(door, row, ref))
        return asked[role, ref]

    def answers(role: str, standing: str) -> int:
        return ask(role, _ref(world, door, row, standing))[0]

    found = {role: {s: answers(role, s) for s in STANDINGS} for role in (*EMAILS, NOBODY)}
    assert found == {role: expected(row, role) for role in (*EMAILS, NOBODY)}
    if "{ref}" in door:
        for role, standing in _foreign():
            assert ask(role, world.refs[standing]) == ask(role, MISSING)


@pytest.mark.slow
@pytest.mark.parametrize("door", sorted(matrix()["commands"]))
def test_a_command_answers_each_role_as_it_should(world: World, door: str) -> None:
    row = matrix()["commands"][door]
    asked: dict[tuple[str, str], tuple[int, str]] = {}

    def ask(role: str, ref: str) -> tuple[int, str]:
        if (role, ref) not in asked:
            asked[role, ref] = world.command(role, [*door.split(), *row.get("say", "").replace("{ref}", ref).split()])
        return asked[role, ref]

    found = {role: {s: ask(role, _ref(world, door, row, s))[0] for s in STANDINGS} for role in EMAILS}
    assert found == {role: expected(row, role) for role in EMAILS}
    if "{ref}" in row.get("say", ""):
        for role, standing in _foreign():
            assert ask(role, world.refs[standing]) == ask(role, MISSING)


def _foreign() -> Iterator[tuple[str, str]]:
    """Give the roles and the standings of cases that are not there for them."""
    seen = matrix()["routes"]["GET /cases/{ref}"]
    for role in EMAILS:
        yield from ((role, standing) for standing, status in expected(seen, role).items() if status in NOT_FOUND)


def _ref(world: World, door: str, row: Mapping[str, Any], standing: str) -> str:
    """Return the case of a standing; none where the door asks for no case, so that it is tried once."""
    return world.refs[standing] if "{ref}" in door + json.dumps(row) else MISSING


def _request(door: str, row: Mapping[str, Any], ref: str) -> tuple[str, str, dict[str, Any]]:
    """Return method, path and sample of a route."""
    method, path = door.split(" ")
    for name, value in matrix()["paths"].items():
        path = path.replace(f"{{{name}}}", str(value))
    sample = {key: value for key, value in row.items() if key in ("form", "json", "file")}
    path = path.replace("{ref}", ref) + row.get("query", "")
    return method, path, json.loads(json.dumps(sample).replace("{ref}", ref))
