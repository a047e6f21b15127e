"""A password that is guessed quickly is not taken; only hashes are kept, and they change with the times."""

import pytest
from argon2 import PasswordHasher

from access.passwords import LONGEST, WeakPasswordError, check_strength, hash_password, is_outdated, is_password

GOOD = "tre blå hästar på taket"


def test_a_few_words_of_ones_own_are_enough() -> None:
    check_strength(GOOD, known=("Prov Kim", "kim@bevaka.example"))


@pytest.mark.parametrize(
    ("password", "cause"),
    [
        ("", "short"),
        ("Kort-men-#1", "short"),
        ("x" * (LONGEST + 1), "long"),
        ("aaaaaaaaaaaa", "common"),
        ("Password1234!", "common"),
        ("qwertyuiop12", "common"),
        ("123456789012", "common"),
        ("abcabcabcabc", "common"),
        ("bevakabevaka", "common"),
        ("lösenord1234", "common"),
        ("Sommar2026!!", "common"),
        ("Valkommen123", "common"),
    ],
)
def test_what_is_guessed_first_is_refused(password: str, cause: str) -> None:
    with pytest.raises(WeakPasswordError) as refused:
        check_strength(password)
    assert refused.value.cause == cause
    assert not password or password not in str(refused.value)


def test_what_everybody_knows_of_its_owner_makes_a_password_weak() -> None:
    check_strength("xenofilius-7pq")
    with pytest.raises(WeakPasswordError):
        check_strength("xenofilius-7pq", known=("xenofilius@bevaka.example",))


@pytest.mark.parametrize("password", ["kim.prov@bevaka.example", "KIM.PROV@bevaka.example1", "Kim Provström"])
def test_her_own_address_or_name_is_no_password(password: str) -> None:
    with pytest.raises(WeakPasswordError):
        check_strength(password, known=("kim.prov@bevaka.example", "Kim Provström"))


def test_a_password_is_known_by_its_hash_alone() -> None:
    kept = hash_password(GOOD)
    assert kept.startswith("$argon2id$")
    assert GOOD not in kept
    assert (is_password(kept, GOOD), is_password(kept, GOOD + "x"), is_password(kept, "")) == (True, False, False)


def test_the_same_password_has_another_hash_every_time() -> None:
    assert hash_password(GOOD) != hash_password(GOOD)


@pytest.mark.parametrize("kept", [None, "", "no hash", "$argon2id$v=19$m=1"])
def test_where_there_is_no_hash_no_password_is_right(kept: str | None) -> None:
    assert not is_password(kept, "")


def test_a_hash_of_older_parameters_is_told() -> None:
    assert is_outdated(PasswordHasher(time_cost=1, memory_cost=1024).hash(GOOD))
    assert not is_outdated(hash_password(GOOD))
    assert is_outdated("no hash")
