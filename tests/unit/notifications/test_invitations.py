"""Invitations as RFC 5546 and 6047 want them, and as little in them as possible."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from icalendar import Calendar

from notifications.invitations import calendar_part
from notifications.messages import Invitation, Kind
from notifications.recipients import Mailbox
from tests.examples.messages import NOW, invitation, invitations

TO = Mailbox("kim.exempel@region.example")
ORGANIZER = "bevaka@region.example"

GOLDEN_EVENT = """\
BEGIN:VEVENT
SUMMARY:Möte BV-7F3K-92QX
DTSTART;TZID=Europe/Stockholm:20260302T130000
DTEND;TZID=Europe/Stockholm:20260302T140000
DTSTAMP:20260201T070000Z
UID:meeting-1@bevaka.region.example
SEQUENCE:0
ATTENDEE;PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT;RSVP=TRUE:mailto:kim.exempel@region.example
CLASS:PRIVATE
LOCATION:Mottagning Norr\\, rum 3
ORGANIZER:mailto:bevaka@region.example
STATUS:CONFIRMED
URL:https://bevaka.region.example/c/BV-7F3K-92QX
END:VEVENT
END:VCALENDAR
"""


def written(message: Invitation) -> str:
    return calendar_part(message, TO, ORGANIZER, NOW).octets.decode()


def read(message: Invitation) -> Any:
    return Calendar.from_ical(written(message))


def event(message: Invitation) -> Any:
    return next(iter(read(message).walk("VEVENT")))


def test_the_event_line_for_line() -> None:
    unfolded = written(invitation()).replace("\r\n ", "").replace("\r\n", "\n")
    assert unfolded[unfolded.index("BEGIN:VEVENT") :] == GOLDEN_EVENT


def test_the_method_belongs_to_the_calendar() -> None:
    calendar = read(invitation())
    assert calendar["METHOD"] == "REQUEST"
    assert "METHOD" not in event(invitation())


def test_a_cancellation_cancels_the_same_event() -> None:
    cancelled = event(invitation(Kind.CANCEL, sequence=1))
    assert read(invitation(Kind.CANCEL))["METHOD"] == "CANCEL"
    assert cancelled["STATUS"] == "CANCELLED"
    assert cancelled["UID"] == event(invitation())["UID"]
    assert int(cancelled["SEQUENCE"]) > int(event(invitation())["SEQUENCE"])


def test_the_time_zone_is_described() -> None:
    zone = next(iter(read(invitation()).walk("VTIMEZONE")))
    assert zone["TZID"] == "Europe/Stockholm"


def test_the_time_zone_is_a_rule_and_not_a_list_of_years() -> None:
    assert "RDATE" not in written(invitation())


def test_the_title_does_not_say_what_the_meeting_is_about() -> None:
    assert "avstämning" not in written(invitation()).lower()


def test_a_winter_meeting_is_an_hour_after_utc() -> None:
    assert "DTSTART;TZID=Europe/Stockholm:20260302T130000" in written(invitation())


def test_a_summer_meeting_is_two_hours_after_utc() -> None:
    summer = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    assert "DTSTART;TZID=Europe/Stockholm:20260701T140000" in written(invitation(starts_at=summer))


@given(invitations)
def test_any_meeting_keeps_its_start(message: Invitation) -> None:
    starts = event(message)["DTSTART"].dt
    # The hour that comes twice in October cannot be told apart in iCalendar's local time.
    assert starts.astimezone(UTC) in (message.starts_at, message.starts_at - timedelta(hours=1))


@given(invitations)
def test_any_invitation_is_one_event_in_lines_of_75_octets(message: Invitation) -> None:
    octets = calendar_part(message, TO, ORGANIZER, NOW).octets
    assert octets.count(b"BEGIN:VEVENT") == 1
    assert max(map(len, octets.split(b"\r\n"))) <= 75
