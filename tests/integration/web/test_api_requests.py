"""How a request is taken: its body, its key, its allowance; and what is told when it is not."""

import json
from pathlib import Path

import pytest

from notifications.channels.webhooks import HookChannel, HookSettings
from tests.house import ROLES, House
from tests.integration.web.api_caller import Caller, caller
from tests.integration.web.conftest import Browser
from web.api.routes import ROUTES
from web.guard import LARGEST_BODY

DECISIONS = Path(__file__).parents[3] / "docs" / "examples" / "decisions.csv"
PAUSE = {"kind": "sick_leave"}


@pytest.fixture
def house(sqlite_house: House) -> House:
    """On SQLite alone: tests/integration/engine tries both databases."""
    return sqlite_house


@pytest.fixture
def api(visitor: Browser) -> Caller:
    """The coordinator's program."""
    return caller(visitor)


def test_the_same_request_with_the_same_key_happens_once(visitor: Browser, api: Caller) -> None:
    ref = visitor.house.open_case("2024-02-15")
    first = api.post(f"/cases/{ref}/pauses", PAUSE, Idempotency_Key="p1")
    again = api.post(f"/cases/{ref}/pauses", PAUSE, Idempotency_Key="p1")
    assert (first.status, first.body) == (again.status, again.body)
    assert (first.status, again.headers["idempotency-replayed"]) == (200, "true")
    assert "idempotency-replayed" not in first.headers
    assert visitor.house.count("history") == 2


def test_a_repeated_request_may_have_looked_at_the_case_anew(visitor: Browser, api: Caller) -> None:
    ref = visitor.house.open_case("2024-02-15")
    tags = [api.get(f"/cases/{ref}").headers["etag"]]
    first = api.post(f"/cases/{ref}/pauses", PAUSE, Idempotency_Key="p1", If_Match=tags[0])
    tags.append(api.get(f"/cases/{ref}").headers["etag"])
    assert tags[0] != tags[1]
    again = [api.post(f"/cases/{ref}/pauses", PAUSE, Idempotency_Key="p1", If_Match=tag) for tag in tags]
    assert [one.body for one in again] == [first.body, first.body]


def test_a_used_key_is_no_other_request_s(visitor: Browser, api: Caller) -> None:
    refs = visitor.house.open_many(2, "2024-02-15")
    api.post(f"/cases/{refs[0]}/pauses", PAUSE, Idempotency_Key="p1")
    other = api.post(f"/cases/{refs[1]}/pauses", PAUSE, Idempotency_Key="p1")
    assert (other.status, other.problem) == (422, "key_reused")


def test_a_refusal_is_not_kept(visitor: Browser, api: Caller) -> None:
    ref = visitor.house.open_case("2024-02-15")
    assert api.post(f"/cases/{ref}/pauses/sick_leave/end", {}, Idempotency_Key="e").status == 409
    api.post(f"/cases/{ref}/pauses", PAUSE)
    assert api.post(f"/cases/{ref}/pauses/sick_leave/end", {}, Idempotency_Key="e").status == 200


@pytest.mark.parametrize("key", ["", " ", "a b", "å", "k" * 201])
def test_a_key_that_cannot_be_one_is_refused(visitor: Browser, api: Caller, key: str) -> None:
    ref = visitor.house.open_case("2024-02-15")
    headers = {"Authorization": f"Bearer {api.token}", "Content-Type": "application/json"}
    sent = {**{name: value.encode() for name, value in headers.items()}, "Idempotency-Key": key.encode()}
    page = visitor.send("POST", f"/api/v1/cases/{ref}/pauses", headers=sent, content=json.dumps(PAUSE))
    assert page.status == 400


@pytest.mark.parametrize("body", [b"", b"{", b"nonsense", b"[" * 50_000, b'{"kind": "a", "kind": }', b"\xff\xfe"])
def test_what_is_no_json_is_told_so(visitor: Browser, api: Caller, body: bytes) -> None:
    ref = visitor.house.open_case("2024-02-15")
    refused = api.post(f"/cases/{ref}/pauses", body)
    assert refused.status in (400, 422)
    assert refused.headers["content-type"] == "application/problem+json"


def test_a_body_of_another_kind_is_refused(visitor: Browser, api: Caller) -> None:
    ref = visitor.house.open_case("2024-02-15")
    refused = api.post_file(f"/cases/{ref}/pauses", b"kind=sick_leave", "application/x-www-form-urlencoded")
    assert (refused.status, refused.body["allowed"]) == (415, ["application/json"])


def test_a_field_that_is_none_is_named_and_what_was_sent_is_not_repeated(visitor: Browser, api: Caller) -> None:
    ref = visitor.house.open_case("2024-02-15")
    refused = api.post(f"/cases/{ref}/pauses", {"kind": 19950101, "note": "Prov Testperson"})
    assert (refused.status, {one["field"] for one in refused.body["errors"]}) == (422, {"kind", "note"})
    assert not {"19950101", "Testperson"} & set(str(refused.body).split())


