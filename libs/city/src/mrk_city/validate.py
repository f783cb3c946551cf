"""Finds what does not fit together in a pack whose files can be read."""

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import TypeVar

from mrk_city.draft import Draft
from mrk_city.duplicates import validate_duplicates
from mrk_city.held import HELD
from mrk_city.ids import SubdistrictCode
from mrk_city.points import FILE as AREAS
from mrk_city.priority import validate_priority
from mrk_city.problems import Problems
from mrk_city.read_categories import CATEGORIES
from mrk_city.read_duties import CALENDAR, DEADLINES, LAPOR
from mrk_city.read_escalation import ESCALATION
from mrk_city.read_places import AGENCIES, CITY, DISTRICTS, SPEECH, SUBDISTRICTS
from mrk_city.validate_landmarks import validate_landmarks
from mrk_city.validate_rules import validate_rules
from mrk_city.vocabulary import Vocabulary

T = TypeVar("T")

_HOLIDAY_CATEGORIES = ("public", "government")
"""What the ``holidays`` package knows of Indonesia and the national process does not count."""


def validate(draft: Draft, problems: Problems) -> None:
    """Note everything in ``draft`` that contradicts itself."""
    _city(draft, problems)
    _districts(draft, problems)
    _subdistricts(draft, problems)
    _agencies(draft, problems)
    _categories(draft, problems)
    _speech(draft, problems)
    _words(draft, problems)
    _held(draft, problems)
    _calendar(draft, problems)
    _escalation(draft, problems)
    _lapor(draft, problems)
    validate_landmarks(draft, problems)
    validate_priority(draft.priority, (item.code for item in draft.categories), problems)
    validate_duplicates(draft.duplicates, (item.code for item in draft.categories), problems)
    validate_rules(draft, problems)


def _unique(
    items: Iterable[T], key: Callable[[T], tuple[str, int]], file: str, problems: Problems
) -> None:
    first: dict[str, int] = {}
    for item in items:
        name, line = key(item)
        if name in first:
            problems.add(
                file, line, f"'{name}' is already in line {first[name]}", "remove one of them"
            )
        first.setdefault(name, line)


def _city(draft: Draft, problems: Problems) -> None:
    city = draft.city
    if city.line and not city.locales:
        problems.add(CITY, city.line, "the city has no language", "add 'locales: [id, en]'")
    if city.line and not city.emergency_words:
        problems.add(CITY, city.line, "no emergency words", "add them under 'emergency: words:'")


def _districts(draft: Draft, problems: Problems) -> None:
    _unique(draft.districts, lambda d: (d.code, d.line), DISTRICTS, problems)
    _unique(draft.districts, lambda d: (d.name, d.line), DISTRICTS, problems)
    for item in draft.districts:
        _inside(item.code, draft.city.code, DISTRICTS, item.line, problems)


def _inside(code: str, parent: str, file: str, line: int, problems: Problems) -> None:
    if parent and not code.startswith(f"{parent}."):
        problems.add(
            file, line, f"code '{code}' is not inside '{parent}'", "use Kemendagri's codes"
        )


def _subdistricts(draft: Draft, problems: Problems) -> None:
    _unique(draft.subdistricts, lambda s: (s.code, s.line), SUBDISTRICTS, problems)
    _unique(
        draft.subdistricts, lambda s: (f"{s.name} in {s.district}", s.line), SUBDISTRICTS, problems
    )
    districts = {item.code for item in draft.districts}
    south, north, west, east = draft.city.bounds
    for item in draft.subdistricts:
        if districts and item.district not in districts:
            problems.add(
                SUBDISTRICTS,
                item.line,
                f"district '{item.district}' is not in {DISTRICTS}",
                "correct the code or add the district",
            )
        _inside(item.code, item.district, SUBDISTRICTS, item.line, problems)
        if south < north and not (south <= item.lat <= north and west <= item.lon <= east):
            problems.add(
                SUBDISTRICTS,
                item.line,
                f"the centroid of {item.name} is outside the city's bounds",
                f"correct lat and lon, or the bounds in {CITY}",
            )
    peopled = {item.district for item in draft.subdistricts}
    for district in draft.districts:
        if peopled and district.code not in peopled:
            problems.add(
                DISTRICTS,
                district.line,
                f"{district.name} has no kelurahan",
                f"add its rows to {SUBDISTRICTS}",
            )
    if not draft.subdistricts:
        problems.add(SUBDISTRICTS, 0, "there is no kelurahan", "add one row each")
    _areas(draft, problems)


def _areas(draft: Draft, problems: Problems) -> None:
    known: set[SubdistrictCode] = {item.code for item in draft.subdistricts}
    drawn = set(draft.areas)
    if not drawn:
        return
    for code in sorted(drawn - known):
        problems.add(AREAS, 0, f"'{code}' is not in {SUBDISTRICTS}", "correct the code")
    for code in sorted(known - drawn):
        problems.add(AREAS, 0, f"'{code}' has no polygon", "add it, or leave the file out")


def _agencies(draft: Draft, problems: Problems) -> None:
    _unique(draft.agencies, lambda a: (a.code, a.line), AGENCIES, problems)
    districts = {item.code for item in draft.districts}
    for item in draft.agencies:
        if item.district is not None and item.district not in districts:
            problems.add(
                AGENCIES,
                item.line,
                f"district '{item.district}' is not in {DISTRICTS}",
                "correct the code",
            )


