"""What Inspektorat does with a whistle-blowing report, and what the whistle-blower sees of it."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from mrk_intake.domain.timeline import Step
from mrk_text.masking import mask

TOPIC: Final = "inspektorat"
"""Where its steps stand on a timeline: of no Kafka topic, since no event tells of them."""

ANSWER_LENGTH: Final = (10, 4000)
NOTE_LENGTH: Final = (3, 4000)
DETAIL_LENGTH: Final = 200


class Purpose(StrEnum):
    """Why somebody opens a report."""

    FIRST_LOOK = "first-look"
    EXAMINATION = "examination"
    ANSWER = "answer"
    OVERSIGHT = "oversight"


class Wanted(StrEnum):
    """A state that Inspektorat sets."""

    EXAMINING = "examining"
    CONCLUDED = "concluded"


_FROM: Final = {
    Wanted.EXAMINING: frozenset({"received"}),
    Wanted.CONCLUDED: frozenset({"received", "examining"}),
}


def open_to(state: str) -> tuple[Wanted, ...]:
    """What may be set where a report stands; nothing once it is concluded or withdrawn."""
    return tuple(wanted for wanted in Wanted if state in _FROM[wanted])


def step_to(state: str, wanted: Wanted, answer: str | None, now: datetime) -> Step | None:
    """The step that the whistle-blower sees; None where the report's state does not allow it.

    Args:
        state: the timeline's.
        wanted: the new one.
        answer: what the whistle-blower is told; shown masked.
        now: UTC.
    """
    if wanted not in open_to(state):
        return None
    detail = {"note": mask(answer).text} if answer and wanted is Wanted.CONCLUDED else {}
    kind: Final = "examining" if wanted is Wanted.EXAMINING else "concluded"
    return Step(kind, now, wanted.value, detail)
