"""The calendar and its feed: what is due and who meets; behind a secret address, opaque and revocable."""

from datetime import date, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from access.actors import OPERATOR
from engine.errors import NotAllowedError
from engine.feeding import MOST_AN_HOUR, FeedBusyError, FeedGoneError, make_feed, own_feed, read_feed, revoke_feed
from engine.inspecting_calendar import CalendarEntry, Whose, calendar_entries
from engine.staffing import set_active
from storage.feed_tables import calendar_feed
from tests.house import ROLES, House, moment

NOW = moment("2024-02-05")
FIRST, LAST = date(2024, 2, 1), date(2024, 3, 31)
MEETING_AT = moment("2024-02-20", "13:00")


def entries(house: House, role: str = "coordinator", whose: Whose | None = None) -> list[CalendarEntry]:
    return list(calendar_entries(house.engine, house.actor(role), NOW, FIRST, LAST, whose or Whose()))


def booked(house: House) -> str:
    ref = house.open_case("2024-01-31")
    house.fire(ref, "record_consent", NOW)
    house.fire(ref, "book_meeting", NOW, meeting_at=MEETING_AT, place="clinic")
    return ref


def feed(house: House, role: str = "coordinator") -> Calendar:
    secret = make_feed(house.engine, house.actor(role), NOW)
    found = Calendar.from_ical(read_feed(house.engine, secret, NOW).octets)
    assert isinstance(found, Calendar)
    return found


def events_of(calendar: Calendar) -> list[Any]:
    return list(calendar.walk("VEVENT"))


def test_deadlines_and_meetings_come_by_date(house: House) -> None:
    ref = booked(house)
    assert [(one.day, one.is_meeting, one.ref) for one in entries(house)] == [
        (date(2024, 2, 20), True, ref),
        (date(2024, 2, 29), False, ref),
    ]


def test_a_calendar_is_ones_own_or_a_units_one_may_see(house: House) -> None:
    booked(house)
    south = house.open_case("2024-01-31", unit="south")
    assert len(entries(house, "unit_manager")) == 0
    assert len(entries(house, "unit_manager", Whose("north"))) == 2
    assert entries(house, "unit_manager", Whose("south")) == []
    assert [one.ref for one in entries(house, "admin", Whose("south"))] == [south]


def test_whoever_stands_in_sees_what_is_hers_meanwhile(house: House) -> None:
    booked(house)
    house.away("coordinator", "2024-02-05", "2024-02-09", "deputy")
    assert len(entries(house, "deputy")) == 2


def test_a_cancelled_meeting_is_gone(house: House) -> None:
    ref = booked(house)
    house.fire(ref, "cancel_meeting", NOW)
    assert [one.is_meeting for one in entries(house)] == [False]


def test_the_feed_conforms_and_says_references_dates_and_links_alone(house: House) -> None:
    ref = booked(house)
    calendar = feed(house)
    assert (calendar["method"], calendar["version"], str(calendar["x-wr-calname"])) == ("PUBLISH", "2.0", "Bevaka")
    meeting, deadline = events_of(calendar)
    assert (str(meeting["summary"]), str(deadline["summary"])) == (f"Möte {ref}", f"Bevakning {ref}")
    assert meeting["dtstart"].dt == MEETING_AT
    assert meeting["dtstart"].params["TZID"] == "Europe/Stockholm"
    assert meeting["dtend"].dt - meeting["dtstart"].dt == timedelta(minutes=60)
    assert (deadline["dtstart"].dt, deadline["dtend"].dt) == (date(2024, 2, 29), date(2024, 3, 1))
    assert str(deadline["url"]) == f"https://bevaka.region.example/cases/{ref}"
    assert {str(event["class"]) for event in events_of(calendar)} == {"PRIVATE"}
    assert len({str(event["uid"]) for event in events_of(calendar)}) == 2


def test_the_feed_names_no_person_and_no_step(sqlite_house: House) -> None:
    booked(sqlite_house)
    text = feed(sqlite_house).to_ical().decode()
    for word in ("Prov", "Testperson", "Mottagning", "meeting-", "@bevaka.example", "coordinator"):
        assert word not in text, word


def test_lines_end_and_fold_as_the_standard_says(sqlite_house: House) -> None:
    booked(sqlite_house)
    secret = make_feed(sqlite_house.engine, sqlite_house.actor("coordinator"), NOW)
    octets = read_feed(sqlite_house.engine, secret, NOW).octets
    assert octets.endswith(b"END:VCALENDAR\r\n")
    assert all(len(line) <= 75 for line in octets.split(b"\r\n"))
    assert b"\n" not in octets.replace(b"\r\n", b"")


def test_equal_calendars_have_equal_tags_whenever_they_are_read(house: House) -> None:
    booked(house)
    secret = make_feed(house.engine, house.actor("coordinator"), NOW)
    first = read_feed(house.engine, secret, NOW).tag
    assert read_feed(house.engine, secret, NOW + timedelta(hours=2)).tag == first
    house.open_case("2024-02-01")
    assert read_feed(house.engine, secret, NOW + timedelta(hours=3)).tag != first


def test_the_secret_is_kept_as_a_hash_and_a_new_one_revokes_the_old(house: House) -> None:
    coordinator = house.actor("coordinator")
    old = make_feed(house.engine, coordinator, NOW)
    with house.engine.database.read() as connection:
        assert old not in str(connection.execute(calendar_feed.select()).all())
    new = make_feed(house.engine, coordinator, NOW)
    with pytest.raises(FeedGoneError):
        read_feed(house.engine, old, NOW)
    assert revoke_feed(house.engine, coordinator, NOW)
    assert own_feed(house.engine, coordinator) is None
    with pytest.raises(FeedGoneError):
        read_feed(house.engine, new, NOW)


def test_whoever_works_here_no_longer_has_no_feed(house: House) -> None:
    secret = make_feed(house.engine, house.actor("coordinator"), NOW)
    set_active(house.engine, ROLES["coordinator"], False, OPERATOR)
    with pytest.raises(FeedGoneError):
        read_feed(house.engine, secret, NOW)


def test_a_feed_answers_so_many_times_an_hour(house: House) -> None:
    secret = make_feed(house.engine, house.actor("coordinator"), NOW)
    for _ in range(MOST_AN_HOUR):
        read_feed(house.engine, secret, NOW)
    with pytest.raises(FeedBusyError) as busy:
        read_feed(house.engine, secret, NOW + timedelta(minutes=20))
    assert busy.value.wait == timedelta(minutes=40)
    read_feed(house.engine, secret, NOW + timedelta(hours=1))


def test_nobody_in_particular_has_no_feed(sqlite_house: House) -> None:
    with pytest.raises(NotAllowedError):
        make_feed(sqlite_house.engine, OPERATOR, NOW)
