"""Reads ``rules.yaml``: who owns what, where, when, and by which words."""

from dataclasses import dataclass
from datetime import time
from pathlib import Path

from mrk_city.ids import CategoryCode, DistrictCode, SubdistrictCode
from mrk_city.models import Term
from mrk_city.problems import Problems
from mrk_city.read_duties import WEEKDAYS
from mrk_city.rules import DAY, PRIORITIES, ROAD_CLASSES, RULE_KINDS, WEEK, Rule
from mrk_city.sources import Item, read_yaml

RULES = "rules.yaml"

_MOST_URGENT = 100
_NEEDED = "id categories owner from source"
_OPTIONAL = "districts subdistricts kinds words roads time copies priority urgency deadline until"


@dataclass(frozen=True, slots=True)
class RuleData:
    """What ``rules.yaml`` states. ``since``: the day from which everything has an owner."""

    since: Term
    triage: tuple[tuple[CategoryCode, int], ...]
    rules: tuple[Rule, ...]


def read_rules(folder: Path, problems: Problems) -> RuleData:
    """``rules.yaml``."""
    root = read_yaml(folder, RULES, problems)
    fields = root.fields("since triage rules")
    since = Term(0, fields["since"].day(), "", fields["since"].line)
    triage = tuple((CategoryCode(item.text()), item.line) for item in fields["triage"].items())
    return RuleData(since, triage, tuple(_rule(item) for item in fields["rules"].items()))


def _rule(item: Item) -> Rule:
    rule = item.fields(_NEEDED, _OPTIONAL)
    districts, subdistricts = _places(rule["districts"], rule["subdistricts"], item)
    return Rule(
        id=rule["id"].code(),
        categories=tuple(CategoryCode(code) for code in rule["categories"].texts()),
        districts=districts,
        subdistricts=subdistricts,
        kinds=_choices(rule["kinds"], RULE_KINDS, "kind"),
        words=_words(rule["words"]),
        roads=_choices(rule["roads"], ROAD_CLASSES, "class of road"),
        minutes=_minutes(rule["time"]),
        owner=rule["owner"].text(),
        copies=rule["copies"].texts(),
        priority=rule["priority"].choice(PRIORITIES) if rule["priority"].present else "normal",
        urgency=rule["urgency"].whole(0, _MOST_URGENT) if rule["urgency"].present else None,
        deadline=rule["deadline"].text() if rule["deadline"].present else None,
        since=rule["from"].day(),
        until=rule["until"].day() if rule["until"].present else None,
        source=rule["source"].text(),
        line=item.line,
    )


def _places(
    districts: Item, subdistricts: Item, rule: Item
) -> tuple[tuple[DistrictCode, ...] | None, tuple[SubdistrictCode, ...] | None]:
    everywhere = districts.is_word("all")
    if not districts.present and not subdistricts.present:
        rule.bad("'districts' is missing", "add 'districts: all', codes, or 'subdistricts'")
    if everywhere and subdistricts.present:
        subdistricts.bad(
            "'subdistricts' says nothing beside 'districts: all'", "leave one of them out"
        )
    named = None if everywhere or not districts.present else districts.texts()
    within = subdistricts.texts() if subdistricts.present else None
    return (
        None if named is None else tuple(DistrictCode(code) for code in named),
        None if within is None else tuple(SubdistrictCode(code) for code in within),
    )


def _choices(item: Item, allowed: tuple[str, ...], what: str) -> tuple[str, ...] | None:
    if not item.present:
        return None
    found = tuple(each.choice(allowed) for each in item.items())
    if not found:
        item.bad(f"no {what} is stated", f"use one of: {', '.join(allowed)}; or leave it out")
    return found


def _words(item: Item) -> tuple[str, ...]:
    found = item.texts()
    if item.present and not found:
        item.bad("no word is stated", "add one, or leave 'words' out")
    return found


def _minutes(item: Item) -> tuple[tuple[int, int], ...] | None:
    """Spans of the week; one past midnight belongs to the day on which it begins."""
    if not item.present:
        return None
    fields = item.fields("", "weekdays from until")
    weekdays, start, until = fields["weekdays"], fields["from"], fields["until"]
    days = _choices(weekdays, WEEKDAYS, "weekday") or WEEKDAYS
    if start.present != until.present:
        item.bad("only one end of the hours is stated", "state 'from' and 'until', or neither")
    if not (weekdays.present or start.present or until.present):
        item.bad("'time' states nothing", "add 'weekdays', or 'from' and 'until'")
    first, end = _of_day(start.clock()), _of_day(until.clock())
    if start.present and until.present and first == end:
        item.bad("the hours end when they begin", "leave both out for whole days")
    length = (end - first) % DAY or DAY
    spans: list[tuple[int, int]] = []
    for number, name in enumerate(WEEKDAYS):
        if name not in days:
            continue
        begin = number * DAY + first
        spans.append((begin, min(begin + length, WEEK)))
        if begin + length > WEEK:  # Sunday's night ends on Monday
            spans.append((0, begin + length - WEEK))
    return tuple(sorted(spans))


def _of_day(at: time) -> int:
    return at.hour * 60 + at.minute
