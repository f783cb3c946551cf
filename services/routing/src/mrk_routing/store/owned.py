"""The cases of one agency, as it may see them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from mrk_routing.domain.case_file import for_inbox, handed_over
from mrk_routing.store import cases
from mrk_schemas.agencies import CaseHandedOver
from mrk_schemas.cases import Case, CaseState
from mrk_schemas.ids import AgencyCode, ComplaintId

_LIST: Final = """
select s.version, c.body from case_file c join stream s on s.key = c.complaint_id
where c.owner = $1 and c.complaint_id > $2
    and c.body ->> 'handed_on_at' is null
    and ($3::text[] is null or c.state = any($3))
    and ($4::boolean is null or (c.body ->> 'ending' is null and c.state <> 'resolved') = $4)
    and ($5::timestamptz is null or (c.body ->> 'changed_at')::timestamptz >= $5)
    and ($6::timestamptz is null or c.resolved_at is null and c.body ->> 'ending' is null
        and exists (
            select 1 from jsonb_array_elements(c.body -> 'deadlines') d
            where d ->> 'clock' = 'resolution' and (d ->> 'due_at')::timestamptz < $6
        ))
order by c.complaint_id limit $7
"""
_VERSION: Final = "select version from stream where key = $1"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases.

    Attributes:
        after: behind this complaint id; empty from the first one.
        states: any of these; None: any.
        open: whether there is still something to do; None: either.
        updated_since: changed then or later (UTC).
        due_before: not solved yet, and to be solved before (UTC).
        limit: how many at most.
    """

    after: str = ""
    states: tuple[CaseState, ...] | None = None
    open: bool | None = None
    updated_since: datetime | None = None
    due_before: datetime | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Owned:
    """A case's state, and the version that a command about it may quote."""

    version: int
    case: Case


async def listed(conn: Any, agency: AgencyCode, wanted: Wanted) -> list[Owned]:
    """An agency's cases in the order of their ids."""
    rows = await conn.fetch(
        _LIST,
        agency,
        wanted.after,
        None if wanted.states is None else [state.value for state in wanted.states],
        wanted.open,
        wanted.updated_since,
        wanted.due_before,
        wanted.limit,
    )
    found = ((row["version"], Case.model_validate_json(row["body"])) for row in rows)
    return [Owned(version, for_inbox(case)) for version, case in found]


async def one(
    pool: Any, agency: AgencyCode, complaint: ComplaintId
) -> tuple[int, CaseHandedOver] | None:
    """A case as its owner was handed it, with its version; None where it is not this agency's."""
    async with pool.acquire() as conn, conn.transaction(isolation="repeatable_read", readonly=True):
        file = (await cases.load(conn, [complaint])).get(complaint)
        if file is None or file.case.owner != agency or file.case.handed_on_at is not None:
            return None
        return await conn.fetchval(_VERSION, complaint), handed_over(file)