def test_a_body_that_is_too_large_is_refused_at_the_door(visitor: Browser, api: Caller) -> None:
    refused = api.post("/units", b" " * (LARGEST_BODY + 1))
    assert (refused.status, refused.headers["content-type"]) == (413, "application/problem+json")


def test_no_operation_answers_without_a_token(visitor: Browser) -> None:
    for route in ROUTES:
        if route.include_in_schema:
            path = route.path.replace("{ref}", "BV-0000-0000").replace("{kind}", "a")
            path = path.replace("{webhook_id}", "1").replace("{message_id}", "1").replace("{token_id}", "1")
            for method in route.methods:
                assert visitor.send(method, path).status == 401, (method, path)


def test_a_cookie_of_a_session_is_not_looked_at(visitor: Browser, api: Caller) -> None:
    page = visitor.send("GET", "/api/v1/me", headers={"Cookie": f"bevaka_session={api.token}"})
    assert page.status == 401


def test_a_file_of_decisions_is_looked_at_and_opened_once(visitor: Browser, api: Caller) -> None:
    text = "Personnummer;Namn;Beslutsdatum;Från;Till;Omfattning\n"
    who = visitor.house.identity()
    digits = who.number.digits
    text += f"{digits[:8]}-{digits[8:]};{who.name};2024-02-15;2024-02-01;2025-12-31;hel\n"
    address = "/imports{}?programme=prov&unit=north"
    shown = api.post_file(address.format("/preview"), text.encode())
    assert (shown.status, shown.body["new"], shown.body["problems"]) == (200, 1, [])
    done = [api.post_file(address.format(""), text.encode(), Idempotency_Key="file-1") for _ in range(2)]
    assert done[0].body == done[1].body
    assert len(done[0].body["opened"]) == 1
    assert who.name not in str(done[0].body)


def test_a_file_nobody_can_read_is_told_with_its_reason(api: Caller) -> None:
    refused = api.post_file("/imports/preview?programme=prov&unit=north", b"\x00\x01\x02")
    assert (refused.status, refused.problem) == (422, "bad_file")
    assert refused.body["text"]


def test_the_house_is_run_by_whoever_runs_it(visitor: Browser, api: Caller) -> None:
    runs = caller(visitor, "admin")
    assert api.post("/units", {"code": "west", "title": "Väst"}).status == 403
    assert runs.post("/units", {"code": "west", "title": "Väst"}).status == 201
    assert runs.post("/units", {"code": "west", "title": "Väst"}).problem == "already_there"
    assert runs.post("/people", {"email": "ny@bevaka.example", "name": "Ny Kollega"}).status == 201
    role = {"email": "ny@bevaka.example", "role": "coordinator", "unit": "west"}
    assert runs.post("/people/roles", role).status == 201
    assert runs.post("/people/roles", {**role, "role": "wizard"}).body["errors"][0]["field"] == "role"
    away = {"email": ROLES["deputy"], "from_on": "2024-03-05", "until_on": "2024-03-01"}
    assert runs.post("/people/absences", away).body["cause"] == "order"
    assert runs.post("/people/presence", {"email": "ny@bevaka.example", "active": False}).status == 200
    assert runs.get("/system").body["open_cases"] == 0


def test_a_webhook_tells_its_secret_once(visitor: Browser) -> None:
    house = visitor.house
    object.__setattr__(house.engine, "hooks", HookChannel(HookSettings()))
    runs = caller(visitor, "admin")
    wanted = {"url": "https://journal.region.example/in?key=hemlig", "events": ["*"]}
    made = runs.post("/webhooks", wanted, Idempotency_Key="w")
    assert made.body["secret"].startswith("whsec_")
    assert runs.post("/webhooks", wanted, Idempotency_Key="w").body == made.body
    listed = runs.get("/webhooks")
    assert len(listed.body["webhooks"]) == 1
    assert not {"hemlig", made.body["secret"]} & set(str(listed.body).replace("'", " ").split())
    house.open_many(3, "2024-02-15")
    page = runs.get("/webhooks/1/messages?limit=2")
    rest = runs.get(page.headers["link"].partition(">")[0].removeprefix("</api/v1"))
    assert [len(one.body["messages"]) for one in (page, rest)] == [2, 1]
    assert runs.send("DELETE", "/webhooks/1").status == 204
    assert runs.get("/webhooks/1").status == 404


def test_a_token_ends_itself_and_others_only_with_the_scope_for_it(visitor: Browser) -> None:
    own, reader = caller(visitor), caller(visitor, "coordinator", "read")
    numbers = [one["id"] for one in own.get("/tokens").body["tokens"]]
    assert reader.send("DELETE", f"/tokens/{min(numbers)}").status == 403
    assert reader.send("DELETE", f"/tokens/{max(numbers)}").status == 204
    assert reader.get("/me").status == 401
