"""Named points at which a fault test may kill the process. In production they do nothing.

A test sets ``MRK_HOOKS_DIR`` and writes ``<service>.<role>`` there: one line, ``POINT N``. The
process removes the file, waits until POINT is reached for the Nth time, notes that in
``<service>.<role>.fired`` (one line a kill, fsynced) and kills itself with SIGKILL.
"""

import os
import signal
from pathlib import Path

POINTS = frozenset(
    {
        "http.before_commit",
        "http.after_commit",
        "relay.before_produce",
        "relay.after_produce",
        "relay.after_delete",
        "consumer.before_commit",
        "consumer.after_commit",
        "consumer.after_offset_commit",
        "worker.before_take_commit",
        "worker.after_take_commit",
        "worker.before_call",
        "worker.after_call",
        "worker.before_settle_commit",
        "worker.after_settle_commit",
    }
)


class _Armed:
    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name
        self.point: str | None = None
        self.left = 0

    def look(self) -> None:
        order = self.folder / self.name
        try:
            point, count = order.read_text().split()
            order.unlink()
        except FileNotFoundError:
            return
        self.point, self.left = point, int(count)

    def reach(self, point: str) -> None:
        if self.point is None:
            self.look()
        if point != self.point:
            return
        self.left -= 1
        if self.left > 0:
            return
        with (self.folder / f"{self.name}.fired").open("a") as fired:
            fired.write(f"{point} {os.getpid()}\n")
            fired.flush()
            os.fsync(fired.fileno())
        os.kill(os.getpid(), signal.SIGKILL)


_armed: _Armed | None = None


def arm(service: str, role: str) -> None:
    """Listen to the test's orders for this process; does nothing without ``MRK_HOOKS_DIR``."""
    global _armed  # noqa: PLW0603  # one process, one role
    folder = os.environ.get("MRK_HOOKS_DIR")
    if folder:
        _armed = _Armed(Path(folder), f"{service}.{role}")


def reach(point: str) -> None:
    """The process is at this point of its work."""
    if _armed is not None:
        _armed.reach(point)
