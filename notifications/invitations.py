"""Calendar invitations after RFC 5546 and 6047, one recipient each, private and without a word about a person."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component, Event, Timezone, vCalAddress, vText

from notifications.messages import Invitation, Kind
from notifications.recipients import Mailbox

_ZONE = ZoneInfo("Europe/Stockholm")
_PRODUCT = "-//Bevaka//Bevaka//SV"
# The rule of the European Union since 1996. icalendar's own generator lists every change from 1970 to 2038 instead.
_ZONE_RULES = """BEGIN:VTIMEZONE
TZID:Europe/Stockholm
BEGIN:DAYLIGHT
DTSTART:19960331T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZNAME:CEST
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZNAME:CET
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
"""


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """The iCalendar bytes and the method, which belongs to the MIME type too."""

    method: str
    octets: bytes


def calendar_part(invitation: Invitation, to: Mailbox, organizer: str, now: datetime) -> CalendarPart:
    """Write the invitation or its cancellation.

    Args:
        invitation: ``uid`` stays the same through an event's life; ``sequence`` grows with every change of time.
        to: The attendee.
        organizer: The address mail is sent from; programmes refuse an organizer who is not the sender.
        now: The moment for DTSTAMP, in UTC.
    """
    method = "CANCEL" if invitation.kind is Kind.CANCEL else "REQUEST"
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(zone_part())
    calendar.add_component(_event(invitation, to, organizer, now))
    return CalendarPart(method, calendar.to_ical())


@lru_cache(maxsize=1)
def zone_part() -> Component:
    """Return the rules of Europe/Stockholm as a calendar carries them."""
    return Timezone.from_ical(_ZONE_RULES)


def _event(invitation: Invitation, to: Mailbox, organizer: str, now: datetime) -> Event:
    starts = invitation.starts_at.astimezone(_ZONE)
    # Added in UTC: a meeting of an hour is an hour also in the night the clock changes.
    ends = (invitation.starts_at + timedelta(minutes=invitation.minutes)).astimezone(_ZONE)
    event = Event()
    event.add("uid", invitation.uid)
    event.add("sequence", invitation.sequence)
    event.add("dtstamp", now)
    event.add("dtstart", starts)
    event.add("dtend", ends)
    event.add("summary", _summary(invitation, to.language))
    event.add("location", invitation.place.in_language(to.language))
    event.add("url", invitation.link)
    event.add("class", "PRIVATE")
    event.add("status", "CANCELLED" if invitation.kind is Kind.CANCEL else "CONFIRMED")
    event.add("organizer", vCalAddress(f"mailto:{organizer}"))
    event.add("attendee", _attendee(to, invitation.kind))
    return event


def _summary(invitation: Invitation, language: str) -> str:
    # The step could say what kind of care it is about; a calendar is shown to colleagues and on screens.
    return f"Meeting {invitation.case_ref}" if language == "en" else f"Möte {invitation.case_ref}"


def _attendee(to: Mailbox, kind: Kind) -> vCalAddress:
    attendee = vCalAddress(f"mailto:{to.address}")
    attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
    if kind is Kind.INVITE:
        attendee.params["PARTSTAT"] = vText("NEEDS-ACTION")
        attendee.params["RSVP"] = vText("TRUE")
    return attendee
