"""Consents: recorded and withdrawn with everything that hangs on them, in one transaction (facts/trust.md T15)."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from access.consents import CARE, FK, Ended, Form, Giver, Lack, Purpose, Recipient, Terms
from engine.auditing import unaccounted
from engine.consent_rows import HANDLER
from engine.consenting import consent_lines, record_consent, withdraw_consent
from engine.delivering import claim, deliver
from engine.errors import CaseNotFoundError, NotAllowedError
from engine.firing import fire
from engine.inspecting import case_view
from engine.replaying import replay_all
from engine.sweeping import sweep
from storage import schema, tables
from storage.trust_tables import consent
from tests.house import House, moment
from tests.models.reading import fate, mailed, outbox
from workflows.case import Event
from workflows.guards import Value
from workflows.refusals import EventRefusedError

DAY = moment("2024-02-05")
SECOND = moment("2024-02-22")  # the rung that also goes to the handler
LAST = date(2024, 12, 31)
TERMS = Terms(
    Giver.PERSON, CARE, HANDLER, Purpose.COORDINATION, frozenset({"meetings", "plan"}), Form.WRITTEN, DAY.date(), LAST
)


def rows(house: House) -> list[Any]:
    with house.engine.database.read() as connection:
        return list(connection.execute(select(consent).order_by(consent.c.id)))


def record(house: House, ref: str, terms: Terms = TERMS, now: datetime = DAY, role: str = "coordinator") -> None:
    record_consent(house.engine, ref, terms, house.actor(role), now)


def withdraw(house: House, ref: str, now: datetime, purpose: Purpose | None = None) -> None:
    withdraw_consent(house.engine, ref, CARE, FK, house.actor("coordinator"), now, purpose)


def fact(house: House, ref: str) -> object:
    with house.engine.database.read() as connection:
        snapshot = connection.execute(select(tables.case.c.snapshot).where(tables.case.c.ref == ref)).scalar_one()
    return snapshot["data"]["consent.region_to_fk"]


def test_a_consent_keeps_its_terms_and_sets_the_programmes_fact(house: House) -> None:
    ref = house.open_case("2024-01-31", programme="aktiv-2023")
    record(house, ref)
    (row,) = rows(house)
    assert (row.giver, row.to_party, row.recipient, row.purpose) == ("person", "fk", "handler", "coordination")
    assert (row.groups, row.form, row.valid_until, row.actor_id) == (
        ["meetings", "plan"],
        "written",
        LAST,
        house.staff["coordinator"],
    )
    assert fact(house, ref) is True


def test_a_consent_meets_its_deadline_and_opens_the_one_of_its_end(house: House) -> None:
    ref = house.open_case("2024-01-31", programme="aktiv-2023")
    record(house, ref)
    with house.engine.database.read() as connection:
        found = connection.execute(select(tables.deadline.c.kind, tables.deadline.c.status, tables.deadline.c.due_on))
        by_kind = {row.kind: (row.status, row.due_on) for row in found}
    assert by_kind["consent"][0] == "met"
    assert by_kind["consent_renewal"] == ("open", date(2024, 11, 29))  # a month before, on the working day before


def test_what_was_recorded_follows_from_the_history(house: House) -> None:
    ref = house.open_case("2024-01-31", programme="aktiv-2023")
    record(house, ref)
    withdraw(house, ref, DAY + timedelta(days=1))
    assert replay_all(house.engine, SECOND, ref).divergences == ()


def test_the_programmes_plain_event_records_the_least_there_is(house: House) -> None:
    ref = house.open_case("2024-01-31", programme="aktiv-2023")
    house.fire(ref, "record_consent", DAY, consent_until=LAST)
    (row,) = rows(house)
    assert (row.groups, row.form, row.valid_until) == (["meetings"], "unstated", LAST)


def test_a_newer_consent_takes_the_place_of_the_older(house: House) -> None:
    ref = house.open_case("2024-01-31")
    record(house, ref)
    record(house, ref, replace(TERMS, groups=frozenset({"meetings"})), DAY + timedelta(days=1))
    assert [(row.groups, row.ended) for row in rows(house)] == [
        (["meetings", "plan"], Ended.REPLACED),
        (["meetings"], None),
    ]


def test_each_purpose_is_a_consent_of_its_own(house: House) -> None:
    ref = house.open_case("2024-01-31")
    record(house, ref)
    record(house, ref, replace(TERMS, purpose=Purpose.FOLLOW_UP))
    withdraw(house, ref, SECOND, Purpose.FOLLOW_UP)
    assert [(row.purpose, row.ended) for row in rows(house)] == [("coordination", None), ("follow_up", "withdrawn")]
    assert fact(house, ref) is True


def test_consent_to_another_authority_opens_nothing_for_fk(house: House) -> None:
    ref = house.open_case("2024-01-31")
    record(house, ref, replace(TERMS, to=Recipient("af", "handler")))
    assert fact(house, ref) is False


def test_a_consent_that_is_withdrawn_ends_at_that_instant(house: House) -> None:
    ref = house.open_case("2024-01-31")
    record(house, ref)
    withdraw(house, ref, SECOND)
    (row,) = rows(house)
    assert (row.ended, row.ended_at) == ("withdrawn", SECOND)
    assert fact(house, ref) is False


def test_the_programmes_own_withdrawal_ends_every_purpose(house: House) -> None:
    ref = house.open_case("2024-01-31")
    record(house, ref)
    record(house, ref, replace(TERMS, purpose=Purpose.FOLLOW_UP))
    house.fire(ref, "withdraw_consent", SECOND)
    assert {row.ended for row in rows(house)} == {"withdrawn"}


def test_a_consent_can_be_withdrawn_when_the_case_is_closed(house: House) -> None:
    ref = house.open_case("2024-01-31")
    record(house, ref)
    house.fire(ref, "withdraw", SECOND, outcome="withdrawn")
    withdraw(house, ref, SECOND)
    assert (rows(house)[0].ended, fact(house, ref)) == ("withdrawn", False)


def test_a_corrected_end_moves_the_consent_and_keeps_its_fields(house: House) -> None:
    ref = house.open_case("2024-01-31", programme="aktiv-2023")
    record(house, ref)
    house.fire(ref, "case.amend", SECOND, consent_until=date(2024, 6, 30))
    assert [(row.valid_until, row.groups, row.ended) for row in rows(house)] == [
        (LAST, ["meetings", "plan"], "replaced"),
        (date(2024, 6, 30), ["meetings", "plan"], None),
    ]


def test_withdrawal_suppresses_what_waits_for_that_party_at_once(house: House) -> None:
    ref = house.open_case("2024-01-31")
    record(house, ref)
    sweep(house.engine, SECOND)
    withdraw(house, ref, SECOND)
    assert fate(house, ref, "r2", "handler:email") == ("suppressed", "no_consent")
    assert fate(house, ref, "r2", "coordinator:email") == ("queued", None)
    assert unaccounted(house.engine, SECOND) == []


def test_withdrawal_stops_an_invitation_and_lets_a_cancellation_leave(house: House) -> None:
    ref = house.open_case("2024-01-31")
    record(house, ref)
    house.fire(ref, "book_meeting", DAY, meeting_at=moment("2024-02-20"), place="clinic")
    house.fire(ref, "cancel_meeting", DAY)
    withdraw(house, ref, DAY)
    waiting = {row.kind: (row.state, row.reason) for row in outbox(house, "handler:email")}
    assert waiting == {"invite": ("done", "no_consent"), "cancel": ("queued", None)}


def test_refused_terms_leave_no_trace(house: House) -> None:
    ref = house.open_case("2024-01-31")
    before = house.count("history")
    bad: dict[str, Value] = {
        "giver": "person",
        "from_party": "region",
        "to_party": "fk",
        "recipient": "handler",
        "groups": "all",
    }
    rest: dict[str, Value] = {"purpose": "coordination", "form": "written", "from_on": DAY.date(), "until_on": LAST}
    with pytest.raises(EventRefusedError) as refused:
        fire(house.engine, ref, Event("consent.record", {**bad, **rest}), house.actor("coordinator"), DAY)
    assert refused.value.refusals[0].subject == "groups"
    assert (house.count("history"), rows(house)) == (before, [])


def test_what_the_programme_refuses_is_not_half_recorded(house: House) -> None:
    ref = house.open_case("2024-01-31")
    house.fire(ref, "withdraw", DAY, outcome="withdrawn")
    with pytest.raises(EventRefusedError):
        record(house, ref, now=SECOND)
    assert rows(house) == []


def test_who_may_not_steer_a_case_records_no_consent(sqlite_house: House) -> None:
    ref = sqlite_house.open_case("2024-01-31")
    with pytest.raises(NotAllowedError):
        record(sqlite_house, ref, role="project_lead")


def test_who_does_not_see_a_case_sees_no_consents(sqlite_house: House) -> None:
    ref = sqlite_house.open_case("2024-01-31", unit="south")
    with pytest.raises(CaseNotFoundError):
        consent_lines(sqlite_house.engine, ref, sqlite_house.actor("coordinator"), DAY)


def test_a_page_says_of_each_consent_whether_it_counts(sqlite_house: House) -> None:
    house = sqlite_house
    ref = house.open_case("2024-01-31")
    record(house, ref)
    record(house, ref, replace(TERMS, purpose=Purpose.FOLLOW_UP, valid_until=SECOND.date()))
    lines = consent_lines(house.engine, ref, house.actor("coordinator"), moment("2024-02-23"))
    assert [(line.consent.terms.purpose, line.lacks, line.recorded_by) for line in lines] == [
        (Purpose.FOLLOW_UP, (Lack.EXPIRED,), "Prov coordinator"),
        (Purpose.COORDINATION, (), "Prov coordinator"),
    ]


def test_what_was_known_before_consents_had_rows_gets_one(house: House) -> None:
    ref = house.open_case("2024-01-31", programme="aktiv-2023")
    house.open_case("2024-01-31")
    house.fire(ref, "record_consent", DAY, consent_until=LAST)
    schema.downgrade(house.engine.database, "0004")
    schema.upgrade(house.engine.database)
    (row,) = rows(house)
    assert (row.from_party, row.to_party, row.purpose, row.form) == ("region", "fk", "coordination", "unstated")
    assert (row.groups, row.valid_until, row.ended) == (["meetings"], LAST, None)


def test_an_event_that_changes_no_consent_is_not_held(postgres_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """It keeps its two round trips: `hold_case` is never asked."""
    house = postgres_house
    ref = house.open_case("2024-01-31")
    house.fire(ref, "record_consent", DAY)

    def never(*_: object) -> None:
        raise AssertionError("held")

    monkeypatch.setattr("engine.firing.hold_case", never)
    house.fire(ref, "hold_meeting", DAY, held_on=DAY.date(), met_on=DAY.date())


# --- an end that nobody has to press ---


def test_a_meeting_can_be_booked_on_the_last_day_and_not_on_the_day_after(house: House) -> None:
    ref = house.open_case("2024-01-31", programme="aktiv-2023")
    record(house, ref, replace(TERMS, valid_until=date(2024, 2, 20)))
    meeting = moment("2024-03-05")
    house.fire(ref, "book_first_meeting", moment("2024-02-20", "23:00"), meeting_at=meeting, place="clinic")
    with pytest.raises(EventRefusedError):
        house.fire(ref, "rebook_first_meeting", moment("2024-02-21"), meeting_at=meeting, place="clinic")


def test_what_a_consent_that_has_run_out_forbids_is_not_offered(house: House) -> None:
    ref = house.open_case("2024-01-31", programme="aktiv-2023")
    record(house, ref, replace(TERMS, valid_until=date(2024, 2, 20)))

    def offered(day: str) -> bool:
        moves = case_view(house.engine, ref, house.actor("coordinator"), moment(day)).moves
        return next(move.possible for move in moves if move.name == "book_first_meeting")

    assert (offered("2024-02-20"), offered("2024-02-21")) == (True, False)


def test_a_reminder_that_waits_over_the_consents_end_does_not_leave(house: House) -> None:
    ref = house.open_case("2024-01-31", programme="aktiv-2023")
    record(house, ref, replace(TERMS, valid_until=date(2024, 2, 22)))
    sweep(house.engine, SECOND)
    assert fate(house, ref, "r2", "handler:email") == ("queued", None)
    deliver(house.engine, moment("2024-02-23"))
    assert fate(house, ref, "r2", "handler:email") == ("suppressed", "no_consent")
    assert "handler" not in mailed(house)


def test_a_consent_that_has_run_out_is_still_watched_until_somebody_renews_or_ends_it(house: House) -> None:
    ref = house.open_case("2024-01-31", programme="aktiv-2023")
    record(house, ref, replace(TERMS, valid_until=date(2024, 2, 22)))
    house.pass_time(moment("2024-03-15"))
    with house.engine.database.read() as connection:
        kinds = connection.execute(select(tables.deadline.c.kind).where(tables.deadline.c.status == "open")).scalars()
        assert "consent_renewal" in set(kinds)


# --- races ---


@pytest.mark.slow
def test_500_withdrawals_race_with_the_postman_and_nothing_is_claimed_after_any_of_them(postgres_house: House) -> None:
    """What the database says of time decides: a claim after the withdrawal's commit would have seen no consent."""
    house, races = postgres_house, 500
    refs = house.open_many(races, "2024-01-31")
    for ref in refs:
        house.fire(ref, "record_consent", moment("2024-02-01"))
    sweep(house.engine, SECOND)
    assert len(outbox(house, "handler:email")) == races
    withdrawn: dict[str, None] = {}
    too_late: list[str] = []
    claimed: set[str] = set()

    def withdraw_each(mine: list[str]) -> None:
        for ref in mine:
            withdraw(house, ref, SECOND)
            withdrawn[ref] = None  # committed by now

    def post() -> None:
        while len(withdrawn) < races:
            gone = set(withdrawn)
            _, parcels = claim(house.engine, SECOND, 7)
            to_handlers = {p.message.case_ref for p in parcels if p.slot == "handler:email"}  # type: ignore[union-attr]
            too_late.extend(to_handlers & gone)
            claimed.update(to_handlers)

    with ThreadPoolExecutor(4) as pool:
        posts = [pool.submit(post) for _ in range(2)]
        for half in (refs[::2], refs[1::2]):
            posts.append(pool.submit(withdraw_each, half[::-1]))
        for done in posts:
            done.result()
    with house.engine.database.read() as connection:
        waiting = connection.execute(
            text("SELECT count(*) FROM outbox WHERE slot = 'handler:email' AND state = 'queued'")
        )
        assert waiting.scalar_one() == 0
    assert too_late == []
    assert 0 < len(claimed) < races, "the race was none"
