"""Signed tokens in compact form (RFC 7515, 7.1): their header, and what is said of a bad one."""

import base64
import binascii
import json
from typing import Any, Final

OWN_KEYS: Final = frozenset({"jku", "jwk", "x5u", "x5c"})
"""By which a token names the key that it is to be believed by: nobody here looks there."""


class TokenRefused(Exception):  # noqa: N818  # it reads as the fact that it states
    """The token proves nothing. `why` is a fixed word, for the log."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def header_of(token: str, most_bytes: int) -> dict[str, Any]:
    """What a token claims of itself; nothing of it is proven.

    Raises:
        TokenRefused: it is no signed token, or longer than that.
    """
    encoded = token.split(".")
    if len(token) > most_bytes or len(encoded) != 3:
        raise TokenRefused("malformed")
    try:
        header = json.loads(base64.urlsafe_b64decode(encoded[0] + "=" * (-len(encoded[0]) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        raise TokenRefused("malformed") from None
    if not isinstance(header, dict):
        raise TokenRefused("malformed")
    return header
