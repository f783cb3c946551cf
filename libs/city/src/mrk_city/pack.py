"""A city pack, loaded: everything the services ask about the city."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from mrk_city.address import Gazetteer
from mrk_city.calendar import Calendar
from mrk_city.draft import Draft, read_draft
from mrk_city.duplicates import DuplicatesData
from mrk_city.held import Links
from mrk_city.ids import AgencyCode, CategoryCode, DistrictCode, SubdistrictCode
from mrk_city.learnt import Learnt
from mrk_city.models import (
    Agency,
    Category,
    City,
    Deadlines,
    District,
    Escalation,
    Guess,
    Heard,
    Landmark,
    LaporMapping,
    Place,
    Subdistrict,
    Term,
)
from mrk_city.ownership import Owners
from mrk_city.points import Points
from mrk_city.priority import PriorityData, Vulnerable
from mrk_city.problems import PackError, Problem, Problems
from mrk_city.roads import Roads
from mrk_city.rules import Considered, Matter, Ownership
from mrk_city.terms import Retention
from mrk_city.validate import validate
from mrk_city.vocabulary import Vocabulary

if TYPE_CHECKING:
    from mrk_schemas.reports import Kind


class CityPack:
    """What a city's files say; immutable, and safe to share between threads.

    Build it with :func:`load_pack`.
    """

    def __init__(self, draft: Draft) -> None:
        """Compile a draft that has no problems."""
        self.city: City = draft.city
        self.agencies: Mapping[AgencyCode, Agency] = MappingProxyType(
            {item.code: item for item in draft.agencies}
        )
        self.categories: Mapping[CategoryCode, Category] = MappingProxyType(
            {item.code: item for item in draft.categories}
        )
        self.districts: Mapping[DistrictCode, District] = MappingProxyType(
            {item.code: item for item in draft.districts}
        )
        self.subdistricts: Mapping[SubdistrictCode, Subdistrict] = MappingProxyType(
            {item.code: item for item in draft.subdistricts}
        )
        self.escalation: Escalation = draft.escalation
        self.lapor: LaporMapping = draft.lapor
        self.retention: Retention = draft.retention
        self.calendar = Calendar(draft.calendar, draft.city.time_zone, draft.city.locales[0])
        self._points = Points(draft.city, draft.subdistricts, draft.areas)
        self._address = draft.speech.address
        self._gazetteer = Gazetteer(
            draft.speech.address, draft.districts, draft.subdistricts, draft.landmarks
        )
        self.landmarks: tuple[Landmark, ...] = tuple(draft.landmarks)
        self._vocabulary = Vocabulary(
            draft.speech.text,
            draft.categories,
            draft.city.emergency_words,
            [each.text for each in draft.held.words],
            draft.priority.dangerous,
        )
        self.priority: PriorityData = draft.priority
        self.duplicates: DuplicatesData = draft.duplicates
        self._vulnerable = Vulnerable(draft.priority, draft.speech.address, draft.landmarks)
        self._links = Links(each.text for each in draft.held.allowed)
        self._owners = Owners(
            draft.duties.rules,
            self.districts,
            self.subdistricts,
            self._vocabulary.speech,
            Roads(draft.speech.address, draft.roads),
        )
        self._terms = draft.terms
        self._learnt = Learnt(draft.model, draft.duties) if draft.model is not None else None

    def locate(self, lat: float, lon: float) -> Place | None:
        """The kelurahan of a point in degrees (WGS 84).

        A polygon of the pack decides; without polygons the nearest centroid does, and the place
        is approximate. Outside the city ``inside`` is False. None: no point on Earth.
        """
        return self._points.locate(lat, lon)

    def locate_words(self, address: str) -> Place | None:
        """The kelurahan or kecamatan that an address names, or its street or landmarks tell.

        None when none, or several. ``words`` are the names that decided.
        """
        return self._gazetteer.locate(address)

    def locate_text(self, text: str) -> Place | None:
        """As ``locate_words``, of a report's own words, and less certain."""
        return self._gazetteer.locate_text(text)

    def spelled(self, address: str) -> list[str]:
        """The words of an address in the one spelling under which places are found."""
        return self._address.words(address)

    def categorise(self, text: str) -> Guess | None:
        """The category that the words of a text point to; None when a person should decide.

        The pack's model reads them; in a pack without one, the vocabulary does.
        """
        guess = self.suggest(text)
        return guess if guess is not None and guess.sure else None

    def suggest(self, text: str) -> Guess | None:
        """The likeliest category, sure or not; None where no word says anything."""
        if self._learnt is None:
            return self._vocabulary.categorise(text)
        return self._learnt.guess(self._vocabulary.words(text))

    def words(self, text: str) -> list[str]:
        """A text's words as the pack reads them: spellings joined, meaningless ones left out."""
        return self._vocabulary.words(text)

    def prepare_guesses(self) -> None:
        """Make the model's index now, some ten milliseconds, not with the first text."""
        if self._learnt is not None:
            self._learnt.model.prepare()

    @property
    def model_version(self) -> str | None:
        """Of the model that reads texts; None in a pack without one."""
        return self._learnt.model.version if self._learnt is not None else None

    def is_emergency(self, text: str) -> tuple[str, ...]:
        """The emergency words in a text, each once, in its order; empty when there are none."""
        return self._vocabulary.emergencies(text)

    def dangers(self, text: str) -> tuple[str, ...]:
        """The words in a text that tell of danger, each once, in its order."""
        return self._vocabulary.dangers(text)

    def vulnerable(self, text: str | None, point: tuple[float, float] | None) -> frozenset[str]:
        """The kinds of places near a report where people are hurt sooner, such as ``school``.

        Args:
            text: its words and address; a name in them, or "depan sekolah", counts.
            point: latitude and longitude in degrees, where they are known.
        """
        near = self._vulnerable.near(*point) if point is not None else frozenset()
        return near | self._vulnerable.named(text) if text else near

    def hear(self, text: str) -> Heard:
        """The emergency words of a text, and what makes it wait for a look."""
        emergencies, words = self._vocabulary.heard(text)
        return Heard(emergencies, words + self._links.unknown(text))

    def holds(self, text: str) -> bool:
        """Whether a text waits for a look before the public reads it."""
        return bool(self.hear(text).held)

    def decide(self, matter: Matter) -> Ownership | None:
        """Who owns a matter, by the first rule that meets it; None means triage.

        A condition that cannot be judged, because what it asks for is unknown, is not met.
        """
        return self._owners.decide(matter)

    def lacks_place(self, matter: Matter) -> bool:
        """Whether a matter without an owner would have one if its place were known."""
        return self._owners.lacks_place(matter)

    def considered(self, matter: Matter) -> list[Considered]:
        """The rules of the matter's category that come before the one that decides, with why."""
        return self._owners.considered(matter)

    def owner(
        self, category: CategoryCode, district_code: DistrictCode | None, on: date
    ) -> Ownership | None:
        """Who owns ``category`` in a district on a local date, whatever a report says.

        As ``decide`` where nothing but these is known.
        """
        return self._owners.decide(Matter(category, on, district_code))

    def deadlines(
        self,
        kind: "Kind | str",
        category: CategoryCode | None,
        on: date,
        name: str | None = None,
    ) -> Deadlines:
        """The four clocks of a report of ``kind``, received on the local date ``on``.

        Args:
            kind: one of the national classes, as ``mrk_schemas.reports.Kind``.
            category: None or a category the pack does not know: the class for unknown ones.
            on: decides which effective-dated numbers hold.
            name: the class that a rule states; None: as the kind and the category say.

        Raises:
            KeyError: the kind is none of the national classes, or the class is not the pack's.
        """
        known = self.categories.get(category) if category is not None else None
        return self._terms.deadlines(str(kind), known, on, name)

    def answering(self, on: date) -> Term:
        """How long a case waits for its reporter's answer to a question asked on a local date."""
        return self._terms.answering(on)


def load_pack(path: Path) -> CityPack:
    """Read the city pack in the folder ``path``.

    Raises:
        PackError: with every problem of the pack.
    """
    problems = Problems()
    draft = _examine(path, problems)
    if problems.found:
        raise PackError(problems.sorted())
    return CityPack(draft)


def check(path: Path) -> list[Problem]:
    """Every problem of the city pack in the folder ``path``, by file and line."""
    return examine(path).sorted()


def examine(path: Path) -> Problems:
    """As ``check``, with what is worth a look though it may be meant (``notes``)."""
    problems = Problems()
    _examine(path, problems)
    return problems


def _examine(path: Path, problems: Problems) -> Draft:
    draft = read_draft(path, problems)
    validate(draft, problems)
    return draft
