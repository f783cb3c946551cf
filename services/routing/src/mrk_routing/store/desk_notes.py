"""What people of the desk keep for themselves: notes on cases, and lists by name."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from mrk_schemas.ids import AgencyCode, ComplaintId

MOST_VIEWS: Final = 20
_NOTE: Final = """
insert into desk_note (complaint_id, person, agency, at, words) values ($1, $2, $3, $4, $5)
"""
_NOTES: Final = "select at, agency, words from desk_note where complaint_id = $1 order by id"
_KEEP: Final = """
insert into desk_view (person, name, query)
select $1, $2, $3 where (select count(*) from desk_view where person = $1) < $4
    or exists (select from desk_view where person = $1 and name = $2)
on conflict (person, name) do update set query = excluded.query
"""


@dataclass(frozen=True, slots=True)
class Note:
    """A note; `agency` is its writer's, None where it was a dispatcher."""

    at: datetime
    agency: str | None
    words: str


async def add(  # noqa: PLR0913, PLR0917  # a note's parts
    conn: Any, complaint: ComplaintId, person: UUID, agency: AgencyCode | None, at: datetime,
    words: str,
) -> None:  # fmt: skip
    """Keep a note."""
    await conn.execute(_NOTE, complaint, person, agency, at, words)


async def of_case(conn: Any, complaint: ComplaintId) -> list[Note]:
    """The notes on a case, oldest first."""
    rows = await conn.fetch(_NOTES, complaint)
    return [Note(row["at"], row["agency"], row["words"]) for row in rows]


async def erase(conn: Any, complaint: str) -> None:
    """The notes on a report that is erased go with it: they may tell of its reporter."""
    await conn.execute("delete from desk_note where complaint_id = $1", complaint)


async def views(conn: Any, person: UUID) -> list[tuple[str, str]]:
    """Somebody's lists: their names and what they ask for."""
    rows = await conn.fetch(
        "select name, query from desk_view where person = $1 order by name", person
    )
    return [(row["name"], row["query"]) for row in rows]


async def keep_view(conn: Any, person: UUID, name: str, query: str) -> bool:
    """Keep a list under a name, in place of one of the same name; False: there are too many."""
    done: str = await conn.execute(_KEEP, person, name, query, MOST_VIEWS)
    return done.endswith(" 1")


async def drop_view(conn: Any, person: UUID, name: str) -> None:
    """Forget a list."""
    await conn.execute("delete from desk_view where person = $1 and name = $2", person, name)
