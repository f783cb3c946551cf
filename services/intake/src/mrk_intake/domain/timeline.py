"""The public timeline: what each fact adds to it, and how it is shown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from mrk_intake.domain.instants import instant
from mrk_intake.domain.steps import TEXTS, StepType
from mrk_schemas.base import EventBody
from mrk_schemas.cases import (
    Case,
    CaseAccepted,
    CaseActionSetAside,
    CaseAnswered,
    CaseAsked,
    CaseAssigned,
    CaseClosed,
    CaseConfirmed,
    CaseEscalated,
    CaseEvent,
    CaseHandedOn,
    CaseInformationAdded,
    CaseMerged,
    CaseProgressed,
    CaseReopened,
    CaseResolved,
    CaseResumed,
    CaseReturned,
    CaseSentToTriage,
    CaseState,
    CaseUnmerged,
    CaseWithdrawn,
    ClockName,
    Ending,
)
from mrk_schemas.deliveries import MessageSent
from mrk_schemas.mirrors import MirrorFiled, MirrorRefused
from mrk_schemas.registry import REPORTS
from mrk_text.masking import mask

_LAPSED: Final = "confirmation-window"
"""Why a case was closed: its solution was not disputed in time."""
_CHANNELS: Final = {"email": ("surel", "e-mail")}
_STATES: Final[Mapping[CaseState, str]] = {state: state.value for state in CaseState}
ENDS: Final = frozenset(ending.value for ending in Ending)
"""What a report's state is once its reporter has ended it."""
WAITING: Final = "waiting"
"""What a report's state is while its agency waits for the reporter's answer."""
_PRIVATE: Final[frozenset[StepType]] = frozenset({"asked", "answered"})
"""Steps whose words only the reporter is shown."""
_HEARD: Final = "report_version"
"""In a step's detail, never shown: the newest fact of the reporter's that routing had heard."""


@dataclass(frozen=True, slots=True)
class Step:
    """One row of a timeline.

    Attributes:
        at: when the fact happened, UTC.
        state: the case's state after it; None where the fact is not about the case.
        detail: what the public sees of it beside its text; no personal data.
    """

    type: StepType
    at: datetime
    state: str | None
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Placed:
    """A step with its place in the order of its topic."""

    topic: str
    sequence: int
    step: Step


def step_of(body: EventBody, at: datetime) -> Step | None:
    """What a fact adds to the timeline; None where it adds nothing."""
    match body:
        case CaseEvent():
            return _case_step(body, at)
        case MirrorFiled():
            return Step("mirrored", at, None, {"national_id": body.mirror.national_id})
        case MirrorRefused():
            return Step("mirror-refused", at, None, {})
        case MessageSent() if body.delivery.follower is None:
            told = {"channel": body.delivery.channel, "message": body.delivery.message}
            return Step("notified", at, None, told)
        case _:
            return None


def _case_step(body: CaseEvent, at: datetime) -> Step | None:
    case = body.case
    match body:
        case CaseSentToTriage():
            kind: StepType = "triage"
            detail: dict[str, Any] = {}
        case CaseAssigned():
            kind = "assigned"
            detail = {**_owner(case), **_due(case)}
        case CaseHandedOn():
            kind, detail = "handed-on", _owner(case)
        case CaseAccepted():
            kind, detail = "accepted", _agency(body)
        case CaseReturned():
            kind, detail = "returned", _agency(body)
        case CaseProgressed():
            kind, detail = "progress", _agency(body)
        case CaseResolved():
            kind, detail = "resolved", _agency(body)
        case CaseAsked():
            kind, detail = "asked", {**_owner(case), **_question(case)}
        case _:
            return _answer_step(body, at)
    if body.note:
        detail["note"] = mask(body.note).text
    return _step(kind, at, case, detail)


def _answer_step(body: CaseEvent, at: datetime) -> Step | None:
    """What routing made of a reporter's fact; the reporter's words stand in their own step."""
    case = body.case
    owner = _owner(case)
    kind: StepType
    match body:
        case CaseAnswered() | CaseResumed():
            kind = "continued" if isinstance(body, CaseAnswered) else "unanswered"
            return _step(kind, at, case, owner)
        case CaseInformationAdded():
            return None if case.owner is None else _step("forwarded", at, case, owner)
        case CaseMerged() | CaseUnmerged():
            kind = "joined" if isinstance(body, CaseMerged) else "alone"
            words = {"note": mask(body.note).text} if body.note else {}
            return _step(kind, at, case, {**owner, **_due(case), **words})
        case CaseReopened():
            # without an owner it waits for a dispatcher, as it did before
            return _step("triage" if case.owner is None else "reopened", at, case, owner)
        case CaseWithdrawn() | CaseConfirmed() | CaseActionSetAside():
            kind = "set-aside" if isinstance(body, CaseActionSetAside) else "closed"
            return _step(kind, at, case, {})
        case _:
            return _timed_step(body, at)


def _timed_step(body: CaseEvent, at: datetime) -> Step | None:
    """What time did to a case; whoever has it is reminded, and nobody else."""
    match body:
        case CaseClosed(note=note):
            words = {"note": mask(note).text} if note else {}
            return _step("lapsed" if body.reason == _LAPSED else "closed", at, body.case, words)
        case CaseEscalated():
            return _step("escalated", at, body.case, _escalated(body.case))
        case _:
            return None


def _step(kind: StepType, at: datetime, case: Case, detail: Mapping[str, Any]) -> Step:
    # a case that has waited may be due later than an earlier step told
    dues = _due(case) if case.questions else {}
    all_ = {**dues, **detail, _HEARD: case.report_version}
    told = {name: value for name, value in all_.items() if value is not None}
    state = _STATES[case.state] if case.waiting is None else WAITING
    return Step(kind, at, case.ending or state, told)


