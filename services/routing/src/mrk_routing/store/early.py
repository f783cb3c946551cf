"""Facts of the national copy that came before their report: they wait for its case."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from mrk_routing.domain.national import NationalFact
from mrk_schemas.mirrors import MirrorAnswered, MirrorHandedOver

_MODELS: Final[dict[str, type[NationalFact]]] = {
    model.TYPE: model for model in (MirrorHandedOver, MirrorAnswered)
}
_KEEP = """
insert into early_mirror (complaint_id, sequence, type, body)
select * from unnest($1::text[], $2::bigint[], $3::text[], $4::jsonb[])
on conflict do nothing
"""
_TAKE = """
delete from early_mirror where complaint_id = any($1::text[])
returning complaint_id, sequence, type, body
"""


async def keep(conn: Any, facts: Sequence[tuple[str, int, NationalFact]]) -> None:
    """Let facts wait: of which complaint, their ``ce_sequence``, and what they say."""
    if facts:
        await conn.execute(
            _KEEP,
            [key for key, _, _ in facts],
            [sequence for _, sequence, _ in facts],
            [fact.TYPE for _, _, fact in facts],
            [fact.to_json().decode() for _, _, fact in facts],
        )


async def take(conn: Any, keys: Collection[str]) -> dict[str, list[NationalFact]]:
    """What waited for these complaints, each in its order; it waits no longer."""
    if not keys:
        return {}
    rows = await conn.fetch(_TAKE, list(keys))
    found: dict[str, list[NationalFact]] = {}
    for row in sorted(rows, key=lambda row: row["sequence"]):
        fact = _MODELS[row["type"]].model_validate_json(row["body"])
        found.setdefault(row["complaint_id"], []).append(fact)
    return found
