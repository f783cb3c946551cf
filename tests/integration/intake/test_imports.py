"""What began at SP4N-LAPOR!: one report, by the rules of every report, once."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

import pytest

from mrk_delivery.events import Record, headers_of
from mrk_delivery.pipeline import Pipeline
from mrk_intake.consumers.imports import Imports
from mrk_intake.domain import tracking
from mrk_intake.service import SERVICE
from mrk_intake.store import erase
from mrk_schemas.mirrors import ComplaintImported
from mrk_schemas.registry import IMPORTS

THEN = datetime(2026, 3, 1, 2, 3, 4, tzinfo=UTC)


class Bridge:
    """Publishes imports, as the consumer gets them."""

    def __init__(self, intake: Any, pack: Any) -> None:
        taking = Imports(pack, intake.keys, intake.settings.vault())
        self._pipeline = Pipeline(intake.pool, SERVICE, taking.subscription())
        self._offset = 0

    async def says(self, *bodies: ComplaintImported, sequence: int = 1) -> None:
        records = []
        for body in bodies:
            self._offset += 1
            headers = headers_of(
                SERVICE, id_=uuid4(), type_=body.TYPE, time=THEN, subject=body.complaint_id,
                sequence=sequence, traceparent=None, correlation_id=None,
            )  # fmt: skip
            records.append(
                Record(IMPORTS, "life", 0, self._offset, body.complaint_id.encode(),
                       body.to_json(), headers, datetime.now(UTC))
            )  # fmt: skip
        await self._pipeline.process(records)


@pytest.fixture
def bridge(intake: Any, pack: Any) -> Bridge:
    return Bridge(intake, pack)


def imported(national_id: str = "7712399", **changes: Any) -> ComplaintImported:
    return ComplaintImported.model_validate(
        {
            "complaint_id": str(uuid5(NAMESPACE_URL, national_id)),
            "national_id": national_id,
            "kind": "complaint",
            "text": "Lampu jalan mati total, hubungi 0812 3456 7890",
            "place": {"lat": 3.5897, "lon": 98.6738, "address": "Jalan Ahmad Yani, Kesawan"},
            "anonymous": True,
            "confidential": False,
            "received_at": THEN,
            **changes,
        }
    )


async def _report(intake: Any, body: ComplaintImported) -> dict[str, Any]:
    return dict((await intake.event(body.complaint_id))["report"])


async def test_an_import_is_a_report_with_its_origin(intake: Any, bridge: Bridge) -> None:
    body = imported()
    await bridge.says(body)
    report = await _report(intake, body)
    assert (report["channel"], report["national_id"]) == ("sp4n-lapor", "7712399")
    assert report["text"] == "Lampu jalan mati total, hubungi [nomor telepon]"
    assert report["place"]["district"].startswith("12.71.")
    assert "reporter" not in report
    assert datetime.fromisoformat(report["received_at"]) == THEN
    assert await intake.count("outbox") == 1

    shown = await intake.public.get(f"/api/v1/reports/{report['tracking_number']}")
    assert (shown.status_code, shown.json()["state"]) == (200, "received")


async def test_a_report_is_made_once_of_a_national_number(intake: Any, bridge: Bridge) -> None:
    await bridge.says(imported(), imported())
    await bridge.says(imported(text="Lampu jalan masih mati"), sequence=2)
    # were an id ever made otherwise, the number would still be known
    await bridge.says(imported(complaint_id=str(uuid4())))
    for table in ("report", "vault", "report_event", "outbox"):
        assert await intake.count(table) == 1, table
    assert await intake.count("dead_letter") == 0


async def test_a_number_that_is_taken_is_minted_again(intake: Any, bridge: Bridge) -> None:
    first, second = imported(), imported("7712400")
    await bridge.says(first)
    taken = tracking.mint(intake.keys.numbers, await _uuid(intake, second))
    await intake.pool.execute("update report set tracking_number = $1", taken)
    await bridge.says(second)
    number = (await _report(intake, second))["tracking_number"]
    assert number == tracking.mint(intake.keys.numbers, await _uuid(intake, second), 1)


async def _uuid(intake: Any, body: ComplaintImported) -> Any:
    return await intake.pool.fetchval("select $1::uuid", body.complaint_id)


async def test_a_confidential_import_tells_its_area_and_keeps_its_point(
    intake: Any, bridge: Bridge
) -> None:
    body = imported(confidential=True)
    await bridge.says(body)
    report = await _report(intake, body)
    assert set(report["place"]) <= {"subdistrict", "district", "method", "approximate"}
    hidden = await intake.public.get(f"/api/v1/reports/{report['tracking_number']}")
    assert hidden.status_code == 404
    place = (await intake.place("routing", body.complaint_id)).json()
    assert (place["lat"], place["address"]) == (3.5897, "Jalan Ahmad Yani, Kesawan")


async def test_whistle_blowing_from_there_is_hidden_here(intake: Any, bridge: Bridge) -> None:
    body = imported(kind="whistleblowing")
    await bridge.says(body)
    report = await _report(intake, body)
    assert "text" not in report
    assert "place" not in report


async def test_an_import_that_names_only_its_area_keeps_it(intake: Any, bridge: Bridge) -> None:
    body = imported(place={"subdistrict": "12.71.21.1002", "district": "12.71.21"}, text="Gelap")
    await bridge.says(body)
    assert (await _report(intake, body))["place"]["subdistrict"] == "12.71.21.1002"
    row = await intake.pool.fetchrow("select district, national_id from report")
    assert dict(row)["national_id"] == "7712399"


async def test_an_erased_import_does_not_come_back(intake: Any, bridge: Bridge) -> None:
    body = imported()
    await bridge.says(body)
    await erase.erase(intake.pool, SERVICE, await _uuid(intake, body), intake.clock.now())
    await bridge.says(body, sequence=3)
    assert await intake.count("report") == 1
    events = await intake.pool.fetch("select body from report_event")
    assert all("Lampu" not in json.dumps(json.loads(row["body"])) for row in events)
