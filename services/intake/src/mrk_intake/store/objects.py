"""Where the bytes of attachments lie: a folder or S3, by one address. It holds ciphertext alone.

An object is written before the row that names it, under a name that nobody can guess and that is
never used twice. A crash in between leaves an object that no row names; `mrk_intake.workers.sweep`
removes it. There is never a row without its object.
"""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from mrk_delivery.errors import Transient

SCHEMES: Final = ("file:///", "s3://")
_NAME_BYTES: Final = 20
_LISTED: Final = 500
_STREAMED: Final = 256 * 1024
RETRIES: Final = 3
_RETRY_FOR: Final = timedelta(seconds=15)
_CONNECT_S: Final = "5s"
_REQUEST_S: Final = "30s"


class StoreAwayError(Transient):
    """The store did not do it: what was asked may be asked again."""

    log_safe = True


class MissingError(Exception):
    """There is no such object."""

    log_safe = True


def new_name(kind: str) -> str:
    """A name that is nobody's: 160 random bits under a folder for its kind and its beginning."""
    drawn = secrets.token_hex(_NAME_BYTES)
    return f"{kind}/{drawn[:2]}/{drawn}"


class Objects:
    """Puts, gets, lists and removes objects.

    Args:
        url: `file:///folder` or `s3://bucket/prefix`.
        options: of S3: `endpoint`, `region`, `access_key_id`, `secret_access_key`, …; what is
            absent is taken from the usual `AWS_…` variables or from the machine's role.
        retries: how often a failed call to S3 is made again at once.

    Raises:
        ValueError: the address is neither.
    """

    def __init__(
        self, url: str, options: Mapping[str, str] | None = None, *, retries: int = RETRIES
    ) -> None:
        self._folder: Path | None = None
        self._store: LocalStore | S3Store
        if url.startswith("file:///"):
            self._folder = Path(unquote(urlsplit(url).path))
            self._store = LocalStore(self._folder, mkdir=True)
        elif url.startswith("s3://"):
            config: Any = dict(options or {})
            http = config.get("endpoint", "").startswith("http://")
            self._store = S3Store.from_url(
                url,
                config=config,
                retry_config={"max_retries": retries, "retry_timeout": _RETRY_FOR},
                client_options={
                    "timeout": _REQUEST_S, "connect_timeout": _CONNECT_S, "allow_http": http,
                },
            )  # fmt: skip
        else:
            raise ValueError(f"an address of a store begins with {' or '.join(SCHEMES)}")

    async def put(self, name: str, data: bytes) -> None:
        """Write an object; it is durable when this returns.

        Raises:
            StoreAwayError: it may or may not be there.
        """
        try:
            await obstore.put_async(self._store, name, data, use_multipart=False)
            if self._folder is not None:
                await asyncio.to_thread(_flush, self._folder / name, self._folder)
        except (BaseError, OSError) as error:
            raise StoreAwayError(f"put: {type(error).__name__}") from None

    async def read(self, name: str) -> AsyncIterator[bytes]:
        """The object's bytes, in parts.

        Raises:
            MissingError: there is none.
            StoreAwayError: it cannot be read now.
        """
        try:
            found = await obstore.get_async(self._store, name)
            async for part in found.stream(min_chunk_size=_STREAMED):
                yield bytes(part)
        except (FileNotFoundError, obstore.exceptions.NotFoundError):
            raise MissingError(name.partition("/")[0]) from None
        except (BaseError, OSError) as error:
            raise StoreAwayError(f"get: {type(error).__name__}") from None

    async def whole(self, name: str) -> bytes:
        """The object's bytes; for small ones.

        Raises:
            MissingError, StoreAwayError: as for `read`.
        """
        return b"".join([part async for part in self.read(name)])

    async def remove(self, names: Sequence[str]) -> None:
        """Remove objects; one that is not there is no error.

        Raises:
            StoreAwayError: some may still be there.
        """
        for name in names:
            try:
                await obstore.delete_async(self._store, name)
            except (FileNotFoundError, obstore.exceptions.NotFoundError):
                continue
            except (BaseError, OSError) as error:
                raise StoreAwayError(f"delete: {type(error).__name__}") from None

    async def listed(self) -> AsyncIterator[list[tuple[str, datetime]]]:
        """All objects, some hundred at a time: name, and when it was written (UTC).

        Raises:
            StoreAwayError: it cannot be listed now.
        """
        try:
            async for some in obstore.list(self._store, chunk_size=_LISTED):
                yield [(each["path"], each["last_modified"]) for each in some]
        except (BaseError, OSError) as error:
            raise StoreAwayError(f"list: {type(error).__name__}") from None


def _flush(file: Path, top: Path) -> None:
    """A renamed file is durable once it and the folders that name it are (the library renames)."""
    _sync(file, os.O_RDONLY)
    folder = file.parent
    while True:
        _sync(folder, os.O_RDONLY | os.O_DIRECTORY)
        if folder == top:
            return
        folder = folder.parent


def _sync(path: Path, flags: int) -> None:
    number = os.open(path, flags)
    try:
        os.fsync(number)
    finally:
        os.close(number)
