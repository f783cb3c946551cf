"""The public timeline: what each fact adds to it, and how it is shown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, Field

from mrk_intake.domain.attachments import MediaType
from mrk_intake.domain.instants import instant
from mrk_schemas.base import EventBody
from mrk_schemas.cases import (
    Case,
    CaseAccepted,
    CaseActionSetAside,
    CaseAssigned,
    CaseConfirmed,
    CaseEvent,
    CaseInformationAdded,
    CaseProgressed,
    CaseReopened,
    CaseResolved,
    CaseReturned,
    CaseSentToTriage,
    CaseState,
    CaseWithdrawn,
    ClockName,
    Ending,
)
from mrk_schemas.deliveries import MessageSent
from mrk_schemas.mirrors import MirrorFiled, MirrorRefused
from mrk_schemas.registry import REPORTS
from mrk_text.masking import mask

StepType = Literal[
    "received", "triage", "assigned", "accepted", "returned", "progress", "resolved",
    "mirrored", "mirror-refused", "notified",
    "information", "withdrawn", "confirmed", "disputed", "rated",
    "forwarded", "reopened", "closed", "set-aside", "examining", "answered",
]  # fmt: skip

_TEXTS: Final[Mapping[StepType, tuple[str, str]]] = {
    "received": ("Laporan diterima.", "The report was received."),
    "triage": (
        "Petugas sedang menentukan instansi yang bertanggung jawab.",
        "A dispatcher is deciding which agency is responsible.",
    ),
    "assigned": ("Diteruskan kepada {agency}.", "Assigned to {agency}."),
    "accepted": ("{agency} menerima laporan ini.", "{agency} accepted the report."),
    "returned": (
        "{agency} mengembalikan laporan ini; petugas akan meneruskannya lagi.",
        "{agency} returned the report; it will be assigned again.",
    ),
    "progress": ("{agency} mengabarkan perkembangan.", "{agency} reported progress."),
    "resolved": ("{agency} menyatakan selesai.", "{agency} says that it is solved."),
    "mirrored": (
        "Tercatat di SP4N-LAPOR! dengan nomor {national_id}.",
        "Recorded at SP4N-LAPOR! under number {national_id}.",
    ),
    "mirror-refused": (
        "SP4N-LAPOR! belum mencatat laporan ini; petugas memeriksanya.",
        "SP4N-LAPOR! has not recorded the report; it is being checked.",
    ),
    "notified": (
        "Pelapor dikabari lewat {channel}.",
        "The reporter was told by {channel}.",
    ),
    # what the reporter did, told by intake itself
    "information": ("Pelapor menambahkan keterangan.", "The reporter added information."),
    "withdrawn": ("Pelapor mencabut laporan ini.", "The reporter took the report back."),
    "confirmed": (
        "Pelapor membenarkan bahwa masalahnya selesai.",
        "The reporter agrees that it is solved.",
    ),
    "disputed": (
        "Pelapor menyanggah: masalahnya belum selesai.",
        "The reporter disputes it: it is not solved.",
    ),
    "rated": (
        "Pelapor menilai penyelesaiannya {rating} dari 5.",
        "The reporter rates the solution {rating} of 5.",
    ),
    # what routing made of it
    "forwarded": ("Keterangan diteruskan kepada {agency}.", "{agency} was told of it."),
    "reopened": (
        "Laporan dibuka kembali dan dikerjakan lagi oleh {agency}; tenggatnya tidak berubah.",
        "The report is open again and {agency} is at work on it; the deadline stays as it was.",
    ),
    "closed": ("Laporan ditutup.", "The report is closed."),
    "set-aside": (
        "Laporan ini sudah ditutup: tindakan pelapor dicatat dan tidak mengubahnya.",
        "The report is closed: what the reporter did is on record and changes nothing.",
    ),
    # what Inspektorat does with whistle-blowing
    "examining": (
        "Inspektorat memeriksa laporan ini.",
        "The Inspectorate is examining the report.",
    ),
    "answered": (
        "Inspektorat menutup laporan ini dengan jawaban.",
        "The Inspectorate closed the report with an answer.",
    ),
}
_CHANNELS: Final = {"email": ("surel", "e-mail")}
_STATES: Final[Mapping[CaseState, str]] = {state: state.value for state in CaseState}
ENDS: Final = frozenset(ending.value for ending in Ending)
"""What a report's state is once its reporter has ended it."""
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
        case MessageSent():
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
            detail = {"agency": case.owner, "agency_name": case.owner_name, **_due(case)}
        case CaseAccepted():
            kind, detail = "accepted", _agency(body)
        case CaseReturned():
            kind, detail = "returned", _agency(body)
        case CaseProgressed():
            kind, detail = "progress", _agency(body)
        case CaseResolved():
            kind, detail = "resolved", _agency(body)
        case _:
            return _answer_step(body, at)
    if body.note:
        detail["note"] = mask(body.note).text
    return _step(kind, at, case, detail)


