"""The channels' page: how each way out is, connecting, testing."""

from tests.integration.web.conftest import Browser
from tests.models.reading import permanent

URL = "https://x.environment.api.powerplatform.com/workflows/1?sig=a-secret-signature"


def test_an_admin_connects_a_unit_and_the_address_is_never_shown_again(browser: Browser) -> None:
    admin = browser.become("admin")
    assert admin.post("/channels/connect", {"unit": "north", "url": URL, "language": "sv"}).status == 303
    page = admin.get("/channels")
    assert "Kanalen är ansluten" in page.words
    assert "x.environment.api.powerplatform.com …" in page.words
    assert "a-secret-signature" not in page.text


def test_an_address_that_may_not_be_used_is_refused_with_the_reason_and_not_repeated(browser: Browser) -> None:
    admin = browser.become("admin")
    page = admin.post("/channels/connect", {"unit": "north", "url": "https://foreign.example/sig=secret"})
    assert page.status == 422
    assert 'aria-invalid="true"' in page.text
    assert "foreign.example" not in page.text


def test_a_test_message_says_what_came_of_it(browser: Browser) -> None:
    browser.house.connect_team()
    manager = browser.become("unit_manager")
    manager.post("/channels/test", {"unit": "north"})
    assert "Testmeddelandet kom fram" in manager.get("/channels").words
    browser.house.teams.fail_next(permanent("http_404"))
    manager.post("/channels/test", {"unit": "north"})
    assert "Arbetsflödet i Teams finns inte längre (404)." in manager.get("/channels").words


def test_what_is_not_ones_business_is_refused(browser: Browser) -> None:
    assert browser.get("/channels").status == 403
    manager = browser.become("unit_manager")
    assert manager.post("/channels/connect", {"unit": "north", "url": URL}).status == 403
    assert manager.post("/channels/test", {"unit": ""}).status == 403
    assert manager.post("/channels/retry", {"unit": "north"}).status == 403


def test_a_unit_that_is_not_there_is_not_found(browser: Browser) -> None:
    assert browser.become("admin").post("/channels/test", {"unit": "nowhere"}).status == 404
