"""Accepting a gap: what the log lost was filled by a replay, or is given up."""

from collections.abc import Mapping
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from mrk_delivery.topic_ids import topic_ids

_MOVE = """
insert into consumed (group_id, topic, topic_id, partition_no, next_offset)
values ($1, $2, $3, $4, $5)
on conflict (group_id, topic, topic_id, partition_no)
do update set next_offset = excluded.next_offset where consumed.next_offset < excluded.next_offset
returning partition_no
"""


async def accept_gap(
    pool: asyncpg.Pool, options: Mapping[str, Any], group: str, topic: str
) -> dict[int, int]:
    """Let a stopped consumer go on at the log's start.

    Replay first: ``mrk replay --topic`` in the producing service puts the lost events at the end
    of the log, with the same ``ce_id``; the guard drops those that were known.

    Args:
        options: aiokafka's connection options.

    Returns:
        The partitions that had a gap, each with the offset that comes next now.

    Raises:
        aiokafka.errors.KafkaError: the broker is away, or the topic is missing.
    """
    client = AIOKafkaConsumer(**options)
    await client.start()
    try:
        ids = await topic_ids(client._client, [topic])  # noqa: SLF001  # no public way
        numbers = await client._client._wait_on_metadata(topic)  # noqa: SLF001  # as above
        partitions = [TopicPartition(topic, n) for n in numbers]
        starts = await client.beginning_offsets(partitions)
    finally:
        await client.stop()
    moved: dict[int, int] = {}
    for partition, start in starts.items():
        if start == 0:
            continue
        place = (group, topic, ids[topic], partition.partition)
        if await pool.fetchval(_MOVE, *place, start) is not None:
            moved[partition.partition] = start
    return moved
