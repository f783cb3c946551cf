"""Reports of neighbours, always the same ones, for the public list, its map and its feed."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from mrk_intake.domain import tracking
from mrk_intake.domain.keys import Keys
from mrk_intake.store import listing
from mrk_schemas.registry import CASES, REPORTS
from mrk_schemas.reports import Kind, Place, Report, ReportReceived

NEWEST: Final = datetime(2026, 3, 1, 9, 20, tzinfo=UTC)
_EVER: Final = datetime(2000, 1, 1, tzinfo=UTC)

_FLOODED: Final = (
    "Parit tersumbat, air naik ke rumah setiap hujan deras. Mohon dikeruk sebelum musim hujan,"
    " karena tahun lalu beberapa keluarga mengungsi ke masjid selama dua hari dan perabot mereka"
    " rusak."
)
# words, category, kelurahan, its kecamatan, how far the case is
_REPORTS: Final = (
    ("Lampu jalan mati sejak tiga malam, gang gelap sekali dan anak-anak takut lewat.",
     "street-lights", "12.71.05.1003", "12.71.05", ("assigned", "accepted")),
    ("Sampah menumpuk di depan sekolah, sudah dua minggu tidak diangkut.",
     "waste-pickup", "12.71.19.1001", "12.71.19",
     ("assigned", "accepted", "in_progress", "resolved")),
    (_FLOODED,
     "drainage", "12.71.09.1003", "12.71.09", ()),
    ("Jalan berlubang di simpang, dua pengendara jatuh pagi ini.",
     "roads", "12.71.19.1001", "12.71.19", ("assigned",)),
)  # fmt: skip
_TIMES: Final = 7
_INSERT: Final = """
insert into report (id, tracking_number, request, kind, category, anonymous, confidential, locale,
    emergency, subdistrict, district, received_at)
values ($1, $2, $3, 'complaint', $4, false, false, 'id', false, $5, $6, $7)
"""
_EVENT: Final = """
insert into report_event (key, version, topic, id, type, time, body)
values ($1, 1, $2, $3, $4, $5, $6)
"""
_STEP: Final = "insert into timeline values ($1, $2, $3, $4, $5, $6, $7)"
_TYPES: Final = {"in_progress": "progress"}


async def move_in(conn: Any, keys: Keys) -> None:
    """Make their reports: two pages of them."""
    for n in range(len(_REPORTS) * _TIMES):
        words, category, subdistrict, district, states = _REPORTS[n % len(_REPORTS)]
        complaint = UUID(int=0x0195583B_7A00_7000_8000_0000_0000_1000 + n)
        at = NEWEST - n * timedelta(hours=31)
        number = tracking.mint(keys.numbers, complaint)
        body = ReportReceived(
            report=Report.model_validate(
                {
                    "complaint_id": str(complaint), "tracking_number": number,
                    "kind": Kind.COMPLAINT, "category": category, "text": words,
                    "place": Place(subdistrict=subdistrict, district=district),
                    "anonymous": False, "confidential": False, "received_at": at,
                }
            )
        )  # fmt: skip
        await conn.execute(
            _INSERT, complaint, number, complaint.bytes, category, subdistrict, district, at
        )
        told = body.model_dump_json(exclude_none=True).encode()
        await conn.execute(_EVENT, str(complaint), REPORTS, complaint, body.TYPE, at, told)
        for sequence, state in enumerate(states, start=1):
            due = at + timedelta(days=20)
            clock = {
                "clock": "resolution",
                "due_at": due.isoformat(),
                "derivation": "14 hari kerja",
            }
            detail: dict[str, Any] = {"agency": "sdabmbk"}
            if state == "assigned":
                detail |= {"agency_name": "Dinas", "due_at": due.isoformat(), "deadlines": [clock]}
            await conn.execute(
                _STEP, complaint, CASES, sequence, _TYPES.get(state, state),
                at + sequence * timedelta(hours=5), state, json.dumps(detail),
            )  # fmt: skip
    await listed(conn)


async def listed(conn: Any) -> None:
    """List what role `worker` would."""
    async with conn.transaction():
        await listing.add_unlisted(conn, _EVER, 1000)
