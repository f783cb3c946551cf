"""What a case fact tells the national system, in the words that stand there. Pure."""

from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict

from mrk_schemas.cases import (
    Case,
    CaseAnswered,
    CaseAsked,
    CaseClosed,
    CaseConfirmed,
    CaseEvent,
    CaseHandedOn,
    CaseInformationAdded,
    CaseMerged,
    CaseReopened,
    CaseResumed,
    CaseState,
    CaseUnmerged,
    CaseWithdrawn,
    ClockName,
)
from mrk_schemas.ids import AgencyCode, TrackingNumber

WIB: Final = timezone(timedelta(hours=7), "WIB")
"""Waktu Indonesia Barat: the national system's local time, without daylight saving."""

_SOMEBODY: Final = "Perangkat daerah"


class Act(StrEnum):
    """What happened, where the state alone does not tell it."""

    INFORMATION = "information"
    WITHDRAWN = "withdrawn"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"
    ASKED = "asked"
    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    HANDED_ON = "handed-on"
    CLOSED = "closed"
    MERGED = "merged"
    UNMERGED = "unmerged"


_ACTS: Final[dict[type[CaseEvent], Act]] = {
    CaseInformationAdded: Act.INFORMATION,
    CaseWithdrawn: Act.WITHDRAWN,
    CaseConfirmed: Act.CONFIRMED,
    CaseReopened: Act.DISPUTED,
    CaseAsked: Act.ASKED,
    CaseAnswered: Act.ANSWERED,
    CaseResumed: Act.UNANSWERED,
    CaseHandedOn: Act.HANDED_ON,
    CaseClosed: Act.CLOSED,
    CaseMerged: Act.MERGED,
    CaseUnmerged: Act.UNMERGED,
}
_SENTENCES: Final[dict[Act, str]] = {
    Act.INFORMATION: "Pelapor menambahkan keterangan.",
    Act.WITHDRAWN: "Pelapor mencabut laporan ini.",
    Act.CONFIRMED: "Pelapor membenarkan bahwa laporan ini selesai ditangani; laporan ditutup.",
    Act.DISPUTED: "Pelapor menyanggah penyelesaian; {owner} menangani laporan ini kembali.",
    Act.ASKED: "{owner} menanyakan keterangan kepada pelapor; penanganan ditunda.",
    Act.ANSWERED: "Pelapor menjawab pertanyaan; {owner} melanjutkan penanganan.",
    Act.UNANSWERED: "Belum ada jawaban pelapor; {owner} melanjutkan penanganan.",
    Act.HANDED_ON: "Bukan wewenang pemerintah kota; diteruskan kepada {owner}.",
    Act.CLOSED: "Laporan ditutup.",
    Act.MERGED: "Ada laporan lain tentang hal yang sama; keduanya ditangani bersama.",
    Act.UNMERGED: "Laporan ini ditangani tersendiri lagi.",
}
_PRIVATE: Final = frozenset({Act.ASKED, Act.ANSWERED})
"""A question and its answer are between the agency and the reporter: that there are, is told."""


class FollowUp(BaseModel):
    """One case fact as it is queued: masked words and codes, no personal data.

    Attributes:
        sequence: the case fact's version; part of the marker by which it is found again.
        by: ``routing``, ``reporter``, or the agency that acted.
        act: what happened; None where the state alone tells the fact.
        due_at: when it must be resolved, or a question answered, UTC.
    """

    model_config = ConfigDict(frozen=True)

    sequence: int
    tracking_number: TrackingNumber
    state: CaseState
    by: str
    owner: AgencyCode | None = None
    owner_name: str | None = None
    due_at: AwareDatetime | None = None
    note: str | None = None
    act: Act | None = None
    confidential: bool

    @property
    def marker(self) -> str:
        """Our reference of this one follow-up: the last line of its content."""
        return f"Referensi: {self.tracking_number}/{self.sequence}"


def follow_up_of(event: CaseEvent, sequence: int) -> FollowUp:
    """What a case fact will tell."""
    case, act = event.case, _ACTS.get(type(event))
    return FollowUp(
        sequence=sequence,
        tracking_number=case.tracking_number,
        state=case.state,
        by=event.by,
        owner=case.owner,
        owner_name=_name(case),
        due_at=_due(case, act),
        note=None if _private(event, act) else event.note,
        act=act,
        confidential=case.confidential,
    )


def _private(event: CaseEvent, act: Act | None) -> bool:
    return act in _PRIVATE or (isinstance(event, CaseInformationAdded) and event.answer)


def _name(case: Case) -> str | None:
    """The owner's name in Bahasa Indonesia, as all else that is told there."""
    names = case.owner_names
    return (names.id if names is not None else None) or case.owner_name


def _due(case: Case, act: Act | None) -> datetime | None:
    if act is Act.HANDED_ON:  # the city's dates are not theirs
        return None
    if act is Act.ASKED:
        return case.waiting.until if case.waiting is not None else None
    due = (d.due_at for d in case.deadlines if d.clock is ClockName.RESOLUTION)
    return next(due, None)


def content_of(fact: FollowUp) -> str:
    """The follow-up's text, with its marker at the foot."""
    parts = [_sentence(fact)]
    if fact.due_at is not None:
        if fact.act is None and fact.state is CaseState.ASSIGNED:
            parts.append(f"Tenggat penyelesaian: {_local_date(fact.due_at)}.")
        elif fact.act is Act.ASKED:
            parts.append(f"Jawaban ditunggu sampai {_local_date(fact.due_at)}.")
        elif fact.act in {Act.ANSWERED, Act.UNANSWERED}:
            parts.append(f"Tenggat penyelesaian sekarang: {_local_date(fact.due_at)}.")
    if fact.note:
        parts.append(fact.note.strip())
    return "\n\n".join([*parts, fact.marker])


def carries(content: str, marker: str) -> bool:
    """Whether a text found at the national system ends with this marker."""
    lines = [line.strip() for line in content.splitlines() if line.strip()]
    return bool(lines) and lines[-1] == marker


def _sentence(fact: FollowUp) -> str:
    owner = fact.owner_name or _SOMEBODY
    if fact.act is None:
        return _state_sentence(fact.state, owner)
    return _SENTENCES[fact.act].format(owner=owner)


def _state_sentence(state: CaseState, owner: str) -> str:
    match state:
        case CaseState.TRIAGE:
            return "Laporan menunggu penetapan perangkat daerah yang berwenang."
        case CaseState.ASSIGNED:
            return f"Laporan diteruskan kepada {owner}."
        case CaseState.ACCEPTED:
            return f"{owner} menerima laporan ini untuk ditindaklanjuti."
        case CaseState.RETURNED:
            return f"{_SOMEBODY} mengembalikan laporan ini; penanggung jawab ditetapkan ulang."
        case CaseState.IN_PROGRESS:
            return f"Perkembangan penanganan dari {owner}."
        case CaseState.RESOLVED:
            return f"{owner} menyatakan laporan ini selesai ditangani."


def _local_date(moment: datetime) -> str:
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(WIB).strftime("%d-%m-%Y")
