"""What dispatchers corrected: examples for the next model, without a resident's words.

The words stay with the case alone. They are read when the examples are exported, so that an erased
report leaves no example behind.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from mrk_schemas.ids import CategoryCode, ComplaintId

_KEEP: Final = """
insert into correction (complaint_id, given_category, right_category, corrected_at, model)
select complaint_id, $2, $3, $4, decision ->> 'model'
from case_file where complaint_id = $1 and not erased
on conflict (complaint_id) do update set right_category = excluded.right_category,
    corrected_at = excluded.corrected_at
"""

_EXPORT: Final = """
select c.complaint_id, c.given_category, c.right_category, c.model, f.words
from correction c join case_file f using (complaint_id)
where f.words is not null and not f.erased
order by c.corrected_at, c.complaint_id
"""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text, the category that had been given, and the right one."""

    complaint_id: ComplaintId
    given: CategoryCode | None
    right: CategoryCode
    model: str | None
    text: str


async def keep(
    conn: Any, complaint: ComplaintId, given: CategoryCode | None, right: CategoryCode, at: datetime
) -> None:
    """Note which category a dispatcher gave; for the transaction that applies it.

    A second correction of one case replaces the right category and keeps what had been given
    first. A confirmation (``given`` equal to ``right``) is an example too.

    Args:
        conn: within a transaction.
        complaint: whose case it is; an erased one is left alone.
        given: what the case had before; None: it was in triage without one.
        right: what the dispatcher says.
        at: when (UTC).
    """
    await conn.execute(_KEEP, complaint, given, right, at)


async def export(conn: Any) -> AsyncIterator[Labelled]:
    """All corrections with their masked words, the oldest first; none of erased reports.

    The connection must be in a transaction.
    """
    async for row in conn.cursor(_EXPORT):
        given = row["given_category"]
        yield Labelled(
            ComplaintId(row["complaint_id"]),
            CategoryCode(given) if given is not None else None,
            CategoryCode(row["right_category"]),
            row["model"],
            row["words"],
        )
