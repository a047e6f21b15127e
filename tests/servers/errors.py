"""What can go wrong with a test server. Not `BevakaError`: these belong to the test bench, not to the product."""

from collections.abc import Sequence


class ServerUnavailable(RuntimeError):  # noqa: N818
    """No way of starting the server worked."""

    def __init__(self, server: str, attempts: Sequence[str], variable: str) -> None:
        self.server = server
        self.attempts = tuple(attempts)
        self.variable = variable
        tried = "".join(f"\n  - {attempt}" for attempt in attempts) or "\n  - nothing to try was found"
        super().__init__(
            f"No {server} could be started. Run `make setup`, or name a running one in {variable}. Tried:{tried}"
        )


class ServerNotOurs(RuntimeError):  # noqa: N818
    """A server named by the environment was asked to stop, die or restart."""

    def __init__(self, server: str, action: str, variable: str) -> None:
        self.server = server
        self.action = action
        self.variable = variable
        super().__init__(
            f"Cannot {action} the {server} that {variable} names; ask for private=True to get one of your own"
        )


class ServerNotRunning(RuntimeError):  # noqa: N818
    """A server was used before `start` or after `stop`."""

    def __init__(self, server: str) -> None:
        self.server = server
        super().__init__(f"{server} is not running; call start() or restart() first")
