"""Services that call each other: a name, a token, and the purpose of each call."""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers

from mrk_telemetry.logs import get_logger
from mrk_web.language import Text
from mrk_web.problems import BAD_REQUEST, UNAUTHORIZED, FieldError, ProblemError

MIN_TOKEN: Final = 32  # characters: 128 bits and more in hex, 190 in base64url
PURPOSE_HEADER: Final = "x-purpose"
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{1,31}")
_PURPOSE: Final = re.compile(r"[a-z][a-z0-9.-]{2,63}")
_NO_PURPOSE: Final = Text(
    "Tajuk X-Purpose wajib ada: kata tetap yang menyebut tujuan panggilan.",
    "The header X-Purpose is required: fixed words that name the call's purpose.",
)


class BadCredentialsFile(Exception):  # noqa: N818  # it reads as the fact that it states
    """The credentials cannot be used; the message names the caller, never a token."""

    log_safe = True


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and what for."""

    name: str
    purpose: str


class ServiceCredentials:
    """Named callers and the tokens that prove them.

    Args:
        tokens: by caller's name; several while a token is being rotated. They are kept as
            digests alone.

    Raises:
        BadCredentialsFile: no caller, a name that is no plain word, a token that is too short
            or that two callers share.
    """

    def __init__(self, tokens: Mapping[str, str | Iterable[str]]) -> None:
        self._digests: dict[bytes, str] = {}
        self._log = get_logger()
        for name, given in tokens.items():
            if not _NAME.fullmatch(name):
                raise BadCredentialsFile(f"caller {name[:32]!r}: use a-z, 0-9 and -, 2 to 32 long")
            for token in [given] if isinstance(given, str) else given:
                self._add(name, token)
        if not self._digests:
            raise BadCredentialsFile("no caller: name at least one with its token")

    @classmethod
    def from_json(cls, text: str) -> "ServiceCredentials":
        """From `{"notify": "token", "bridge": ["new token", "old token"]}`.

        Raises:
            BadCredentialsFile: not of that form, or as for the class.
        """
        try:
            given = json.loads(text)
        except ValueError as error:
            raise BadCredentialsFile('not JSON: write {"caller": "token"}') from error
        if not isinstance(given, dict):
            raise BadCredentialsFile('not an object: write {"caller": "token"}')
        for name, tokens in given.items():
            listed = tokens if isinstance(tokens, list) else [tokens]
            if not all(isinstance(token, str) for token in listed):
                raise BadCredentialsFile(f"caller {name[:32]!r}: give a token or a list of tokens")
        return cls(given)

    @classmethod
    def from_file(cls, path: Path) -> "ServiceCredentials":
        """As `from_json`, from a file.

        Raises:
            OSError: the file cannot be read.
            BadCredentialsFile: as for `from_json`.
        """
        return cls.from_json(path.read_text(encoding="utf-8"))

    def caller_of(self, authorization: str | None) -> str | None:
        """The caller that an `Authorization: Bearer …` proves; None when it proves none.

        Every known token is compared, in constant time, so that time tells nothing.
        """
        scheme, _, token = (authorization or "").partition(" ")
        digest = _digest(token.strip())
        found: str | None = None
        for known, name in self._digests.items():
            if hmac.compare_digest(known, digest):
                found = name
        return found if scheme.lower() == "bearer" else None

    def authenticate(self, headers: Headers) -> Caller:
        """Who calls and what for; logged as `service.called`.

        Raises:
            ProblemError: 401 without a valid token, 400 without a purpose.
        """
        name = self.caller_of(headers.get("authorization"))
        if name is None:
            self._log.warning("service.refused", why="no valid token")
            raise ProblemError(UNAUTHORIZED, headers={"www-authenticate": "Bearer"})
        purpose = headers.get(PURPOSE_HEADER, "")
        if not _PURPOSE.fullmatch(purpose):
            self._log.warning("service.refused", caller=name, why="no purpose")
            mend = FieldError("X-Purpose", _NO_PURPOSE.en, "X-Purpose: notify.send")
            raise ProblemError(BAD_REQUEST, [mend], detail=_NO_PURPOSE)
        self._log.info("service.called", caller=name, purpose=purpose)
        return Caller(name, purpose)

    def _add(self, name: str, token: str) -> None:
        if len(token) < MIN_TOKEN or not token.isascii() or any(c.isspace() for c in token):
            raise BadCredentialsFile(
                f"caller {name}: a token needs {MIN_TOKEN} ASCII characters or more, no spaces"
            )
        digest = _digest(token)
        if self._digests.setdefault(digest, name) != name:
            raise BadCredentialsFile(f"caller {name}: its token is another caller's too")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
