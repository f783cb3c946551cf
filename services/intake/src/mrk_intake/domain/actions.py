"""What a reporter may do after reporting: a table, total over states and actions.

The states are the timeline's. A refusal is a value with a stable code, a reason and a mend.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from mrk_intake.domain.said import (
    AnswerIn,
    ConfirmationIn,
    DisputeIn,
    InformationIn,
    RatingIn,
    Said,
    Spoken,
    WithdrawalIn,
)
from mrk_intake.domain.steps import StepType
from mrk_intake.domain.timeline import WAITING, Step
from mrk_schemas.reports import (
    InformationAdded,
    Kind,
    QuestionAnswered,
    Report,
    ReporterActed,
    ReportWithdrawn,
    SolutionConfirmed,
    SolutionDisputed,
    SolutionRated,
)
from mrk_text.masking import mask

MOST: Final = 50
"""Actions on one report: an agency that is told more often than this is not helped by it."""

_LONGEST_NOTE: Final = 8000  # mrk_schemas.reports.ReporterActed.note: placeholders lengthen a text


class Action(StrEnum):
    """What a reporter does; the last part of its address."""

    INFORMATION = "information"
    ANSWER = "answer"
    WITHDRAWAL = "withdrawal"
    CONFIRMATION = "confirmation"
    DISPUTE = "dispute"
    RATING = "rating"


BODIES: Final[Mapping[Action, type[Spoken]]] = MappingProxyType(
    {
        Action.INFORMATION: InformationIn,
        Action.ANSWER: AnswerIn,
        Action.WITHDRAWAL: WithdrawalIn,
        Action.CONFIRMATION: ConfirmationIn,
        Action.DISPUTE: DisputeIn,
        Action.RATING: RatingIn,
    }
)
"""What each action says, for `said.of_json` and `said.of_form`."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an action is not taken now; its texts in Bahasa Indonesia and in English.

    Attributes:
        code: stable; the last part of the problem's type.
    """

    code: str
    reason: tuple[str, str]
    mend: tuple[str, str]


_ANEW: Final = (
    "Kirim laporan baru bila masalahnya masih ada.",
    "Send a new report if the problem is still there.",
)
NOT_RESOLVED: Final = Refusal(
    "not-resolved",
    ("Instansi belum menyatakan laporan ini selesai.", "No agency says yet that it is solved."),
    (
        "Tunggu sampai instansi menyatakan selesai; sementara itu keterangan bisa ditambahkan.",
        "Wait until an agency says that it is solved; until then information can be added.",
    ),
)
NOT_ASKED: Final = Refusal(
    "not-asked",
    ("Instansi tidak menanyakan apa pun.", "No agency has asked anything."),
    (
        "Tambahkan keterangan bila ada yang ingin disampaikan.",
        "Add information if there is something to say.",
    ),
)
RESOLVED: Final = Refusal(
    "already-resolved",
    ("Instansi sudah menyatakan laporan ini selesai.", "An agency says that it is solved."),
    (
        "Benarkan bila memang selesai, atau sanggah bila belum.",
        "Confirm it if it is solved, or dispute it if it is not.",
    ),
)
DISPUTED: Final = Refusal(
    "already-disputed",
    (
        "Sanggahan Anda sedang diteruskan kepada instansi.",
        "Your dispute is on its way to the agency.",
    ),
    (
        "Tunggu langkah berikutnya, atau tambahkan keterangan.",
        "Wait for the next step, or add information.",
    ),
)
CONFIRMED: Final = Refusal(
    "already-confirmed",
    (
        "Pelapor sudah membenarkan bahwa masalahnya selesai.",
        "The reporter has agreed that it is solved.",
    ),
    _ANEW,
)
WITHDRAWN: Final = Refusal(
    "already-withdrawn",
    ("Pelapor sudah mencabut laporan ini.", "The reporter has taken the report back."),
    _ANEW,
)
CLOSED: Final = Refusal("closed", ("Laporan ini sudah ditutup.", "The report is closed."), _ANEW)
IN_CONFIDENCE: Final = Refusal(
    "in-confidence",
    (
        "Laporan ini hanya dibaca Inspektorat; tidak ada instansi yang menyatakan selesai.",
        "Only the Inspektorat reads this report; no agency says that it is solved.",
    ),
    (
        "Tambahkan keterangan, atau cabut laporan ini.",
        "Add information, or take the report back.",
    ),
)
TOO_MANY: Final = Refusal(
    "too-many-actions",
    (
        f"Laporan ini sudah menerima {MOST} tindakan dari pelapornya.",
        f"The reporter has acted {MOST} times on this report.",
    ),
    (
        "Kirim laporan baru dan sebut nomor laporan ini.",
        "Send a new report, and name this one's number in it.",
    ),
)

Row = Mapping[Action, Refusal | None]
"""What is said to each action; None: it is taken."""

_AT_WORK: Final[Row] = {
    Action.INFORMATION: None,
    Action.ANSWER: NOT_ASKED,
    Action.WITHDRAWAL: None,
    Action.CONFIRMATION: NOT_RESOLVED,
    Action.DISPUTE: NOT_RESOLVED,
    Action.RATING: NOT_RESOLVED,
}
_CLOSED: Final[Row] = dict.fromkeys(Action, CLOSED)
TABLE: Final[Mapping[str, Row]] = MappingProxyType(
    {
        "received": _AT_WORK,
        "triage": _AT_WORK,
        "assigned": _AT_WORK,
        "accepted": _AT_WORK,
        "returned": _AT_WORK,
        "in_progress": _AT_WORK,
        WAITING: {**_AT_WORK, Action.ANSWER: None},
        "examining": _AT_WORK,
        "resolved": {
            Action.INFORMATION: None,
            Action.ANSWER: NOT_ASKED,
            Action.WITHDRAWAL: RESOLVED,
            Action.CONFIRMATION: None,
            Action.DISPUTE: None,
            Action.RATING: None,
        },
        "disputed": {
            Action.INFORMATION: None,
            Action.ANSWER: NOT_ASKED,
            Action.WITHDRAWAL: None,
            Action.CONFIRMATION: DISPUTED,
            Action.DISPUTE: DISPUTED,
            Action.RATING: DISPUTED,
        },
        "confirmed": {**dict.fromkeys(Action, CONFIRMED), Action.RATING: None},
        "withdrawn": dict.fromkeys(Action, WITHDRAWN),
        "closed": {**_CLOSED, Action.RATING: None},
    }
)
"""By the timeline's state; one that a later version of routing tells of is an end."""


