"""Reading the parameters of a request, every wrong one noted with why.

The error types that are ours alone are those in `mrk_intake.http.open311.texts`; others are
pydantic's and those of `mrk_intake.domain.submission`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, Final

_DECIMAL: Final = re.compile(r"[+-]?\d{1,3}(?:\.\d{1,20})?", re.ASCII)
_WHOLE: Final = re.compile(r"\d{1,9}", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# a plus that was sent in a query without being escaped arrives as a blank
_LOST_PLUS: Final = re.compile(r" (?=\d\d:?\d\d$)", re.ASCII)
_YEARS: Final = range(1970, 9999)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a request is refused.

    Attributes:
        parameter: what is wrong with it; empty for the request as a whole.
        type: the kind of mistake.
        context: fills its text.
        status: GeoReport v2, errors: 404 missing resource, 403 bad key, else 400.
    """

    parameter: str
    type: str
    context: Mapping[str, Any] = field(default_factory=dict)
    status: int = 400


class Refused(Exception):  # noqa: N818  # it reads as the fact that it states
    """The request is refused, for all these reasons."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(", ".join(f"{each.parameter} {each.type}" for each in faults))
        self.faults = faults


class Parameters:
    """The parameters of one request. Blank ones count as absent.

    Args:
        pairs: names and values as they were sent.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self.faults: list[Fault] = []
        self.values: dict[str, list[str]] = {}
        for name, value in pairs:
            if value.strip():
                self.values.setdefault(name, []).append(value.strip())

    def wrong(self, parameter: str, type_: str, **context: object) -> None:
        """Note a mistake."""
        self.faults.append(Fault(parameter, type_, context))

    def settle(self) -> None:
        """Go on where nothing is wrong.

        Raises:
            Refused: with everything that is.
        """
        if self.faults:
            raise Refused(*self.faults)

    def one(self, name: str) -> str | None:
        """The value; None where it is absent, or sent twice."""
        found = self.values.get(name, [])
        if len(found) > 1:
            self.wrong(name, "repeated")
        return found[0] if len(found) == 1 else None

    def many(self, name: str) -> tuple[str, ...]:
        """Values split by commas, each once."""
        parts = (part.strip() for value in self.values.get(name, ()) for part in value.split(","))
        return tuple(dict.fromkeys(part for part in parts if part))

    def degrees(self, name: str, limit: float) -> float | None:
        """Degrees between `-limit` and `limit`; None where absent or wrong."""
        value = self.one(name)
        if value is None:
            return None
        if _DECIMAL.fullmatch(value) and abs(float(value)) <= limit:
            return float(value)
        self.wrong(name, "degrees", limit=f"{limit:g}")
        return None

    def whole(self, name: str, most: int) -> int | None:
        """A whole number from 1 to `most`; None where absent or wrong."""
        value = self.one(name)
        if value is None:
            return None
        if _WHOLE.fullmatch(value) and 1 <= int(value) <= most:
            return int(value)
        self.wrong(name, "whole", most=most)
        return None

    def flag(self, name: str) -> bool:
        """True or false; absent is false."""
        value = self.one(name)
        if value is not None and value.lower() not in {"true", "false"}:
            self.wrong(name, "flag")
        return value is not None and value.lower() == "true"

    def instant(self, name: str, zone: tzinfo) -> tuple[datetime, bool] | None:
        """A W3C date: an instant with its offset, or a day, which begins in `zone`.

        Returns:
            The instant and whether it is a day; None where absent or wrong.
        """
        value = self.one(name)
        if value is None:
            return None
        day = bool(_DAY.fullmatch(value))
        try:
            at = datetime.fromisoformat(_LOST_PLUS.sub("+", value))
        except ValueError:
            at = None
        if at is not None and day:
            at = at.replace(tzinfo=zone)
        if at is None or at.tzinfo is None or at.year not in _YEARS:
            self.wrong(name, "instant")
            return None
        return at, day
