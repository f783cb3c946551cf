"""Finds unknown codes and words, dead rules, gaps and crossing rules in the table of owners."""

from collections.abc import Iterable
from datetime import date

from mrk_city.coverage import Coverage, Gap
from mrk_city.draft import Draft
from mrk_city.ids import CategoryCode
from mrk_city.models import District
from mrk_city.ownership import fill
from mrk_city.problems import Problems
from mrk_city.read_places import SPEECH
from mrk_city.read_rules import RULES
from mrk_city.roads import ROADS, Roads
from mrk_city.rules import DISTRICT, RULE_KINDS, Rule
from mrk_city.vocabulary import Vocabulary


def validate_rules(draft: Draft, problems: Problems) -> None:
    """Note what is wrong with the rules."""
    known = {category.code for category in draft.categories}
    for code, line in draft.duties.triage:
        if code not in known:
            problems.add(RULES, line, f"category '{code}' is not known", "correct the code")
    vocabulary = Vocabulary(draft.speech.text, draft.categories, draft.city.emergency_words)
    roads = Roads(draft.speech.address, draft.roads)
    _streets(draft, roads, problems)
    seen: dict[str, int] = {}
    for rule in draft.duties.rules:
        if rule.id in seen:
            problems.add(
                RULES, rule.line, f"'{rule.id}' is already in line {seen[rule.id]}", "rename one"
            )
        seen.setdefault(rule.id, rule.line)
        _codes(rule, draft, problems)
        _agencies(rule, draft, problems)
        _words(rule, vocabulary, problems)
        for road in sorted(set(rule.roads or ()) - roads.classes - {"city"}):
            told = f"no street in {ROADS} is {road}"
            problems.add(RULES, rule.line, told, "list its streets there, or leave the class out")
    _coverage(draft, vocabulary, roads, problems)


def _streets(draft: Draft, roads: Roads, problems: Problems) -> None:
    data = draft.roads
    if data.line and not data.markers:
        problems.add(ROADS, data.line, "no word tells a street", "add 'markers: [jalan, jl]'")
    taken: dict[tuple[str, str], int] = {}
    for street in data.streets:
        for name in (street.name, *street.aliases):
            key = roads.key(name)
            if name and not key:
                told = f"'{name}' has no letter or number"
                problems.add(ROADS, street.line, told, "write the street's name")
            line = taken.setdefault((key, street.road_class), street.line)
            if key and line != street.line:
                told = f"'{name}' is already in line {line}"
                problems.add(ROADS, street.line, told, "remove one of them")


def _codes(rule: Rule, draft: Draft, problems: Problems) -> None:
    def unknown(what: str, stated: Iterable[str] | None, known: Iterable[str]) -> None:
        for code in sorted(set(stated or ()) - set(known)):
            problems.add(RULES, rule.line, f"{what} '{code}' is not known", "correct the code")

    unknown("category", rule.categories, (item.code for item in draft.categories))
    unknown("district", rule.districts, (item.code for item in draft.districts))
    unknown("subdistrict", rule.subdistricts, (item.code for item in draft.subdistricts))
    deadline = {rule.deadline} if rule.deadline else set()
    unknown("deadline class", deadline, draft.terms.classes)
    for code, _ in draft.duties.triage:
        if code in rule.categories:
            problems.add(
                RULES,
                rule.line,
                f"category '{code}' is under triage and has an owner",
                "remove it from one of them",
            )
    for district in sorted(set(rule.districts or ())):
        inside = [c for c in rule.subdistricts or () if c.startswith(f"{district}.")]
        if inside:
            problems.add(
                RULES,
                rule.line,
                f"subdistrict '{inside[0]}' is in district '{district}', which is named too",
                "leave one of them out",
            )
    if not rule.categories or () in (rule.districts, rule.subdistricts):
        problems.add(
            RULES,
            rule.line,
            f"rule '{rule.id}' is dead: it names no category or no district",
            "add one, 'districts: all', or remove the rule",
        )
    if rule.until is not None and rule.until <= rule.since:
        problems.add(
            RULES,
            rule.line,
            f"rule '{rule.id}' is dead: it ends on {rule.until} before it begins",
            "'until' is the first day on which it no longer holds",
        )


def _agencies(rule: Rule, draft: Draft, problems: Problems) -> None:
    districts = {item.code: item for item in draft.districts}
    of = {item.code: item.district for item in draft.subdistricts}
    agencies: set[str] = {item.code for item in draft.agencies}
    stated = {*(rule.districts or ()), *(of[c] for c in rule.subdistricts or () if c in of)}
    codes = districts if rule.anywhere else stated
    places = [districts[code] for code in codes if code in districts]
    for template in (rule.owner, *rule.copies):
        for code in _missing(template, places, agencies):
            problems.add(RULES, rule.line, f"agency '{code}' is not known", "correct the code")