def _categories(draft: Draft, problems: Problems) -> None:
    _unique(draft.categories, lambda c: (c.code, c.line), CATEGORIES, problems)
    classes = ", ".join(draft.terms.classes)
    for item in draft.categories:
        if draft.terms.classes and item.deadline not in draft.terms.classes:
            problems.add(
                CATEGORIES,
                item.line,
                f"deadline class '{item.deadline}' of {item.code} is not known",
                f"use one of: {classes}",
            )


def _speech(draft: Draft, problems: Problems) -> None:
    same = draft.speech.text.same
    for spelling, word in same.items():
        if word in same:
            problems.add(
                SPEECH,
                0,
                f"'{spelling}' is read as '{word}', which is itself read as '{same[word]}'",
                f"list '{spelling}' under '{same[word]}'",
            )


def _words(draft: Draft, problems: Problems) -> None:
    vocabulary = Vocabulary(draft.speech.text, draft.categories, draft.city.emergency_words)
    taken: dict[tuple[str, ...], tuple[str, str]] = {}
    for category in draft.categories:
        for phrase in (*category.words, *category.hints):
            reading = vocabulary.reading(phrase)
            if not reading:
                problems.add(
                    CATEGORIES,
                    category.line,
                    f"'{phrase}' of {category.code} consists of skipped words",
                    f"remove it, or the words from 'skip' in {SPEECH}",
                )
                continue
            owner, spelled = taken.setdefault(reading, (category.code, phrase))
            if owner != category.code:
                as_read = f" (as '{spelled}')" if spelled != phrase else ""
                problems.add(
                    CATEGORIES,
                    category.line,
                    f"'{phrase}' of {category.code} belongs to {owner}{as_read}",
                    "leave it in one category, or make the phrase longer",
                )


def _held(draft: Draft, problems: Problems) -> None:
    listed = draft.held.words
    vocabulary = Vocabulary(
        draft.speech.text, draft.categories, draft.city.emergency_words, [w.text for w in listed]
    )
    own = {
        vocabulary.reading(phrase): (phrase, category.code)
        for category in draft.categories
        for phrase in (*category.words, *category.hints)
    }
    _unique(listed, lambda w: (w.text, w.line), HELD, problems)
    for each in listed:
        reading = vocabulary.reading(each.text)
        if each.text and not reading:
            told = f"'{each.text}' consists of skipped words"
            problems.add(HELD, each.line, told, f"remove it, or the words from 'skip' in {SPEECH}")
        elif reading in own:
            phrase, code = own[reading]
            told = f"'{each.text}' is what reports of {code} say ('{phrase}')"
            problems.add(HELD, each.line, told, "make the phrase longer, or remove it")


def _calendar(draft: Draft, problems: Problems) -> None:
    data = draft.calendar
    for name in data.categories:
        if name not in _HOLIDAY_CATEGORIES:
            problems.add(
                CALENDAR,
                data.line,
                f"holiday category '{name}' is not known",
                f"use {', '.join(_HOLIDAY_CATEGORIES)}",
            )
    for week in data.hours:
        if not week.shifts:
            problems.add(CALENDAR, week.line, "nobody works in this week", "add its weekdays")
    if data.ramadan and not data.ramadan_shifts:
        problems.add(
            CALENDAR, data.ramadan[0].line, "nobody works in Ramadan", "add the weekdays' hours"
        )


def _escalation(draft: Draft, problems: Problems) -> None:
    ladder = draft.escalation
    codes = {item.code for item in draft.agencies}
    if ladder.unassigned and ladder.unassigned not in codes:
        problems.add(
            ESCALATION,
            ladder.line,
            f"agency '{ladder.unassigned}' is not in {AGENCIES}",
            "correct the code",
        )
    for lower, upper in pairwise(sorted(ladder.steps, key=lambda step: step.level)):
        if lower.level == upper.level:
            problems.add(
                ESCALATION, upper.line, f"level '{upper.level}' is stated twice", "rename one"
            )
    for name, steps in ladder.classes.items():
        if steps and name not in draft.terms.classes:
            problems.add(
                ESCALATION,
                steps[0].line,
                f"deadline class '{name}' is not in {DEADLINES}",
                f"use one of: {', '.join(draft.terms.classes)}",
            )


def _lapor(draft: Draft, problems: Problems) -> None:
    mapping = draft.lapor
    if not mapping.line:
        return
    mirrored = {kind for category in draft.categories for kind in category.kinds}
    checks: tuple[tuple[str, set[str], set[str]], ...] = (
        ("institutions", set(mapping.institutions), {item.code for item in draft.agencies}),
        ("categories", set(mapping.categories), {item.code for item in draft.categories}),
        ("classifications", set(mapping.classifications), mirrored - {"whistleblowing"}),
    )
    for section, stated, wanted in checks:
        for code in sorted(wanted - stated):
            problems.add(
                LAPOR,
                mapping.line,
                f"'{code}' has no number under {section}",
                f"add '{code}: <number>'",
            )
        for code in sorted(stated - wanted):
            problems.add(
                LAPOR,
                mapping.line,
                f"'{code}' under {section} is not in the pack",
                "remove it, or correct the code",
            )
