"""What one round of the postman did."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delivered:
    """Counts of messages.

    Attributes:
        sent: accepted by the next system.
        dropped: no longer wanted.
        postponed: may leave later, or their channel pauses.
        failed: to be tried again, or given up.
        reclaimed: of all these, those whose postman was never heard of again.
        on_hold: the house is on hold, or a human is to decide first: nothing left.
    """

    sent: int = 0
    dropped: int = 0
    postponed: int = 0
    failed: int = 0
    reclaimed: int = 0
    on_hold: bool = False

    def __add__(self, other: "Delivered") -> "Delivered":
        return Delivered(
            self.sent + other.sent,
            self.dropped + other.dropped,
            self.postponed + other.postponed,
            self.failed + other.failed,
            self.reclaimed + other.reclaimed,
            self.on_hold or other.on_hold,
        )

    @property
    def handled(self) -> int:
        """Return how many messages were looked at."""
        return self.sent + self.dropped + self.postponed + self.failed
