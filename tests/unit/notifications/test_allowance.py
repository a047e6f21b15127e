"""What one conversation may cost."""

import pytest

from notifications.channels.sockets import Allowance, ReplyTooLongError


def test_an_operation_waits_no_longer_than_is_left() -> None:
    assert Allowance(each=10, total=0.5).wait() <= 0.5


def test_an_operation_waits_no_longer_than_its_share() -> None:
    assert Allowance(each=0.5, total=10).wait() == 0.5


def test_a_spent_allowance_is_a_timeout() -> None:
    with pytest.raises(TimeoutError):
        Allowance(each=10, total=0).wait()


def test_bytes_are_counted_together() -> None:
    allowance = Allowance(each=1, total=1, octets=10)
    allowance.received(6)
    with pytest.raises(ReplyTooLongError):
        allowance.received(5)
