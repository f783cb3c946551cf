"""Durations as people write them: `3d`, `2h30m`, `-90s`."""

import re
from datetime import timedelta
from typing import Final

_WHOLE: Final = re.compile(r"([+-]?)((?:\d+[wdhms])+)")
_PART: Final = re.compile(r"(\d+)([wdhms])")
_SECONDS: Final = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}


def parse_duration(text: str) -> timedelta:
    """The duration that a text names.

    Args:
        text: numbers with w, d, h, m or s, one after the other; a leading minus is back.

    Raises:
        ValueError: it is no duration, or longer than a calendar can hold.
    """
    found = _WHOLE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no duration: write it as 3d, 2h30m or -90s")
    seconds = sum(int(n) * _SECONDS[unit] for n, unit in _PART.findall(found.group(2)))
    try:
        whole = timedelta(seconds=seconds)
    except OverflowError:
        raise ValueError(f"{text!r} is longer than a calendar can hold") from None
    return -whole if found.group(1) == "-" else whole
