"""The programmes that come with Bevaka, each a YAML file in `workflows/definitions/`."""

from functools import lru_cache
from importlib import resources

from workflows.errors import BevakaError
from workflows.model import Definition
from workflows.reader import read_definition
from workflows.suggestions import nearest_first

_ENDING = ".yaml"


class UnknownProgrammeError(BevakaError):
    """No programme of this name is packaged."""

    def __init__(self, name: str, allowed: tuple[str, ...]) -> None:
        super().__init__(f"found {name!r}; allowed: {nearest_first(name, allowed)}")
        self.name = name
        self.allowed = allowed


def packaged() -> tuple[str, ...]:
    """Return the names of the packaged programmes, sorted."""
    files = resources.files("workflows").joinpath("definitions").iterdir()
    return tuple(sorted(file.name.removesuffix(_ENDING) for file in files if file.name.endswith(_ENDING)))


def packaged_text(name: str) -> str:
    """Return the YAML of a packaged programme, to be shown or copied.

    Raises:
        UnknownProgrammeError: There is none of this name.
    """
    names = packaged()
    if name not in names:
        raise UnknownProgrammeError(name, names)
    return resources.files("workflows").joinpath(f"definitions/{name}{_ENDING}").read_text(encoding="utf-8")


@lru_cache(maxsize=32)
def load_packaged(name: str) -> Definition:
    """Return a packaged programme, read and compiled once per process.

    Raises:
        UnknownProgrammeError: There is none of this name.
    """
    return read_definition(packaged_text(name), f"{name}{_ENDING}")
