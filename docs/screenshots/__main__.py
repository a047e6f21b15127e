"""Takes a picture of every page of a fresh demo, wide and narrow: `make screenshots`, or `python docs/screenshots`.

It starts the demo on a free port with its data in a folder that is thrown away, and writes PNG files with a palette of
their own beside this file.
"""

import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).resolve().parent
CASES = 60
PATIENCE = 300.0  # seconds for the demo's first year
WIDTHS = {"wide": 1280, "narrow": 390}
TALLEST = 1600
COLOURS = 256
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
# What the picture is called, the role that looks, and the page.
PICTURES = (
    ("day", "Rehabkoordinator", "/"),
    ("cases", "Rehabkoordinator", "/cases"),
    ("case", "Rehabkoordinator", "a case"),
    ("calendar", "Rehabkoordinator", "/calendar"),
    ("ledger", "Rehabkoordinator", "/ledger"),
    ("mailbox", "Rehabkoordinator", "/mailbox"),
    ("people", "Systemansvarig", "/people"),
    ("units", "Systemansvarig", "/units"),
    ("channels", "Systemansvarig", "/channels"),
    ("outbox", "Systemansvarig", "/outbox"),
    ("system", "Systemansvarig", "/system"),
    ("review", "Enhetschef", "/review"),
)
# In the dark, to show that there is one.
DARK = ("day", "calendar")


def main() -> None:
    """Take them all."""
    with running_demo() as url, sync_playwright() as playwright:
        found = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        for name, width in WIDTHS.items():
            take(browser, url, name, width)
        browser.close()


@contextmanager
def running_demo() -> Iterator[str]:
    """Give the address of a demo that has lived its first year, while the block lasts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        surroundings = {**os.environ, "BEVAKA_DATA_DIR": folder, "BEVAKA_DEMO_CASES": str(CASES)}
        command = [sys.executable, "-m", "bevaka", "run", "--demo", "--port", str(port)]
        with subprocess.Popen(command, env=surroundings, stdout=subprocess.DEVNULL) as demo:  # noqa: S603 - our own
            try:
                yield ready(f"http://127.0.0.1:{port}")
            finally:
                demo.terminate()


def ready(url: str) -> str:
    """Return an address once it answers; raises `TimeoutError` when it never does."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=2):  # noqa: S310 - the demo on loopback
                return url
        except OSError:
            time.sleep(0.5)
    raise TimeoutError(url)


def take(browser: Browser, url: str, width_name: str, width: int) -> None:
    """Take every picture at one width."""
    for scheme, names in (("light", [name for name, _, _ in PICTURES]), ("dark", list(DARK))):
        context = browser.new_context(
            base_url=url, locale="sv-SE", color_scheme=scheme, viewport={"width": width, "height": 900}
        )
        page = context.new_page()
        for name, role, path in PICTURES:
            if name in names:
                look_as(page, role)
                page.goto(first_case(page) if path == "a case" else path, wait_until="load")
                dark = "-dark" if scheme == "dark" else ""
                keep(page, f"{name}-{width_name}{dark}")
        context.close()


def look_as(page: Page, role: str) -> None:
    """Take the part of whoever has most to do of those who have a role."""
    page.goto("/ledger")
    options = page.locator("#persona option", has_text=role)
    found = [options.nth(place).get_attribute("value") or "" for place in range(options.count())]
    become(page, max(found, key=lambda persona: urgent(page, persona)) if len(found) > 1 else found[0])


def become(page: Page, persona: str) -> None:
    """Take a part."""
    page.context.add_cookies([{"name": "bevaka_persona", "value": persona, "url": page.url}])


@cache
def urgent(page: Page, persona: str) -> int:
    """Return how much is late, due today or within a week for somebody."""
    become(page, persona)
    page.goto("/")
    return sum(int(count) for count in page.locator(".tile-count").all_inner_texts()[:3] if count.isdigit())


def first_case(page: Page) -> str:
    """Return the address of the most urgent case."""
    page.goto("/cases")
    return page.locator('a.ref[href^="/cases/BV-"], a.row-link[href^="/cases/BV-"]').first.get_attribute("href") or "/"


def keep(page: Page, name: str) -> None:
    """Write what the page looks like, at most so tall, with a palette."""
    picture = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
    if picture.height > TALLEST:
        picture = picture.crop((0, 0, picture.width, TALLEST))
    small = picture.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    small.save(HERE / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
