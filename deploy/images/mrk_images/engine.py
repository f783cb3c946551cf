"""The Docker engine: use the one that runs, else install and start Debian's."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from mrk_images.cache import cache_folder
from mrk_images.commands import PreparationError, install, succeeds

PACKAGES = ("docker.io", "iptables")
# A cold engine answers after 1 to 3 s; ten times that is a fault.
START_SECONDS = 30.0
STOP_SECONDS = 60.0
NO_ENGINE = "Start a Docker engine, or run this as root on Debian or Ubuntu."


def engine_answers() -> bool:
    """Tell whether a Docker engine answers on the client's usual address."""
    return succeeds(["docker", "info"], seconds=20)


def ensure_engine() -> bool:
    """Make a Docker engine answer; return whether this call started it.

    Raises:
        PreparationError: None runs and none can be installed or started here.
    """
    if engine_answers():
        return False
    if os.geteuid() != 0:
        raise PreparationError(f"No Docker engine answers. {NO_ENGINE}")
    _install()
    if engine_answers():  # the package may have started its own service
        return False
    _start()
    return True


def stop_engine() -> bool:
    """Stop the engine that an earlier :func:`ensure_engine` started; return whether it was.

    Raises:
        PreparationError: It did not end in time.
    """
    pid = _started_pid()
    if pid is None:
        return False
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while _is_dockerd(pid):
        if time.monotonic() > deadline:
            raise PreparationError(f"dockerd {pid} did not stop within {STOP_SECONDS:.0f} s.")
        time.sleep(0.1)
    return True


def _install() -> None:
    if not (shutil.which("dockerd") and shutil.which("iptables")):
        install(PACKAGES, mend=NO_ENGINE)


def _pid_file() -> Path:
    return cache_folder("docker") / "dockerd.pid"


def _start() -> None:
    log_path = cache_folder("docker") / "dockerd.log"
    # dockerd refuses a PID file whose process lives; ours is dead, or we would not be here.
    _pid_file().unlink(missing_ok=True)
    with log_path.open("wb") as log:
        engine = subprocess.Popen(
            ["dockerd", "--pidfile", str(_pid_file())],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while not engine_answers():
        if engine.poll() is not None or time.monotonic() > deadline:
            raise PreparationError(f"dockerd does not start; its log is {log_path}. {NO_ENGINE}")
        time.sleep(0.2)


def _is_dockerd(pid: int) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return words[0].endswith(b"dockerd") and state != "Z"


def _started_pid() -> int | None:
    try:
        pid = int(_pid_file().read_text())
    except (FileNotFoundError, ValueError):
        return None
    return pid if _is_dockerd(pid) else None
