"""The kit plays an agency against the real routing: every answer that is documented is given."""

import os
import sys
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from uuid import uuid4

import example_kit as kit
import pytest
from rich.console import Console

from mrk_city import load_pack
from mrk_conformance.against_routing import AgainstRouting
from mrk_conformance.command import Options, conform
from mrk_conformance.findings import Outcome
from mrk_conformance.ledger import Message, message_of
from mrk_conformance.line import Line, open_line
from mrk_conformance.routing_rules import DONE, ROUTING_RULES
from mrk_delivery.migrate import migrate
from mrk_delivery.topics import apply
from mrk_local.errors import LocalError
from mrk_local.testing import Databases, Kafka
from mrk_schemas.agencies import CaseHandedOver
from mrk_schemas.ids import AgencyCode, ComplaintId, TrackingNumber
from mrk_schemas.registry import REPORTS, inbox_of, outbox_of
from mrk_schemas.reports import Kind, Place, Report, ReportReceived
from mrk_schemas.topics import expand

MEDAN = kit.ROOT / "deploy/city/medan"
AGENCY = AgencyCode("sdabmbk")


def report() -> Message:
    body = Report(
        complaint_id=ComplaintId(str(uuid4())),
        tracking_number=TrackingNumber("UJI-1"),
        kind=Kind.COMPLAINT,
        category="roads",
        text="Jalan berlubang",
        place=Place(lat=3.57, lon=98.63, subdistrict="12.71.02.1001"),
        anonymous=False,
        confidential=False,
        received_at=datetime.now(UTC),
    )
    return message_of(body.complaint_id, ReportReceived(report=body), 1, datetime.now(UTC))


async def handed_over(line: Line, complaint: str) -> None:
    while True:
        for record in await line.read():
            type_ = dict(record.headers)["ce_type"]
            if type_ == CaseHandedOver.TYPE.encode() and record.key == complaint.encode():
                return


async def test_routing_answers_an_agency_as_documented(kafka: Kafka, databases: Databases) -> None:
    async def prepare(dsn: str) -> None:
        assert await migrate("mrk_routing", dsn)

    dsn = await databases.fresh("routing", prepare)
    options = {"bootstrap_servers": kafka.bootstrap}
    await apply(options, expand(load_pack(MEDAN).agencies))
    settings = {
        "MRK_ROUTING_ENVIRONMENT": "test",
        "MRK_ROUTING_DATABASE_URL": dsn,
        "MRK_ROUTING_LISTEN": "127.0.0.1:0",
        "MRK_ROUTING_KAFKA_BOOTSTRAP": kafka.bootstrap,
        "MRK_ROUTING_CITY_PACK": str(MEDAN),
    }
    assert not [name for name in os.environ if name.startswith("MRK_ROUTING_")]
    async with AsyncExitStack() as stack:
        for role in ("consumer", "relay"):
            command = [sys.executable, "-m", "mrk_routing", role]
            await stack.enter_async_context(kit.running(command, **settings))
        enter = stack.enter_async_context
        reports = await enter(open_line(options, REPORTS, inbox_of(AGENCY)))
        line = await enter(open_line(options, outbox_of(AGENCY), inbox_of(AGENCY)))
        sent = report()
        beside = Options(AGENCY, MEDAN, bootstrap=kafka.bootstrap)
        await reports.send([sent])
        await handed_over(reports, sent.key)
        with pytest.raises(LocalError, match="routing reads this broker too"):
            await conform(beside, Console(quiet=True))
        verdicts = await AgainstRouting(line, AGENCY, sent.key, 30, print).run()
        assert {v.rule.code: v.seen for v in verdicts if v.outcome is not Outcome.PASSED} == {}
        assert len(verdicts) == len(ROUTING_RULES)
        # the same again, on a case that is resolved: the kit says what is not as documented
        again = await AgainstRouting(line, AGENCY, sent.key, 30, print).run()
        assert DONE in {v.rule.code for v in again if v.outcome is Outcome.FAILED}
