"""A coordinator's morning in a real browser: ten cases seen, acknowledged, logged, booked and put off, her own way."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from engine.inspecting import history_lines
from tests.acceptance.test_browser import TODAY, Workplace, chromium, tab_to, visit
from tests.house import House, build_house, moment

__all__ = ["chromium"]  # a fixture
PROGRAMME = "aktiv-2023"


@dataclass
class Morning:
    """The workplace at nine o'clock, and the cases that are her ten today."""

    workplace: Workplace
    overdue: list[str]  # the first meeting should have been held
    followed: list[str]  # a follow-up is due this week

    @property
    def house(self) -> House:
        return self.workplace.house


@pytest.fixture
def morning(tmp_path: Path) -> Iterator[Morning]:
    house = build_house(f"sqlite:///{tmp_path / 'test.sqlite'}")
    overdue = house.open_many(5, "2024-01-29", programme=PROGRAMME)
    followed = house.open_many(5, "2023-11-01", programme=PROGRAMME)
    for ref in (*overdue, *followed):
        house.fire(ref, "record_consent", moment("2024-02-01"), consent_until=date(2025, 1, 31))
    for ref in followed:
        house.fire(ref, "hold_first_meeting", moment("2024-02-02"), held_on=date(2023, 11, 20))
        house.fire(ref, "agree_plan", moment("2024-02-02"), plan_agreed_on=date(2023, 12, 7))
    workplace = Workplace(house, overdue[0])
    with workplace.open():
        yield Morning(workplace, overdue, followed)
    house.engine.database.close()


def events_of(house: House, ref: str) -> list[str]:
    """What has happened to a case, by the names of the events."""
    return [line.event for line in history_lines(house.engine, ref, house.actor("coordinator"), TODAY)]


def log_a_meeting(page: Page, ref: str, event: str) -> None:
    line = page.locator(".line", has_text=ref).first
    line.locator("summary", has_text=event).click()
    line.get_by_role("button", name="Genomför").click()
    page.get_by_text(f"{ref} · Klart: {event}").wait_for()


def put_off_two(page: Page, refs: list[str]) -> None:
    page.goto("/cases?kind=follow_up")
    for ref in refs:
        page.get_by_label(f"Välj {ref}").check()
    page.get_by_role("button", name="Gör något med de valda").click()
    page.get_by_label("Skjut upp").check()
    page.get_by_role("button", name="Fortsätt").click()
    page.get_by_label("Till och med").fill("2024-03-06")
    page.get_by_label("Skäl").fill("väntar på läkaren")
    page.get_by_role("button", name="Se vad som händer").click()
    page.get_by_role("button", name="Genomför i 2 ärenden").click()
    page.get_by_text("Klart i 2 av 2 ärenden.").wait_for()


@pytest.mark.parametrize("script", [True, False])
def test_a_morning_with_and_without_scripts(chromium: Browser, morning: Morning, script: bool) -> None:
    with visit(chromium, morning.workplace, java_script_enabled=script) as page:
        page.goto("/")
        seen = page.locator("main").inner_text()
        assert all(ref in seen for ref in (*morning.overdue, *morning.followed))
        first, *meetings, booked = morning.overdue
        line = page.locator(".line", has_text=first).first
        line.locator("summary", has_text="Kvittera").click()
        line.get_by_role("button", name="Kvittera").click()
        page.get_by_text(f"{first} · Klart: Kvittera").wait_for()
        for ref in meetings:
            log_a_meeting(page, ref, "Första möte hållet")
        line = page.locator(".line", has_text=booked).first
        line.locator("summary", has_text="Boka första möte").click()
        line.get_by_label("Mötestid").fill("2024-03-08T10:00")
        line.get_by_label("Mötesplats").select_option("clinic")
        line.locator("details[open] button[value=apply]").click()
        page.get_by_text(f"{booked} · Klart: Boka första möte").wait_for()
        put_off_two(page, morning.followed[:2])
    house = morning.house
    assert events_of(house, first)[-1] == "deadline.acknowledge"
    assert [events_of(house, ref)[-1] for ref in meetings] == ["hold_first_meeting"] * 3
    assert events_of(house, booked)[-1] == "book_first_meeting"
    assert [events_of(house, ref)[-1] for ref in morning.followed[:2]] == ["deadline.snooze"] * 2


def test_a_mistake_is_undone_where_it_was_made(chromium: Browser, morning: Morning) -> None:
    ref = morning.overdue[0]
    with visit(chromium, morning.workplace) as page:
        page.goto("/")
        log_a_meeting(page, ref, "Första möte hållet")
        page.get_by_role("button", name="Ångra").click()
        page.get_by_text(f"{ref} · Ångrat: Första möte hållet").wait_for()
        assert page.locator(".day-overdue .line", has_text=ref).count() == 1


