"""Finds overlaps, gaps, dead rules and unknown codes in the table of owners."""

from datetime import date

from mrk_city.draft import Draft
from mrk_city.ids import CategoryCode, DistrictCode
from mrk_city.models import District, Rule
from mrk_city.ownership import DISTRICT, fill
from mrk_city.problems import Problems
from mrk_city.read_duties import RULES

_Span = tuple[date, date]


def validate_rules(draft: Draft, problems: Problems) -> None:
    """Note what is wrong with the rules."""
    known = {category.code for category in draft.categories}
    for code, line in draft.duties.triage:
        if code not in known:
            problems.add(RULES, line, f"category '{code}' is not known", "correct the code")
    seen: dict[str, int] = {}
    for rule in draft.duties.rules:
        if rule.id in seen:
            problems.add(
                RULES, rule.line, f"'{rule.id}' is already in line {seen[rule.id]}", "rename one"
            )
        seen.setdefault(rule.id, rule.line)
        _codes(rule, draft, problems)
    _coverage(draft, problems)


def _codes(rule: Rule, draft: Draft, problems: Problems) -> None:
    categories = {item.code for item in draft.categories}
    districts = {item.code: item for item in draft.districts}
    agencies: set[str] = {item.code for item in draft.agencies}
    triage = {code for code, _ in draft.duties.triage}
    for category in rule.categories:
        if category not in categories:
            problems.add(
                RULES, rule.line, f"category '{category}' is not known", "correct the code"
            )
        if category in triage:
            problems.add(
                RULES,
                rule.line,
                f"category '{category}' is under triage and has an owner",
                "remove it from one of them",
            )
    for district in rule.districts or ():
        if district not in districts:
            problems.add(
                RULES, rule.line, f"district '{district}' is not known", "correct the code"
            )
    if not rule.categories or rule.districts == ():
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
    places = [districts[code] for code in rule.districts or districts if code in districts]
    for template in (rule.owner, *rule.copies):
        for code in _missing(template, places, agencies):
            problems.add(RULES, rule.line, f"agency '{code}' is not known", "correct the code")


def _missing(template: str, places: list[District], agencies: set[str]) -> list[str]:
    filled = [fill(template, place) for place in places] if DISTRICT in template else [template]
    return sorted({str(code) for code in filled} - agencies) if template else []


def _coverage(draft: Draft, problems: Problems) -> None:
    """Every category in every district: no two rules alike at once, no day without an owner."""
    triage = {code for code, _ in draft.duties.triage}
    winners: set[str] = set()
    gaps: dict[tuple[CategoryCode, _Span], list[DistrictCode]] = {}
    clashes: set[tuple[str, str]] = set()
    by_category: dict[CategoryCode, list[Rule]] = {}
    for rule in draft.duties.rules:
        for code in rule.categories:
            by_category.setdefault(code, []).append(rule)
    for category in draft.categories:
        rules = by_category.get(category.code, [])
        for district in draft.districts:
            special = [r for r in rules if r.districts is not None and district.code in r.districts]
            general = [r for r in rules if r.districts is None]
            for alike in (special, general):
                clashes |= _overlaps(alike)
            taken = [(r.since, r.end) for r in special]
            winners |= {r.id for r in special}
            winners |= {r.id for r in general if _open((r.since, r.end), taken)}
            if category.code in triage:
                continue
            taken += [(r.since, r.end) for r in general]
            for gap in _open((draft.duties.since.since, date.max), taken):
                gaps.setdefault((category.code, gap), []).append(district.code)
    _report(draft, problems, gaps, clashes, winners)


def _overlaps(rules: list[Rule]) -> set[tuple[str, str]]:
    ordered = sorted(rules, key=lambda rule: rule.line)
    return {
        (second.id, first.id)
        for at, first in enumerate(ordered)
        for second in ordered[at + 1 :]
        if first.since < second.end and second.since < first.end
    }


def _open(span: _Span, taken: list[_Span]) -> list[_Span]:
    """The parts of ``span`` that nothing in ``taken`` covers."""
    at, end = span
    found: list[_Span] = []
    for since, until in sorted(taken):
        if since > at:
            found.append((at, min(since, end)))
        at = max(at, until)
        if at >= end:
            break
    if at < end:
        found.append((at, end))
    return [(a, b) for a, b in found if a < b]


def _report(
    draft: Draft,
    problems: Problems,
    gaps: dict[tuple[CategoryCode, _Span], list[DistrictCode]],
    clashes: set[tuple[str, str]],
    winners: set[str],
) -> None:
    rules = {rule.id: rule for rule in draft.duties.rules}
    for later, earlier in sorted(clashes):
        problems.add(
            RULES,
            rules[later].line,
            f"rule '{later}' overlaps '{earlier}' (line {rules[earlier].line})",
            "end the older one with 'until', or name the districts in one of them",
        )
    total = len(draft.districts)
    for (category, (since, until)), districts in sorted(gaps.items()):
        where = "all districts" if len(districts) == total else ", ".join(sorted(districts))
        span = f"from {since}" + ("" if until == date.max else f" until {until}")
        problems.add(
            RULES,
            draft.duties.since.line,
            f"nobody owns '{category}' in {where} {span}",
            "add a rule, or list the category under 'triage'",
        )
    for rule in draft.duties.rules:
        alive = rule.since < rule.end and rule.categories and rule.districts != ()
        if alive and rule.id not in winners and draft.districts:
            problems.add(
                RULES,
                rule.line,
                f"rule '{rule.id}' is dead: it never decides anything",
                "remove it, or correct its categories, districts and days",
            )