def _owner(case: Case) -> dict[str, Any]:
    names = case.owner_names.model_dump(exclude_none=True) if case.owner_names else None
    return {"agency": case.owner, "agency_name": case.owner_name, "agency_names": names or None}


def _agency(body: CaseEvent) -> dict[str, Any]:
    # a case that was returned has no owner: its name is then known by the earlier step alone
    return _owner(body.case) if body.case.owner is not None else {"agency": body.by}


def _escalated(case: Case) -> dict[str, Any]:
    reached = case.escalation
    if reached is None:
        return {}
    names = reached.names.model_dump(exclude_none=True) or {"id": reached.level}
    return {"level": reached.level, "level_names": names, "clock": reached.clock.value}


def _question(case: Case) -> dict[str, Any]:
    if case.waiting is None:  # of a later version, which asks in another way
        return {"question": case.questions}
    return {
        "question": case.questions,
        "answer_by": instant(case.waiting.until),
        "answer_by_derivation": case.waiting.derivation,
    }


def _due(case: Case) -> dict[str, Any]:
    deadlines = [
        {"clock": d.clock.value, "due_at": instant(d.due_at), "derivation": d.derivation}
        for d in case.deadlines
    ]
    due = next((d for d in deadlines if d["clock"] == ClockName.RESOLUTION), None)
    told: dict[str, Any] = {"deadlines": deadlines} if deadlines else {}
    if due is not None:
        told |= {"due_at": due["due_at"], "derivation": due["derivation"]}
    return told


def merged(placed: Iterable[Placed]) -> list[Placed]:
    """Steps of several topics in one order.

    Within a topic versions decide, never times; between topics the time is all there is.
    """
    reached: dict[str, datetime] = {}
    dated: list[tuple[datetime, str, int, Placed]] = []
    for each in sorted(placed, key=lambda p: (p.topic, p.sequence)):
        at = max(each.step.at, reached.get(each.topic, each.step.at))
        reached[each.topic] = at
        dated.append((at, each.topic, each.sequence, each))
    return [each for *_, each in sorted(dated, key=lambda d: d[:3])]


def state_of(placed: Iterable[Placed]) -> str:
    """Where the report stands: what the newest version about its case says.

    What the reporter did counts from the moment at which it was stored: an end is an end, and a
    dispute stands until routing has heard of it.
    """
    told = [p for p in placed if p.step.state is not None]
    own = [p for p in told if p.topic == REPORTS]
    for each in own:
        if each.step.state in ENDS:
            return str(each.step.state)
    last = max(own, key=lambda p: p.sequence, default=None)
    newest = max((p for p in told if p.topic != REPORTS), key=lambda p: p.sequence, default=None)
    heard = newest.step.detail.get(_HEARD, 0) if newest is not None else 0
    if last is not None and last.sequence > heard:
        return str(last.step.state)
    return newest.step.state or "received" if newest is not None else "received"


def asked(placed: Iterable[Placed]) -> Placed | None:
    """The newest question of an agency's to the reporter, answered or not."""
    found = (each for each in placed if each.step.type == "asked")
    return max(found, key=lambda each: each.sequence, default=None)


def open_question(placed: Sequence[Placed]) -> Placed | None:
    """The question that waits for the reporter's answer now."""
    return asked(placed) if state_of(placed) == WAITING else None


def shown(
    received_at: datetime, placed: Sequence[Placed], *, proven: bool = False
) -> list[dict[str, Any]]:
    """The steps as the API shows them, each with its text in both languages.

    Args:
        received_at: when the report was received, UTC.
        placed: its steps, in any order.
        proven: they are shown to the reporter, who alone reads a question and its answer.
    """
    known: _Names = {}
    out = [_shown(Step("received", received_at, None, {}), known, proven=proven)]
    out.extend(_shown(each.step, known, proven=proven) for each in merged(placed))
    return out


_Names = dict[str, dict[str, str]]


def _named(detail: Mapping[str, Any], known: _Names) -> dict[str, str]:
    """The name of a step's agency in both languages; `known` has those of earlier steps."""
    agency = detail.get("agency")
    if agency is None:
        return {"id": "", "en": ""}
    told, one = detail.get("agency_names") or {}, detail.get("agency_name")
    if told or one:
        any_ = one or next(iter(told.values()))
        known[agency] = {language: told.get(language) or any_ for language in ("id", "en")}
    return known.setdefault(agency, {"id": agency, "en": agency})


def _shown(step: Step, known: _Names, *, proven: bool) -> dict[str, Any]:
    detail = dict(step.detail)
    detail.pop(_HEARD, None)
    if step.type in _PRIVATE and not proven:
        detail.pop("note", None)
    names = _named(detail, known)
    if "agency" in detail:
        detail["agency_name"] = detail.get("agency_name") or names["id"]
        detail["agency_names"] = names
    channel = detail.get("channel", "")
    id_, en = TEXTS[step.type]
    named = {name: detail.get(name, "") for name in ("national_id", "rating")}
    levels = detail.get("level_names") or {}
    level = {name: levels.get(name) or next(iter(levels.values()), "") for name in ("id", "en")}
    if levels:
        detail["level_names"] = level
    channels = _CHANNELS.get(channel, (channel, channel))
    text = {
        "id": id_.format(channel=channels[0], agency=names["id"], level=level["id"], **named),
        "en": en.format(channel=channels[1], agency=names["en"], level=level["en"], **named),
    }
    return {"at": instant(step.at), "type": step.type, "text": text, **detail}
