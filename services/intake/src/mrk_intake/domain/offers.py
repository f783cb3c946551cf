"""What a camera wrote into a photo: where and when. Untrusted numbers in, an offer out."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from mrk_intake.domain.attachments import Offer

# Exif 2.32, 4.6.6 (GPS) and 4.6.5 (dates)
_LAT_REF, _LAT, _LON_REF, _LON = 1, 2, 3, 4
_TAKEN: Final = 36867
_OFFSET: Final = 36881
_FORMAT: Final = "%Y:%m:%d %H:%M:%S%z"
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)


def offer(gps: Mapping[int, Any], exif: Mapping[int, Any]) -> Offer:
    """What may be offered to the form; whatever cannot be read is left out.

    Args:
        gps: the tags of the GPS directory.
        exif: the tags of the Exif directory.
    """
    lat = _degrees(gps.get(_LAT), gps.get(_LAT_REF), "S", 90)
    lon = _degrees(gps.get(_LON), gps.get(_LON_REF), "W", 180)
    if lat is None or lon is None or (lat == 0 and lon == 0):  # cameras without a fix write 0, 0
        lat = lon = None
    return Offer(lat, lon, _instant(exif.get(_TAKEN), exif.get(_OFFSET)))


def _degrees(given: Any, reference: Any, negative: str, most: int) -> float | None:
    if not isinstance(given, Sequence) or isinstance(given, str | bytes) or len(given) != 3:
        return None
    try:
        degrees, minutes, seconds = (float(part) for part in given)
    except (TypeError, ValueError, ArithmeticError):
        return None
    value = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(value) or not 0 <= value <= most:
        return None
    side = reference.decode("latin-1") if isinstance(reference, bytes) else str(reference)
    return round(-value if side.strip("\0 ").upper() == negative else value, 6)


def _instant(taken: Any, offset: Any) -> datetime | None:
    """With the camera's zone; without one nobody knows when it was."""
    if not isinstance(taken, str) or not isinstance(offset, str):
        return None
    try:
        # the format ends in %z, which the linter cannot see
        at = datetime.strptime(taken.strip("\0 ") + offset.strip("\0 "), _FORMAT)  # noqa: DTZ007  # as above
        utc = at.astimezone(UTC)  # near the calendar's ends there is none
    except (ValueError, OverflowError):
        return None
    return at if utc >= _EARLIEST else None
