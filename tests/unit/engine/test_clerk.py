"""A postman's clerk: one piece of work at a time, and nothing that went wrong is forgotten."""

from threading import Event

import pytest

from engine.clerk import Clerk


class InkError(Exception):
    """Nothing can be written."""


def spill() -> None:
    raise InkError


def test_the_postman_walks_on_while_the_clerk_writes() -> None:
    walked_on = Event()
    with Clerk(beside=True) as clerk:
        clerk.write(lambda: None if walked_on.wait(10) else spill())
        walked_on.set()
        assert clerk.has_written()


def test_the_next_piece_begins_when_the_one_before_is_done() -> None:
    written, may_end = list[str](), Event()

    def write_slowly() -> None:
        may_end.wait(10)
        written.append("first")

    with Clerk(beside=True) as clerk:
        clerk.write(write_slowly)
        may_end.set()
        clerk.write(lambda: written.append("second"))
    assert written == ["first", "second"]


def test_what_went_wrong_is_seen_before_the_next_mail_leaves_and_raised_after() -> None:
    with Clerk(beside=True) as clerk:
        clerk.write(spill)
        assert not clerk.has_written()
        with pytest.raises(InkError):
            clerk.wait()
        clerk.wait()


@pytest.mark.parametrize("beside", [True, False])
def test_what_went_wrong_with_the_last_piece_is_raised_at_the_end(beside: bool) -> None:
    with pytest.raises(InkError), Clerk(beside=beside) as clerk:
        clerk.write(spill)


def test_a_postman_who_fails_tells_of_his_own_failure() -> None:
    def fail(clerk: Clerk) -> None:
        clerk.write(spill)
        raise LookupError

    with pytest.raises(LookupError), Clerk(beside=True) as clerk:
        fail(clerk)
