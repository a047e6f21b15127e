"""Ten codes that can be written down, read back, and not guessed."""

import re

from hypothesis import given
from hypothesis import strategies as st

from access.recovery_codes import ALPHABET, LENGTH, NUMBER, code_hash, new_codes


def test_there_are_ten_of_120_bits_without_letters_to_misread() -> None:
    codes = new_codes()
    assert len(set(codes)) == NUMBER
    assert all(re.fullmatch(r"(?:[0-9A-HJKMNP-TV-Z]{4}-){5}[0-9A-HJKMNP-TV-Z]{4}", code) for code in codes)


@given(st.text(ALPHABET, min_size=LENGTH, max_size=LENGTH))
def test_however_it_is_typed_it_is_the_same_code(code: str) -> None:
    grouped = "-".join(code[start : start + 4] for start in range(0, LENGTH, 4))
    assert code_hash(code) == code_hash(grouped.lower()) == code_hash(f" {code.replace('0', 'o').replace('1', 'l')} ")


@given(st.text(ALPHABET, min_size=1), st.text(ALPHABET, min_size=1))
def test_different_codes_have_different_hashes(one: str, other: str) -> None:
    assert (code_hash(one) == code_hash(other)) is (one == other)


def test_a_hash_tells_nothing_of_its_code() -> None:
    code = new_codes()[0]
    assert code.replace("-", "").lower() not in code_hash(code)
