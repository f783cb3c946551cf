"""What a pack holds: plain frozen values. ``line`` is where the pack's file states it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from mrk_city.ids import AgencyCode, CategoryCode, DistrictCode, SubdistrictCode

Names = Mapping[str, str]
"""A name in each of the city's languages, by locale (``id``, ``en``)."""


@dataclass(frozen=True, slots=True)
class City:
    """The city itself. ``bounds`` are south, north, west, east in degrees (WGS 84)."""

    names: Names
    code: str
    code_system: str
    time_zone: str
    locales: tuple[str, ...]
    bounds: tuple[float, float, float, float]
    reach_km: float
    emergency_number: str
    emergency_words: tuple[str, ...]
    line: int = 0


@dataclass(frozen=True, slots=True)
class District:
    """A kecamatan. ``everyday``: its short name is an everyday word, so it needs a marker."""

    code: DistrictCode
    name: str
    everyday: bool
    line: int = 0

    @property
    def number(self) -> str:
        """The code's last part, such as ``11``; what ``{district}`` in a rule becomes."""
        return self.code.rsplit(".", 1)[-1]


@dataclass(frozen=True, slots=True)
class Subdistrict:
    """A kelurahan with its centroid in degrees (WGS 84)."""

    code: SubdistrictCode
    name: str
    district: DistrictCode
    lat: float
    lon: float
    postal_code: str
    aliases: tuple[str, ...]
    everyday: bool
    line: int = 0


@dataclass(frozen=True, slots=True)
class Landmark:
    """A street, market, school or other place that people name when they say where something is.

    Attributes:
        kind: one of ``landmarks.KINDS``.
        aliases: how it is also called.
        subdistricts: every kelurahan that it lies in, or that it crosses.
        districts: each kecamatan of which only this much is known.
        certainty: 0 to 1, how sure the pack is of where it lies.
        point: latitude and longitude in degrees (WGS 84), where they are known.
        everyday: the name is an everyday word, so that it counts only after "Jl." or alike.
    """

    name: str
    kind: str
    aliases: tuple[str, ...]
    subdistricts: tuple[SubdistrictCode, ...]
    districts: tuple[DistrictCode, ...]
    certainty: float
    point: tuple[float, float] | None = None
    everyday: bool = False
    source: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Agency:
    """An agency. ``external``: not the city's; ``district``: a kecamatan's own office."""

    code: AgencyCode
    names: Names
    short: str
    external: bool = False
    district: DistrictCode | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Attribute:
    """A detail that reports of a category may state beside their text.

    Attributes:
        description: what is asked, in each of the city's languages.
        datatype: one of ``DATATYPES``.
        required: whether interfaces that know attributes insist on it.
        datatype_description: how to answer; empty where the pack does not say.
        order: its place among the category's, from 1.
        values: of a list, what may be chosen: names by key, in the pack's order.
    """

    code: str
    description: Names
    datatype: str
    required: bool
    datatype_description: Names
    order: int
    values: Mapping[str, Names]
    line: int = 0


@dataclass(frozen=True, slots=True)
class Category:
    """What a report is about. ``deadline`` is the class of a complaint in it."""

    code: CategoryCode
    names: Names
    group: str
    words: tuple[str, ...]
    hints: tuple[str, ...]
    kinds: frozenset[str]
    deadline: str
    line: int = 0
    attributes: tuple[Attribute, ...] = ()


SURE_ENOUGH = 0.5
"""Least certainty at which the words of an address or a text decide."""


class Place(NamedTuple):
    """Where a report belongs.

    Attributes:
        subdistrict_code: the kelurahan; None when the words name only the kecamatan.
        district_code: the kecamatan; for a point outside the city, the nearest one.
        method: ``centroid`` and ``words`` are approximate; ``polygon`` is not.
        certainty: 0 to 1; 0 outside the city.
        inside: whether it lies in the city. Never route a place that does not.
        note: why it is uncertain, for people.
        words: of ``words``, the names in the text that decided.
    """

    subdistrict_code: SubdistrictCode | None
    district_code: DistrictCode
    method: Literal["centroid", "polygon", "words"]
    certainty: float
    inside: bool = True
    note: str = ""
    words: tuple[str, ...] = ()

    @property
    def sure(self) -> bool:
        """Whether words that tell it decide; a contradiction among them is rated lower."""
        return self.inside and self.certainty >= SURE_ENOUGH


@dataclass(frozen=True, slots=True)
class Guess:
    """A category read from a text.

    Attributes:
        category: the likeliest one.
        score: how surely (0 to 1): the model's probability, or the share of all words found.
        words: those that decided, the weightiest first.
        sure: whether it may decide; otherwise it is a suggestion for a person.
        model: version of the model that read it; None: the vocabulary did.
    """

    category: CategoryCode
    score: float
    words: tuple[str, ...]
    sure: bool = True
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What a text says beside its matter, each once, in its order.

    Attributes:
        emergencies: emergency words.
        held: words, and hosts of links, for which it waits for a look before it is public.
    """

    emergencies: tuple[str, ...]
    held: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """A limit in working days, the day from which the city applies it, and its source."""

    days: int
    since: date
    source: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The four clocks of one case; ``name`` is the class that sets the resolution's."""

    name: str
    verification: Term
    first_response: Term
    resolution: Term
    confirmation: Term


@dataclass(frozen=True, slots=True)
class Step:
    """One rung of the ladder, reached ``after`` working days past a due date."""

    level: str
    after: int
    names: Names
    line: int = 0


@dataclass(frozen=True, slots=True)
class Escalation:
    """The ladder, its clocks, and the agency that stands in while a case has none.

    Attributes:
        clocks: of which clocks whoever has the case is reminded, and higher levels told.
        reminders: per cent of a clock's working time at which whoever has the case is reminded.
        steps: the ladder of every deadline class that has none of its own, lowest first.
        classes: ladders of their own, by deadline class.
    """

    clocks: tuple[str, ...]
    unassigned: AgencyCode
    reminders: tuple[int, ...]
    steps: tuple[Step, ...]
    classes: Mapping[str, tuple[Step, ...]]
    line: int = 0

    def ladder(self, deadline_class: str) -> tuple[Step, ...]:
        """The steps of a deadline class, lowest first."""
        return self.classes.get(deadline_class, self.steps)


@dataclass(frozen=True, slots=True)
class LaporState:
    """A state of the national system and its name there."""

    state: str
    name: str


@dataclass(frozen=True, slots=True)
class LaporMapping:
    """Our codes and SP4N-LAPOR!'s numbers. ``assumed``: not the real system's values."""

    assumed: bool
    source: str
    institutions: Mapping[AgencyCode, int]
    categories: Mapping[CategoryCode, int]
    classifications: Mapping[str, int]
    states: Mapping[str, LaporState]
    line: int = 0

    def agency(self, institution_id: int) -> AgencyCode | None:
        """The agency behind an institution's id; None when the file does not know it."""
        found = (code for code, number in self.institutions.items() if number == institution_id)
        return next(found, None)
