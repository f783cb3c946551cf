"""A relay as it is usually written: publish a row, await the acknowledgement, delete the row.

The same rows, headers and guarantees (acks from all, idempotent) as ours; it reads rows in
batches and keeps one connection, which is more than most do.
"""

import asyncpg
from aiokafka import AIOKafkaProducer
from tests.bench.peers.ready import ready

from mrk_delivery.producer import Row
from mrk_intake.service import SERVICE
from mrk_intake.settings import RelaySettings
from mrk_telemetry.runtime import Stop, run_role
from mrk_telemetry.settings import load_settings

_BATCH = 100
_IDLE_S = 0.007
_NEXT = """
select o.id, o.topic, o.key, o.version, e.id as event_id, e.type, e.time, e.traceparent,
    e.correlation_id, e.body
from outbox o join report_event e using (key, version, topic)
order by o.id limit $1
"""


async def main(stop: Stop) -> None:
    """Relay until told to end."""
    settings = load_settings(RelaySettings)
    conn = await asyncpg.connect(settings.dsn)
    producer = AIOKafkaProducer(**settings.kafka_options(), acks="all", enable_idempotence=True)
    await producer.start()
    try:
        async with ready(settings.listen_host, settings.listen_port):
            while not stop.is_set():
                rows = await conn.fetch(_NEXT, _BATCH)
                for found in rows:
                    row = Row.of(SERVICE, found)
                    await producer.send_and_wait(
                        row.topic, row.body, key=row.key.encode(), headers=row.headers
                    )
                    await conn.execute("delete from outbox where id = $1", row.id)
                if not rows:
                    await stop.sleep(_IDLE_S)
    finally:
        await producer.stop()
        await conn.close()


if __name__ == "__main__":
    run_role(main)
