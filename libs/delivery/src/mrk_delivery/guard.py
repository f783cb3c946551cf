"""The guard: each fact takes effect once, and only the newest may overwrite state."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mrk_delivery.parse import Bad, Good

_SEEN = """
select topic, key, max(sequence) as sequence from handled
where (topic, key) in (select * from unnest($1::text[], $2::text[])) group by topic, key
"""
_RECORD = """
insert into handled (topic, key, sequence)
select * from unnest($1::text[], $2::text[], $3::bigint[]) on conflict do nothing
returning topic, key, sequence
"""
_RECORD_ID = """
insert into handled_id (topic, id, digest)
select * from unnest($1::text[], $2::text[], $3::bytea[]) on conflict do nothing
returning topic, id
"""
_DIGESTS = """
select topic, id, digest from handled_id
where (topic, id) in (select * from unnest($1::text[], $2::text[]))
"""


async def fresh_by_sequence(conn: Any, goods: Sequence[Good]) -> list[Good]:
    """Record facts by (topic, key, sequence); returns the newly recorded ones, in order.

    The streams of their keys must be locked: a second copy of the fact waits here.
    """
    pairs = sorted({(g.fact.topic, g.fact.key) for g in goods})
    highest = {
        (row["topic"], row["key"]): row["sequence"]
        for row in await conn.fetch(_SEEN, [t for t, _ in pairs], [k for _, k in pairs])
    }
    facts = sorted({(g.fact.topic, g.fact.key, g.fact.sequence) for g in goods})
    left = {
        (row["topic"], row["key"], row["sequence"])
        for row in await conn.fetch(_RECORD, *(list(column) for column in zip(*facts, strict=True)))
    }
    fresh: list[Good] = []
    for good in goods:
        fact = good.fact
        identity = (fact.topic, fact.key, fact.sequence)
        if identity not in left:
            continue
        left.remove(identity)
        pair = (fact.topic, fact.key)
        newest = fact.sequence > highest.get(pair, 0)
        highest[pair] = max(fact.sequence, highest.get(pair, 0))
        fresh.append(Good(good.record, replace(fact, newest=newest)))
    return fresh


async def fresh_by_id(conn: Any, goods: Sequence[Good]) -> tuple[list[Good], list[Bad]]:
    """Record commands by (topic, id): the new ones, and those whose id came with another body."""
    digests = {
        id(g): hashlib.sha256(g.fact.type.encode() + b"\0" + (g.record.value or b"")).digest()
        for g in goods
    }
    first: dict[tuple[str, str], bytes] = {}
    for good in goods:
        first.setdefault((good.fact.topic, good.fact.id), digests[id(good)])
    wanted = sorted(first)
    topics, ids = [t for t, _ in wanted], [i for _, i in wanted]
    left = {
        (row["topic"], row["id"])
        for row in await conn.fetch(_RECORD_ID, topics, ids, [first[pair] for pair in wanted])
    }
    stored = {
        (row["topic"], row["id"]): row["digest"] for row in await conn.fetch(_DIGESTS, topics, ids)
    }
    fresh: list[Good] = []
    bad: list[Bad] = []
    for good in goods:
        pair = (good.fact.topic, good.fact.id)
        if stored[pair] != digests[id(good)]:
            reason = "this ce_id was used before with another body; use a new id"
            bad.append(Bad(good.record, good.fact.key, good.fact.type, "id-reused", reason))
        elif pair in left:
            left.remove(pair)
            fresh.append(good)
    return fresh, bad
