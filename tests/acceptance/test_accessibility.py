"""Every page, judged by axe-core in a real browser: in both languages and both themes, nothing serious or critical.

The list of pages is made from the workplace's own routes: a new one is judged without anybody thinking of it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.acceptance.test_browser import TODAY, Workplace, chromium
from tests.house import House, build_house
from tests.models.reading import permanent
from web.app import PAGES

__all__ = ["chromium"]  # the fixture is the other module's

AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RUN = """async () => (await axe.run(document, {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations"]
})).violations.filter((v) => ["serious", "critical"].includes(v.impact))
  .map((v) => [v.id, ...v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160))])"""
# No page of ours: for programs, or someone else's mail as it arrived.
NOT_PAGES = ("/healthz", "/readyz", "/metrics", "/api", "/live", "/calendar/feed", "/mailbox/{number}/html")
# Pages of a real house, which a demo does not have: tests/acceptance/test_signing_in.py goes through them.
NOT_IN_A_DEMO = ("/account", "/sign-in", "/join")
PARTS = ("admin", "coordinator", "unit_manager")


def paths_of(workplace: Workplace) -> tuple[str, ...]:
    """Return the address of every page of the demo, filled in with what is there."""
    found = []
    for module in PAGES:
        for route in module.router.routes:
            path, methods = str(getattr(route, "path", "")), getattr(route, "methods", ())
            if "GET" in methods and not path.startswith((*NOT_PAGES, *NOT_IN_A_DEMO)):
                found.append(path)
    filled = [path.format(ref=workplace.ref, number=1) for path in dict.fromkeys(found)]
    return (*filled, "/calendar?view=week", "/calendar?whose=north", "/outbox?state=failed", "/nowhere")


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    house = build_house(f"sqlite:///{tmp_path_factory.mktemp('accessible') / 'test.sqlite'}")
    fill(house)
    with Workplace(house).open() as opened:
        yield opened
    house.engine.database.close()


def fill(house: House) -> None:
    """Let there be something of everything: failures, absences with gaps, meetings, readings."""
    house.open_many(2, "2024-01-10")
    house.mail.fail_next(permanent(), permanent("timeout_after_data"))
    house.pass_time(TODAY.replace(month=2, day=12))
    house.away("unit_manager", "2024-03-04", "2024-03-08")
    house.away("deputy", "2024-03-06", "2024-03-20", "coordinator")


@contextmanager
def visit(chromium: Browser, workplace: Workplace, part: str, language: str, scheme: Any) -> Iterator[Page]:
    context = chromium.new_context(base_url=workplace.url, locale=language, color_scheme=scheme)
    context.set_default_timeout(10_000)
    staff = str(workplace.house.staff[part])
    context.add_cookies([{"name": "bevaka_persona", "value": staff, "url": workplace.url}])
    yield context.new_page()
    context.close()


def findings(page: Page, path: str) -> list[tuple[str, Any]]:
    """Return what axe finds on a page with everything unfolded; nothing where the part taken may not see it."""
    answer = page.goto(path)
    if answer is None or answer.status in {403, 404} or "text/html" not in answer.headers.get("content-type", ""):
        return []
    page.evaluate("document.querySelectorAll('main details').forEach((details) => { details.open = true; })")
    page.evaluate(AXE)
    return [(path, found) for found in page.evaluate(RUN)]


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(
    ("language", "scheme"), [("sv-SE", "light"), ("sv-SE", "dark"), ("en-GB", "light"), ("en-GB", "dark")]
)
def test_nothing_serious_is_in_anybodys_way(
    chromium: Browser, workplace: Workplace, part: str, language: str, scheme: str
) -> None:
    with visit(chromium, workplace, part, language, scheme) as page:
        assert [one for path in paths_of(workplace) for one in findings(page, path)] == []


def test_the_judge_finds_what_is_wrong(chromium: Browser, workplace: Workplace) -> None:
    with visit(chromium, workplace, "admin", "sv-SE", "light") as page:
        page.goto("/people")
        page.evaluate("document.querySelector('main').innerHTML = '<img src=x><button></button>'")
        page.evaluate(AXE)
        assert {found[0] for found in page.evaluate(RUN)} >= {"image-alt", "button-name"}


def test_the_list_of_pages_has_those_of_the_menu(workplace: Workplace) -> None:
    menu = {"/", "/cases", "/calendar", "/ledger", "/people", "/units", "/channels", "/outbox", "/review", "/system"}
    assert menu <= set(paths_of(workplace))
