"""The list of cases: filters in its address, views under a name, and a person found without an address."""

import pytest
from sqlalchemy import select

from storage import tables
from tests.integration.web.conftest import Browser

SAVED = {"name": "Mina försenade", "band": "overdue", "coordinator": "me"}


def test_cases_are_filtered_by_coordinator_handler_and_deadline(browser: Browser) -> None:
    ref = browser.house.open_case("2024-01-15")
    handler = browser.house.staff["handler"]
    assert ref in browser.get(f"/cases?coordinator=me&handler={handler}&kind=meeting").text
    assert ref not in browser.get("/cases?coordinator=nobody").text
    assert ref not in browser.get("/cases?kind=follow_up").text


@pytest.mark.parametrize("query", ["coordinator=anna", "handler=-1", "sort=colour", "band=soon"])
def test_a_filter_that_does_not_exist_is_a_clear_error(browser: Browser, query: str) -> None:
    assert browser.get(f"/cases?{query}").status == 400


@pytest.mark.parametrize("sort", ["ref", "opened"])
def test_a_long_list_is_paged_in_every_order(browser: Browser, sort: str) -> None:
    refs = browser.house.open_many(60, "2024-01-15")
    first = browser.get(f"/cases?sort={sort}")
    following = first.text.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = browser.get(following)
    assert all((ref in first.text) != (ref in second.text) for ref in refs)


def test_a_view_is_kept_and_leads_to_its_filters(browser: Browser) -> None:
    kept = browser.post("/views", SAVED)
    opened = browser.get(kept.headers["location"])
    assert opened.headers["location"] == "/cases?band=overdue&coordinator=me&view=1"
    assert "Mina försenade" in browser.get(opened.headers["location"]).words


def test_the_list_begins_with_the_view_one_has_chosen(browser: Browser) -> None:
    browser.post("/views", SAVED)
    assert browser.get("/cases").status == 200
    browser.post("/views/1", {"do": "begin"})
    assert browser.get("/cases").headers["location"].endswith("view=1")
    assert browser.get("/cases?view=0").status == 200
    browser.post("/views/1", {"do": "forget"})
    assert browser.get("/cases").status == 200


def test_a_view_is_renamed_and_deleted_by_its_owner_alone(browser: Browser) -> None:
    browser.post("/views", SAVED | {"share": "north"})
    browser.post("/views/1", {"do": "rename", "name": "Bråttom"})
    colleague = browser.become("unit_manager")
    assert "Bråttom (Prov coordinator)" in colleague.get("/cases?view=0").words
    assert colleague.post("/views/1", {"do": "delete"}).status == 404
    browser.become("coordinator").post("/views/1", {"do": "delete"})
    assert "Bråttom" not in browser.get("/cases").words


def test_a_view_of_ones_own_is_nobody_elses(browser: Browser) -> None:
    browser.post("/views", SAVED)
    assert "Mina försenade" not in browser.become("unit_manager").get("/cases").words


def test_a_view_is_not_shared_with_a_unit_one_does_not_work_in(browser: Browser) -> None:
    assert browser.post("/views", SAVED | {"share": "south"}).status == 404


@pytest.mark.parametrize("name", ["", "x" * 61])
def test_a_name_that_will_not_do_is_told(browser: Browser, name: str) -> None:
    browser.post("/views", SAVED | {"name": name})
    assert "Namnet går inte" in browser.get("/cases").words


def number_of(browser: Browser, ref: str) -> str:
    page = browser.post(f"/cases/{ref}/person")
    return page.text.split('<dd class="num">')[1].split("<")[0]


def test_a_person_is_found_by_her_number_and_it_is_logged(browser: Browser) -> None:
    ref = browser.house.open_case()
    number = number_of(browser, ref)
    answer = browser.post("/cases/search", {"number": number})
    assert (answer.status, answer.headers["location"]) == (303, f"/cases/{ref}")
    with browser.house.engine.database.read() as connection:
        assert connection.execute(select(tables.access_log.c.action)).scalars().all()[-1] == "search_person"


def test_a_person_of_another_unit_answers_like_one_nobody_knows(browser: Browser) -> None:
    number = number_of(browser, browser.house.open_case())
    before = browser.house.count("access_log")
    with browser.house.engine.database.write() as connection:
        connection.execute(tables.case.update().values(unit_id=browser.house.units["south"]))
    assert "Inget ärende som du får se hör till det numret." in browser.post("/cases/search", {"number": number}).words
    assert browser.house.count("access_log") == before


def test_what_is_no_number_is_told_and_not_repeated(browser: Browser) -> None:
    page = browser.post("/cases/search", {"number": "19950101-0000"})
    assert (page.status, "0000" in page.text) == (422, False)


@pytest.mark.parametrize("role", ["project_lead", "admin"])
def test_whoever_sees_no_person_searches_for_none(browser: Browser, role: str) -> None:
    browser.become(role)
    assert "Sök person" not in browser.get("/cases").words
    assert browser.post("/cases/search", {"number": "19950101-2389"}).status == 403
