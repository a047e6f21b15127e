"""By API one does with a case what one does on its page, and sees as much."""

from tests.house import ROLES, House
from tests.integration.web.api_caller import Caller, caller
from tests.integration.web.conftest import TODAY, Browser, browser_in

BOOKED = {"meeting_at": "2024-03-12T13:00:00+01:00", "place": "clinic"}


def booking(api: Caller, ref: str) -> dict[str, object]:
    """Return what books the meeting of a case: every required field of the transition, whatever the programme asks."""
    moves = {one["name"]: one for one in api.get(f"/cases/{ref}/transitions").body["transitions"]}
    asked = [one for one in moves["book_meeting"]["asks"] if one["required"]]
    first = {one["name"]: next(iter(one["choices"]), None) for one in asked}
    return {**first, "meeting_at": BOOKED["meeting_at"]}


def consented(house: House, number: int = 1) -> list[str]:
    """Open cases whose meeting may be booked."""
    refs = house.open_many(number, "2024-02-15")
    for ref in refs:
        house.fire(ref, "record_consent", TODAY)
    return refs


def test_a_case_is_read_with_its_fields_and_no_person(visitor: Browser) -> None:
    ref = visitor.house.open_case("2024-02-15")
    case = caller(visitor).get(f"/cases/{ref}").body
    assert (case["ref"], case["state"], case["entry"]) == (ref, "granted", 1)
    assert case["fields"]["decision_date"] == "2024-02-15"
    assert "Testperson" not in str(case)


def test_the_person_is_read_with_a_line_in_the_access_log(visitor: Browser) -> None:
    ref = visitor.house.open_case("2024-02-15")
    before = visitor.house.count("access_log")
    person = caller(visitor).get(f"/cases/{ref}/person").body
    assert person["name"].startswith("Prov Testperson")
    assert visitor.house.count("access_log") == before + 1


def test_a_foreign_case_answers_like_one_that_does_not_exist(visitor: Browser) -> None:
    foreign = visitor.house.open_case("2024-02-15", unit="south")
    api = caller(visitor, "deputy")
    answers = [
        api.get(f"/cases/{ref}{part}") for ref in (foreign, "BV-0000-0000") for part in ("", "/person", "/history")
    ]
    assert {answer.status for answer in answers} == {404}
    assert len({str(answer.body) for answer in answers}) == 1


def test_an_unchanged_case_is_not_sent_again(visitor: Browser) -> None:
    ref = visitor.house.open_case("2024-02-15")
    api = caller(visitor)
    tag = api.get(f"/cases/{ref}").headers["etag"]
    again = api.get(f"/cases/{ref}", If_None_Match=tag)
    assert (again.status, again.body, again.headers["etag"]) == (304, None, tag)


def test_a_transition_happens_to_a_case_that_is_as_its_sender_saw_it(visitor: Browser) -> None:
    ref = consented(visitor.house)[0]
    api = caller(visitor)
    wanted = {"event": "book_meeting", "answers": booking(api, ref)}
    tag = api.get(f"/cases/{ref}").headers["etag"]
    shown = api.post(f"/cases/{ref}/transitions/preview", wanted).body
    done = api.post(f"/cases/{ref}/transitions", wanted, If_Match=tag)
    assert (done.status, done.body["state_before"]) == (200, "granted")
    assert done.body == shown
    assert api.get(f"/cases/{ref}").body["state"] == done.body["state"]


def test_a_transition_of_a_case_that_has_moved_is_refused(visitor: Browser) -> None:
    ref = consented(visitor.house)[0]
    api = caller(visitor)
    wanted = {"event": "book_meeting", "answers": booking(api, ref)}
    tag = api.get(f"/cases/{ref}").headers["etag"]
    assert api.post(f"/cases/{ref}/transitions", wanted, If_Match=tag).status == 200
    assert api.post(f"/cases/{ref}/transitions", wanted, If_Match=tag).status == 412
    assert api.post(f"/cases/{ref}/transitions", {**wanted, "expected_entry": 9}).status == 409
    assert api.post(f"/cases/{ref}/transitions", wanted).status == 428


