"""A message holds what it may, nothing else, and comes back from JSON as it was."""

import dataclasses
import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given

from notifications.messages import (
    Digest,
    Invitation,
    Kind,
    Message,
    MessageFieldError,
    Notice,
    Reason,
    Text,
    from_json,
    to_json,
)
from tests.examples.messages import LINK, digest, invitation, messages, notice

HOSTILE = [
    "{{ 7*7 }}",
    "{% raw %}",
    "<script>alert(1)</script>",
    "Möte\r\nBcc: x@evil.example",
    "Möte\nX: 1",
    "[klicka](https://evil.example)",
    "**fet**",
    "_lutande_",
    "=HYPERLINK(1)",
    "+cmd",
    "-cmd",
    "@sum",
    "Möte\u202eetoM",
    "Möte\x00",
    "Möte\u200b",
    "Mӧte",  # a Cyrillic letter that looks Latin
    "x" * 10_000,
    "",
    " ",
    "Möte 19900101-0017",
    "199001010017",
    "900101+0017",
    "9001010017",
    "1990 01 01 0017",
    "\u0661\u0662\u0663",
]


@given(messages)
def test_a_message_survives_json(message: Message) -> None:
    assert from_json(json.loads(json.dumps(to_json(message)))) == message


@pytest.mark.parametrize("text", HOSTILE)
def test_a_title_refuses_hostile_text(text: str) -> None:
    with pytest.raises(MessageFieldError):
        Text(text, "Meeting")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_refusal_does_not_quote_the_value(text: str) -> None:
    with pytest.raises(MessageFieldError) as caught:
        Text("Möte", text)
    assert len(text.strip()) < 3 or text not in str(caught.value)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_role_refuses_hostile_text(text: str) -> None:
    with pytest.raises(MessageFieldError):
        notice(escalated_to=text)


@pytest.mark.parametrize(
    "title", ["Första avstämningsmöte", "Uppföljning 3 (av 4)", "SIP, samordnad plan", "AKTIV – plan", "Café & möte"]
)
def test_a_title_accepts_ordinary_swedish(title: str) -> None:
    assert Text(title, "x").sv == title


@pytest.mark.parametrize(
    "ref", ["bv-7f3k-92qx", "BV-7F3K-92QI", "BV-7F3K-92QX\n", " BV-7F3K-92QX", "BV-7F3K", "199001010017", None, 7]
)
def test_only_a_case_reference_is_one(ref: Any) -> None:
    with pytest.raises(MessageFieldError):
        notice(case_ref=ref)


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "/c/1",
        "//evil.example/c",
        "https://intranet/c/1",
        "https://user:pw@bevaka.region.example/c",
        "https://bevaka.region.example/c\r\nX: 1",
        "https://bevaka.region.example/c\n",
        "https://bevaka.region.example/<b>",
        'https://bevaka.region.example/"onclick',
        "https://bevaka.region.example/19900101-0017",
        "https://bevaka.region.example/?p=199001010017",
        "https://bevaka.region.example:99999/",
        "https://[::1/",
        "ftp://bevaka.region.example/",
        "https://bevaka.region.example/" + "a" * 600,
        "https://10.0.0.1/c",
    ],
)
def test_a_link_that_could_mislead_is_refused(link: str) -> None:
    with pytest.raises(MessageFieldError):
        notice(link=link)


@pytest.mark.parametrize("link", [LINK, "http://localhost:8000/c/1", "http://127.0.0.1:8000/", "https://[::1]:8443/c"])
def test_an_absolute_link_is_accepted(link: str) -> None:
    assert notice(link=link).link == link


@pytest.mark.parametrize("kind", [Kind.INVITE, Kind.CANCEL, Kind.DIGEST])
def test_a_notice_is_no_invitation_and_no_digest(kind: Kind) -> None:
    with pytest.raises(MessageFieldError):
        notice(kind)


def test_an_invitation_is_no_reminder() -> None:
    with pytest.raises(MessageFieldError):
        invitation(Kind.REMINDER)


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 2, 12, 0),  # noqa: DTZ001
        datetime(2026, 3, 2, 12, 0, tzinfo=timezone(timedelta(hours=1))),
        datetime(2026, 3, 2, 12, 0, 0, 5, tzinfo=UTC),
    ],
)
def test_a_meeting_starts_at_a_whole_second_in_utc(moment: datetime) -> None:
    with pytest.raises(MessageFieldError):
        invitation(starts_at=moment)


def test_a_due_date_is_not_a_moment() -> None:
    with pytest.raises(MessageFieldError):
        dataclasses.replace(notice(), due_on=datetime(2026, 3, 2, tzinfo=UTC))


def test_a_truth_value_is_no_number() -> None:
    with pytest.raises(MessageFieldError):
        dataclasses.replace(notice(), rung=True)


@pytest.mark.parametrize("message_type", [Notice, Invitation, Digest])
def test_no_payload_has_a_field_for_a_person(message_type: type[Message]) -> None:
    allowed = {
        "kind", "case_ref", "step", "due_on", "rung", "rungs", "late", "reason", "link", "on_behalf", "escalated_to",
        "uid", "sequence", "starts_at", "minutes", "place", "lines", "day", "settings_link",
    }  # fmt: skip
    assert {field.name for field in dataclasses.fields(message_type)} <= allowed


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(MessageFieldError):
        from_json({**to_json(notice()), "name": "Kim"})


def test_a_missing_field_is_refused() -> None:
    data = to_json(notice())
    del data["step"]
    with pytest.raises(MessageFieldError):
        from_json(data)


def test_an_unknown_field_of_a_digest_line_is_refused() -> None:
    data = to_json(digest())
    data["lines"][0]["name"] = "Kim"
    with pytest.raises(MessageFieldError):
        from_json(data)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("type", "letter"), ("layout", 2), ("kind", "invite"), ("kind", "REMINDER"), ("reason", "because"),
        ("reason", None), ("due_on", "2026-3-2"), ("due_on", "20260302"), ("due_on", 5), ("step", "Möte"),
        ("step", {"sv": "Möte"}), ("rung", "1"), ("late", 0), ("link", None),
    ],
)  # fmt: skip
def test_a_field_of_the_wrong_form_is_refused(field: str, value: object) -> None:
    with pytest.raises(MessageFieldError):
        from_json({**to_json(notice()), field: value})


@pytest.mark.parametrize("data", [None, [], "x", 3, {}, {"type": ["notice"]}, {"type": "digest", "layout": 1}])
def test_what_is_no_message_is_refused(data: object) -> None:
    with pytest.raises(MessageFieldError):
        from_json(data)


@pytest.mark.parametrize("moment", ["2026-03-02T12:00:00", "2026-03-02T12:00:00+00:00", 5, None])
def test_a_moment_must_be_written_in_utc(moment: object) -> None:
    with pytest.raises(MessageFieldError):
        from_json({**to_json(invitation()), "starts_at": moment})


def test_json_is_plain_and_readable() -> None:
    assert to_json(notice(reason=Reason.OVERDUE)) == {
        "layout": 1,
        "type": "notice",
        "kind": "reminder",
        "case_ref": "BV-7F3K-92QX",
        "step": {"sv": "Första avstämningsmöte", "en": "First joint meeting"},
        "due_on": date(2026, 3, 2).isoformat(),
        "rung": 2,
        "rungs": 5,
        "late": False,
        "reason": "overdue",
        "link": LINK,
        "on_behalf": False,
        "escalated_to": None,
    }
