"""Rules of ownership, what they look at, and what they answer: plain frozen values."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from mrk_city.ids import AgencyCode, CategoryCode, DistrictCode, SubdistrictCode

DISTRICT = "{district}"
"""In an owner or a copy: the district's number (``kec-{district}`` → ``kec-11``)."""

RULE_KINDS = ("complaint", "aspiration", "information")
"""The kinds that a rule may name: whistle-blowing is read by those who may, and has no case."""

PRIORITIES = ("normal", "emergency")
"""Spelled as ``mrk_schemas.cases.Priority`` spells them."""

ROAD_CLASSES = ("national", "provincial", "city")
"""Whose a road is, by the law on roads (UU 38/2004, Article 9)."""

DAY = 24 * 60
WEEK = 7 * DAY
"""In minutes."""


def minute_of_week(at: datetime, zone: tzinfo) -> int:
    """Minutes since Monday 00:00 of the city's clock."""
    local = at.astimezone(zone)
    return local.weekday() * DAY + local.hour * 60 + local.minute


@dataclass(frozen=True, slots=True)
class Rule:
    """Who owns reports of these categories that meet every condition.

    A condition that is left out (None or empty) always holds; one that cannot be judged, because
    the place, the road, the kind or the time is unknown, does not.

    Attributes:
        districts: kecamatan; with ``subdistricts`` the place is in one of either.
        subdistricts: kelurahan.
        kinds: kinds of report.
        words: phrases of which the report says at least one.
        roads: classes of the road on which it is.
        minutes: spans of the week in which it was received, as (first, end) of
            ``minute_of_week``; none crosses the end of the week.
        owner: an agency's code, with ``DISTRICT`` in it where it depends on the place.
        copies: who is told too.
        priority: one of ``PRIORITIES``; a rule raises a case's priority, and never lowers it.
        urgency: 0 to 100; None: the rule says nothing of it.
        deadline: the class of the resolution clock; None: as the kind and the category say.
        since: the first day on which it holds.
        until: the first day on which it no longer holds.
    """

    id: str
    categories: tuple[CategoryCode, ...]
    districts: tuple[DistrictCode, ...] | None
    owner: str
    copies: tuple[str, ...]
    since: date
    until: date | None
    source: str
    line: int = 0
    subdistricts: tuple[SubdistrictCode, ...] | None = None
    kinds: tuple[str, ...] | None = None
    words: tuple[str, ...] = ()
    roads: tuple[str, ...] | None = None
    minutes: tuple[tuple[int, int], ...] | None = None
    priority: str = "normal"
    urgency: int | None = None
    deadline: str | None = None

    @property
    def end(self) -> date:
        """The first day on which it no longer holds."""
        return self.until or date.max

    @property
    def anywhere(self) -> bool:
        """Whether it has no condition on the place; its owner may still depend on it."""
        return self.districts is None and self.subdistricts is None


@dataclass(frozen=True, slots=True)
class Matter:
    """What rules may look at of one report. None: unknown.

    Attributes:
        on: the city's date on which it was received.
        minute: when in the week, as ``minute_of_week``.
        text: what it says.
        address: its place in words.
    """

    category: CategoryCode
    on: date
    district: DistrictCode | None = None
    subdistrict: SubdistrictCode | None = None
    kind: str | None = None
    minute: int | None = None
    text: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Road:
    """The road that a report names. ``street`` is its name in the pack; None: not listed."""

    road_class: str
    street: str | None = None


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who owns a case, who is told too, and the rule that says so.

    Attributes:
        words: the rule's phrases that the report says.
        road: the road, where the rule asks for its class.
    """

    owner: AgencyCode
    copies: tuple[AgencyCode, ...]
    rule_id: str
    priority: str = "normal"
    urgency: int | None = None
    deadline: str | None = None
    words: tuple[str, ...] = ()
    road: Road | None = None


@dataclass(frozen=True, slots=True)
class Considered:
    """A rule of the category that did not decide, and why not, in a few English words."""

    rule: Rule
    why: str
