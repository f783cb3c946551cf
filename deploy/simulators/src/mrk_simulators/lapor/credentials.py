"""What a client must show: the bearer credential, the `token` header, the legacy token."""

import hmac
import json
from dataclasses import dataclass
from pathlib import Path

from starlette.datastructures import Headers

from mrk_simulators.process import ExitCode, StartupError


@dataclass(frozen=True)
class Credentials:
    """Expected secrets; an absent one is not asked for."""

    bearer: str | None = None
    token: str | None = None
    stream: str | None = None

    def admits_splp(self, headers: Headers) -> bool:
        """Whether the headers of a `splp` request are in order.

        Older clients send the credential in `auth`, newer ones in `Authorization`.
        """
        shown = headers.get("authorization") or headers.get("auth") or ""
        scheme, _, secret = shown.partition(" ")
        bearer = secret.strip() if scheme.lower() == "bearer" else shown
        return _same(self.bearer, bearer) and _same(self.token, headers.get("token"))

    def admits_stream(self, token: str | None) -> bool:
        """Whether a `stream` request's token is in order."""
        return _same(self.stream, token)


def load_credentials(path: Path | None) -> Credentials:
    """Read a token file: one line (the same secret as bearer and legacy token) or JSON.

    JSON: an object with any of `bearer`, `token`, `stream`.

    Raises:
        StartupError: the file cannot be read, is empty, or has another form.
    """
    if path is None:
        return Credentials()
    try:
        text = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise StartupError(
            ExitCode.USAGE, f"the token file {path} cannot be read: {error.strerror}"
        ) from error
    if not text:
        raise StartupError(ExitCode.USAGE, f"the token file {path} is empty")
    if not text.startswith("{"):
        secret = text.splitlines()[0].strip()
        return Credentials(bearer=secret, stream=secret)
    try:
        raw = json.loads(text)
        return Credentials(**{name: str(value) for name, value in raw.items()})
    except (ValueError, TypeError) as error:
        # The error's own text could quote the secret.
        raise StartupError(
            ExitCode.USAGE,
            f"the token file {path} is neither one line nor JSON of bearer, token, stream",
        ) from error


def _same(expected: str | None, shown: str | None) -> bool:
    return expected is None or hmac.compare_digest(expected.encode(), (shown or "").encode())
