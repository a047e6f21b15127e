"""Which PostgreSQL is tried, and in what order."""

from pathlib import Path

from tests.servers import launch
from tests.servers.installations import Route, postgres_routes

WHEEL = Path("/wheel/bin")
INSTALLED = Path("/usr/lib/postgresql/17/bin")


def test_an_ordinary_user_runs_the_wheel_as_it_is() -> None:
    routes = postgres_routes(root=False, wheel=WHEEL, installed=[INSTALLED])
    assert routes == [Route(WHEEL, launch.AS_IS), Route(INSTALLED, launch.AS_IS)]


def test_root_tries_a_namespace_before_it_copies_anything() -> None:
    routes = postgres_routes(root=True, wheel=WHEEL, installed=[])
    assert routes == [Route(WHEEL, launch.NAMESPACE), Route(WHEEL, launch.SETUID, copied=True)]


def test_root_never_runs_postgres_as_root() -> None:
    routes = postgres_routes(root=True, wheel=WHEEL, installed=[INSTALLED])
    assert launch.AS_IS not in {route.identity for route in routes}


def test_installed_programs_come_after_the_wheel() -> None:
    routes = postgres_routes(root=True, wheel=WHEEL, installed=[INSTALLED])
    assert [route.programs for route in routes] == [WHEEL, WHEEL, INSTALLED, INSTALLED]


def test_without_any_program_there_is_no_way() -> None:
    assert postgres_routes(root=True, wheel=None, installed=[]) == []
