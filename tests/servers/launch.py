"""Become the right user, promise to die with the parent, then turn into a server.

Run as a program: ``launch.py IDENTITY PARENT_PID SIGNAL COMMAND...``. A program of its own rather than a
``preexec_fn``, because that is unsafe (and, since Python 3.12, warned about) in a process with threads. Standard
library only: it runs under ``python -I -S``.
"""

import ctypes
import os
import sys
from pathlib import Path

NOBODY = 65534
CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1

AS_IS = "as-is"
NAMESPACE = "namespace"
SETUID = "setuid"


def main(arguments: list[str]) -> None:
    """Take on the identity, tie this process to its parent and execute the command."""
    identity, parent, signal, *command = arguments
    take_identity(identity)
    die_with(int(parent), int(signal))
    os.execv(command[0], command)  # noqa: S606


def take_identity(identity: str) -> None:
    """Stop being root, which PostgreSQL refuses to run as.

    Raises:
        OSError: The kernel or the container's seccomp profile forbids it.
    """
    if identity == NAMESPACE:
        enter_user_namespace()
    elif identity == SETUID:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def enter_user_namespace() -> None:
    """Be ``nobody`` in a namespace of our own while the files still see their old owner: no chown, no new user."""
    uid, gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWUSER) was refused")
    # The kernel accepts a gid map only after setgroups has been given up.
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {gid} 1", encoding="ascii")


def die_with(parent: int, signal: int) -> None:
    """Ask Linux for ``signal`` when the parent dies. After `take_identity`: a change of user cancels the request."""
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) was refused")
    if os.getppid() != parent:
        sys.exit("the parent died before the server started")


if __name__ == "__main__":
    main(sys.argv[1:])