def _missing(template: str, places: list[District], agencies: set[str]) -> list[str]:
    filled = [fill(template, place) for place in places] if DISTRICT in template else [template]
    return sorted({str(code) for code in filled} - agencies) if template else []


def _words(rule: Rule, vocabulary: Vocabulary, problems: Problems) -> None:
    read: dict[tuple[str, ...], str] = {}
    for phrase in rule.words:
        reading = vocabulary.reading(phrase)
        if phrase and not reading:
            told = f"'{phrase}' of rule '{rule.id}' consists of skipped words"
            problems.add(RULES, rule.line, told, f"remove it, or the words from 'skip' in {SPEECH}")
        elif reading in read:
            told = f"'{phrase}' of rule '{rule.id}' is read as '{read[reading]}'"
            problems.add(RULES, rule.line, told, "keep one of them")
        else:
            read[reading] = phrase


def _coverage(draft: Draft, vocabulary: Vocabulary, roads: Roads, problems: Problems) -> None:
    """By category: rules that decide nothing, days without an owner, rules that cross."""
    triage = {code for code, _ in draft.duties.triage}
    dead: dict[str, list[CategoryCode]] = {}
    gaps: dict[CategoryCode, list[Gap]] = {}
    crossing: dict[tuple[str, str], list[CategoryCode]] = {}
    rules = [rule for rule in draft.duties.rules if rule.since < rule.end]
    for category in draft.categories:
        own = [rule for rule in rules if category.code in rule.categories]
        coverage = Coverage(
            own,
            draft.subdistricts,
            [item.code for item in draft.districts],
            vocabulary.reading,
            roads.classes,
        )
        deciding = coverage.deciding()
        for rule in own:
            if rule.id not in deciding:
                dead.setdefault(rule.id, []).append(category.code)
        for first, second in coverage.ambiguous():
            if {first.id, second.id} <= deciding:
                crossing.setdefault((second.id, first.id), []).append(category.code)
        if category.code not in triage:
            gaps[category.code] = coverage.gaps(draft.duties.since.since)
    _report_gaps(draft, gaps, problems)
    if draft.districts:
        _report_dead(rules, {item.code for item in draft.categories}, dead, problems)
    by_id = {rule.id: rule for rule in rules}
    for (later, earlier), codes in crossing.items():
        problems.remark(
            RULES,
            by_id[later].line,
            f"rule '{later}' crosses '{earlier}' (line {by_id[earlier].line}) for "
            f"{', '.join(codes)}: where both hold, the earlier line decides",
            "put the one that shall win first, or narrow one of them",
        )


def _report_dead(
    rules: list[Rule],
    known: set[CategoryCode],
    dead: dict[str, list[CategoryCode]],
    problems: Problems,
) -> None:
    for rule in rules:
        codes = dead.get(rule.id, [])
        if not codes or () in (rule.districts, rule.subdistricts):
            continue
        if set(codes) >= set(rule.categories) & known:
            told, mend = f"rule '{rule.id}' is dead: it never decides anything", "its conditions"
        else:
            told = f"rule '{rule.id}' is dead for {', '.join(codes)}: an earlier one always decides"
            mend = "its categories"
        problems.add(RULES, rule.line, told, f"remove it, correct {mend}, or put it further up")


def _report_gaps(draft: Draft, gaps: dict[CategoryCode, list[Gap]], problems: Problems) -> None:
    for category, found in sorted(gaps.items()):
        for gap in found:
            since, until = gap.span
            span = f"from {since}" + ("" if until == date.max else f" until {until}")
            kinds = "" if gap.kinds == RULE_KINDS else f" as {', '.join(gap.kinds)}"
            when = "" if gap.always else " on some roads or at some hours"
            problems.add(
                RULES,
                draft.duties.since.line,
                f"nobody owns '{category}'{kinds} in {_where(draft, gap)} {span}{when}",
                "add a rule without words that meets the rest, or list the category under 'triage'",
            )


def _where(draft: Draft, gap: Gap) -> str:
    """Whole districts by their code, others by their kelurahan's."""
    members: dict[str, set[str]] = {}
    for item in draft.subdistricts:
        members.setdefault(item.district, set()).add(item.code)
    whole = sorted(code for code, inside in members.items() if inside <= gap.places)
    if len(whole) == len(members):
        return "all districts"
    rest = {code for name in members if name not in whole for code in members[name] & gap.places}
    return ", ".join([*whole, *sorted(rest)])
