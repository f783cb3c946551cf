"""Run a command and say what to do when it fails."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


class PreparationError(Exception):
    """The machine cannot be made ready; the text names the cause and the mend."""


def run(
    command: Sequence[str | Path],
    *,
    mend: str,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run ``command`` to its end and return its standard output.

    Args:
        command: The program and its arguments; never a shell line.
        mend: What the reader should do if it fails; part of the error.
        cwd: The folder to run in; this process's when absent.
        environment: Variables added to this process's.

    Raises:
        PreparationError: It is not installed or exited with an error.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            check=False,
            capture_output=True,
            text=True,
            cwd=cwd,
            env={**os.environ, **(environment or {})},
        )
    except FileNotFoundError as error:
        raise PreparationError(f"{words[0]} is not installed. {mend}") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-4000:]
        raise PreparationError(f"{' '.join(words[:4])} … failed. {mend}\n{said}")
    return done.stdout


def succeeds(command: Sequence[str], *, seconds: float = 60) -> bool:
    """Tell whether ``command`` exists, ends within ``seconds`` and exits with 0."""
    try:
        done = subprocess.run(command, check=False, capture_output=True, timeout=seconds)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def install(packages: Sequence[str], *, mend: str) -> None:
    """Install Debian packages, with the newest lists of what there is.

    Raises:
        PreparationError: This is no Debian, or its mirror cannot be reached.
    """
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update", "-qq"], mend=mend, environment=quiet)
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    run(command, mend=mend, environment=quiet)
