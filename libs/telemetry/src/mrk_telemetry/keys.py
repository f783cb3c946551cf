"""A secret key among settings: random bytes in base64."""

import base64
import binascii
from typing import Annotated, Final

from pydantic import AfterValidator, SecretStr

KEY_BYTES: Final = 32
DRAW: Final = "32 random bytes in base64 (head -c 32 /dev/urandom | base64)"


def decoded(value: SecretStr) -> bytes:
    """The bytes of a key in base64."""
    return base64.b64decode(value.get_secret_value(), validate=True)


def checked(value: SecretStr) -> SecretStr:
    """The same, where it is a key that was drawn.

    Raises:
        ValueError: it is not; the message holds nothing of it.
    """
    try:
        key = decoded(value)
    except (binascii.Error, ValueError):
        raise ValueError("it is not base64") from None
    if len(key) != KEY_BYTES:
        raise ValueError(f"it must hold {KEY_BYTES} bytes")
    if len(set(key)) == 1:
        raise ValueError("it is one byte repeated: draw it at random")
    return value


Key = Annotated[SecretStr, AfterValidator(checked)]
"""The type of such a setting."""
