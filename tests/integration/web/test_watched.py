"""What machines ask the workplace for: life, readiness and figures, and who may have the figures."""

import asyncio

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.house import House
from tests.integration.web.conftest import SECRET, TODAY
from web.app import create_app
from web.watched import Watched

LOCAL = "127.0.0.1:8420"


def ask(
    house: House,
    path: str,
    watched: Watched | None = None,
    *,
    caller: str = "127.0.0.1",
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    """Ask the workplace once, from an address, by a name."""
    app = create_app(house.engine, lambda: TODAY, None, SECRET, watched=watched)

    async def answer() -> httpx.Response:
        transport = httpx.ASGITransport(app, client=(caller, 50_000))
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{LOCAL}") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(answer())


def figure(text: str, name: str, **labels: str) -> float:
    """Return one figure as Prometheus reads it."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    found = [sample.value for sample in samples if sample.name == name and labels.items() <= sample.labels.items()]
    assert len(found) == 1, (name, labels, found)
    return float(found[0])


def test_prometheus_can_read_the_figures(sqlite_house: House) -> None:
    sqlite_house.open_many(3, "2024-01-31")
    text = ask(sqlite_house, "/metrics").text
    assert figure(text, "bevaka_cases_open") == 3
    assert figure(text, "bevaka_due_waiting") == 3
    assert figure(text, "bevaka_due_lag_seconds") > 0
    assert figure(text, "bevaka_outbox", state="queued") == 0
    assert figure(text, "bevaka_ledger_entries_24h", channel="email", outcome="sent") == 0


def test_the_figures_name_no_case(sqlite_house: House) -> None:
    ref = sqlite_house.open_case("2024-01-31")
    assert ref not in ask(sqlite_house, "/metrics").text


@pytest.mark.parametrize(
    ("headers", "caller"),
    [
        ({}, "10.0.0.5"),
        ({"Host": "bevaka.region.example"}, "127.0.0.1"),  # a proxy on this computer
        ({"X-Forwarded-For": "10.0.0.5"}, "127.0.0.1"),
        ({"Forwarded": "for=10.0.0.5"}, "127.0.0.1"),
    ],
)
def test_without_a_token_the_figures_are_for_this_computer_alone(
    sqlite_house: House, headers: dict[str, str], caller: str
) -> None:
    assert ask(sqlite_house, "/metrics", caller=caller, headers=headers).status_code == 404


@pytest.mark.parametrize(
    ("said", "status"), [("Bearer right", 200), ("Bearer wrong", 404), ("Basic right", 404), ("right", 404), ("", 404)]
)
def test_with_a_token_the_figures_are_for_whoever_knows_it(sqlite_house: House, said: str, status: int) -> None:
    watched = Watched("right", frozenset({"web"}))
    headers = {"Host": "web:8420", "Authorization": said}
    answer = ask(sqlite_house, "/metrics", watched, caller="10.0.0.5", headers=headers)
    assert answer.status_code == status


def test_a_name_within_the_network_is_answered_only_when_it_was_told(sqlite_house: House) -> None:
    inside = {"Host": "web:8420"}
    assert ask(sqlite_house, "/healthz", headers=inside).status_code == 421
    assert ask(sqlite_house, "/healthz", Watched(hosts=frozenset({"web"})), headers=inside).status_code == 200


def test_it_lives_but_is_not_ready_on_another_schema(sqlite_house: House) -> None:
    assert ask(sqlite_house, "/readyz").status_code == 200
    with sqlite_house.engine.database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    assert ask(sqlite_house, "/readyz").status_code == 503
    assert ask(sqlite_house, "/healthz").text == "ok\n"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_machines_begin_no_session(sqlite_house: House, path: str) -> None:
    assert "set-cookie" not in ask(sqlite_house, path).headers
