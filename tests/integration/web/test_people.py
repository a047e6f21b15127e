"""The pages of people and units."""

import re

from tests.house import ROLES
from tests.integration.web.conftest import Browser


def test_gaps_are_said_at_the_top(browser: Browser) -> None:
    browser.house.away("unit_manager", "2024-07-03", "2024-07-14")
    page = browser.become("admin").get("/people")
    assert "Prov unit_manager : ingen ersättare 3–14 juli" in page.words


def test_an_admin_adds_gives_a_role_and_invites(browser: Browser) -> None:
    admin = browser.become("admin")
    added = admin.post("/people", {"name": "Prov Ny", "email": "ny@bevaka.example"})
    page = added.headers["location"]
    assert admin.post(f"{page}/roles", {"role": "coordinator", "unit": "south", "do": "grant"}).status == 303
    invited = admin.post(f"{page}/invite")
    assert re.search(r"/join/[A-Za-z0-9_-]{43}", invited.words)
    shown = admin.get(page)
    assert "Rehabkoordinator Mottagning south" in shown.words
    assert "/join/" not in shown.text


def test_what_is_refused_is_told_with_what_is_allowed_and_not_repeated(browser: Browser) -> None:
    admin = browser.become("admin")
    admin.post("/people", {"name": "Prov Ny", "email": "19900101-2384"})
    page = admin.get("/people")
    assert "En e-postadress, som namn@region.example" in page.words
    assert "19900101" not in page.text
    admin.post("/people", {"name": "Prov Ny", "email": ROLES["admin"]})
    assert "Det finns redan någon med den adressen." in admin.get("/people").words


def test_somebody_is_away_changes_and_comes_back(browser: Browser) -> None:
    number = browser.house.staff["coordinator"]
    away = {"from": "2024-03-04", "until": "2024-03-08", "deputy": ROLES["deputy"]}
    assert browser.post(f"/people/{number}/absences", away).status == 303
    page = browser.get(f"/people/{number}")
    assert "4–8 mars pågår Prov deputy står in" in page.words
    absence = re.search(r'name="absence" value="(\d+)"', page.text)
    assert absence
    browser.post(f"/people/{number}/absences", {"absence": absence[1], "do": "end"})
    assert "Ingen frånvaro är antecknad." in browser.get(f"/people/{number}").words


def test_dates_that_are_none_are_told(browser: Browser) -> None:
    number = browser.house.staff["coordinator"]
    browser.post(f"/people/{number}/absences", {"from": "i morgon", "until": ""})
    assert "Skriv två datum, som 2024-07-03." in browser.get(f"/people/{number}").words


def test_a_coordinator_sees_people_and_manages_none(browser: Browser) -> None:
    other = browser.house.staff["deputy"]
    assert browser.get("/people").status == 200
    assert "Bjud in" not in browser.get(f"/people/{other}").words
    for path, form in (
        ("/people", {"name": "X", "email": "x@bevaka.example"}),
        (f"/people/{other}/roles", {"role": "admin", "do": "grant"}),
        (f"/people/{other}/active", {"do": "disable"}),
        (f"/people/{other}/invite", {}),
        (f"/people/{other}/absences", {"from": "2024-03-04", "until": "2024-03-04"}),
        ("/units", {"code": "west", "title": "Väst"}),
    ):
        assert browser.post(path, form).status == 403, path


def test_another_persons_absence_is_not_changed_through_ones_own(browser: Browser) -> None:
    browser.house.away("deputy", "2024-03-04", "2024-03-08")
    mine = browser.house.staff["coordinator"]
    assert browser.post(f"/people/{mine}/absences", {"absence": "1", "do": "end"}).status == 404


def test_nobody_of_that_number_is_not_found(browser: Browser) -> None:
    assert browser.become("admin").get("/people/4711").status == 404


def test_an_admin_adds_a_unit(browser: Browser) -> None:
    admin = browser.become("admin")
    admin.post("/units", {"code": "Å", "title": "Väst"})
    assert "1 till 40 av a–z" in admin.get("/units").words
    admin.post("/units", {"code": "west", "title": "Mottagning väst"})
    page = admin.get("/units")
    assert "Mottagning väst" in page.words
