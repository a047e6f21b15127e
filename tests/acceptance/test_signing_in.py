"""Two web processes over one database, real HTTP, a real identity provider: who is in at one is in at both (T20)."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from access.one_time_codes import code_at, step_of
from tests.accounts import PASSWORD
from tests.processes import Region
from tests.servers.identity import IdentityServer, identity_server
from tests.servers.oidc_provider import CLIENT, CLIENT_SECRET
from tests.servers.valkey import ValkeyServer, free_port
from tests.workplace import ORIGIN, SECRET, join, token

KIM = "kim@bevaka.example"


@dataclass
class TwoProcesses:
    """A house whose pages two processes serve, and the provider it trusts."""

    region: Region
    first: str
    second: str
    provider: IdentityServer

    def browser(self) -> httpx.Client:
        return httpx.Client(base_url=self.first, headers=ORIGIN, timeout=30, trust_env=False)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, valkey_server: ValkeyServer) -> Iterator[TwoProcesses]:
    folder = tmp_path_factory.mktemp("house")
    ports = (free_port(), free_port())
    with identity_server() as provider:
        (folder / "secret").write_text(CLIENT_SECRET, encoding="utf-8")
        region = Region(
            folder,
            {
                "BEVAKA_DATA_DIR": str(folder / "data"),
                "BEVAKA_REDIS_URL": valkey_server.url,
                "BEVAKA_PUBLIC_URL": f"http://127.0.0.1:{ports[0]}",
                "BEVAKA_OIDC_ISSUER": provider.issuer,
                "BEVAKA_OIDC_CLIENT_ID": CLIENT,
                "BEVAKA_OIDC_CLIENT_SECRET_FILE": str(folder / "secret"),
            },
            timedelta(0),
        )
        try:
            yield _opened(region, provider, ports)
        finally:
            for process in region.started:
                if process.popen.poll() is None:
                    process.kill()


def _opened(region: Region, provider: IdentityServer, ports: tuple[int, int]) -> TwoProcesses:
    for command in (
        ("keys", "new"),
        ("migrate",),
        ("programmes", "publish", "aktiv-2023"),
        ("units", "add", "north", "Mottagning Nord"),
        ("people", "add", KIM, "Prov Kim"),
        ("people", "role", KIM, "coordinator", "--unit", "north"),
    ):
        done = region.run(*command)
        assert done.returncode == 0, done.stderr
    for port in ports:
        region.start("web", "--port", str(port)).has_said("web: ")
    return TwoProcesses(region, f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}", provider)


def test_until_somebody_can_sign_in_the_start_says_how_to_begin(house: TwoProcesses) -> None:
    assert "bevaka staff invite" in house.region.started[0].text


def test_who_signs_in_at_one_process_is_in_at_the_other_and_out_at_both(house: TwoProcesses) -> None:
    with house.browser() as browser:
        join(browser, house.region, KIM)
        assert browser.get(f"{house.second}/").status_code == 200
        done = browser.post(f"{house.second}/account/sessions/end-all", data={"csrf": token(browser)})
        assert done.headers["location"] == "/sign-in"
        assert browser.get(f"{house.first}/").status_code == 303


def test_password_at_one_process_and_code_at_the_other(house: TwoProcesses) -> None:
    with house.browser() as browser:
        invited = house.region.run("staff", "invite", KIM).stdout.strip()
        secret = SECRET.findall(browser.get(invited).text)[0].replace(" ", "")
        step = step_of(house.region.now())
        given = {"csrf": token(browser), "password": PASSWORD, "again": PASSWORD, "otp": code_at(secret, step - 1)}
        assert browser.post(invited, data=given).status_code == 200
        browser.post("/leave", data={"csrf": token(browser)})
        given = {"csrf": token(browser), "email": KIM, "password": PASSWORD}
        assert browser.post("/sign-in", data=given).headers["location"] == "/sign-in/code"
        code = {"csrf": token(browser), "code": code_at(secret, step_of(house.region.now()))}
        assert browser.post(f"{house.second}/sign-in/code", data=code).headers["location"] == "/"
        assert browser.get("/account").status_code == 200


def test_the_provider_is_set_out_to_at_one_process_and_come_back_from_at_the_other(house: TwoProcesses) -> None:
    house.provider.knows(sub="kim-7", email=KIM, email_verified=True)
    with house.browser() as browser:
        there = browser.get(f"{house.second}/sign-in/provider?next=/ledger").headers["location"]
        back = house.provider.sends_back(there)
        assert back.startswith(f"{house.first}/sign-in/provider/back?")
        assert browser.get(back).headers["location"] == "/ledger"
        assert browser.get(f"{house.second}/ledger").status_code == 200


def test_disabling_somebody_at_the_command_line_ends_her_next_request(house: TwoProcesses) -> None:
    with house.browser() as browser:
        join(browser, house.region, KIM)
        assert browser.get("/").status_code == 200
        assert house.region.run("staff", "disable", KIM).returncode == 0
        assert [browser.get(f"{place}/").status_code for place in (house.first, house.second)] == [303, 303]
        assert house.region.run("staff", "enable", KIM).returncode == 0
        assert browser.get("/").status_code == 303


def test_neither_logs_nor_tables_hold_what_opens_anything(house: TwoProcesses) -> None:
    with house.browser() as browser:
        link = house.region.run("staff", "invite", KIM).stdout.strip()
        secret = SECRET.findall(browser.get(link).text)[0].replace(" ", "")
        given = {
            "csrf": token(browser),
            "password": PASSWORD,
            "again": PASSWORD,
            "otp": code_at(secret, step_of(house.region.now())),
        }
        codes = SECRET.findall(browser.post(link, data=given).text)
        name = next(cookie.value or "" for cookie in browser.cookies.jar).partition(".")[0]
    with sqlite3.connect(f"file:{Path(house.region.folder) / 'data' / 'bevaka.sqlite'}?mode=ro", uri=True) as rows:
        kept = "\n".join(rows.iterdump())
    told = kept + "".join(process.text for process in house.region.started)
    for opens in (link.rpartition("/")[2], secret, PASSWORD, CLIENT_SECRET, name, *codes):
        assert opens not in told
