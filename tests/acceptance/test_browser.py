"""The pages in a real browser: by keyboard, without scripts, on a phone, in the light and in the dark."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.fakes.demo import FakeDemo, FakeItem
from tests.house import House, build_house, moment
from web.app import create_app
from web.demo_door import Journey

TODAY = moment("2024-03-04")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MAIL = b"From: a@bevaka.example\r\nSubject: Bevakning\r\nContent-Type: text/html\r\n\r\n<h1>Hej</h1>"

# Text on its background, as WCAG 2.2 counts contrast (1.4.3): 4.5 to 1, or 3 to 1 for large text.
TOO_FAINT = """() => {
  const parse = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour[3] === 1) return colour;
    }
    return [255, 255, 255, 1];
  };
  const found = [];
  for (const node of document.querySelectorAll("body *")) {
    if (node.closest("svg") || !node.checkVisibility({ checkVisibilityCSS: true })) continue;
    if (![...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim())) continue;
    const style = getComputedStyle(node);
    if (parseFloat(style.fontSize) === 0) continue;
    const [a, b] = [light(parse(style.color)), light(behind(node))].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5)) found.push(`${node.tagName}.${node.className} ${ratio.toFixed(2)} ${style.color}`);
  }
  return [...new Set(found)];
}"""
# Targets of at least 24 by 24 CSS pixels (2.5.8); links in running text are excepted.
TOO_SMALL = """() => [...document.querySelectorAll(
    "button, summary, input:not([type=hidden]), select, .nav a, .tile, .tabs a")]
  .filter((node) => node.checkVisibility())
  .filter((node) => { const box = node.getBoundingClientRect(); return box.height < 24 || box.width < 24; })
  .map((node) => node.outerHTML.slice(0, 80))"""
# Everything one can act on has a name (4.1.2).
UNNAMED = """() => [...document.querySelectorAll(
    "a, button, input:not([type=hidden]), select, textarea, iframe, summary")]
  .filter((node) => node.checkVisibility())
  .filter((node) => !(node.textContent.trim() || node.title || node.ariaLabel || node.labels?.length))
  .map((node) => node.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(
                "there is no Chromium here, and CI must not go without (apt-get install chromium)", pytrace=False
            )
        pytest.skip("there is no Chromium here (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


class Workplace:
    """The workplace on a free port of loopback, with a few cases and a mail."""

    def __init__(self, house: House, ref: str = "") -> None:
        self.house = house
        self.ref = ref or self._furnished()
        self.demo = FakeDemo(house)
        self.demo.mailbox.items.append(FakeItem(1, "mail", TODAY, "a@bevaka.example", "Bevakning", (self.ref,), MAIL))
        self.demo.mailbox.items.append(FakeItem(2, "card", TODAY, "/1", "Bevakning", (self.ref,), b"no card"))
        self.url = ""

    def _furnished(self) -> str:
        """Open a few cases, let time act, and return the one to look at."""
        self.house.connect_team()
        ref = self.house.open_case("2024-01-15", programme="aktiv-2023")
        self.house.open_many(2, "2024-02-07")
        self.house.open_many(3, "2024-03-01")
        self.house.pass_time(TODAY)
        return ref

    @property
    def paths(self) -> tuple[str, ...]:
        case = f"/cases/{self.ref}"
        return (
            "/",
            "/cases",
            "/cases?sort=ref",
            case,
            f"{case}/amend",
            "/ledger",
            "/mailbox",
            "/mailbox/1",
            "/mailbox/2",
            "/time",
            "/nowhere",
        )

    @contextmanager
    def open(self) -> Iterator["Workplace"]:
        engine = replace(self.house.engine, public_url="http://127.0.0.1")
        app = create_app(engine, lambda: TODAY, self.demo, b"s" * 32)
        server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="off"))
        started = threading.Event()
        thread = threading.Thread(target=self._serve, args=(server, started), daemon=True)
        thread.start()
        assert started.wait(10)
        self.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        yield self
        server.should_exit = True
        thread.join(10)

    def _serve(self, server: uvicorn.Server, started: threading.Event) -> None:
        begin = server.startup

        async def startup(*args: object, **more: object) -> None:
            await begin(*args, **more)  # type: ignore[arg-type]
            started.set()

        server.startup = startup  # type: ignore[method-assign]
        server.run()


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    house = build_house(f"sqlite:///{tmp_path_factory.mktemp('browser') / 'test.sqlite'}")
    with Workplace(house).open() as opened:
        yield opened
    house.engine.database.close()


@contextmanager
def visit(chromium: Browser, workplace: Workplace, **how: object) -> Iterator[Page]:
    context: BrowserContext = chromium.new_context(base_url=workplace.url, locale="sv-SE", **how)  # type: ignore[arg-type]
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def test_a_phone_needs_no_sideways_scrolling(chromium: Browser, workplace: Workplace) -> None:
    with visit(chromium, workplace, viewport={"width": 390, "height": 844}) as page:
        for path in workplace.paths:
            page.goto(path)
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_text_stands_out_and_targets_can_be_hit(
    chromium: Browser, workplace: Workplace, scheme: str, width: int
) -> None:
    with visit(chromium, workplace, color_scheme=scheme, viewport={"width": width, "height": 900}) as page:
        for path in workplace.paths:
            page.goto(path)
            page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
            assert page.evaluate(TOO_FAINT) == [], path
            assert page.evaluate(TOO_SMALL) == [], path
            assert page.evaluate(UNNAMED) == [], path


