"""No name, phone, e-mail address or NIK stands in Kafka, logs, metrics or databases in clear."""

import asyncio
import json
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
import pytest
from tests.proof.city_in_test import City, city_in
from tests.proof.evidence import fetch
from tests.proof.load import device_of, key_for

from mrk_cli.stack import ROLES

pytestmark = [pytest.mark.xdist_group("stack"), pytest.mark.timeout(600)]

_TOKEN: Final = "tandabiasa7741"
"""Harmless, in the text of an open report: where text may stand, the search must find it."""

_NAME: Final = "Bonifasius Kenariwan"
_EMAIL: Final = "kenari.bonifasius@penduduk.example"
_TEXT_EMAIL: Final = "istri.kenariwan@surel.example"
_NIK: Final = "1271034506780001"
_CANARIES: Final[Mapping[str, tuple[str, ...]]] = {
    "name in a field": (_NAME, "Kenariwan"),
    "e-mail address in a field": (_EMAIL,),
    "e-mail address in the text": (_TEXT_EMAIL,),
    "NIK": (_NIK, "127103 450678 0001", "1271 0345 0678 0001"),
    "phone in a field": ("081299887766", "6281299887766"),
    "phone in the text": ("0813-5544-3322", "081355443322", "6281355443322", "5544-3322"),
}
_TEXT: Final = (
    f"Parit mampet di gang kami {_TOKEN}, air masuk rumah. Hubungi 0813-5544-3322 atau"
    f" {_TEXT_EMAIL}, NIK saya {_NIK}. Mohon segera ditangani."
)
_BODY: Final[dict[str, Any]] = {
    "kind": "complaint",
    "category": "drainage",
    "text": _TEXT,
    "address": f"Jalan Melati, Kelurahan Kesawan, Medan Barat, telepon 0813-5544-3322, NIK {_NIK}",
    "location": {"lat": 3.5897, "lon": 98.6738},
    "reporter": {"name": _NAME, "phone": "0812-9988-7766", "email": _EMAIL},
}


async def _tell(city: City) -> str:
    """Send it in every shape, well-formed and not; the complaint id of the open one."""
    shapes: list[dict[str, Any]] = [
        {},
        {"anonymous": True},
        {"confidential": True},
        {"kind": "whistleblowing"},
    ]
    for at, changes in enumerate(shapes):
        key = key_for(f"canary/{at}")
        await city.phones.request(key, at, {**_BODY, **changes}, device_of(at))
    wrong = ({**_BODY, "text": _NAME[:5]}, {**_BODY, "kind": _EMAIL, _NIK: _NIK}, f"{{{_NIK}")
    for at, body in enumerate(wrong):
        content = body if isinstance(body, str) else json.dumps(body)
        answer = await city.phones.client.post(
            "/api/v1/reports",
            content=content,
            headers={
                "content-type": "application/json",
                "Idempotency-Key": f'"{key_for(f"canary/wrong/{at}")}"',
                "X-Device-Token": device_of(100 + at),
            },
        )
        assert answer.is_client_error, answer.text
    await city.drained(within_s=200)
    query = "select id from report where kind = 'complaint' and not (anonymous or confidential)"
    (row,) = await fetch(city.stack, "intake", query)
    return str(row["id"])


def _files(folder: Path, pattern: str) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob(pattern) if path.is_file()}


async def _metrics(city: City) -> dict[str, bytes]:
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        return {
            f"metrics of {role}": (await client.get(f"{city.stack.plan.url(role)}/metrics")).content
            for role in ROLES
        }


def _bytes_of(value: Any) -> bytes:
    # bytea as the bytes that it holds: a dump's hexadecimal would hide clear text from a search
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


async def _dump(dsn: str) -> bytes:
    conn = await asyncpg.connect(dsn)
    try:
        tables = await conn.fetch(
            "select format('%I.%I', schemaname, tablename) as name from pg_tables"
            " where schemaname not in ('pg_catalog', 'information_schema')"
        )
        rows: list[bytes] = []
        for table in tables:
            found = await conn.fetch(f"select * from {table['name']}")  # noqa: S608  # quoted above
            rows += [b"\x1f".join(map(_bytes_of, row.values())) for row in found]
        return b"\n".join(rows)
    finally:
        await conn.close()


def _holding(places: Mapping[str, bytes], needles: Iterable[str]) -> list[str]:
    """Where any of these stands, whatever the letters' size."""
    wanted = [needle.lower().encode() for needle in needles]
    return [name for name, held in places.items() if any(n in held.lower() for n in wanted)]


async def test_no_canary_is_found_where_the_token_is(tmp_path: Path) -> None:
    async with city_in(tmp_path, seed=secrets.randbits(32)) as city:
        stack = city.stack
        complaint = await _tell(city)
        segments = await asyncio.to_thread(_files, stack.kafka.log_dir, "*.log")
        logs = await asyncio.to_thread(_files, stack.layout.data, "*.log")
        logs = {name: held for name, held in logs.items() if name not in segments}
        metrics = await _metrics(city)
        dumps = {f"database of {s}": await _dump(dsn) for s, dsn in stack.databases.items()}

    assert _holding(segments, [_TOKEN]), "the search finds nothing in segments"
    assert _holding(dumps, [_TOKEN]), "the search finds nothing in databases"
    assert _holding(logs, [complaint]), "the search finds nothing in logs"
    assert _holding(metrics, ["complaint.reports.v1"]), "the search finds nothing in metrics"
    places = {**segments, **logs, **metrics, **dumps}
    leaks = {what: _holding(places, needles) for what, needles in _CANARIES.items()}
    assert not any(leaks.values()), leaks
