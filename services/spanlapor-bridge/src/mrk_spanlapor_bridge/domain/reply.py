"""What an answer of the national system means. Pure: the same table for every dialect."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

_FIELD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.\[\]]{0,39}")
_MOST_FIELDS: Final = 10
_MAX_PAUSE: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Accepted:
    """It has it, under this id."""

    id: str


@dataclass(frozen=True, slots=True)
class Later:
    """It surely does not have it, and may take it later."""

    reason: str
    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """It will never take it like this."""

    reason: str


@dataclass(frozen=True, slots=True)
class Lost:
    """It may have it: the answer was lost or cannot be understood."""

    reason: str


Reply = Accepted | Later | Rejected | Lost


class CannotAskError(Exception):
    """A look-up has no answer now, or this system has no look-up; the message says which."""


def classify(
    status: int,
    accepted_id: str | None,
    *,
    retry_after: timedelta | None = None,
    wrong_fields: Iterable[str] = (),
) -> Reply:
    """What an HTTP answer to a filing or a follow-up means.

    A 5xx, a 408 and a 2xx without an id (malformed JSON, a gateway's HTML page) may stand for
    something that was stored. An unexpected status is a refusal that a person sees, no guess.

    Args:
        status: the HTTP status.
        accepted_id: the id that the body names, if any.
        retry_after: the pause that it asks for.
        wrong_fields: names of fields that it refuses; values are never repeated.
    """
    if 200 <= status < 300:
        if accepted_id is not None:
            return Accepted(accepted_id)
        return Lost(f"HTTP {status} without an id")
    if status == 429:
        return Later("HTTP 429: too many requests", retry_after)
    if status in {401, 403}:
        return Later(f"HTTP {status}: the credential is refused", retry_after)
    if status == 408 or status >= 500:
        return Lost(f"HTTP {status}")
    fields = [name for name in wrong_fields if _FIELD.fullmatch(name)][:_MOST_FIELDS]
    return Rejected(f"HTTP {status}" + (f": {', '.join(sorted(fields))}" if fields else ""))


def pause_asked(header: str | None, now: datetime) -> timedelta | None:
    """The pause in a ``Retry-After`` (RFC 9110, 10.2.3): seconds or a date; None when unreadable.

    Args:
        header: the header's value.
        now: UTC.
    """
    if header is None:
        return None
    text = header.strip()
    if re.fullmatch(r"\d{1,9}", text):
        return min(timedelta(seconds=int(text)), _MAX_PAUSE)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        return None
    return min(max(at - now, timedelta()), _MAX_PAUSE)
