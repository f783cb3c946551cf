"""routing as FastStream's documentation has it: one handler, one message, one transaction.

The decisions are routing's own functions, and the rows are the same: guard, stream, case, events
and outbox. `NACK_ON_ERROR` commits the offset after the handler; FastStream's default commits it
by a timer before, which could lose what intake promised.
"""

import asyncpg
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from tests.bench.peers.ready import ready
from tests.bench.routing import PEER_TOPIC

from mrk_delivery.clock import Clock
from mrk_delivery.events import Body, Event
from mrk_routing.domain.assign import Assigned, NoCase, Rules, assign, event_of
from mrk_routing.domain.case_file import CaseFile, for_inbox
from mrk_routing.settings import EventSettings, city
from mrk_schemas.agencies import CaseHandedOver
from mrk_schemas.registry import CASES, inbox_of
from mrk_schemas.reports import ReportReceived
from mrk_telemetry.runtime import Stop, run_role
from mrk_telemetry.settings import load_settings

POOL = 10  # asyncpg's own default

_GUARD = """
insert into handled (topic, key, sequence) values ($1, $2, $3) on conflict do nothing
"""
_STREAM = """
insert into stream (key, version) values ($1, $2)
on conflict (key) do update set version = excluded.version
"""
_CASE = """
insert into case_file (complaint_id, body, words, place, handed_to, others_version, others_by,
    received_at, verified_at, first_response_at, resolved_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
_EVENT = """
insert into case_event (topic, key, version, id, type, time, traceparent, correlation_id, body)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_OUTBOX = "insert into outbox (topic, key, version, passes) values ($1, $2, $3, false)"


class Handler:
    """Decides one report in one transaction."""

    def __init__(self, pool: asyncpg.Pool, rules: Rules) -> None:
        self._pool = pool
        self._rules = rules
        self._clock = Clock()

    async def received(self, body: ReportReceived, sequence: int) -> None:
        """Store the case of a report, once."""
        report = body.report
        now = self._clock.now()
        async with self._pool.acquire() as conn, conn.transaction():
            guard = await conn.execute(_GUARD, PEER_TOPIC, report.complaint_id, sequence)
            decision = assign(report, self._rules, now)
            if guard != "INSERT 0 1" or isinstance(decision, NoCase):
                return
            file = decision.file.turned_by_others(1)
            told: list[tuple[str, Body]] = [(CASES, event_of(decision))]
            if isinstance(decision, Assigned):
                handed = CaseHandedOver(
                    case=for_inbox(file.case), text=file.words, place=file.place
                )
                told.append((inbox_of(decision.owner), handed))
            await conn.execute(_STREAM, file.id, len(told))
            await conn.execute(_CASE, *_row(file))
            for version, (topic, event_body) in enumerate(told, start=1):
                event = Event(topic, file.id, event_body, now)
                await conn.execute(
                    _EVENT,
                    topic,
                    event.key,
                    version,
                    event.id,
                    event.body.TYPE,
                    event.time,
                    event.traceparent,
                    event.correlation_id,
                    event.body.to_json(),
                )
                await conn.execute(_OUTBOX, topic, event.key, version)


def _row(file: CaseFile) -> tuple[object, ...]:
    place = file.place
    return (
        file.id,
        file.case.to_json().decode(),
        file.words,
        place.to_json().decode() if place is not None else None,
        list(file.handed_to),
        file.others_version,
        file.others_by,
        file.case.received_at,
        file.verified_at,
        file.first_response_at,
        file.resolved_at,
    )


async def main(stop: Stop) -> None:
    """Consume until told to end."""
    settings = load_settings(EventSettings)
    rules = Rules(city(settings.city_pack))
    year = Clock().now().year
    rules.pack.calendar.prepare(year, year + 1)
    broker = KafkaBroker(settings.kafka_bootstrap)
    async with (
        asyncpg.create_pool(settings.dsn, min_size=POOL, max_size=POOL) as pool,
        ready(settings.listen_host, settings.listen_port),
    ):
        handler = Handler(pool, rules)

        @broker.subscriber(
            PEER_TOPIC,
            group_id="bench.routing",
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.NACK_ON_ERROR,
        )
        async def received(message: KafkaMessage) -> None:
            # strict models read JSON's own text, not what FastStream decodes it to
            parsed = ReportReceived.model_validate_json(message.body)
            await handler.received(parsed, int(message.headers["ce_sequence"]))

        async with broker:
            await broker.start()
            await stop.wait()


if __name__ == "__main__":
    run_role(main)
