"""A token opens what its owner may and its scopes name, until it ends, is revoked, or she leaves."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from access.actors import OPERATOR
from access.rules import Action
from access.tokens import ScopeError, new_token
from engine.api_tokens import (
    MadeToken,
    TokenRefusedError,
    UnknownTokenError,
    all_tokens,
    bearer_of,
    create_own_token,
    create_token,
    revoke_token,
    tokens_of,
)
from engine.errors import NotAllowedError, UnknownStaffError
from engine.sessions import NotProvedError, find_session
from engine.staffing import BadEntryError, grant_role, set_active
from storage.account_tables import api_token
from tests.accounts import LIMITS, account_in
from tests.house import ROLES, House, moment

NOW = moment("2024-03-04")
EMAIL = ROLES["coordinator"]


def made(house: House, *scopes: str, days: int = 30) -> MadeToken:
    return create_token(house.engine, EMAIL, "Nattlig export", list(scopes or ("read",)), days, OPERATOR, NOW)


def test_a_token_acts_as_its_owner_within_its_scopes(house: House) -> None:
    bearer = bearer_of(house.engine, made(house, "read", "act").text, NOW)
    assert bearer.actor == house.actor("coordinator")
    assert [action for action in Action if bearer.terms.covers(action)] == [
        Action.SEE_CASE,
        Action.SEE_WHOLE,
        Action.FIRE,
        Action.STEER,
        Action.ASSIGN,
        Action.FIGURES,
        Action.SEE_PEOPLE,
        Action.MANAGE_ABSENCES,
        Action.SEE_CHANNELS,
        Action.SEE_OUTBOX,
    ]


def test_a_token_has_the_roles_its_owner_holds_now(house: House) -> None:
    text = made(house).text
    before = bearer_of(house.engine, text, NOW).actor.roles
    grant_role(house.engine, EMAIL, "deputy", "south", OPERATOR)
    assert bearer_of(house.engine, text, NOW).actor.roles - before == {"deputy"}


def test_a_token_ends_at_its_instant(house: House) -> None:
    token = made(house, days=30)
    assert bearer_of(house.engine, token.text, token.expires_at - timedelta(seconds=1)).terms.is_good(NOW)
    with pytest.raises(TokenRefusedError):
        bearer_of(house.engine, token.text, token.expires_at)


def test_a_revoked_token_opens_nothing_at_once(house: House) -> None:
    token = made(house)
    revoke_token(house.engine, token.id, OPERATOR, NOW)
    with pytest.raises(TokenRefusedError):
        bearer_of(house.engine, token.text, NOW)


def test_the_token_of_who_leaves_opens_nothing_also_when_she_is_back(house: House) -> None:
    token = made(house)
    for active in (False, True):
        set_active(house.engine, EMAIL, active, OPERATOR)
        with pytest.raises(TokenRefusedError):
            bearer_of(house.engine, token.text, NOW)


@pytest.mark.parametrize("text", ["", "bvk_", "Bearer", "bvk_" + "å" * 43, "\x00", "x" * 10_000])
def test_what_is_no_token_opens_nothing(house: House, text: str) -> None:
    for wrong in (text, new_token()):
        with pytest.raises(TokenRefusedError):
            bearer_of(house.engine, wrong, NOW)


def test_only_a_hash_is_kept(house: House) -> None:
    token = made(house)
    with house.engine.database.read() as connection:
        assert token.text not in str(connection.execute(select(api_token)).all())
    assert token.text not in repr(token)


def test_lists_say_everything_but_the_token(house: House) -> None:
    token = made(house, "act", "read")
    bearer_of(house.engine, token.text, NOW)
    line = all_tokens(house.engine, OPERATOR)[0]
    assert (line.email, line.label, line.scopes, line.used_at) == (EMAIL, "Nattlig export", ("read", "act"), NOW)
    assert tokens_of(house.engine, house.staff["deputy"]) == ()
    with pytest.raises(NotAllowedError):
        all_tokens(house.engine, house.actor("coordinator"))


def test_anybody_revokes_her_own_and_an_admin_everybodys(house: House) -> None:
    tokens = [made(house) for _ in range(2)]
    with pytest.raises(UnknownTokenError):
        revoke_token(house.engine, tokens[0].id, house.actor("deputy"), NOW)
    revoke_token(house.engine, tokens[0].id, house.actor("coordinator"), NOW)
    revoke_token(house.engine, tokens[1].id, house.actor("admin"), NOW)
    assert all(line.revoked_at == NOW for line in all_tokens(house.engine, OPERATOR))


def test_only_who_runs_the_system_makes_tokens_for_others(house: House) -> None:
    with pytest.raises(NotAllowedError):
        create_token(house.engine, EMAIL, "x", ["read"], 30, house.actor("unit_manager"), NOW)
    with pytest.raises(UnknownStaffError):
        create_token(house.engine, "nobody@bevaka.example", "x", ["read"], 30, OPERATOR, NOW)


def test_a_token_of_ones_own_wants_a_fresh_proof(house: House) -> None:
    kim = account_in(house, NOW)
    session = find_session(house.engine, kim.enrolled.session, NOW, LIMITS)
    assert session is not None
    later = NOW + timedelta(minutes=11)
    with pytest.raises(NotProvedError):
        create_own_token(house.engine, session, "x", ["read"], 30, later)
    token = create_own_token(house.engine, session, "x", ["read"], 30, NOW)
    assert bearer_of(house.engine, token.text, later).actor.staff_id == kim.staff_id


@pytest.mark.parametrize(
    ("label", "scopes", "days", "error"),
    [
        ("", ["read"], 30, BadEntryError),
        ("x" * 81, ["read"], 30, BadEntryError),
        ("a\x00b", ["read"], 30, BadEntryError),
        ("x", [], 30, ScopeError),
        ("x", ["everything"], 30, ScopeError),
        ("x", ["read"], 0, ScopeError),
        ("x", ["read"], 366, ScopeError),
    ],
)
def test_a_token_that_cannot_be_is_refused(
    house: House, label: str, scopes: list[str], days: int, error: type[Exception]
) -> None:
    with pytest.raises(error):
        create_token(house.engine, EMAIL, label, scopes, days, OPERATOR, NOW)
    assert all_tokens(house.engine, OPERATOR) == ()
