"""Messages to test with, and strategies that make more of them."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from notifications.messages import (
    INVITATION_KINDS,
    NOTICE_KINDS,
    TEST_REF,
    Digest,
    DigestLine,
    Invitation,
    Kind,
    Message,
    Notice,
    Reason,
    Roundup,
    Text,
)

REF = "BV-7F3K-92QX"
LINK = "https://bevaka.region.example/c/BV-7F3K-92QX"
FIRST_MEETING = Text("Första avstämningsmöte", "First joint meeting")


def notice(
    kind: Kind = Kind.REMINDER,
    reason: Reason = Reason.BEFORE_DUE,
    *,
    step: Text = FIRST_MEETING,
    link: str = LINK,
    case_ref: str = REF,
    late: bool = False,
    on_behalf: bool = False,
    escalated_to: str | None = None,
) -> Notice:
    return Notice(kind, case_ref, step, date(2026, 3, 2), 2, 5, late, reason, link, on_behalf, escalated_to)


def invitation(kind: Kind = Kind.INVITE, *, sequence: int = 0, starts_at: datetime | None = None) -> Invitation:
    return Invitation(
        kind,
        REF,
        FIRST_MEETING,
        "meeting-1@bevaka.region.example",
        sequence,
        starts_at or datetime(2026, 3, 2, 12, 0, tzinfo=UTC),
        60,
        Text("Mottagning Norr, rum 3", "Clinic North, room 3"),
        LINK,
    )


def digest(lines: int = 2) -> Digest:
    made = tuple(
        DigestLine(REF, Text("Uppföljning", "Follow-up"), date(2026, 3, 2), days, LINK) for days in range(lines)
    )
    return Digest(
        made, date(2026, 3, 3), "https://bevaka.region.example/mine", "https://bevaka.region.example/settings"
    )


def roundup(lines: int = 2) -> Roundup:
    return Roundup(digest(lines).lines, date(2026, 3, 3), "https://bevaka.region.example/mine")


def one_of_each() -> list[Message]:
    notices = [
        notice(kind, case_ref=TEST_REF if kind is Kind.TEST else REF, escalated_to="Enhetschef")
        for kind in sorted(NOTICE_KINDS)
    ]
    return [*notices, *(invitation(kind) for kind in sorted(INVITATION_KINDS)), digest(), roundup()]


_refs = st.from_regex(r"BV-[0-9A-HJ-NP-TV-Z]{4}-[0-9A-HJ-NP-TV-Z]{4}", fullmatch=True).filter(str.isascii)
_titles = st.text("abcåäöÅÄÖéXYZ 019.,:()/&–", min_size=1, max_size=60).map(lambda text: "T" + text)
_safe_titles = _titles.filter(lambda text: sum(mark.isdigit() for mark in text) < 10)
texts = st.builds(Text, _safe_titles, _safe_titles)
_links = st.sampled_from([LINK, "http://localhost:8000/a/1", "https://b.example.se/?c=1&d=2", "http://127.0.0.1:1/x"])
_days = st.dates(date(1990, 1, 1), date(2090, 1, 1))
_moments = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)

notices = st.builds(
    Notice, st.sampled_from(sorted(NOTICE_KINDS)), _refs, texts, _days, st.integers(0, 999), st.integers(0, 999),
    st.booleans(), st.sampled_from(Reason), _links, st.booleans(), st.none() | _safe_titles,
)  # fmt: skip
invitations = st.builds(
    Invitation, st.sampled_from(sorted(INVITATION_KINDS)), _refs, texts, st.uuids(version=4).map(str),
    st.integers(0, 9999), _moments, st.integers(1, 1440), texts, _links,
)  # fmt: skip
_lines = st.builds(DigestLine, _refs, texts, _days, st.integers(0, 99_999), _links)
digests = st.builds(Digest, st.lists(_lines, max_size=30).map(tuple), _days, _links, _links)
roundups = st.builds(Roundup, st.lists(_lines, min_size=1, max_size=25).map(tuple), _days, _links)
messages: st.SearchStrategy[Message] = st.one_of(notices, invitations, digests, roundups)

NOW = datetime(2026, 2, 1, 7, 0, tzinfo=UTC)


def later(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)
