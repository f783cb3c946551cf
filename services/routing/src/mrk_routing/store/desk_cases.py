"""Cases as the desk reads them: lists by filter, one case with its events, counts for leaders."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.desk_query import Kept, Lateness, Wanted
from mrk_routing.domain.standing import standing
from mrk_routing.store import cases
from mrk_schemas.cases import Case, CaseState
from mrk_schemas.ids import AgencyCode, ComplaintId
from mrk_schemas.registry import CASES

A_PAGE: Final = 50
SOON: Final = timedelta(hours=24)
"""A due date that is nearer than this is soon."""

_WORKED_ON: Final = "not body ? 'ending' and not body ? 'part_of'"
"""Cases of their own: what is done for a part is done at its parent."""
_STANDINGS: Final = {
    Kept.OPEN: f"{_WORKED_ON} and state <> 'resolved'",
    Kept.NEW: f"{_WORKED_ON} and not body ? 'handed_on_at' and state = 'assigned'",
    Kept.ACCEPTED: f"{_WORKED_ON} and state = 'accepted'",
    Kept.WORKING: f"{_WORKED_ON} and state = 'in_progress' and not body ? 'waiting'",
    Kept.WAITING: f"{_WORKED_ON} and body ? 'waiting'",
    Kept.RESOLVED: f"{_WORKED_ON} and state = 'resolved'",
    Kept.MERGED: "not body ? 'ending' and body ? 'part_of'",
    Kept.ENDED: "body ? 'ending'",
}
_LISTED: Final = """
with f as (
    select body, owner, received_at,
        desk_due(body, verified_at, first_response_at, resolved_at) as due
    from case_file
    where ($1::text[] is null or owner = any($1)) and not erased
        and ($2::text is null or body ->> 'category' = $2)
        and ($3::text is null or body ->> 'district' = $3)
        and (not $4::boolean or body ->> 'priority' = 'emergency')
        and {standing}
)
select body, due, count(*) over () as total from f
where ($5::timestamptz is null or due <= $5) and ($6::timestamptz is null or due > $6)
order by body ->> 'priority' = 'emergency' desc, due nulls last,
    (body ->> 'urgency')::int desc nulls last, received_at
limit $7 offset $8
"""
_TRIAGE: Final = """
select complaint_id, count(*) over () as total from case_file
where owner is null and not erased and not body ? 'ending' and not body ? 'part_of'
order by body ->> 'priority' = 'emergency' desc, (body ->> 'urgency')::int desc nulls last,
    desk_due(body, verified_at, first_response_at, resolved_at) nulls last, received_at
limit 1 offset $1
"""
_BY_NUMBER: Final = "select complaint_id from case_file where body ->> 'tracking_number' = $1"
_VERSION: Final = "select version from stream where key = $1"
_VERSIONS: Final = "select key, version from stream where key = any($1::text[])"
_NUMBER: Final = "select body ->> 'tracking_number' from case_file where complaint_id = $1"
_EVENTS: Final = """
select version, type, time, body from case_event where key = $1 and topic = $2 order by version
"""
_MARK: Final = """
select count(*) as cases, max(body ->> 'changed_at') as changed from case_file
where ($1::text[] is null or owner = any($1)) and (not $2::boolean or owner is null)
    and not erased and not body ? 'ending'
"""
_BURNING: Final = """
with f as (
    select coalesce(owner, '') as owner, coalesce(body ->> 'district', '') as district,
        desk_due(body, verified_at, first_response_at, resolved_at) as due,
        body ->> 'priority' = 'emergency' and state <> 'resolved' as emergency
    from case_file where not erased and not body ? 'ending' and not body ? 'part_of'
)
select {column} as code, count(*) as open, count(*) filter (where due <= $1) as late,
    count(*) filter (where due > $1 and due <= $2) as soon,
    count(*) filter (where emergency) as emergencies