def test_what_is_wrong_with_the_answers_names_the_fields_and_what_they_take(visitor: Browser) -> None:
    ref = visitor.house.open_case("2024-02-15")
    api = caller(visitor)
    wrong = {"event": "book_meeting", "answers": {"meeting_at": "tomorrow", "colour": "blue"}, "expected_entry": 1}
    refused = api.post(f"/cases/{ref}/transitions", wrong)
    assert refused.status == 422
    assert [one["field"] for one in refused.body["errors"]] == ["meeting_at", "colour"]
    assert "tomorrow" not in str(refused.body)


def test_an_event_that_is_none_is_told_with_those_there_are(visitor: Browser) -> None:
    ref = visitor.house.open_case("2024-02-15")
    refused = caller(visitor).post(f"/cases/{ref}/transitions", {"event": "vanish", "expected_entry": 1})
    assert (refused.status, refused.body["reasons"][0]["why"]) == (422, "unknown_event")
    assert "book_meeting" in refused.body["reasons"][0]["allowed"]


def test_a_deadline_is_acknowledged_snoozed_and_explained(visitor: Browser) -> None:
    ref = visitor.house.open_case("2024-02-15")
    api = caller(visitor)
    quiet = api.post(f"/cases/{ref}/deadlines/meeting/acknowledge", {"until_on": "2024-03-10"})
    assert quiet.status == 200
    assert api.get(f"/cases/{ref}/deadlines").body["deadlines"][0]["quiet"] == "acknowledged"
    late = {"until_on": "2024-12-01", "reason": "waiting for an answer"}
    assert api.post(f"/cases/{ref}/deadlines/meeting/snooze", late).body["reasons"][0]["why"] == "until_after_due"
    assert "2024" in api.get(f"/cases/{ref}/deadlines/meeting/why").body["text"]


def test_a_pause_begins_and_ends(visitor: Browser) -> None:
    ref = visitor.house.open_case("2024-02-15")
    api = caller(visitor)
    assert api.post(f"/cases/{ref}/pauses", {"kind": "sick_leave", "from_on": "2024-03-01"}).status == 200
    assert api.post(f"/cases/{ref}/pauses", {"kind": "sick_leave"}).problem == "not_now"
    assert api.post(f"/cases/{ref}/pauses/sick_leave/end", {}).status == 200
    assert api.get(f"/cases/{ref}/pauses").body["pauses"][0]["until_on"] == "2024-03-04"


def test_data_are_amended_and_the_dates_that_move_are_shown_first(visitor: Browser) -> None:
    ref = visitor.house.open_case("2024-02-15")
    api = caller(visitor)
    wanted = {"answers": {"decision_date": "2024-02-20"}}
    shown = api.post(f"/cases/{ref}/amendments/preview", wanted).body
    assert api.get(f"/cases/{ref}").body["fields"]["decision_date"] == "2024-02-15"
    assert api.post(f"/cases/{ref}/amendments", wanted).body["text"] == shown["text"]
    assert api.get(f"/cases/{ref}").body["fields"]["decision_date"] == "2024-02-20"


def test_many_cases_move_at_once_and_each_is_told_of(visitor: Browser) -> None:
    refs = consented(visitor.house, 3)
    foreign = visitor.house.open_case("2024-02-15", unit="south")
    api = caller(visitor)
    seen = [{"ref": ref, "expected_entry": 1} for ref in (*refs, foreign)]
    seen[1]["expected_entry"] = 7
    wanted = {"event": "book_meeting", "answers": booking(api, refs[0]), "cases": seen}
    assert api.post("/transitions/preview", wanted).body["done"] == 3
    result = api.post("/transitions", wanted).body
    assert [line["outcome"] for line in result["cases"]] == ["done", "refused", "done", "refused"]
    assert [line["problem"]["status"] for line in result["cases"] if line["problem"]] == [409, 404]


