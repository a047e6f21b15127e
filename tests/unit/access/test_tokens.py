"""A token is random, known by its hash, does what its scopes say and nothing else, and ends."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.rules import Action
from access.tokens import (
    PREFIX,
    Scope,
    ScopeError,
    TokenTerms,
    new_token,
    read_scopes,
    token_hash,
    written_scopes,
)

NOW = datetime(2024, 3, 4, 9, 0, tzinfo=UTC)


def test_tokens_can_be_told_from_everything_else_and_from_each_other() -> None:
    made = {new_token() for _ in range(100)}
    assert len(made) == 100
    assert all(token.startswith(PREFIX) and len(token) == len(PREFIX) + 43 for token in made)


@given(st.text())
def test_what_is_no_token_has_no_hash(text: str) -> None:
    assert token_hash(text) is None


def test_a_token_is_found_by_its_hash_alone() -> None:
    token = new_token()
    found = token_hash(token)
    assert found is not None
    assert token not in found
    assert token_hash(token + "\n") is None


@given(st.sets(st.sampled_from(list(Scope)), min_size=1))
def test_scopes_are_read_as_they_were_written(scopes: set[Scope]) -> None:
    assert read_scopes(written_scopes(scopes).split()) == scopes


@pytest.mark.parametrize("names", [[], ["everything"], ["read", ""]])
def test_a_scope_that_does_not_exist_is_refused_with_those_that_do(names: list[str]) -> None:
    with pytest.raises(ScopeError, match="read, person, act, open, run"):
        read_scopes(names)


BY_HAND = {Action.BREAK_GLASS, Action.MANAGE_TOKENS}  # by a person who has just shown who she is


@pytest.mark.parametrize("action", list(Action))
def test_every_action_needs_a_scope_of_its_own(action: Action) -> None:
    covering = [scope for scope in Scope if TokenTerms(frozenset({scope}), NOW).covers(action)]
    assert len(covering) == (0 if action in BY_HAND else 1)
    assert not TokenTerms(frozenset(Scope) - set(covering), NOW).covers(action)


def test_a_token_ends_at_its_instant() -> None:
    terms = TokenTerms(frozenset({Scope.READ}), NOW)
    assert terms.is_good(NOW - timedelta(microseconds=1))
    assert not terms.is_good(NOW)
