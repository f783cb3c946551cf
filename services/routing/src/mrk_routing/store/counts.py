"""How many cases each agency has in each state."""

from typing import Any

from mrk_routing.domain.summary import Cell

_COUNT = """
select owner, state, count(*) as count from case_file
where not (erased and state = 'triage')
group by owner, state
"""


async def count(conn: Any) -> list[Cell]:
    """All counts; an erased report that waits for a dispatcher waits for nobody any more."""
    rows = await conn.fetch(_COUNT)
    return [Cell(row["owner"], row["state"], row["count"]) for row in rows]
