"""While the database is full or away every page says so (503), and works again once it is back (T23)."""

from typing import Any

import pytest
from sqlalchemy import event

from tests.house import House, moment
from tests.integration.web.conftest import Page, browser_in

NOT_NOW = 503


def _full(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA max_page_count = 1")  # SQLite takes the size the file has


def _consents(house: House, ref: str) -> list[Page]:
    """Record a consent and withdraw it, again and again: each time some rows more."""
    browser = browser_in(house)
    return [browser.event(ref, f"move-{name}_consent") for _ in range(60) for name in ("record", "withdraw")]


@pytest.mark.slow
def test_a_full_database_is_told_of_and_nothing_is_half_done(sqlite_house: House) -> None:
    house = sqlite_house
    ref = house.open_case("2024-02-01", now=moment("2024-03-01"))
    house.engine.database.close()
    event.listen(house.engine.database.engine, "connect", _full)
    pages = _consents(house, ref)
    refused = [page for page in pages if page.status != 303]
    assert {page.status for page in refused} == {NOT_NOW}
    assert "Databasen går inte att använda" in refused[0].words
    assert "content-security-policy" in refused[0].headers
    assert house.count("history") == 1 + len(pages) - len(refused)
    event.remove(house.engine.database.engine, "connect", _full)
    house.engine.database.close()
    assert {page.status for page in _consents(house, ref)} == {303}