def test_no_page_breaks_its_own_policy_or_fetches_what_is_not_there(chromium: Browser, workplace: Workplace) -> None:
    said: list[str] = []

    def note(message: ConsoleMessage) -> None:
        said.append(message.text)

    with visit(chromium, workplace) as page:
        page.on("console", note)
        page.on("pageerror", lambda error: said.append(str(error)))
        for path in workplace.paths[:-1]:
            page.goto(path, wait_until="networkidle")
    assert said == []


def test_one_gets_past_the_menu_and_into_a_case_and_acts_by_keyboard_alone(
    chromium: Browser, workplace: Workplace
) -> None:
    with visit(chromium, workplace) as page:
        page.goto("/cases")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Hoppa till innehållet"
        page.keyboard.press("Enter")
        tab_to(page, f"document.activeElement.textContent === '{workplace.ref}'")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/cases/{workplace.ref}")
        tab_to(page, "document.activeElement.textContent === 'Anteckna samtycke'")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.type("05052025")  # the same day in whatever order this browser asks for it
        tab_to(page, "document.activeElement.value === 'apply'")
        page.keyboard.press("Enter")
        page.get_by_text("Klart: Anteckna samtycke").wait_for()


def tab_to(page: Page, condition: str) -> None:
    """Press Tab until the focus is where it should be."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(condition):
            return
    pytest.fail(f"Tab never came to {condition}", pytrace=False)


def test_everything_can_be_done_without_scripts(chromium: Browser, workplace: Workplace) -> None:
    with visit(chromium, workplace, java_script_enabled=False) as page:
        page.goto("/cases")
        page.get_by_role("link", name=workplace.ref).click()
        page.get_by_role("button", name="Visa person (loggas)").click()
        assert "Prov Testperson" in page.content()
        page.goto(f"/cases/{workplace.ref}/amend")
        page.get_by_label("Aktivitetsersättning till och med").fill("2026-06-30")
        page.get_by_role("button", name="Se vad som händer").click()
        assert "Inget är sparat ännu." in page.content()
        page.get_by_role("button", name="Genomför").click()
        assert "Klart: Ändra uppgifter" in page.content()
        page.get_by_role("button", name="English").click()
        assert page.get_by_role("heading", name="Timeline").is_visible()


def test_a_wrong_answer_is_read_out_with_its_field(chromium: Browser, workplace: Workplace) -> None:
    with visit(chromium, workplace) as page:
        page.goto(f"/cases/{workplace.ref}")
        page.locator("summary", has_text="Anteckna åldersgräns").click()
        field = page.get_by_label("Sista möjliga ersättningsdag")
        field.evaluate("(input) => { input.type = 'text'; input.required = false; }")
        field.fill("snart")
        page.locator("details[open] button[value=apply]").click()
        wrong = page.get_by_label("Sista möjliga ersättningsdag")
        assert wrong.get_attribute("aria-invalid") == "true"
        said = page.locator(f"#{wrong.get_attribute('aria-describedby')}")
        assert "Går inte att läsa" in said.inner_text()


@pytest.mark.parametrize("script", [True, False])
def test_a_journey_is_followed_with_and_without_scripts(chromium: Browser, workplace: Workplace, script: bool) -> None:
    demo = workplace.demo
    demo.travelling = Journey(True, TODAY, TODAY + timedelta(days=10), TODAY + timedelta(days=4), 12)
    with visit(chromium, workplace, java_script_enabled=script) as page:
        page.goto("/time")
        page.get_by_text("12 meddelanden gick ut").wait_for()
        demo.travelling = Journey(False, TODAY, TODAY + timedelta(days=10), TODAY + timedelta(days=10), 30)
        page.get_by_text("Framme. 30 meddelanden").wait_for()
    demo.travelling = None


def test_a_caught_mail_runs_nothing_and_is_framed_in_a_sandbox(chromium: Browser, workplace: Workplace) -> None:
    with visit(chromium, workplace) as page:
        page.goto("/mailbox/1")
        frame = page.frame_locator("iframe")
        assert frame.locator("h1").inner_text() == "Hej"
        assert page.locator("iframe").get_attribute("sandbox") == ""


def test_pictures_for_the_eye(chromium: Browser, workplace: Workplace, tmp_path: Path) -> None:
    """A page that cannot be drawn fails here; look at the pictures with BEVAKA_PICTURES=folder."""
    folder = Path(os.environ.get("BEVAKA_PICTURES", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    for width in (390, 1280):
        with visit(chromium, workplace, viewport={"width": width, "height": 900}) as page:
            for number, path in enumerate(workplace.paths):
                page.goto(path)
                picture = page.screenshot(path=folder / f"{number}-{width}.png", full_page=True)
                assert len(picture) > 5_000, path