def refusal(
    kind: Kind, state: str, action: Action, before: int, *, asked: bool = False
) -> Refusal | None:
    """Why a reporter may not do this now; None where it is taken.

    Args:
        kind: the report's.
        state: the timeline's (`timeline.state_of`).
        action: what is wanted.
        before: how many actions were taken on this report.
        asked: an agency has asked something at some time: a late answer is taken, as information.
    """
    found = TABLE.get(state, _CLOSED)[action]
    if found is NOT_ASKED and asked:
        found = None
    if found is NOT_RESOLVED and kind is Kind.WHISTLEBLOWING:
        return IN_CONFIDENCE
    if found is None and before >= MOST:
        return TOO_MANY
    return found


def allowed(kind: Kind, state: str, before: int) -> frozenset[Action]:
    """What a reporter is offered now; its arguments are `refusal`'s. A late answer is not."""
    return frozenset(each for each in Action if refusal(kind, state, each, before) is None)


STEPS: Final[Mapping[Action, tuple[StepType, str | None]]] = MappingProxyType(
    {
        Action.INFORMATION: ("information", None),
        Action.ANSWER: ("answered", "in_progress"),
        Action.WITHDRAWAL: ("withdrawn", "withdrawn"),
        Action.CONFIRMATION: ("confirmed", "confirmed"),
        Action.DISPUTE: ("disputed", "disputed"),
        Action.RATING: ("rated", None),
    }
)
"""What each action adds to the timeline, and the state after it; None: it stays. An answer changes
it only where a question is open."""


@dataclass(frozen=True, slots=True)
class Taken:
    """An action as it is told.

    Attributes:
        event: for the other services; it carries masked words, of whistle-blowing none.
        step: of the timeline; its words are the event's.
    """

    event: ReporterActed
    step: Step


def take(
    report: Report, action: Action, said: Said, now: datetime, question: int | None = None
) -> Taken:
    """What follows from an action that is allowed.

    Args:
        report: its state before, as the last event told it.
        action: what the reporter does.
        said: with what words, and which rating.
        now: when, UTC.
        question: the number of the one that is open; None where none is.

    Raises:
        ValueError: a rating without its number.
    """
    note = None
    if said.words is not None and report.kind is not Kind.WHISTLEBLOWING:
        note = mask(said.words).text[:_LONGEST_NOTE]
    event = _event(report, action, note, said.rating, question)
    type_, state = STEPS[action]
    if action is Action.ANSWER and question is None:
        state = None
    detail: dict[str, Any] = {"note": note, "rating": said.rating}
    told = {name: value for name, value in detail.items() if value is not None}
    return Taken(event, Step(type_, now, state, told))


def _event(
    report: Report, action: Action, note: str | None, rating: int | None, question: int | None
) -> ReporterActed:
    match action:
        case Action.INFORMATION:
            return InformationAdded(report=report, note=note)
        case Action.ANSWER:
            return QuestionAnswered(report=report, note=note, question=question)
        case Action.WITHDRAWAL:
            withdrawn = report.model_copy(update={"withdrawn": True})
            return ReportWithdrawn(report=withdrawn, note=note)
        case Action.CONFIRMATION:
            return SolutionConfirmed(report=report, note=note)
        case Action.DISPUTE:
            return SolutionDisputed(report=report, note=note)
        case Action.RATING:
            if rating is None:
                raise ValueError("a rating without its number")
            rated = report.model_copy(update={"rating": rating})
            return SolutionRated(report=rated, note=note, rating=rating)
