"""The answer to an accepted report."""

from datetime import datetime
from typing import Final

from pydantic import BaseModel, Field
from pydantic_core import to_json

from mrk_intake.domain.instants import instant
from mrk_intake.domain.report import Note, Received
from mrk_schemas.ids import TrackingNumber
from mrk_web.language import Language, Text

EMERGENCY: Final = Text(
    "Bila ada orang dalam bahaya, telepon {number} sekarang juga. Laporan ini tidak menggantikan"
    " panggilan darurat.",
    "If anybody is in danger, call {number} now. This report does not replace an emergency call.",
)
NOTES: Final = {
    Note.OUTSIDE_THE_CITY: Text(
        "Lokasi ini di luar batas kota. Laporan tetap diterima; petugas akan memeriksanya.",
        "This place is outside the city. The report is accepted all the same and will be checked.",
    ),
    Note.UNREACHABLE: Text(
        "Tidak ada surel atau telepon: simpan nomor laporan ini untuk melihat perkembangannya.",
        "There is no e-mail or phone: keep the tracking number to see what happens.",
    ),
}


class EmergencyHint(BaseModel):
    """Where to call at once."""

    call: str = Field(examples=["112"])
    text: str


class NoteOut(BaseModel):
    """Something the reporter should know."""

    code: Note
    text: str


class Receipt(BaseModel):
    """A report is durably accepted."""

    tracking_number: str = Field(examples=["7K3-Q9W-XTC"])
    tracking_secret: str = Field(
        description="Proves the reporter; send it in the header X-Tracking-Secret, never in a URL",
        examples=["mN5vQe0kT1y3b6Jc9dXh2A"],
    )
    status_url: str = Field(examples=["https://lapor.example/api/v1/reports/7K3-Q9W-XTC"])
    received_at: datetime
    emergency: EmergencyHint | None = None
    notes: list[NoteOut] = []


def status_url(public_url: str, number: TrackingNumber) -> str:
    """Where the report's timeline is."""
    return f"{public_url}/api/v1/reports/{number}"


def without_secret(
    received: Received, public_url: str, emergency_number: str, language: Language
) -> bytes:
    """The answer as it is stored: JSON without the tracking secret, which is never stored."""
    number = received.ids.number
    body: dict[str, object] = {
        "tracking_number": number,
        "status_url": status_url(public_url, number),
        "received_at": instant(received.report.received_at),
        "notes": [{"code": note, "text": NOTES[note].to(language)} for note in received.notes],
    }
    if received.emergency:
        told = EMERGENCY.to(language).format(number=emergency_number)
        body["emergency"] = {"call": emergency_number, "text": told}
    return to_json(body)


def with_secret(stored: bytes, tracking_secret: str) -> bytes:
    """The answer as it is sent."""
    return b'{"tracking_secret":"' + tracking_secret.encode() + b'",' + stored[1:]
