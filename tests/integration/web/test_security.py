"""Forms from elsewhere, names that are not ours, bodies that are too large; and the headers of every answer."""

import pytest

from tests.integration.web.conftest import Browser, browser_in

POSTS = ("/language", "/persona", "/time", "/time/stop", "/cases/BV-0000-0000/person", "/cases/BV-0000-0000/events")


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("token", ["", "0" * 64, "å"])
def test_a_form_without_the_sessions_token_is_refused(browser: Browser, path: str, token: str) -> None:
    page = browser.post(path, {"unit": "day"}, token=token)
    assert page.status == 403
    assert browser.demo is not None
    assert browser.demo.asked == []


def test_a_form_with_the_token_of_another_session_is_refused(browser: Browser) -> None:
    other = browser_in(browser.house)
    assert browser.post("/time", {"unit": "day"}, token=other.token()).status == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://bevaka.region.example"}, 303),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({}, 303),
    ],
)
def test_a_form_is_taken_from_our_own_pages_only(browser: Browser, headers: dict[str, str], status: int) -> None:
    assert browser.post("/time", {"unit": "day"}, **headers).status == status


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "[", "127.0.0.1.nip.example"])
def test_a_name_that_is_not_ours_is_refused(browser: Browser, host: str) -> None:
    assert browser.get("/", Host=host).status == 421


@pytest.mark.parametrize("host", ["localhost:8420", "127.0.0.1", "[::1]:8420", "BEVAKA.region.example"])
def test_our_own_names_are_answered(browser: Browser, host: str) -> None:
    assert browser.get("/", Host=host).status == 200


def test_a_form_that_is_too_large_is_refused_before_it_is_read(browser: Browser) -> None:
    assert browser.post("/time", {"unit": "x" * 70_000}, token="t").status == 413


def test_a_form_with_too_many_fields_is_refused(browser: Browser) -> None:
    assert browser.post("/time", {f"f{n}": "" for n in range(300)}).status == 404


@pytest.mark.parametrize("path", ["/", "/static/bevaka.css", "/nowhere", "/ledger", "/mailbox/1/html"])
def test_every_answer_carries_the_headers_that_keep_it_ours(browser: Browser, path: str) -> None:
    headers = browser.get(path).headers
    assert "frame-ancestors" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "unsafe-inline" not in headers["content-security-policy"] or path.endswith("/html")


def test_pages_are_stored_nowhere_and_the_cookie_is_ours_alone(browser: Browser) -> None:
    page = browser.get("/")
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["set-cookie"].startswith("__Host-bevaka_session=")
    assert {"HttpOnly", "SameSite=Lax", "Secure", "Path=/"} <= set(page.headers["set-cookie"].split("; "))


def test_an_unexpected_error_tells_nothing_of_itself(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("19900101-2380 Prov Testperson")

    monkeypatch.setattr("web.pages.ledger.accounts_of", broken)
    page = browser.get("/ledger")
    assert page.status == 500
    assert "Testperson" not in page.text
    assert "Något gick fel" in page.words


# --- signing in, where there is no demo: see test_signing_in.py too ---


def test_nobody_sees_anything_before_signing_in(visitor: Browser) -> None:
    ref = visitor.house.open_case()
    for path in ("/ledger", "/system", "/account", f"/cases/{ref}"):
        answer = visitor.get(path)
        assert (answer.status, answer.headers["location"]) == (303, f"/sign-in?next={path.replace('/', '%2F')}")
    assert visitor.get("/").headers["location"] == "/sign-in"


def test_the_demos_personas_cannot_be_taken_in_a_real_house(visitor: Browser) -> None:
    assert visitor.post("/persona", {"staff": str(visitor.house.staff["admin"])}).status == 404
    assert visitor.get("/", Cookie=f"bevaka_persona={visitor.house.staff['admin']}").status == 303


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/code", "/join/x", "/account", "/sign-in/provider"])
def test_nobody_signs_in_to_a_demo(browser: Browser, path: str) -> None:
    assert browser.get(path).status == 404
