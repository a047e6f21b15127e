"""Signing in by the pages: what leads in, what does not, and what is shown once (facts/trust.md T20)."""

import re
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from access.actors import OPERATOR
from engine.enrolling import INVITED, invite
from engine.staffing import revoke_role, set_active
from tests.accounts import PASSWORD, Account, Telephone, account_in
from tests.house import ROLES, moment
from tests.integration.web.conftest import HIDDEN, TODAY, Browser, browser_in

MADE = moment("2024-03-01")
COOKIE = "__Host-bevaka_session"
SECRET = re.compile(r'<code class="secret">([^<]+)</code>')


@pytest.fixture
def kim(visitor: Browser) -> Account:
    return account_in(visitor.house, MADE)


def invited(visitor: Browser, role: str = "deputy") -> str:
    return f"/join/{invite(visitor.house.engine, ROLES[role], OPERATOR, TODAY).code}"


def cookie(browser: Browser) -> str:
    return browser.client.cookies.get(COOKIE) or ""


def test_password_and_code_lead_to_the_page_one_wanted(visitor: Browser, kim: Account) -> None:
    wanted = visitor.get("/ledger?outcome=sent").headers["location"]
    assert 'type="password"' in visitor.get(wanted).text
    given = {"email": kim.email, "password": PASSWORD, "next": "/ledger?outcome=sent"}
    step = visitor.post("/sign-in", given).headers["location"]
    assert dict(HIDDEN.findall(visitor.get(step).text))["next"] == "/ledger?outcome=sent"
    done = visitor.post("/sign-in/code", {"code": kim.telephone.code(TODAY), "next": "/ledger?outcome=sent"})
    assert (done.status, done.headers["location"]) == (303, "/ledger?outcome=sent")
    assert "Prov coordinator" in visitor.get("/ledger").words


@pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:1"])
def test_nobody_is_led_elsewhere_after_signing_in(visitor: Browser, kim: Account, elsewhere: str) -> None:
    visitor.post("/sign-in", {"email": kim.email, "password": PASSWORD})
    done = visitor.post("/sign-in/code", {"code": kim.telephone.code(TODAY), "next": elsewhere})
    assert done.headers["location"] == "/"


def test_a_password_alone_opens_no_page(visitor: Browser, kim: Account) -> None:
    visitor.post("/sign-in", {"email": kim.email, "password": PASSWORD})
    for path in ("/", "/ledger", "/account"):
        assert visitor.get(path).headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("email", ["coordinator@bevaka.example", "nobody@bevaka.example", "lead@bevaka.example"])
def test_whoever_is_refused_reads_the_same(visitor: Browser, kim: Account, email: str) -> None:
    page = visitor.post("/sign-in", {"email": email, "password": "fel lösenord här"})
    assert page.status == 403
    assert "Adressen eller lösenordet stämmer inte." in page.words
    assert "fel lösenord" not in page.text


def test_a_code_leads_in_once(visitor: Browser, kim: Account) -> None:
    visitor.sign_in(kim)
    thief = browser_in(visitor.house, demo=False)
    thief.post("/sign-in", {"email": kim.email, "password": PASSWORD})
    assert thief.post("/sign-in/code", {"code": kim.telephone.code(TODAY)}).status == 403
    assert thief.get("/").status == 303


def test_a_recovery_code_leads_in_once(visitor: Browser, kim: Account) -> None:
    for status in (303, 403):
        other = browser_in(visitor.house, demo=False)
        other.post("/sign-in", {"email": kim.email, "password": PASSWORD})
        assert "Återställningskod" in other.get("/sign-in/code?recovery=1").words
        assert other.post("/sign-in/recovery", {"code": kim.enrolled.codes[3]}).status == status


def test_the_pages_of_code_and_recovery_code_lead_to_each_other(visitor: Browser, kim: Account) -> None:
    visitor.post("/sign-in", {"email": kim.email, "password": PASSWORD})
    page = visitor.get("/sign-in/code?next=/ledger")
    for action in ("/sign-in/recovery", "/sign-in/code"):
        page = visitor.get(re.findall(r'<p class="stacked"><a href="([^"]+)"', page.text)[0].replace("&amp;", "&"))
        assert f'action="{action}"' in page.text
        assert 'name="next" value="/ledger"' in page.text


