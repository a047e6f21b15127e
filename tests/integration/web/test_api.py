"""A token opens what its scopes and its owner's roles do, and nothing once it is revoked, ended or its owner gone."""

import json
from datetime import timedelta
from typing import Any

import pytest

from access.actors import OPERATOR
from engine.api_tokens import MadeToken, create_token, revoke_token
from engine.staffing import set_active
from tests.accounts import account_in
from tests.house import ROLES
from tests.integration.web.conftest import TODAY, Browser, Page
from web.api.problems import KEYS

EMAIL = ROLES["coordinator"]


def made(visitor: Browser, *scopes: str, role: str = "coordinator") -> MadeToken:
    return create_token(visitor.house.engine, ROLES[role], "Export", list(scopes or ("read",)), 30, OPERATOR, TODAY)


def asked(visitor: Browser, path: str, token: str) -> Page:
    return visitor.get(f"/api/v1{path}", Authorization=f"Bearer {token}")


def told(page: Page) -> Any:
    return json.loads(page.text)


def test_a_token_says_what_it_is(visitor: Browser) -> None:
    answer = told(asked(visitor, "/me", made(visitor, "read", "act").text))
    assert answer["scopes"] == ["read", "act"]
    assert answer["staff_id"] == visitor.house.staff["coordinator"]


def test_cases_are_listed_page_by_page_and_name_no_person(visitor: Browser) -> None:
    refs = visitor.house.open_many(5, "2024-02-15")
    token = made(visitor).text
    first = told(asked(visitor, "/cases?limit=3", token))
    rest = told(asked(visitor, f"/cases?limit=3&cursor={first['next_cursor']}", token))
    assert {line["ref"] for line in first["cases"] + rest["cases"]} == set(refs)
    assert (first["total"], rest["next_cursor"]) == (5, None)
    assert "Testperson" not in json.dumps([first, rest])


def test_a_token_without_the_scope_reads_nothing(visitor: Browser) -> None:
    assert asked(visitor, "/cases", made(visitor, "act").text).status == 403


def test_a_token_sees_no_more_than_its_owner(visitor: Browser) -> None:
    visitor.house.open_many(2, "2024-02-15", unit="south")
    assert told(asked(visitor, "/cases", made(visitor, role="deputy").text))["total"] == 0


@pytest.mark.parametrize("token", ["", "x", "bvk_" + "a" * 43])
def test_without_a_good_token_there_is_no_answer_but_401(visitor: Browser, token: str) -> None:
    page = asked(visitor, "/me", token)
    assert (page.status, page.headers["www-authenticate"]) == (401, "Bearer")
    assert told(page)["type"].endswith("#problem-token")
    assert visitor.get("/api/v1/me").status == 401


def test_a_stolen_token_opens_nothing_from_the_moment_it_is_revoked(visitor: Browser) -> None:
    token = made(visitor)
    assert asked(visitor, "/me", token.text).status == 200
    revoke_token(visitor.house.engine, token.id, OPERATOR, TODAY)
    assert asked(visitor, "/me", token.text).status == 401


def test_the_token_of_who_is_disabled_opens_nothing_at_the_next_request(visitor: Browser) -> None:
    token = made(visitor)
    assert asked(visitor, "/me", token.text).status == 200
    set_active(visitor.house.engine, EMAIL, False, OPERATOR)
    assert asked(visitor, "/me", token.text).status == 401


def test_a_token_ends_by_itself(visitor: Browser) -> None:
    token = made(visitor)
    visitor.now[0] += timedelta(days=30)
    assert asked(visitor, "/me", token.text).status == 401


def test_a_session_is_no_token_and_a_token_no_session(visitor: Browser) -> None:
    visitor.sign_in(account_in(visitor.house, TODAY - timedelta(days=1)))
    assert visitor.get("/api/v1/me").status == 401
    visitor.client.cookies.clear()
    assert visitor.get("/account", Authorization=f"Bearer {made(visitor).text}").status == 303


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("/cases?limit=0", 400, "limit"),
        ("/cases?limit=x", 400, "limit"),
        ("/cases?cursor=!", 400, "cursor"),
        ("/cases?cursor=abc", 422, "cursor"),
        ("/cases?colour=blue", 400, "colour"),
    ],
)
def test_a_bad_address_is_told_with_the_name_of_what_is_bad(
    visitor: Browser, path: str, status: int, field: str
) -> None:
    page = asked(visitor, path, made(visitor).text)
    assert (page.status, page.headers["content-type"]) == (status, "application/problem+json")
    assert [one["field"] for one in told(page)["errors"]] == [field]


def test_an_address_that_leads_nowhere_is_told_as_a_problem_and_sets_no_cookie(visitor: Browser) -> None:
    page = asked(visitor, "/nowhere", made(visitor).text)
    assert (page.status, told(page)["status"]) == (404, 404)
    assert "set-cookie" not in page.headers


def test_what_an_address_does_not_do_is_told_with_what_it_does(visitor: Browser) -> None:
    page = visitor.send("PUT", "/api/v1/cases", headers={"Authorization": f"Bearer {made(visitor).text}"})
    assert (page.status, page.headers["allow"]) == (405, "GET, POST")


def test_a_problem_speaks_the_callers_language(visitor: Browser) -> None:
    titles = {
        language: told(visitor.get("/api/v1/me", **{"Accept-Language": language}))["title"] for language in ("sv", "en")
    }
    assert titles == {"sv": "Nyckeln gäller inte", "en": "The token is not good"}


def test_every_kind_of_problem_is_explained_on_the_page_its_type_leads_to(visitor: Browser) -> None:
    page = visitor.get("/api/v1/docs")
    assert all(f'id="problem-{key}"' in page.text for key in KEYS)
    assert "<script" not in page.text