from f group by 1 order by emergencies desc, late desc, soon desc, open desc
"""


@dataclass(frozen=True, slots=True)
class Listed:
    """A case in a list; `due` is the next due date that runs (UTC)."""

    case: Case
    due: datetime | None

    @property
    def new(self) -> bool:
        """Its agency may accept it."""
        return standing(self.case) is CaseState.ASSIGNED


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of a case as it is stored."""

    version: int
    type: str
    at: datetime
    body: str


@dataclass(frozen=True, slots=True)
class Burning:
    """How many open cases of an agency or a district are late, will be, and are emergencies.

    Attributes:
        code: empty where there is none.
    """

    code: str
    open: int
    late: int
    soon: int
    emergencies: int


async def listed(
    conn: Any, wanted: Wanted, agencies: Sequence[AgencyCode] | None, now: datetime,
    most: int = A_PAGE,
) -> tuple[list[Listed], int]:  # fmt: skip
    """A page of cases and how many there are: emergencies, then the first due first.

    Args:
        agencies: whose; None: of all, and those without an owner.
        most: cases of a page.
    """
    owners = list(agencies) if agencies is not None else None
    if wanted.agency is not None:
        owners = [wanted.agency]
    late = wanted.lateness is Lateness.LATE
    until = None if wanted.lateness is None else now if late else now + SOON
    since = now if wanted.lateness is Lateness.SOON else None
    rows = await conn.fetch(
        _LISTED.format(standing=_STANDINGS[wanted.standing]), owners, wanted.category,
        wanted.district, wanted.emergency, until, since, most, (wanted.page - 1) * most,
    )  # fmt: skip
    found = [Listed(Case.model_validate_json(row["body"]), row["due"]) for row in rows]
    return found, rows[0]["total"] if rows else 0


async def next_to_triage(conn: Any, skip: int) -> tuple[CaseFile | None, int, int]:
    """The case without an owner that comes next, how many there are, and its version.

    Args:
        skip: how many of the first to leave out.
    """
    row = await conn.fetchrow(_TRIAGE, skip)
    if row is None:
        return None, 0, 0
    found = await cases.load(conn, [row["complaint_id"]])
    version = await conn.fetchval(_VERSION, row["complaint_id"])
    return found.get(row["complaint_id"]), row["total"], version or 0


async def by_number(conn: Any, number: str) -> tuple[CaseFile, int] | None:
    """The case of a tracking number, and the version that it has reached."""
    complaint = await conn.fetchval(_BY_NUMBER, number)
    if complaint is None:
        return None
    file = (await cases.load(conn, [complaint])).get(complaint)
    return None if file is None else (file, await conn.fetchval(_VERSION, complaint) or 0)


async def number_of(conn: Any, complaint: ComplaintId) -> str | None:
    """The tracking number of a case; None where there is none."""
    number: str | None = await conn.fetchval(_NUMBER, complaint)
    return number


async def versions(conn: Any, ids: Collection[str]) -> dict[str, int]:
    """The version that each of these has reached."""
    return {row["key"]: row["version"] for row in await conn.fetch(_VERSIONS, list(ids))}


async def happened(conn: Any, complaint: ComplaintId) -> list[Happened]:
    """All that was told of a case, oldest first."""
    rows = await conn.fetch(_EVENTS, complaint, CASES)
    return [Happened(row["version"], row["type"], row["time"], row["body"]) for row in rows]


async def mark(
    conn: Any, agencies: Collection[AgencyCode] | None, *, ownerless: bool = False
) -> str:
    """Changes whenever a case of these agencies does; None: of all.

    Args:
        ownerless: of those without an owner alone.
    """
    row = await conn.fetchrow(_MARK, None if agencies is None else list(agencies), ownerless)
    return f"{row['cases']}:{row['changed'] or ''}"


async def burning(conn: Any, column: str, now: datetime) -> list[Burning]:
    """What is late and soon late, by `owner` or by `district`."""
    if column not in {"owner", "district"}:
        raise ValueError(column)
    rows = await conn.fetch(_BURNING.format(column=column), now, now + SOON)
    return [Burning(**row) for row in rows]