def test_every_step_changes_the_sessions_name_and_the_old_ones_open_nothing(visitor: Browser, kim: Account) -> None:
    visitor.get("/sign-in")
    names = [cookie(visitor)]
    visitor.post("/sign-in", {"email": kim.email, "password": PASSWORD})
    names.append(cookie(visitor))
    visitor.post("/sign-in/code", {"code": kim.telephone.code(TODAY)})
    names.append(cookie(visitor))
    visitor.now[0] += timedelta(minutes=1)
    visitor.post("/account/prove", {"code": kim.telephone.code(visitor.now[0])})
    names.append(cookie(visitor))
    assert len(set(names)) == 4
    for name in names[:3]:
        thief = browser_in(visitor.house, demo=False)
        assert thief.get("/ledger", Cookie=f"{COOKIE}={name}").status == 303


def test_a_name_planted_before_signing_in_opens_nothing_afterwards(visitor: Browser, kim: Account) -> None:
    attacker = browser_in(visitor.house, demo=False)
    attacker.get("/sign-in")
    planted = cookie(attacker)
    visitor.client.cookies.set(COOKIE, planted, domain="bevaka.region.example", path="/")
    visitor.get("/sign-in")
    visitor.sign_in(kim)
    assert attacker.get("/ledger").status == 303


@pytest.mark.parametrize(
    "path",
    [
        "/sign-in",
        "/sign-in/code",
        "/sign-in/recovery",
        "/join/x",
        "/leave",
        "/account/prove",
        "/account/codes",
        "/account/tokens",
        "/account/tokens/revoke",
        "/account/sessions/end",
        "/account/sessions/end-all",
    ],
)
@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_no_form_is_taken_from_elsewhere(visitor: Browser, kim: Account, path: str, headers: dict[str, str]) -> None:
    visitor.sign_in(kim)
    token = visitor.token() if headers else "0" * 64
    assert visitor.post(path, {"code": "1", "scope": "read"}, token=token, **headers).status == 403
    assert visitor.get("/account").status == 200


def test_whoever_signs_out_is_out_and_her_name_opens_nothing(visitor: Browser, kim: Account) -> None:
    visitor.sign_in(kim)
    name = cookie(visitor)
    visitor.post("/leave")
    assert visitor.get("/").status == 303
    assert visitor.get("/", Cookie=f"{COOKIE}={name}").status == 303


def test_signing_out_everywhere_ends_the_session_elsewhere_at_its_next_request(visitor: Browser, kim: Account) -> None:
    visitor.sign_in(kim)
    other = browser_in(visitor.house, demo=False)
    other.now[0] = TODAY + timedelta(minutes=1)
    other.sign_in(kim)
    assert visitor.get("/").status == 200
    other.post("/account/sessions/end-all")
    assert (visitor.get("/").status, other.get("/").status) == (303, 303)


def test_who_is_disabled_is_out_at_her_next_request(visitor: Browser, kim: Account) -> None:
    visitor.sign_in(kim)
    assert visitor.get("/").status == 200
    set_active(visitor.house.engine, kim.email, False, OPERATOR)
    assert visitor.get("/").status == 303
    assert visitor.post("/sign-in", {"email": kim.email, "password": PASSWORD}).status == 403


@pytest.mark.parametrize(("minutes", "status"), [(14, 200), (16, 303)])
def test_a_session_nobody_uses_is_out(visitor: Browser, kim: Account, minutes: int, status: int) -> None:
    visitor.sign_in(kim)
    visitor.now[0] += timedelta(minutes=minutes)
    assert visitor.get("/").status == status