def _answer_step(body: CaseEvent, at: datetime) -> Step | None:
    """What routing made of a reporter's fact; the reporter's words stand in their own step."""
    case = body.case
    owner = {"agency": case.owner, "agency_name": case.owner_name}
    match body:
        case CaseInformationAdded():
            return None if case.owner is None else _step("forwarded", at, case, owner)
        case CaseReopened():
            # without an owner it waits for a dispatcher, as it did before
            return _step("triage" if case.owner is None else "reopened", at, case, owner)
        case CaseWithdrawn() | CaseConfirmed():
            return _step("closed", at, case, {})
        case CaseActionSetAside():
            return _step("set-aside", at, case, {})
        case _:
            return None


def _step(kind: StepType, at: datetime, case: Case, detail: Mapping[str, Any]) -> Step:
    told = {k: v for k, v in {**detail, _HEARD: case.report_version}.items() if v is not None}
    return Step(kind, at, case.ending or _STATES[case.state], told)


def _agency(body: CaseEvent) -> dict[str, Any]:
    # a case that was returned has no owner: its name is then known by the earlier step alone
    name = body.case.owner_name if body.case.owner == body.by else None
    return {"agency": body.by, "agency_name": name}


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


def shown(received_at: datetime, placed: Sequence[Placed]) -> list[dict[str, Any]]:
    """The steps as the API shows them, each with its text in both languages."""
    names: dict[str, str] = {}
    out = [_shown(Step("received", received_at, None, {}), names)]
    out.extend(_shown(each.step, names) for each in merged(placed))
    return out


def _shown(step: Step, names: dict[str, str]) -> dict[str, Any]:
    detail = dict(step.detail)
    detail.pop(_HEARD, None)
    agency = detail.get("agency")
    if agency is not None:
        name = detail.get("agency_name") or names.get(agency) or agency
        names[agency] = detail["agency_name"] = name
    channel = detail.get("channel", "")
    id_, en = _TEXTS[step.type]
    named = {name: detail.get(name, "") for name in ("national_id", "rating")}
    own = {"agency": detail.get("agency_name", ""), **named}
    channels = _CHANNELS.get(channel, (channel, channel))
    text = {
        "id": id_.format(channel=channels[0], **own),
        "en": en.format(channel=channels[1], **own),
    }
    return {"at": instant(step.at), "type": step.type, "text": text, **detail}


class StepText(BaseModel):
    """One sentence in both languages."""

    id: str
    en: str


class DeadlineOut(BaseModel):
    """When a clock runs out, and why then."""

    clock: ClockName
    due_at: datetime
    derivation: str


class StepOut(BaseModel):
    """Something that happened to the report."""

    at: datetime
    type: StepType
    text: StepText
    agency: str | None = Field(default=None, examples=["sdabmbk"])
    agency_name: str | None = None
    due_at: datetime | None = Field(default=None, description="When it must be resolved")
    derivation: str | None = Field(default=None, description="How that date was reckoned")
    deadlines: list[DeadlineOut] | None = None
    national_id: str | None = Field(default=None, description="Number at SP4N-LAPOR!")
    note: str | None = Field(default=None, description="The agency's or the reporter's words")
    rating: int | None = Field(default=None, description="The reporter's: 1 is bad, 5 is good")
    channel: str | None = Field(default=None, examples=["email"])
    message: str | None = Field(default=None, examples=["assigned"])


class FileOut(BaseModel):
    """A photo or a document of the report; a hidden report's needs X-Tracking-Secret too."""

    url: str
    media_type: MediaType
    size: int
    thumbnail_url: str | None = None
    width: int | None = None
    height: int | None = None


class Timeline(BaseModel):
    """What happened to a report until now."""

    tracking_number: str = Field(examples=["7K3-Q9W-XTC"])
    kind: str
    category: str | None = None
    state: str = Field(examples=["received", "assigned", "disputed"])
    received_at: datetime
    events: list[StepOut]
    attachments: list[FileOut] | None = Field(
        default=None, description="Photos; documents only to the reporter"
    )
    proofs: list[FileOut] | None = Field(default=None, description="Photos of the agency's work")
