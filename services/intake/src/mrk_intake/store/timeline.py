"""Writing what the other services say: timeline rows and acknowledgements, in bulk."""

import json
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from mrk_intake.domain.erasure import Acknowledgement
from mrk_intake.domain.timeline import Placed
from mrk_intake.store import listing

_ADD: Final = """
insert into timeline (complaint, topic, sequence, type, at, state, detail)
select * from unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::timestamptz[],
    $6::text[], $7::jsonb[])
on conflict do nothing
"""
_ACKNOWLEDGE: Final = """
insert into erasure_acknowledged (complaint, service, at, received_by)
select $1::uuid, $2, $3, $4::text[] on conflict do nothing
"""


async def add(conn: Any, placed: Sequence[tuple[str, Placed]]) -> None:
    """Add steps, each with the complaint's id; one that is there already stays as it is.

    The public list follows in the same transaction; the caller holds the complaints' locks.
    """
    if not placed:
        return
    await conn.execute(
        _ADD,
        [complaint for complaint, _ in placed],
        [p.topic for _, p in placed],
        [p.sequence for _, p in placed],
        [p.step.type for _, p in placed],
        [p.step.at for _, p in placed],
        [p.step.state for _, p in placed],
        [json.dumps(dict(p.step.detail), ensure_ascii=False) for _, p in placed],
    )
    told = {UUID(complaint) for complaint, p in placed if p.step.state is not None}
    if told:
        await listing.follow(conn, sorted(told))


async def acknowledge(conn: Any, given: Sequence[tuple[str, Acknowledgement]]) -> None:
    """Record acknowledgements of erasures; the first one of a service stays."""
    for complaint, each in given:
        await conn.execute(_ACKNOWLEDGE, complaint, each.service, each.at, list(each.received_by))
