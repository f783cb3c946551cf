"""Texts that wait for a look: what the public reads of their reports meanwhile."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final

from mrk_intake.domain.timeline import Placed
from mrk_schemas.registry import REPORTS
from mrk_schemas.reports import Report

WAITING: Final = "waiting"
HIDDEN: Final = "hidden"


class Decision(StrEnum):
    """What somebody who looked decided."""

    RELEASE = "release"
    HIDE = "hide"


AFTER: Final = {Decision.RELEASE: None, Decision.HIDE: HIDDEN}
"""What `report.held` says after a decision; None: the public reads the report."""


def without_words(report: Report) -> Report:
    """A report as the public sees it meanwhile: its matter and place, none of its words."""
    place = report.place
    if place is not None:
        place = place.model_copy(update={"address": None})
    return report.model_copy(update={"text": None, "place": place, "attributes": None})


def without_notes(placed: Sequence[Placed]) -> list[Placed]:
    """Its steps without what its reporter wrote later; what offices write stays."""
    return [_without_note(each) if each.topic == REPORTS else each for each in placed]


def _without_note(placed: Placed) -> Placed:
    detail = {name: value for name, value in placed.step.detail.items() if name != "note"}
    return replace(placed, step=replace(placed.step, detail=detail))
