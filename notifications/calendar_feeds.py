"""A calendar to subscribe to (RFC 5545): opaque references, dates and links; not a word about a person or a step."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from notifications.invitations import zone_part

_ZONE = ZoneInfo("Europe/Stockholm")
_PRODUCT = "-//Bevaka//Bevaka//SV"
REFRESH = timedelta(hours=4)  # how often programmes are asked to look again
_SUMMARIES = {
    ("sv", False): "Bevakning {ref}",
    ("en", False): "Deadline {ref}",
    ("sv", True): "Möte {ref}",
    ("en", True): "Meeting {ref}",
}


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """A deadline (a whole day) or a meeting (`starts_at` in UTC, and `minutes`).

    Attributes:
        uid: names it for ever, and says nothing.
        changed_at: when it was last written, UTC: equal calendars are equal bytes.
    """

    uid: str
    ref: str
    day: date
    link: str
    changed_at: datetime
    starts_at: datetime | None = None
    minutes: int = 0


def calendar_feed(events: Iterable[FeedEvent], language: str) -> bytes:
    """Return the calendar of these events in a language, "sv" or "en"."""
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "Bevaka")
    calendar.add("x-wr-timezone", "Europe/Stockholm")
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT4H")
    calendar.add_component(zone_part())
    for event in events:
        calendar.add_component(_component(event, language))
    octets: bytes = calendar.to_ical()
    return octets


def _component(event: FeedEvent, language: str) -> Event:
    found = Event()
    found.add("uid", event.uid)
    found.add("dtstamp", event.changed_at)
    found.add(
        "summary", _SUMMARIES["en" if language == "en" else "sv", event.starts_at is not None].format(ref=event.ref)
    )
    found.add("url", event.link)
    found.add("class", "PRIVATE")
    if event.starts_at is None:
        found.add("dtstart", event.day)
        found.add("dtend", event.day + timedelta(days=1))
        found.add("transp", "TRANSPARENT")
    else:
        found.add("dtstart", event.starts_at.astimezone(_ZONE))
        found.add("dtend", (event.starts_at + timedelta(minutes=event.minutes)).astimezone(_ZONE))
        found.add("transp", "OPAQUE")
    return found
