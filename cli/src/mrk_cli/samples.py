"""A handful of reports as residents would write them, sent over HTTP to a running stack."""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from mrk_local.errors import LocalError

_SAMPLES: Sequence[dict[str, Any]] = (
    {
        "kind": "complaint",
        "text": "Jalan berlubang besar di depan pasar, sudah dua motor jatuh minggu ini. "
        "Mohon segera ditambal sebelum ada korban lagi.",
        "location": {"lat": 3.5897, "lon": 98.6738},
        "address": "Jalan Jenderal Ahmad Yani, Kesawan, Medan Barat",
        "reporter": {"name": "Butet Simanjuntak", "email": "butet@warga.example", "locale": "id"},
    },
    {
        "kind": "complaint",
        "text": "Sampah di TPS dekat rumah tidak diangkut sejak empat hari lalu, baunya sampai "
        "masuk ke rumah dan banyak lalat.",
        "location": {"lat": 3.5480, "lon": 98.7050},
        "address": "Jalan Garu II, Harjosari I, Medan Amplas",
        "reporter": {"name": "Ahmad Nasution", "email": "ahmad@warga.example", "locale": "id"},
    },
    {
        "kind": "complaint",
        "text": "Lampu jalan mati sepanjang gang sudah seminggu, ibu-ibu takut pulang pengajian "
        "malam hari.",
        "location": {"lat": 3.6690, "lon": 98.6680},
        "address": "Jalan Marelan Raya, Rengas Pulau, Medan Marelan",
        "reporter": {"name": "Siti Rahayu", "email": "siti@warga.example", "locale": "id"},
        "anonymous": True,
    },
    {
        "kind": "complaint",
        "text": "Drainase tersumbat, setiap hujan satu jam saja air setinggi lutut masuk ke "
        "rumah warga di gang kami.",
        "location": {"lat": 3.5640, "lon": 98.6560},
        "address": "Jalan Dr. Mansyur, Padang Bulan, Medan Baru",
        "reporter": {"name": "Rina Ginting", "email": "rina@warga.example", "locale": "id"},
    },
    {
        "kind": "aspiration",
        "text": "Usul agar dibuat jalur sepeda dan lebih banyak pohon peneduh di sekitar Lapangan "
        "Merdeka supaya anak-anak bisa bermain dengan aman.",
        "address": "Lapangan Merdeka, Kesawan, Medan Barat",
        "reporter": {"name": "Daniel Tampubolon", "email": "daniel@warga.example", "locale": "en"},
    },
)


@dataclass(frozen=True)
class Sent:
    """A report that intake accepted.

    Args:
        tracking_number: what the resident holds.
        status_url: where its public timeline is.
        text: what was reported.
    """

    tracking_number: str
    status_url: str
    text: str


async def send(intake: str) -> list[Sent]:
    """Send the samples at once.

    Args:
        intake: the base address of intake.

    Raises:
        LocalError: intake refused one or did not answer.
    """
    async with httpx.AsyncClient(base_url=intake, timeout=15, trust_env=False) as client:
        return list(await asyncio.gather(*(_send(client, sample) for sample in _SAMPLES)))


async def _send(client: httpx.AsyncClient, sample: dict[str, Any]) -> Sent:
    headers = {"Idempotency-Key": f'"{secrets.token_hex(16)}"'}
    try:
        answer = await client.post("/api/v1/reports", json=sample, headers=headers)
    except httpx.HTTPError as error:
        raise LocalError(
            f"intake did not answer a sample report: {error!r}", "look at: mrk logs intake.http"
        ) from error
    if answer.status_code != httpx.codes.CREATED:
        raise LocalError(
            f"intake answered a sample report with {answer.status_code}: {answer.text[:500]}",
            "look at: mrk logs intake.http",
        )
    body = answer.json()
    return Sent(str(body["tracking_number"]), str(body["status_url"]), str(sample["text"]))