def test_a_case_is_opened_once(visitor: Browser) -> None:
    api = caller(visitor)
    identity = visitor.house.identity()
    wanted = {
        "programme": "prov",
        "unit": "north",
        "person": {"name": identity.name, "number": identity.number.digits},
        "answers": {"decision_date": "2024-02-15", "benefit_from": "2024-02-01", "benefit_until": "2025-12-31"},
        "coordinator": ROLES["coordinator"],
    }
    opened = api.post("/cases", wanted)
    assert opened.status == 201
    assert api.get(opened.headers["location"].removeprefix("/api/v1")).body["ref"] == opened.body["ref"]
    assert api.post("/cases", wanted).problem == "already_there"
    assert api.post("/cases", {**wanted, "unit": "south"}).problem == "not_allowed"


def test_an_assignment_wants_somebody_who_holds_the_role(visitor: Browser) -> None:
    ref = visitor.house.open_case("2024-02-15")
    api = caller(visitor, "unit_manager")
    refused = api.post(f"/cases/{ref}/assignment", {"coordinator": ROLES["handler"]})
    assert (refused.status, refused.body["role"]) == (409, "coordinator")
    assert api.post(f"/cases/{ref}/assignment", {"handler": ROLES["handler"]}).status == 200


def test_consents_are_recorded_and_withdrawn_and_govern_what_is_disclosed(visitor: Browser) -> None:
    ref = visitor.house.open_case("2024-02-15")
    api = caller(visitor)
    terms = {
        "giver": "person",
        "from_party": "region",
        "to_party": "fk",
        "recipient": "handler",
        "purpose": "coordination",
        "groups": ["benefit"],
        "form": "written",
        "valid_from": "2024-03-01",
        "valid_until": "2024-12-31",
    }
    assert api.post(f"/cases/{ref}/disclosures", {"fields": ["benefit_until"]}).problem == "undisclosed"
    assert api.post(f"/cases/{ref}/consents", terms).status == 201
    assert api.post(f"/cases/{ref}/disclosures", {"fields": ["benefit_until"]}).body["ground"] == "consent"
    ended = api.post(f"/cases/{ref}/consents/withdrawals", {"from_party": "region", "to_party": "fk"}).body
    assert ended["consents"][-1]["lacks"] == ["withdrawn"]


def test_both_databases_answer_alike(house: House) -> None:
    api = caller(browser_in(house, demo=False))
    ref = consented(house)[0]
    body = {"event": "book_meeting", "answers": booking(api, ref), "expected_entry": 1}
    assert [api.post(f"/cases/{ref}/transitions", body, Idempotency_Key="k").status for _ in range(2)] == [200, 200]
    assert api.get(f"/cases/{ref}").body["seq"] == 3


def test_what_happened_last_is_taken_back_by_who_saw_it(visitor: Browser) -> None:
    ref = consented(visitor.house)[0]
    api = caller(visitor)
    assert api.post(f"/cases/{ref}/undo", {}).status == 428
    assert api.post(f"/cases/{ref}/undo", {"expected_seq": 1}).status == 409
    refused = api.post(f"/cases/{ref}/undo", {"expected_seq": 2})
    assert (refused.status, bool(refused.body["reasons"])) == (409, True)  # a consent is withdrawn, never undone


def test_a_message_that_did_not_fail_is_not_sent_again(visitor: Browser) -> None:
    visitor.house.open_case("2024-01-31")
    visitor.house.pass_time(TODAY)
    number = caller(visitor, "admin").get("/outbox").body["messages"][0]["id"]
    assert caller(visitor).post(f"/outbox/{number}/retry").problem == "not_allowed"
    refused = caller(visitor, "admin").post(f"/outbox/{number}/retry")
    assert (refused.status, refused.body["cause"]) == (409, "not_failed")
    assert caller(visitor, "admin").post("/outbox/999/reroute", {}).status == 404
