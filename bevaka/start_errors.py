"""What starting, and moving the demo's time, refuse. Light to import: every command knows how to tell these."""

from pathlib import Path

from workflows.errors import BevakaError


class PortTakenError(BevakaError):
    """Another program listens where the web workplace should."""

    def __init__(self, port: int) -> None:
        self.port = port
        super().__init__(f"port {port} is taken: stop what listens there, or choose another with --port (0: any free)")


class BrokerMissingError(BevakaError):
    """The processes of a scaled-out run need a broker to wake each other."""

    def __init__(self) -> None:
        super().__init__("set BEVAKA_REDIS_URL (redis://host:6379/0), or use `bevaka run`, which needs no broker")


class UnknownQueueError(BevakaError):
    """A worker was told to take from a queue that nothing is put into."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        self.allowed = allowed
        super().__init__(f"--queues: allowed, by commas: {', '.join(allowed)}")


class FlowerPasswordMissingError(BevakaError):
    """Flower shows who works on what; it is not opened without a password."""

    def __init__(self) -> None:
        super().__init__("set BEVAKA_FLOWER_PASSWORD_FILE (or BEVAKA_FLOWER_PASSWORD): Flower is not opened without")


class NotADemoError(BevakaError):
    """The database holds something that is not a demo; a demo would not go beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"the database of {folder} is not a demo's: give the demo an empty folder (BEVAKA_DATA_DIR)")


class IsADemoError(BevakaError):
    """The database holds a demo, whose time is not the real one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"the database of {folder} is a demo's: run it with --demo, or set another BEVAKA_DATA_DIR")


class SpanError(BevakaError):
    """A span of time that cannot be travelled."""

    def __init__(self) -> None:
        self.allowed = "a number and d, w, m or y: 40d, 6m, 1y; ten years at most"
        super().__init__(f"allowed: {self.allowed}")


class DemoGoneError(BevakaError):
    """The running demo ended before the journey did."""

    def __init__(self) -> None:
        super().__init__("the running demo has ended before the journey did; it goes on where it was at the next start")
