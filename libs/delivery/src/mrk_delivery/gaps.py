"""Accepting a gap: what the log lost was filled by a replay, or is given up."""

from collections.abc import Mapping
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from mrk_delivery.topic_ids import topic_ids

_MOVE = """
update consumed set next_offset = $5
where group_id = $1 and topic = $2 and topic_id = $3 and partition_no = $4 and next_offset < $5
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
        place = (group, topic, ids[topic], partition.partition)
        if await pool.fetchval(_MOVE, *place, start) is not None:
            moved[partition.partition] = start
    return moved