def test_a_morning_by_keyboard_alone(chromium: Browser, morning: Morning) -> None:
    """Nothing but Tab, Enter, Space, j and typing."""
    with visit(chromium, morning.workplace) as page:
        page.goto("/")
        tab_to(page, "document.activeElement.matches('.line-link')")
        second_line = page.locator(".line-link").nth(1).inner_text()
        page.keyboard.press("j")
        assert page.evaluate("document.activeElement.innerText") == second_line
        shown = page.locator(".day-overdue .line", has_text="Första möte").locator(".ref").all_inner_texts()
        first, second = shown[:2]
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        tab_to(page, f"document.activeElement.textContent.startsWith('Första möte hållet {first}')")
        page.keyboard.press("Enter")
        tab_to(page, "document.activeElement.value === 'apply'")
        page.keyboard.press("Enter")
        page.get_by_text(f"{first} · Klart: Första möte hållet").wait_for()
        tab_to(page, f"document.activeElement.textContent.startsWith('Kvittera {second}')")
        page.keyboard.press("Enter")
        tab_to(page, "document.activeElement.value === 'apply'")
        page.keyboard.press("Enter")
        page.get_by_text(f"{second} · Klart: Kvittera").wait_for()
        page.goto("/cases?kind=follow_up")
        for ref in morning.followed[:2]:
            tab_to(page, f"document.activeElement.ariaLabel === 'Välj {ref}'")
            page.keyboard.press("Space")
        tab_to(page, "document.activeElement.textContent === 'Gör något med de valda'")
        page.keyboard.press("Enter")
        page.wait_for_url("**/cases/several")
        tab_to(page, "document.activeElement.name === 'event'")
        while page.evaluate("document.activeElement.value") != "deadline.acknowledge":
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Space")
        tab_to(page, "document.activeElement.textContent === 'Fortsätt'")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Se vad som händer").wait_for()
        tab_to(page, "document.activeElement.value === 'preview'")
        page.keyboard.press("Enter")
        page.get_by_text("Inget är sparat ännu.").wait_for()
        tab_to(page, "document.activeElement.value === 'apply'")
        page.keyboard.press("Enter")
        page.get_by_text("Klart i 2 av 2 ärenden.").wait_for()
    assert [events_of(morning.house, ref)[-1] for ref in morning.followed[:2]] == ["deadline.acknowledge"] * 2


def test_what_a_colleague_does_is_told_without_moving_anything(chromium: Browser, morning: Morning) -> None:
    ref = morning.overdue[0]
    with visit(chromium, morning.workplace) as page:
        page.clock.install()
        page.goto("/")
        morning.house.fire(ref, "hold_first_meeting", TODAY, held_on=date(2024, 3, 1))
        page.clock.fast_forward(31_000)
        page.get_by_text("1 ärende har ändrats").wait_for()
        assert page.locator(".day-overdue .line", has_text=ref).count() == 1
        page.get_by_role("link", name="Uppdatera").click()
        page.wait_for_load_state()
        assert page.locator(".day-overdue .line", has_text=ref).count() == 0


def test_pictures_of_the_morning(chromium: Browser, morning: Morning, tmp_path: Path) -> None:
    """A page that cannot be drawn fails here; look at the pictures with BEVAKA_PICTURES=folder."""
    folder = Path(os.environ.get("BEVAKA_PICTURES", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    sizes = ((390, "light"), (1280, "light"), (1280, "dark"), (390, "dark"))
    for (width, scheme), done in zip(sizes, morning.overdue[1:], strict=True):
        with visit(chromium, morning.workplace, viewport={"width": width, "height": 900}, color_scheme=scheme) as page:
            case = f"/cases/{morning.overdue[0]}"
            for name, path in (("day", "/"), ("cases", "/cases"), ("case", case), ("consent", f"{case}/consents/new")):
                page.goto(path)
                picture(page, folder / f"{name}-{width}-{scheme}.png")
            page.goto("/")
            log_a_meeting(page, done, "Första möte hållet")
            picture(page, folder / f"undo-{width}-{scheme}.png")
            page.goto("/cases")
            for ref in morning.followed[:2]:
                page.get_by_label(f"Välj {ref}").check()
            page.get_by_role("button", name="Gör något med de valda").click()
            picture(page, folder / f"several-{width}-{scheme}.png")
            page.get_by_label("Skjut upp").check()
            page.get_by_role("button", name="Fortsätt").click()
            page.get_by_label("Skäl").fill("väntar")
            page.get_by_role("button", name="Se vad som händer").click()
            picture(page, folder / f"preview-{width}-{scheme}.png")


def picture(page: Page, file: Path) -> None:
    """Take a picture of a page that needs no sideways scrolling."""
    page.wait_for_load_state("networkidle")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    page.screenshot(path=file, full_page=True)
    widest = "[...document.querySelectorAll('main *')].filter((n) => n.getBoundingClientRect().right > innerWidth)"
    assert wide <= 0, page.evaluate(f"{widest}.map((n) => n.outerHTML.slice(0, 90))")
