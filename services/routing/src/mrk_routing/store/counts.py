"""How many cases each agency has in each state; those that ended, by how; those that wait."""

from typing import Any

from mrk_routing.domain.summary import Cell

_COUNT = """
select owner,
    coalesce(body ->> 'ending', case when body ? 'waiting' then 'waiting' end, state) as state,
    count(*) as count
from case_file
where not (erased and state = 'triage')
group by 1, 2
"""


async def count(conn: Any) -> list[Cell]:
    """All counts; an erased report that waits for a dispatcher waits for nobody any more."""
    rows = await conn.fetch(_COUNT)
    return [Cell(row["owner"], row["state"], row["count"]) for row in rows]
