"""Folders, small files written whole, secrets, and room on the disk."""

import os
import secrets
import shutil
from pathlib import Path

import psutil

from mrk_local.errors import LocalError

_MEMORY = Path("/dev/shm")  # noqa: S108  # what is made there has a random name and mode 700


def make_folder(folder: Path, mode: int = 0o755) -> None:
    """Create the folder and its parents.

    Raises:
        LocalError: it cannot be created.
    """
    try:
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as error:
        raise LocalError(
            f"the folder {folder} cannot be created: {error.strerror}",
            "choose another folder with --data DIR, or mend its permissions",
        ) from error


def require_room(folder: Path, need: int, purpose: str) -> None:
    """Raise unless the disk that holds `folder` has `need` bytes free.

    Raises:
        LocalError: too little room; names what is free.
    """
    free = shutil.disk_usage(folder).free
    if free < need:
        raise LocalError(
            f"{purpose} needs {need // 2**20} MiB, but the disk of {folder} has "
            f"{free // 2**20} MiB free",
            "free some room there, or choose a folder on another disk with --data DIR",
        )


def in_memory(need: int) -> Path | None:
    """The folder whose files are memory, for data that nobody wants after this process.

    A database is copied there in a tenth of the time: nothing waits for a disk.

    Args:
        need: bytes that must be free there, and twice as many in memory.

    Returns:
        None where the system has no such folder, or too little room: use the disk.
    """
    if not _MEMORY.is_dir() or not os.access(_MEMORY, os.W_OK | os.X_OK):
        return None
    roomy = shutil.disk_usage(_MEMORY).free >= need
    return _MEMORY if roomy and psutil.virtual_memory().available >= 2 * need else None


def write_whole(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a small file so that a reader or a crash sees the old text or the new, never half.

    Args:
        path: the file; its folder exists.
        text: its new content.
        mode: its permissions; given before the first byte is written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def secret_file(path: Path, make: str | None = None) -> str:
    """The secret kept in `path`; on the first call a random one is made and stored, mode 600.

    Args:
        path: the file; its folder is created with mode 700.
        make: the value to store when there is none yet; default 32 random bytes, URL-safe.
    """
    make_folder(path.parent, 0o700)
    if not path.exists():
        write_whole(path, make or secrets.token_urlsafe(32), 0o600)
    return path.read_text(encoding="utf-8")
