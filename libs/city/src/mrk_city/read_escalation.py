"""Reads who is told when a clock runs: reminders, the ladder, and ladders of deadline classes."""

from itertools import pairwise
from pathlib import Path
from typing import Final

from mrk_city.ids import CLOCKS, AgencyCode
from mrk_city.models import Escalation, Step
from mrk_city.problems import Problems
from mrk_city.sources import Item, read_yaml

ESCALATION: Final = "escalation.yaml"
_LATEST = 1000
"""Working days past a due date that no step lies beyond."""

_CLOCKS: Final = tuple(name for name in CLOCKS if name != "confirmation")
"""The confirmation window is the reporter's: when it ends the case is closed; nobody is late."""


def read_escalation(folder: Path, locales: tuple[str, ...], problems: Problems) -> Escalation:
    """``escalation.yaml``."""
    root = read_yaml(folder, ESCALATION, problems)
    fields = root.fields("clocks unassigned reminders steps", "classes")
    steps: list[Step] = []
    for item in fields["steps"].items():
        step = item.fields("level after name")
        after = step["after"].whole(0, _LATEST)
        if steps and after <= steps[-1].after:
            item.bad("this step is not later than the one above", "raise 'after'")
        steps.append(Step(step["level"].code(), after, step["name"].names(locales), item.line))
    if fields["steps"].present and not steps:
        fields["steps"].bad("the ladder has no steps", "add {level: officer, after: 0, name: …}")
    known = {step.level: step for step in steps}
    classes = fields["classes"].pairs() if fields["classes"].present else ()
    return Escalation(
        clocks=tuple(item.choice(_CLOCKS) for item in fields["clocks"].items()),
        unassigned=AgencyCode(fields["unassigned"].code()),
        reminders=_reminders(fields["reminders"]),
        steps=tuple(steps),
        classes={name: _ladder(item, known) for name, item in classes},
        line=fields["unassigned"].line,
    )


def _reminders(item: Item) -> tuple[int, ...]:
    shares = [(entry, entry.whole(1, 99)) for entry in item.items()]
    for (_, lower), (entry, upper) in pairwise(shares):
        if upper <= lower:
            entry.bad(f"{upper} is not more than {lower}", "name each share once, lowest first")
    return tuple(share for _, share in shares)


def _ladder(item: Item, known: dict[str, Step]) -> tuple[Step, ...]:
    """A class's days by level; the levels and their order are those of the city's ladder."""
    order, found = list(known), list[Step]()
    for level, days in item.pairs():
        step = known.get(level)
        if step is None:
            days.bad(f"level '{level}' is not among the steps", f"use {', '.join(order)}")
            continue
        after = days.whole(0, _LATEST)
        if found and order.index(level) < order.index(found[-1].level):
            days.bad(f"level '{level}' is above '{found[-1].level}'", "in the order of the steps")
        elif found and after <= found[-1].after:
            days.bad("this step is not later than the one above", "raise its number of days")
        found.append(Step(level, after, step.names, days.line))
    if not found:
        item.bad("this class has no steps", "add {officer: 0, …}, or remove the class")
    return tuple(found)
