"""Tracking numbers: short, readable aloud, with a check character; and their secrets.

A number is eight characters of Crockford's base 32 (no I, L, O, U) and a check character, written
`7K3-Q9W-XTC`. It comes from a keyed digest of the report's id, so it tells neither how many
reports there are nor which came first. The check character is a sum over GF(32) with a different
weight at each place: every single wrong character and every swap of two characters is found.
"""

import base64
import hmac
from typing import Final
from uuid import UUID

from mrk_intake.domain.digests import keyed
from mrk_schemas.ids import TrackingNumber

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH: Final = 9
_GROUP: Final = 3
_VALUES: Final = {char: value for value, char in enumerate(ALPHABET)}
# what people write for what was read to them: Crockford, https://www.crockford.com/base32.html
_SLIPS: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_LONGEST_WRITTEN: Final = 32
_POLYNOMIAL: Final = 0b100101  # x^5 + x^2 + 1, primitive over GF(2)


def _powers() -> tuple[int, ...]:
    powers, value = [], 1
    for _ in range(31):
        powers.append(value)
        value <<= 1
        if value & 32:
            value ^= _POLYNOMIAL
    return tuple(powers)


_EXP: Final = _powers()
_LOG: Final = {value: power for power, value in enumerate(_EXP)}


def _check(values: list[int]) -> int:
    total = 0
    for place, value in enumerate(values, start=1):
        if value:
            total ^= _EXP[(_LOG[value] + place) % 31]
    return total


def mint(key: bytes, complaint: UUID, attempt: int = 0) -> TrackingNumber:
    """The tracking number of a report.

    Args:
        key: secret; whoever has it can compute numbers from ids.
        complaint: the report's id.
        attempt: raised by one when the number turned out to be another report's.
    """
    digest = keyed(key, complaint.bytes + attempt.to_bytes(2))
    bits = int.from_bytes(digest[:5])
    values = [bits >> shift & 31 for shift in range(35, -1, -5)]
    values.append(_check(values))
    text = "".join(ALPHABET[value] for value in values)
    return TrackingNumber(f"{text[:3]}-{text[3:6]}-{text[6:]}")


def read(written: str) -> TrackingNumber | None:
    """The number that a person wrote: in any case, with O for 0 and I or L for 1.

    Returns:
        The number in its own form; None when it cannot be one, as when a character is wrong.
    """
    if len(written) > _LONGEST_WRITTEN:
        return None
    text = written.upper().translate(_SLIPS)
    values = [_VALUES.get(char, -1) for char in text]
    if len(values) != _LENGTH or min(values) < 0 or _check(values[:-1]) != values[-1]:
        return None
    return TrackingNumber("-".join(text[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP)))


def secret(key: bytes, complaint: UUID) -> str:
    """What proves the reporter: 128 bits, computed and never stored."""
    digest = keyed(key, complaint.bytes)
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()


def proves(key: bytes, complaint: UUID, given: str | None) -> bool:
    """Whether this is the report's secret; compared in constant time."""
    expected = secret(key, complaint).encode()
    return hmac.compare_digest(expected, (given or "").encode("utf-8", "surrogateescape"))
