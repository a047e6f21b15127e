"""A consent on the case's page: recorded with its terms, listed, withdrawn."""

import pytest

from tests.integration.web.conftest import TODAY, Browser, Page

TERMS = {
    "giver": "person",
    "direction": "region-fk-handler",
    "purpose": "coordination",
    "groups": ["meetings", "plan"],
    "form": "written",
    "valid_from": "2024-03-04",
    "valid_until": "2025-03-03",
}


def record(browser: Browser, ref: str, **changes: object) -> Page:
    return browser.send("POST", f"/cases/{ref}/consents", data={"csrf": browser.token(), **TERMS, **changes})


def test_a_consent_is_recorded_with_its_terms_and_the_programme_knows_it(browser: Browser) -> None:
    ref = browser.house.open_case()
    assert "Inget samtycke är antecknat." in browser.get(f"/cases/{ref}").words
    assert record(browser, ref).status == 303
    words = browser.get(f"/cases/{ref}").words
    assert "Vården → Försäkringskassan gäller Samordning: möten , planen och målen" in words.replace(",", " ,")
    assert "mån 4 mars – mån 3 mars 2025 · skriftligt · personen själv" in words
    assert "Samtycke Ja" in words


def test_a_withdrawn_consent_stays_in_the_list_as_withdrawn(browser: Browser) -> None:
    ref = browser.house.open_case()
    record(browser, ref)
    parties = {"from_party": "region", "to_party": "fk", "purpose": "coordination"}
    assert browser.post(f"/cases/{ref}/consents/withdraw", parties).status == 303
    words = browser.get(f"/cases/{ref}").words
    assert "återkallat eller ersatt" in words
    assert "Samtycke Ja" not in words


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("giver", "", "Välj vem som lämnade samtycket."),
        ("direction", "fk-region-anybody", "Välj vem som får berätta för vem."),
        ("groups", [], "Kryssa för minst ett slag av uppgifter."),
        ("valid_until", "2024-01-01", "Skriv en dag som inte är före den första"),
        ("valid_from", "snart", "Skriv en dag: ÅÅÅÅ-MM-DD."),
    ],
)
def test_terms_no_consent_can_have_are_told_beside_their_field(
    browser: Browser, name: str, value: object, said: str
) -> None:
    page = record(browser, browser.house.open_case(), **{name: value})
    assert page.status == 422
    assert said in page.words


def test_whoever_does_not_steer_a_case_records_no_consent(browser: Browser) -> None:
    ref = browser.house.open_case(now=TODAY)
    browser.become("project_lead")
    assert "Anteckna samtycke med villkor" not in browser.get(f"/cases/{ref}").words
    assert record(browser, ref).status == 404
    assert browser.get(f"/cases/{ref}/consents/new").status == 404
