"""The review's page: readings that stand out, signing, and the extract for a patient."""

import re
from dataclasses import replace
from datetime import timedelta

from access.keyring import new_keyring_json
from access.signing import Signer
from engine.inspecting import identity_of
from tests.house import House
from tests.integration.web.conftest import TODAY, Browser, browser_in

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def read(house: House) -> str:
    """Let the coordinator read about somebody, and return the case."""
    ref = house.open_case("2024-01-31")
    identity_of(house.engine, ref, house.actor("coordinator"), TODAY - timedelta(hours=1))
    return ref


def test_a_unit_manager_sees_what_is_to_be_looked_at_and_no_person(browser: Browser) -> None:
    ref = read(browser.house)
    page = browser.become("unit_manager").get("/review")
    assert "1 läsning under tiden." in page.words
    assert f"Prov coordinator {ref}" in page.words
    assert "Testperson" not in page.text


def test_a_review_is_signed_with_a_note_and_listed(browser: Browser) -> None:
    house = browser.house
    read(house)
    house.engine = replace(house.engine, signer=Signer.from_keyring(new_keyring_json()))
    manager = browser_in(house).become("unit_manager")
    shown = manager.get("/review")
    hidden = dict(HIDDEN.findall(shown.text.split("/review/sign", 1)[1]))
    form = {"since": hidden["since"], "until": hidden["until"], "seed": hidden["seed"]}
    manager.post("/review/sign", {**form, "conclusion": "no_remark", "note": "Stickprovet stämmer."})
    page = manager.get("/review")
    assert "Protokoll 1 är signerat" in page.words
    assert "Utan anmärkning Stickprovet stämmer." in page.words


def test_an_extract_is_for_print_and_repeats_no_number(browser: Browser) -> None:
    ref = read(browser.house)
    number = identity_of(browser.house.engine, ref, browser.house.actor("unit_manager"), TODAY).number.digits
    page = browser.become("unit_manager").post("/review/extract", {"number": number})
    assert "Vem har läst om dig i Bevaka" in page.words
    assert "Mottagning north" in page.words
    assert number not in page.text


def test_what_is_no_number_is_told_without_repeating_it(browser: Browser) -> None:
    manager = browser.become("unit_manager")
    manager.post("/review/extract", {"number": "19900101-0000"})
    page = manager.get("/review")
    assert "Det är inget personnummer." in page.words
    assert "19900101" not in page.text


def test_the_review_is_for_who_answers_for_a_unit(browser: Browser) -> None:
    assert browser.get("/review").status == 403
    assert browser.post("/review/extract", {"number": "x"}).status in {303, 403}
    assert browser.become("admin").get("/review").status == 403


def test_bad_input_is_a_bad_address(browser: Browser) -> None:
    manager = browser.become("unit_manager")
    assert manager.get("/review?since=2020-01-01").status == 400
    assert manager.get("/review?since=2024-03-05&until=2024-03-01").status == 400
    bad = {"since": "x", "until": "y", "seed": "1", "conclusion": "no_remark"}
    assert manager.post("/review/sign", bad).status in {400, 404}
