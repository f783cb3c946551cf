"""Reading the vault for role `internal`."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from mrk_intake.store.vault import Sealed
from mrk_schemas.reports import Kind

_BY_REPORTER: Final = """
select v.reporter, v.complaint, v.master_id, v.wrapped_key, v.identity, v.original,
    v.erased_at is not null as erased, r.kind, r.anonymous, r.confidential,
    r.restricted_at is not null as restricted,
    exists (select from follower f where f.id = v.reporter) as follower
from vault v join report r on r.id = v.complaint
where v.reporter = $1
"""
_REPORTER_OF: Final = "select reporter from report where id = $1"
_ERASED: Final = "select erased_at is not null from report where id = $1"


@dataclass(frozen=True, slots=True)
class Kept:
    """A vault row beside what its report says.

    Attributes:
        sealed: None once erased.
        follower: it is no reporter's, but that of one who follows the report.
        restricted: its reporter had its processing restricted.
    """

    reporter: UUID
    complaint: UUID
    kind: Kind
    anonymous: bool
    confidential: bool
    sealed: Sealed | None
    follower: bool
    restricted: bool = False


async def by_reporter(conn: Any, reporter: UUID) -> Kept | None:
    """The row of a reporter's reference."""
    return _kept(await conn.fetchrow(_BY_REPORTER, reporter))


async def by_complaint(conn: Any, complaint: UUID) -> Kept | None:
    """The row of a report's id; None also when the report is erased: see `erased`."""
    reporter = await conn.fetchval(_REPORTER_OF, complaint)
    return None if reporter is None else await by_reporter(conn, reporter)


async def erased(conn: Any, complaint: UUID) -> bool:
    """Whether there was such a report and it is erased."""
    return bool(await conn.fetchval(_ERASED, complaint))


def _kept(row: Any) -> Kept | None:
    if row is None:
        return None
    sealed = None
    if not row["erased"]:
        sealed = Sealed(row["master_id"], row["wrapped_key"], row["identity"], row["original"])
    return Kept(
        row["reporter"],
        row["complaint"],
        Kind(row["kind"]),
        row["anonymous"],
        row["confidential"],
        sealed,
        row["follower"],
        row["restricted"],
    )
