"""Signing in at an identity provider that runs in a process of its own: the way in, and everything that is none."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from access.actors import OPERATOR
from access.oidc_provider import Provider
from engine.staffing import set_active
from tests.house import ROLES, House
from tests.integration.web.conftest import Browser, Page, browser_in
from tests.servers.identity import IdentityServer, identity_server
from web.place import Entrance

BACK = "https://bevaka.region.example/sign-in/provider/back"
KIM = {"sub": "kim-7", "email": ROLES["coordinator"], "email_verified": True}


@pytest.fixture(scope="module")
def server() -> Iterator[IdentityServer]:
    with identity_server() as running:
        yield running


@pytest.fixture
def sso(server: IdentityServer) -> IdentityServer:
    server.knows(**KIM)
    return server


def visitor_of(house: House, server: IdentityServer, **more: object) -> Browser:
    """Return a visitor of a house that trusts the provider, at this very moment."""
    browser = browser_in(house, demo=False, entrance=Entrance(provider=Provider(server.settings(BACK, **more))))
    browser.now[0] = datetime.now(UTC)
    return browser


def set_out(browser: Browser, query: str = "") -> str:
    answer = browser.get(f"/sign-in/provider{query}")
    assert answer.status == 303
    return answer.headers["location"]


def back_at(browser: Browser, address: str) -> Page:
    """Come back to the house from where the provider sent the browser."""
    assert address.startswith(BACK)
    return browser.get(f"/sign-in/provider/back?{urlsplit(address).query}", **{"Sec-Fetch-Site": "cross-site"})


def tried(browser: Browser, server: IdentityServer) -> Page:
    return back_at(browser, server.sends_back(set_out(browser)))


def changed(address: str, **values: str) -> str:
    """Return an address with some of its query changed; "" takes one out."""
    query = {name: given[0] for name, given in parse_qs(urlsplit(address).query).items()} | values
    return f"{BACK}?{urlencode({name: value for name, value in query.items() if value})}"


def is_in(browser: Browser) -> bool:
    return browser.get("/").status == 200


def test_the_provider_leads_in_to_where_one_wanted(sqlite_house: House, sso: IdentityServer) -> None:
    browser = visitor_of(sqlite_house, sso)
    assert "Logga in med organisationens inloggning" in browser.get("/sign-in").words
    there = set_out(browser, "?next=/ledger")
    asked = parse_qs(urlsplit(there).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["state"][0]) == len(asked["nonce"][0]) == 43
    done = back_at(browser, sso.sends_back(there))
    assert (done.status, done.headers["location"]) == (303, "/ledger")
    assert "Prov coordinator" in browser.get("/ledger").words


def test_signing_in_changes_the_sessions_name(sqlite_house: House, sso: IdentityServer) -> None:
    browser = visitor_of(sqlite_house, sso)
    browser.get("/sign-in")
    before = browser.client.cookies.get("__Host-bevaka_session")
    tried(browser, sso)
    assert browser.client.cookies.get("__Host-bevaka_session") != before
    assert is_in(browser)


@pytest.mark.parametrize(
    ("misbehaviour", "status"),
    [
        ({"claims": {"nonce": "another"}}, 502),
        ({"claims": {"nonce": None}}, 502),
        ({"claims": {"aud": "another-house"}}, 502),
        ({"claims": {"aud": ["bevaka", "another-house"]}}, 502),
        ({"claims": {"aud": ["bevaka", "another-house"], "azp": "another-house"}}, 502),
        ({"claims": {"exp": 1}}, 502),
        ({"claims": {"exp": None}}, 502),
        ({"claims": {"exp": "never"}}, 502),
        ({"claims": {"iat": 4_000_000_000}}, 502),
        ({"claims": {"nbf": 4_000_000_000}}, 502),
        ({"claims": {"iss": "https://another.example"}}, 502),
        ({"claims": {"sub": ""}}, 502),
        ({"claims": {"sub": "x" * 256}}, 502),
        ({"claims": {"sub": None}}, 502),
        ({"alg": "none"}, 502),
        ({"alg": "HS256"}, 502),
        ({"alg": "strange"}, 502),
        ({"alg": "changed"}, 502),
        ({"answer": {"iss": "https://another.example"}}, 502),
        ({"answer": {"code": ""}}, 403),
        ({"answer": {"code": "", "error": "access_denied"}}, 403),
        ({"answer": {"code": "guessed"}}, 502),
        ({"answer": {"state": ""}}, 403),
        ({"answer": {"state": "guessed"}}, 403),
        ({"claims": {"email_verified": False}}, 403),
        ({"claims": {"email_verified": "true"}}, 403),
        ({"claims": {"email_verified": None}}, 403),
        ({"claims": {"email": "nobody@bevaka.example"}}, 403),
        ({"claims": {"email": None}}, 403),
        ({"claims": {"email": ["coordinator@bevaka.example"]}}, 403),
    ],
    ids=str,
)
def test_nobody_is_let_in_by_an_answer_that_is_not_to_be_believed(
    sqlite_house: House, sso: IdentityServer, misbehaviour: dict[str, object], status: int
) -> None:
    sso.misbehaves(**misbehaviour)
    browser = visitor_of(sqlite_house, sso)
    assert tried(browser, sso).status == status
    assert not is_in(browser)
    sso.misbehaves()
    assert tried(browser, sso).status == 303


def test_a_provider_that_says_it_is_another_is_not_asked(sqlite_house: House, sso: IdentityServer) -> None:
    sso.misbehaves(issuer="https://another.example")
    assert visitor_of(sqlite_house, sso).get("/sign-in/provider").status == 502


def test_an_answer_counts_once(sqlite_house: House, sso: IdentityServer) -> None:
    browser = visitor_of(sqlite_house, sso)
    answer = sso.sends_back(set_out(browser))
    assert back_at(browser, answer).status == 303
    browser.post("/leave")
    assert back_at(browser, answer).status == 403
    assert not is_in(browser)


def test_a_code_that_was_used_leads_nobody_in_with_a_new_state(sqlite_house: House, sso: IdentityServer) -> None:
    browser, thief = visitor_of(sqlite_house, sso), visitor_of(sqlite_house, sso)
    answer = sso.sends_back(set_out(browser))
    code = parse_qs(urlsplit(answer).query)["code"][0]
    back_at(browser, answer)
    own = sso.sends_back(set_out(thief))
    assert back_at(thief, changed(own, code=code)).status == 502
    assert not is_in(thief)


def test_a_stolen_code_leads_nobody_in_before_its_owner_either(sqlite_house: House, sso: IdentityServer) -> None:
    browser, thief = visitor_of(sqlite_house, sso), visitor_of(sqlite_house, sso)
    answer = sso.sends_back(set_out(browser))
    own = sso.sends_back(set_out(thief))
    stolen = parse_qs(urlsplit(answer).query)["code"][0]
    assert back_at(thief, changed(own, code=stolen)).status == 502  # the verifier is another one
    assert not is_in(thief)


def test_an_answer_opens_nothing_in_another_browser(sqlite_house: House, sso: IdentityServer) -> None:
    browser, other = visitor_of(sqlite_house, sso), visitor_of(sqlite_house, sso)
    other.get("/sign-in")
    assert back_at(other, sso.sends_back(set_out(browser))).status == 403
    assert not is_in(other)


def test_whoever_comes_back_too_late_begins_anew(sqlite_house: House, sso: IdentityServer) -> None:
    browser = visitor_of(sqlite_house, sso)
    answer = sso.sends_back(set_out(browser))
    browser.now[0] += timedelta(minutes=10)
    assert back_at(browser, answer).status == 403


def test_keys_that_changed_are_asked_for_anew(sqlite_house: House, sso: IdentityServer) -> None:
    at = [0.0]
    provider = Provider(sso.settings(BACK), clock=lambda: at[0])
    browser = browser_in(sqlite_house, demo=False, entrance=Entrance(provider=provider))
    browser.now[0] = datetime.now(UTC)
    assert tried(browser, sso).status == 303
    browser.post("/leave")
    sso.rotates()
    at[0] = 61.0
    assert tried(browser, sso).status == 303


def test_staff_are_known_by_the_providers_own_name_for_them(sqlite_house: House, sso: IdentityServer) -> None:
    browser = visitor_of(sqlite_house, sso)
    tried(browser, sso)
    browser.post("/leave")
    sso.knows(sub="kim-7", email="kim.gift@bevaka.example", email_verified=True)
    assert tried(browser, sso).status == 303
    assert "Prov coordinator" in browser.get("/").words


def test_an_address_that_was_given_to_somebody_else_opens_nothing(sqlite_house: House, sso: IdentityServer) -> None:
    tried(visitor_of(sqlite_house, sso), sso)
    sso.knows(**{**KIM, "sub": "somebody-else"})
    browser = visitor_of(sqlite_house, sso)
    assert tried(browser, sso).status == 403
    assert not is_in(browser)


def test_who_is_disabled_is_let_in_by_no_provider(sqlite_house: House, sso: IdentityServer) -> None:
    browser = visitor_of(sqlite_house, sso)
    tried(browser, sso)
    set_active(sqlite_house.engine, ROLES["coordinator"], False, OPERATOR)
    assert not is_in(browser)
    assert tried(browser, sso).status == 403


@pytest.mark.parametrize(
    ("demanded", "claims", "status"),
    [
        ({"acr": frozenset({"loa3"})}, {}, 502),
        ({"acr": frozenset({"loa3"})}, {"acr": "loa2"}, 502),
        ({"acr": frozenset({"loa4"})}, {"acr": "loa4"}, 303),
        ({"amr": frozenset({"mfa"})}, {"amr": ["pwd"]}, 502),
        ({"amr": frozenset({"mfa"})}, {"amr": "mfa"}, 502),
        ({"amr": frozenset({"mfa"})}, {"amr": ["pwd", "mfa"]}, 303),
        ({"claim": "employee_mail"}, {"employee_mail": "coordinator@bevaka.example", "email": None}, 303),
        ({"claim": "employee_mail"}, {}, 403),
    ],
    ids=str,
)
def test_what_the_house_demands_of_the_provider_is_demanded(
    sqlite_house: House,
    sso: IdentityServer,
    demanded: dict[str, object],
    claims: dict[str, object],
    status: int,
) -> None:
    sso.misbehaves(claims=claims)
    assert tried(visitor_of(sqlite_house, sso, **demanded), sso).status == status


def test_a_provider_that_is_away_is_told_of(sqlite_house: House) -> None:
    with identity_server() as server:
        browser = visitor_of(sqlite_house, server)
        there = set_out(browser)
        server.knows(**KIM)
        answer = server.sends_back(there)
    page = back_at(browser, answer)
    assert page.status == 502
    assert "Organisationens inloggning svarar inte" in page.words
