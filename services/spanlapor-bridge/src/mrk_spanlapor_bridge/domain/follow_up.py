"""What a case fact tells the national system, in the words that stand there. Pure."""

from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Final, assert_never

from pydantic import AwareDatetime, BaseModel, ConfigDict

from mrk_schemas.cases import (
    CaseConfirmed,
    CaseEvent,
    CaseInformationAdded,
    CaseReopened,
    CaseState,
    CaseWithdrawn,
    ClockName,
)
from mrk_schemas.ids import AgencyCode, TrackingNumber

WIB: Final = timezone(timedelta(hours=7), "WIB")
"""Waktu Indonesia Barat: the national system's local time, without daylight saving."""

_SOMEBODY: Final = "Perangkat daerah"


class Act(StrEnum):
    """What the reporter did, where the fact is the reporter's."""

    INFORMATION = "information"
    WITHDRAWN = "withdrawn"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"


_ACTS: Final[dict[type[CaseEvent], Act]] = {
    CaseInformationAdded: Act.INFORMATION,
    CaseWithdrawn: Act.WITHDRAWN,
    CaseConfirmed: Act.CONFIRMED,
    CaseReopened: Act.DISPUTED,
}


class FollowUp(BaseModel):
    """One case fact as it is queued: masked words and codes, no personal data.

    Attributes:
        sequence: the case fact's version; part of the marker by which it is found again.
        by: ``routing``, ``reporter``, or the agency that acted.
        act: what the reporter did; None where the state alone tells the fact.
        due_at: when it must be resolved, UTC.
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
    case = event.case
    due = (d.due_at for d in case.deadlines if d.clock is ClockName.RESOLUTION)
    return FollowUp(
        sequence=sequence,
        tracking_number=case.tracking_number,
        state=case.state,
        by=event.by,
        owner=case.owner,
        owner_name=case.owner_name,
        due_at=next(due, None),
        note=event.note,
        act=_ACTS.get(type(event)),
        confidential=case.confidential,
    )


def content_of(fact: FollowUp) -> str:
    """The follow-up's text, with its marker at the foot."""
    parts = [_sentence(fact)]
    if fact.act is None and fact.state is CaseState.ASSIGNED and fact.due_at is not None:
        parts.append(f"Tenggat penyelesaian: {_local_date(fact.due_at)}.")
    if fact.note:
        parts.append(fact.note.strip())
    return "\n\n".join([*parts, fact.marker])


def carries(content: str, marker: str) -> bool:
    """Whether a text found at the national system ends with this marker."""
    lines = [line.strip() for line in content.splitlines() if line.strip()]
    return bool(lines) and lines[-1] == marker


def _sentence(fact: FollowUp) -> str:
    owner = fact.owner_name or _SOMEBODY
    match fact.act:
        case None:
            return _state_sentence(fact.state, owner)
        case Act.INFORMATION:
            return "Pelapor menambahkan keterangan."
        case Act.WITHDRAWN:
            return "Pelapor mencabut laporan ini."
        case Act.CONFIRMED:
            return "Pelapor membenarkan bahwa laporan ini selesai ditangani; laporan ditutup."
        case Act.DISPUTED:
            return f"Pelapor menyanggah penyelesaian; {owner} menangani laporan ini kembali."
        case _:
            assert_never(fact.act)


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
