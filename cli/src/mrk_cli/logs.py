"""`mrk logs`: a role's log, and what is added to it."""

import sys
from collections import deque
from pathlib import Path
from time import sleep

from mrk_cli.layout import Layout
from mrk_local.errors import LocalError

_LOOK_S = 0.2


def log_files(layout: Layout) -> dict[str, Path]:
    """Every log by the name to ask for: roles, simulators, kafka, postgres, supervisor."""
    found = {file.stem: file for file in sorted(layout.logs.glob("*.log"))}
    servers = {"kafka": layout.kafka / "server.log", "postgres": layout.postgres / "server.log"}
    return found | {name: file for name, file in servers.items() if file.exists()}


def logs(layout: Layout, name: str, *, lines: int, follow: bool) -> int:
    """Print the last lines of a log; with `follow` also what comes, until Ctrl-C.

    Raises:
        LocalError: there is no such log; names those that exist.
    """
    files = log_files(layout)
    if name not in files:
        known = ", ".join(files) or "none: nothing ran here yet"
        raise LocalError(f"there is no log {name!r} in {layout.data}", f"choose one of: {known}")
    with files[name].open(encoding="utf-8", errors="replace") as file:
        sys.stdout.writelines(deque(file, lines))
        sys.stdout.flush()
        while follow:
            added = file.read()
            if added:
                sys.stdout.write(added)
                sys.stdout.flush()
            else:
                sleep(_LOOK_S)
    return 0
