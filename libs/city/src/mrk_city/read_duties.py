"""Reads by when things are done: deadlines, calendar, SP4N-LAPOR!'s numbers."""

from pathlib import Path

from mrk_city.calendar import CalendarData, Hours, Override, Period, Shift
from mrk_city.ids import CLOCKS, KINDS, AgencyCode, CategoryCode
from mrk_city.models import LaporMapping, LaporState, Term
from mrk_city.problems import Problems
from mrk_city.sources import Item, read_yaml
from mrk_city.terms import BY_CATEGORY, Retention, TermData

DEADLINES, CALENDAR = "deadlines.yaml", "calendar.yaml"
LAPOR, RETENTION = "lapor.yaml", "retention.yaml"

_LONGEST_KEPT = 100 * 366
_LONGEST_WAIT = 60
"""Working days: nobody may be made to wait for an answer, with the clock stopped, for longer."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

LAPOR_STATES = (
    "waiting",
    "coordination",
    "disposition",
    "in-process",
    "done",
    "held",
    "not-our-authority",
    "archived",
)
"""SP4N-LAPOR!'s states and actions: Menunggu, Koordinasi, Disposisi, Proses, Selesai, Tunda, Bukan
Wewenang, Arsip."""


def read_deadlines(folder: Path, problems: Problems) -> TermData:
    """``deadlines.yaml``."""
    root = read_yaml(folder, DEADLINES, problems)
    fields = root.fields("clocks answer resolution kinds without_category")
    clock_names = [name for name in CLOCKS if name != "resolution"]
    clocks = fields["clocks"].fields(" ".join(clock_names))
    classes = {name: _terms(item) for name, item in fields["resolution"].pairs()}
    known = (*classes, BY_CATEGORY)
    kinds = fields["kinds"].fields(" ".join(KINDS))
    return TermData(
        clocks={name: _terms(item) for name, item in clocks.items()},
        answer=_terms(fields["answer"], _LONGEST_WAIT),
        classes=classes,
        kinds={name: item.choice(known) for name, item in kinds.items()},
        without_category=fields["without_category"].choice(tuple(classes)),
        line=root.line,
    )


def read_retention(folder: Path, problems: Problems) -> Retention:
    """``retention.yaml``."""
    root = read_yaml(folder, RETENTION, problems)
    fields = root.fields("kinds")
    kinds = fields["kinds"].fields(" ".join(KINDS))
    return Retention({name: _terms(item, _LONGEST_KEPT) for name, item in kinds.items()})


def _terms(item: Item, most: int = 1000) -> tuple[Term, ...]:
    found: list[Term] = []
    for entry in item.items():
        fields = entry.fields("days from source")
        days = fields["days"].whole(1, most)
        found.append(Term(days, fields["from"].day(), fields["source"].text(), entry.line))
    if item.present and not found:
        item.bad("no number of days is stated", "add {days: 5, from: 2026-01-01, source: …}")
    if [term.since for term in found] != sorted({term.since for term in found}):
        item.bad("the 'from' days do not ascend", "oldest first, each day once")
    return tuple(found)


def read_calendar(folder: Path, locales: tuple[str, ...], problems: Problems) -> CalendarData:
    """``calendar.yaml``."""
    root = read_yaml(folder, CALENDAR, problems)
    fields = root.fields("country categories hours ramadan overrides")
    hours: list[Hours] = []
    for item in fields["hours"].items():
        week = item.fields("from source", " ".join(WEEKDAYS))
        week["source"].text()
        hours.append(Hours(week["from"].day(), _shifts(week), item.line))
    if fields["hours"].present and not hours:
        fields["hours"].bad("no working week is stated", "add one with 'from' and its weekdays")
    if [week.since for week in hours] != sorted({week.since for week in hours}):
        fields["hours"].bad("the 'from' days do not ascend", "oldest first, each day once")
    ramadan = fields["ramadan"].fields("source hours periods")
    ramadan["source"].text()
    return CalendarData(
        country=fields["country"].choice(("ID",)),
        categories=fields["categories"].texts(),
        hours=tuple(hours),
        ramadan_shifts=_shifts(ramadan["hours"].fields("", " ".join(WEEKDAYS))),
        ramadan=_periods(ramadan["periods"]),
        overrides=_overrides(fields["overrides"], locales),
        line=root.line,
    )


def _shifts(week: dict[str, Item]) -> dict[int, Shift]:
    found: dict[int, Shift] = {}
    for number, name in enumerate(WEEKDAYS):
        day = week[name]
        if not day.present:
            continue
        times = day.fields("start end break_start break_end")
        start, end = times["start"].clock(), times["end"].clock()
        pause = (times["break_start"].clock(), times["break_end"].clock())
        if not start <= pause[0] <= pause[1] <= end or start == end:
            day.bad("these times are out of order", "start, break_start, break_end, end")
        found[number] = Shift(start, end, *pause, day.line)
    return found


def _periods(item: Item) -> tuple[Period, ...]:
    found: list[Period] = []
    for entry in item.items():
        fields = entry.fields("from until source")
        fields["source"].text()
        period = Period(fields["from"].day(), fields["until"].day(), entry.line)
        if period.last < period.first:
            entry.bad("the period ends before it begins", "'until' is its last day")
        if found and period.first <= found[-1].last:
            entry.bad("the period begins before the one above has ended", "oldest first, apart")
        found.append(period)
    return tuple(found)


def _overrides(item: Item, locales: tuple[str, ...]) -> tuple[Override, ...]:
    found: dict[object, Override] = {}
    for entry in item.items():
        fields = entry.fields("date holiday name source")
        fields["source"].text()
        day = fields["date"].day()
        if day in found:
            entry.bad(f"{day} is stated twice", "keep one of them")
        found[day] = Override(
            day, fields["holiday"].flag(), fields["name"].names(locales), entry.line
        )
    return tuple(found.values())


def read_lapor(folder: Path, problems: Problems) -> LaporMapping:
    """``lapor.yaml``."""
    root = read_yaml(folder, LAPOR, problems)
    fields = root.fields("assumed source institutions categories classifications states")
    states: dict[str, LaporState] = {}
    for code, item in fields["states"].pairs():
        state = item.fields("state name")
        states[code] = LaporState(state["state"].choice(LAPOR_STATES), state["name"].text())
    return LaporMapping(
        assumed=fields["assumed"].flag(),
        source=fields["source"].text(),
        institutions={AgencyCode(k): v for k, v in _numbers(fields["institutions"]).items()},
        categories={CategoryCode(k): v for k, v in _numbers(fields["categories"]).items()},
        classifications=_numbers(fields["classifications"]),
        states=states,
        line=root.line,
    )


def _numbers(item: Item) -> dict[str, int]:
    found: dict[str, int] = {}
    for code, value in item.pairs():
        number = value.whole(0, 2**31)
        if number in found.values():
            value.bad(f"{number} is used twice", "each code has a number of its own")
        found[code] = number
    return found
