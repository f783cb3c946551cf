"""Where results that cost minutes are kept, outside the checkout, and how they are named."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]


def cache_folder(name: str) -> Path:
    """Return the folder ``name`` under ``~/.cache/mrk`` (or ``$XDG_CACHE_HOME/mrk``), made."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = root / "mrk" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def recipe(files: list[Path], *parts: str) -> str:
    """Return a short digest of the files' names and contents and of ``parts``.

    The same digest means that a cached result may be used again.
    """
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(f"{file.name}\0".encode() + file.read_bytes() + b"\0")
    for part in parts:
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()[:16]


@contextmanager
def only_one() -> Iterator[None]:
    """Let one preparation run at a time; a second one waits."""
    with (cache_folder("docker") / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
