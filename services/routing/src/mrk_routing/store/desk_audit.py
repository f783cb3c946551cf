"""Who looked at what at the desk, and who changed what: rows that are only ever added."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from mrk_schemas.ids import ComplaintId

_NOTE: Final = """
insert into desk_audit (at, person, what, complaint_id, detail) values ($1, $2, $3, $4, $5)
"""
_NEWEST: Final = """
select a.id, a.at, p.subject, a.what, a.complaint_id, a.detail,
    f.body ->> 'tracking_number' as number
from desk_audit a join staff_person p on p.id = a.person
left join case_file f on f.complaint_id = a.complaint_id
where ($1::bigint is null or a.id < $1) and ($2::text is null or f.body ->> 'tracking_number' = $2)
order by a.id desc limit $3
"""


@dataclass(frozen=True, slots=True)
class Audited:
    """One view or change.

    Attributes:
        subject: who, as the provider names them.
        what: fixed words, such as `case.viewed`.
        detail: a code, such as the rule that refused a change; never anybody's words.
    """

    id: int
    at: datetime
    subject: str
    what: str
    number: str | None
    detail: str | None


async def note(  # noqa: PLR0913, PLR0917  # who, when, what
    conn: Any,
    at: datetime,
    person: UUID,
    what: str,
    complaint: ComplaintId | None = None,
    detail: str | None = None,
) -> None:
    """Keep that somebody looks at something, or changes it. It commits with the caller's."""
    await conn.execute(_NOTE, at, person, what, complaint, detail)


async def newest(conn: Any, before: int | None, number: str | None, most: int) -> list[Audited]:
    """The newest rows, the latest first.

    Args:
        before: the id before which they stand.
        number: of one case alone.
    """
    rows = await conn.fetch(_NEWEST, before, number, most)
    return [
        Audited(r["id"], r["at"], r["subject"], r["what"], r["number"], r["detail"]) for r in rows
    ]
