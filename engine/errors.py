"""What use cases refuse. A case that is foreign to the actor answers exactly like one that does not exist."""

from access.consents import Refused
from workflows.errors import BevakaError


class CaseNotFoundError(BevakaError):
    """No such case, or none of the actor's business."""

    def __init__(self, ref: str) -> None:
        self.ref = ref
        super().__init__(f"there is no case {ref}")


class NotAllowedError(BevakaError):
    """The actor sees the case but may not do this."""

    def __init__(self, action: str, allowed: frozenset[str] = frozenset()) -> None:
        self.action = action
        self.allowed = allowed
        super().__init__(f"not allowed: {action}" + (f" (for {', '.join(sorted(allowed))})" if allowed else ""))


class CaseMovedError(BevakaError):
    """The case has changed state since the actor looked at it."""

    def __init__(self, ref: str, expected: int, found: int) -> None:
        self.ref = ref
        self.expected = expected
        self.found = found
        super().__init__(f"case {ref} has moved on since you looked (entry {found}, not {expected})")


class DefinitionMissingError(BevakaError):
    """A programme or version that was never published."""

    def __init__(self, programme: str, version: str, allowed: tuple[str, ...] = ()) -> None:
        self.programme = programme
        self.version = version
        self.allowed = allowed
        known = f"; known: {', '.join(allowed)}" if allowed else ""
        super().__init__(f"no programme {programme} version {version or '(any)'} is published{known}")


class DefinitionChangedError(BevakaError):
    """A published version has other content than the one offered: published versions are immutable."""

    def __init__(self, programme: str, version: str) -> None:
        self.programme = programme
        self.version = version
        super().__init__(
            f"{programme} version {version} is published with other content; give the new one a new version"
        )


class UnknownStaffError(BevakaError):
    """No such member of staff."""

    def __init__(self, email: str) -> None:
        self.email = email
        super().__init__(f"nobody here has the address {email}")


class UnknownUnitError(BevakaError):
    """No such unit."""

    def __init__(self, code: str, allowed: tuple[str, ...]) -> None:
        self.code = code
        self.allowed = allowed
        super().__init__(f"there is no unit {code}; known: {', '.join(allowed)}")


class DisclosureRefusedError(BevakaError):
    """No consent and no law allows to tell this, with every reason and the fields that nothing covers."""

    def __init__(self, ref: str, refused: Refused) -> None:
        self.ref = ref
        self.refused = refused
        super().__init__(f"{ref}: may not be disclosed: {', '.join((*refused.reasons, *refused.fields))}")


class UnloggedReadError(BevakaError):
    """A read of a person that could not be logged, and is therefore refused."""

    def __init__(self) -> None:
        super().__init__("the reading cannot be logged, so it is refused")


class UnknownFieldError(BevakaError):
    """A field that neither the programme nor the person has."""

    def __init__(self, field: str, allowed: tuple[str, ...]) -> None:
        self.field = field
        self.allowed = allowed
        super().__init__(f"there is no such field; known: {', '.join(allowed)}")
