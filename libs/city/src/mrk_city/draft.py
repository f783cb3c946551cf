"""Everything a pack's files state, before it is known to fit together."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mrk_city.calendar import CalendarData
from mrk_city.duplicates import DuplicatesData, read_duplicates
from mrk_city.held import HeldData, read_held
from mrk_city.ids import SubdistrictCode
from mrk_city.landmarks import read_landmarks
from mrk_city.learnt import read_model
from mrk_city.models import (
    Agency,
    Category,
    City,
    District,
    Escalation,
    Landmark,
    LaporMapping,
    Subdistrict,
)
from mrk_city.points import Ring, read_areas
from mrk_city.priority import PriorityData, read_priority
from mrk_city.problems import Problems
from mrk_city.read_categories import read_categories
from mrk_city.read_duties import (
    read_calendar,
    read_deadlines,
    read_lapor,
    read_retention,
)
from mrk_city.read_escalation import read_escalation
from mrk_city.read_places import (
    SpeechData,
    read_agencies,
    read_city,
    read_districts,
    read_speech,
    read_subdistricts,
)
from mrk_city.read_rules import RuleData, read_rules
from mrk_city.roads import RoadData, read_roads
from mrk_city.terms import Retention, TermData
from mrk_classifier import Model


@dataclass(frozen=True, slots=True)
class Draft:
    """The files' contents, entries repeated or contradicting each other included."""

    city: City
    speech: SpeechData
    districts: list[District]
    subdistricts: list[Subdistrict]
    areas: Mapping[SubdistrictCode, tuple[Ring, ...]]
    landmarks: list[Landmark]
    agencies: list[Agency]
    categories: list[Category]
    duties: RuleData
    roads: RoadData
    terms: TermData
    calendar: CalendarData
    escalation: Escalation
    lapor: LaporMapping
    retention: Retention
    held: HeldData
    priority: PriorityData
    model: Model | None
    duplicates: DuplicatesData


def read_draft(folder: Path, problems: Problems) -> Draft:
    """Read every file of the pack in ``folder``; mistakes go to ``problems``."""
    city = read_city(folder, problems)
    categories = read_categories(folder, city.locales, problems)
    return Draft(
        city=city,
        speech=read_speech(folder, problems),
        districts=read_districts(folder, problems),
        subdistricts=read_subdistricts(folder, problems),
        areas=read_areas(folder, problems),
        landmarks=read_landmarks(folder, problems),
        agencies=read_agencies(folder, city.locales, problems),
        categories=categories,
        duties=read_rules(folder, problems),
        roads=read_roads(folder, problems),
        terms=read_deadlines(folder, problems),
        calendar=read_calendar(folder, city.locales, problems),
        escalation=read_escalation(folder, city.locales, problems),
        lapor=read_lapor(folder, problems),
        retention=read_retention(folder, problems),
        held=read_held(folder, problems),
        priority=read_priority(folder, problems),
        model=read_model(folder, categories, problems),
        duplicates=read_duplicates(folder, problems),
    )
