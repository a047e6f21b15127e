"""What a person has agreed to: a direction, a recipient, a purpose, fields and an end. Nothing is ever "everything"."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.consents import (
    GROUPS,
    Basis,
    Consent,
    ConsentTermsError,
    Ended,
    FkRequest,
    Form,
    Giver,
    Ground,
    Lack,
    Purpose,
    Recipient,
    Refused,
    Terms,
    may_disclose,
)

HANDLER = Recipient("fk", "handler")
FIRST, LAST = date(2024, 2, 1), date(2024, 8, 31)
NOON = datetime(2024, 5, 2, 12, tzinfo=UTC)
PLAN = Terms(Giver.PERSON, "region", HANDLER, Purpose.INFORMATION, frozenset({"plan"}), Form.WRITTEN, FIRST, LAST)


def given_consent(number: int = 1, **changes: Any) -> Consent:
    ended_at = changes.pop("ended_at", None)
    return Consent(
        number,
        replace(PLAN, **changes),
        datetime(2024, 2, 1, 9, tzinfo=UTC),
        ended_at=ended_at,
        ended=Ended.WITHDRAWN if ended_at else None,
    )


def test_what_was_agreed_on_may_be_told() -> None:
    assert may_disclose([given_consent()], ["goals"], HANDLER, NOON) == Basis(Ground.CONSENT, (1,))


def test_without_consent_nothing_may_be_told() -> None:
    assert may_disclose([], ["goals"], HANDLER, NOON) == Refused((Lack.NO_CONSENT,))


@pytest.mark.parametrize(
    ("changes", "lack"),
    [
        ({"valid_until": date(2024, 5, 1)}, Lack.EXPIRED),
        ({"valid_from": date(2024, 5, 3)}, Lack.NOT_YET),
        ({"ended_at": NOON - timedelta(seconds=1)}, Lack.WITHDRAWN),
        ({"to": Recipient("af", "handler")}, Lack.OTHER_RECIPIENT),
        ({"to": Recipient("fk", "physician")}, Lack.OTHER_RECIPIENT),
        ({"purpose": Purpose.FOLLOW_UP}, Lack.OTHER_PURPOSE),
    ],
)
def test_a_consent_that_does_not_fit_says_why(changes: dict[str, Any], lack: Lack) -> None:
    assert may_disclose([given_consent(**changes)], ["goals"], HANDLER, NOON) == Refused((lack,))


def test_every_reason_is_told_at_once() -> None:
    consent = given_consent(valid_until=date(2024, 3, 1), to=Recipient("af", "handler"), purpose=Purpose.FOLLOW_UP)
    refused = may_disclose([consent], ["goals"], HANDLER, NOON)
    assert refused == Refused((Lack.EXPIRED, Lack.OTHER_RECIPIENT, Lack.OTHER_PURPOSE))


def test_a_field_nobody_agreed_on_is_named() -> None:
    refused = may_disclose([given_consent()], ["goals", "evaluation"], HANDLER, NOON)
    assert refused == Refused((Lack.FIELD_NOT_COVERED,), ("evaluation",))


def test_two_consents_may_cover_together_what_neither_does_alone() -> None:
    both = [given_consent(1), given_consent(2, groups=frozenset({"evaluation"}))]
    assert may_disclose(both, ["goals", "evaluation"], HANDLER, NOON) == Basis(Ground.CONSENT, (1, 2))


def test_the_last_day_counts_until_midnight_in_stockholm() -> None:
    last_minute = datetime(2024, 8, 31, 21, 59, tzinfo=UTC)
    assert isinstance(may_disclose([given_consent()], ["goals"], HANDLER, last_minute), Basis)
    assert isinstance(may_disclose([given_consent()], ["goals"], HANDLER, last_minute + timedelta(minutes=1)), Refused)


def test_consent_from_care_to_fk_says_nothing_of_the_other_direction() -> None:
    back = may_disclose([given_consent()], ["goals"], Recipient("region", "coordinator"), NOON, from_party="fk")
    assert back == Refused((Lack.NO_CONSENT,))


def test_fk_is_answered_by_law_when_it_asks_itself() -> None:
    asked = FkRequest(date(2024, 5, 1), frozenset({"goals", "evaluation"}))
    assert may_disclose([], ["goals"], HANDLER, NOON, request=asked) == Basis(Ground.FK_REQUEST)


def test_fk_is_answered_what_it_asked_for_and_no_more() -> None:
    asked = FkRequest(date(2024, 5, 1), frozenset({"goals"}))
    refused = may_disclose([], ["goals", "evaluation"], HANDLER, NOON, request=asked)
    assert refused == Refused((Lack.NOT_ASKED_FOR,), ("evaluation",))


def test_nobody_but_fk_is_answered_by_that_law() -> None:
    asked = FkRequest(date(2024, 5, 1), frozenset({"goals"}))
    refused = may_disclose([given_consent()], ["goals"], Recipient("af", "handler"), NOON, request=asked)
    assert refused == Refused((Lack.NOT_BY_LAW,))


def test_a_disclosure_names_its_fields() -> None:
    assert may_disclose([given_consent()], [], HANDLER, NOON) == Refused((Lack.NOTHING_NAMED,))


@pytest.mark.parametrize(
    ("changes", "term"),
    [
        ({"groups": frozenset()}, "groups"),
        ({"groups": frozenset({"all"})}, "groups"),
        ({"groups": frozenset({"*"})}, "groups"),
        ({"to": Recipient("region", "coordinator")}, "to_party"),
        ({"to": Recipient("", "handler")}, "to_party"),
        ({"to": Recipient("fk", "")}, "recipient"),
        ({"valid_until": date(2024, 1, 31)}, "valid_until"),
    ],
)
def test_a_consent_to_everything_or_to_nobody_is_none(changes: dict[str, Any], term: str) -> None:
    with pytest.raises(ConsentTermsError) as refused:
        replace(PLAN, **changes)
    assert refused.value.term == term


FIELDS = sorted({field for group in GROUPS.values() for field in group} | {"other_field"})
consents = st.lists(
    st.builds(
        lambda number, group, purpose, party, first, days, ended: given_consent(
            number,
            groups=frozenset({group}),
            purpose=purpose,
            to=Recipient(party, "handler"),
            valid_from=first,
            valid_until=first + timedelta(days=days),
            ended_at=ended,
        ),
        st.integers(1, 9),
        st.sampled_from([*GROUPS, "other_field"]),
        st.sampled_from(Purpose),
        st.sampled_from(["fk", "af"]),
        st.dates(date(2024, 1, 1), date(2024, 12, 1)),
        st.integers(0, 300),
        st.none() | st.datetimes(datetime(2024, 1, 1), datetime(2024, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - Hypothesis adds the zone
    ),
    max_size=4,
    unique_by=lambda consent: consent.id,
)
moments = st.datetimes(datetime(2024, 1, 1), datetime(2024, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - as above
some_fields = st.sets(st.sampled_from(FIELDS), min_size=1, max_size=3)


@given(consents, some_fields, moments)
def test_fields_may_be_told_together_if_and_only_if_each_may(
    known: list[Consent], fields: set[str], now: datetime
) -> None:
    together = isinstance(may_disclose(known, fields, HANDLER, now), Basis)
    assert together == all(isinstance(may_disclose(known, [field], HANDLER, now), Basis) for field in fields)


@given(consents, some_fields, moments)
def test_withdrawing_everything_leaves_nothing_to_tell(known: list[Consent], fields: set[str], now: datetime) -> None:
    gone = [replace(consent, ended_at=now, ended=Ended.WITHDRAWN) for consent in known]
    assert isinstance(may_disclose(gone, fields, HANDLER, now), Refused)


@given(consents, some_fields, moments)
def test_one_more_consent_never_takes_anything_away(known: list[Consent], fields: set[str], now: datetime) -> None:
    if isinstance(may_disclose(known[1:], fields, HANDLER, now), Basis):
        assert isinstance(may_disclose(known, fields, HANDLER, now), Basis)