def test_guessing_is_told_to_wait(visitor: Browser, kim: Account) -> None:
    thief = browser_in(visitor.house, demo=False)
    for _ in range(5):
        assert thief.post("/sign-in", {"email": "manager@bevaka.example", "password": "x"}).status == 403
    page = thief.post("/sign-in", {"email": "manager@bevaka.example", "password": "x"})
    assert page.status == 429
    assert "högst" not in page.words
    assert "en kvart" in page.words


def test_who_has_no_role_is_told_so(visitor: Browser, kim: Account) -> None:
    revoke_role(visitor.house.engine, kim.email, "coordinator", "north", OPERATOR)
    visitor.sign_in(kim)
    assert visitor.get("/").headers["location"] == "/sign-in"
    page = visitor.get("/sign-in")
    assert (page.status, "Du har ingen roll här ännu" in page.words) == (403, True)


def test_a_database_that_is_away_signs_nobody_out(
    visitor: Browser, kim: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("", None, Exception())

    visitor.sign_in(kim)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("web.sessions.find_session", away)
        page = visitor.get("/ledger")
        assert (page.status, "Databasen går inte att använda" in page.words) == (503, True)
    assert visitor.get("/ledger").status == 200


# --- taking up an invitation ---


def test_an_invitation_leads_to_an_account_with_recovery_codes_shown_once(visitor: Browser) -> None:
    path = invited(visitor)
    page = visitor.get(path)
    assert "Prov deputy" in page.words
    assert 'src="data:image/svg+xml' in page.text
    telephone = Telephone(SECRET.findall(page.text)[0].replace(" ", ""))
    done = visitor.post(path, {"password": PASSWORD, "again": PASSWORD, "otp": telephone.code(TODAY)})
    codes = SECRET.findall(done.text)
    assert (done.status, len(codes)) == (200, 10)
    assert visitor.get("/").status == 200
    assert not any(code in visitor.get("/account").text for code in codes)
    assert visitor.get(path).status == 404


@pytest.mark.parametrize(
    ("password", "again", "otp", "said"),
    [
        (PASSWORD, PASSWORD + "x", "right", "inte lika"),
        ("kort-1x", "kort-1x", "right", "för kort"),
        ("lösenord1234", "lösenord1234", "right", "gissas fort"),
        (PASSWORD, PASSWORD, "000000", "Koden stämmer inte"),
    ],
)
def test_what_is_wrong_is_told_and_the_invitation_stays_good(
    visitor: Browser, password: str, again: str, otp: str, said: str
) -> None:
    path = invited(visitor)
    telephone = Telephone(SECRET.findall(visitor.get(path).text)[0].replace(" ", ""))
    code = telephone.code(TODAY) if otp == "right" else otp
    page = visitor.post(path, {"password": password, "again": again, "otp": code})
    assert page.status == 422
    assert said in page.words
    assert password not in page.text
    assert visitor.get(path).status == 200


def test_an_invitation_ends_after_two_days_or_when_there_is_a_newer_one(visitor: Browser) -> None:
    first = invited(visitor)
    second = invited(visitor)
    assert (visitor.get(first).status, visitor.get(second).status) == (404, 200)
    visitor.now[0] = TODAY + INVITED
    assert visitor.get(second).status == 404


def test_a_new_invitation_replaces_the_account_and_ends_its_sessions(visitor: Browser, kim: Account) -> None:
    visitor.sign_in(kim)
    path = invited(visitor, "coordinator")
    other = browser_in(visitor.house, demo=False)
    telephone = Telephone(SECRET.findall(other.get(path).text)[0].replace(" ", ""))
    assert visitor.get("/").status == 200  # nothing has happened yet
    new = "sju gröna kastruller till"
    other.post(path, {"password": new, "again": new, "otp": telephone.code(TODAY)})
    assert (visitor.get("/").status, other.get("/").status) == (303, 200)
    assert visitor.post("/sign-in", {"email": kim.email, "password": PASSWORD}).status == 403


# --- my account ---


def proved(visitor: Browser, kim: Account, minutes: int = 12) -> None:
    """Let time pass since signing in, and give another code."""
    visitor.now[0] += timedelta(minutes=minutes)
    assert visitor.post("/account/prove", {"code": kim.telephone.code(visitor.now[0])}).status == 303


def test_what_concerns_the_account_wants_a_fresh_code(visitor: Browser, kim: Account) -> None:
    visitor.sign_in(kim)
    visitor.now[0] += timedelta(minutes=12)
    assert visitor.post("/account/codes").status == 403
    assert visitor.post("/account/tokens", {"label": "x", "scope": "read", "days": "30"}).status == 403
    assert visitor.post("/account/prove", {"code": "000000"}).status == 403
    proved(visitor, kim, 1)
    assert visitor.post("/account/codes").status == 200


def test_new_recovery_codes_replace_the_old_ones(visitor: Browser, kim: Account) -> None:
    visitor.sign_in(kim)
    new = SECRET.findall(visitor.post("/account/codes").text)
    assert len(set(new) - set(kim.enrolled.codes)) == 10
    for code, status in ((kim.enrolled.codes[0], 403), (new[0], 303)):
        other = browser_in(visitor.house, demo=False)
        other.post("/sign-in", {"email": kim.email, "password": PASSWORD})
        assert other.post("/sign-in/recovery", {"code": code}).status == status


def test_a_token_is_shown_once_and_revoked_at_once(visitor: Browser, kim: Account) -> None:
    visitor.sign_in(kim)
    page = visitor.post("/account/tokens", {"label": "Nattlig export", "scope": "read", "days": "30"})
    token = SECRET.findall(page.text)[0]
    assert token.startswith("bvk_")
    account = visitor.get("/account")
    assert "Nattlig export" in account.words
    assert token not in account.text
    assert visitor.post("/account/tokens/revoke", {"token": "1"}).status == 303
    assert "Nyckeln är återkallad" in visitor.get("/account").words


@pytest.mark.parametrize("given", [{"scope": "everything"}, {"label": " "}, {"days": "9999"}, {"scope": ""}])
def test_a_token_that_cannot_be_is_refused(visitor: Browser, kim: Account, given: dict[str, str]) -> None:
    visitor.sign_in(kim)
    assert visitor.post("/account/tokens", {"label": "x", "scope": "read", "days": "30", **given}).status == 422


def test_nobody_revokes_the_token_of_somebody_else(visitor: Browser, kim: Account) -> None:
    visitor.sign_in(kim)
    visitor.post("/account/tokens", {"label": "Nattlig export", "scope": "read", "days": "30"})
    other = browser_in(visitor.house, demo=False).sign_in(account_in(visitor.house, MADE, "deputy"))
    assert other.post("/account/tokens/revoke", {"token": "1"}).status == 404
    assert "Nattlig export" in visitor.get("/account").words


def test_ones_sessions_are_listed_and_ended_one_by_one(visitor: Browser, kim: Account) -> None:
    visitor.sign_in(kim)
    other = browser_in(visitor.house, demo=False)
    other.client.headers["User-Agent"] = "Mozilla/5.0 Firefox/140.0"
    other.now[0] = TODAY + timedelta(minutes=1)
    other.sign_in(kim)
    page = visitor.get("/account")
    assert "Firefox" in page.words
    key = re.findall(r'name="session" value="([^"]+)"', page.text)[0]
    visitor.post("/account/sessions/end", {"session": key})
    assert (visitor.get("/").status, other.get("/").status) == (200, 303)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_page_is_whole_in_both_languages(visitor: Browser, kim: Account, language: str) -> None:
    visitor.client.cookies.set("bevaka_language", language, domain="bevaka.region.example", path="/")
    path = invited(visitor)
    pages = [visitor.get("/sign-in"), visitor.get(path)]
    visitor.sign_in(kim)
    pages += [visitor.get("/account"), visitor.post("/account/codes")]
    for page in pages:
        assert page.status == 200
        assert f'<html lang="{language}">' in page.text
        assert "style=" not in page.text
        assert "<script>" not in page.text
        assert page.headers["cache-control"] == "no-store"
