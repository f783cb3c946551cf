"""Texts that wait for a look, and what was decided of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from mrk_intake.domain.held import AFTER, Decision
from mrk_intake.store import listing
from mrk_schemas.ids import CategoryCode, DistrictCode, TrackingNumber

_WAITING: Final = """
select id, tracking_number, category, district, received_at from report
where held = 'waiting' order by received_at, id limit $1
"""
_COUNTED: Final = """
select count(*) as waiting,
    coalesce(extract(epoch from clock_timestamp() - min(received_at)), 0)::double precision as age
from report where held = 'waiting'
"""
_HOLD: Final = """
update report set held = 'waiting'
where id = $1 and held is null and not confidential and kind <> 'whistleblowing'
"""
_STATE: Final = "select held from report where id = $1 and erased_at is null for update"
_DECIDED: Final = "update report set held = $2 where id = $1"
_LOGGED: Final = """
insert into held_decision (complaint, at, decision, who, why) values ($1, $2, $3, $4, $5)
"""
_DECISIONS: Final = """
select at, decision, who, why from held_decision where complaint = $1 order by at
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A report whose text nobody looked at yet."""

    id: UUID
    number: TrackingNumber
    category: CategoryCode | None
    district: DistrictCode | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """What somebody decided, and why."""

    at: datetime
    decision: Decision
    who: str
    why: str


async def hold(conn: Any, complaint: UUID) -> None:
    """Let a report's words wait, unless the public reads none of them anyway."""
    if await conn.execute(_HOLD, complaint) != "UPDATE 0":
        await listing.remove_words(conn, complaint)


async def waiting(conn: Any, most: int) -> list[Waiting]:
    """Those that wait, the oldest first."""
    return [Waiting(*row) for row in await conn.fetch(_WAITING, most)]


async def counted(conn: Any) -> tuple[int, float]:
    """How many wait, and for how many seconds the oldest does."""
    row = await conn.fetchrow(_COUNTED)
    return row["waiting"], max(0.0, row["age"])


async def decide(conn: Any, complaint: UUID, decided: Decided) -> bool:
    """Do what was decided, and keep who decided it and why; to be called in a transaction.

    Returns:
        False where the report is erased, or its text was never held and is not to be hidden.
    """
    row = await conn.fetchrow(_STATE, complaint)
    if row is None or (row["held"] is None and decided.decision is Decision.RELEASE):
        return False
    await conn.execute(_DECIDED, complaint, AFTER[decided.decision])
    if decided.decision is Decision.RELEASE:
        await listing.add_words(conn, complaint)
    else:
        await listing.remove_words(conn, complaint)
    await conn.execute(
        _LOGGED, complaint, decided.at, decided.decision.value, decided.who, decided.why
    )
    return True


async def decisions(conn: Any, complaint: UUID) -> list[Decided]:
    """What was decided of a report until now, the oldest first."""
    rows = await conn.fetch(_DECISIONS, complaint)
    return [Decided(r["at"], Decision(r["decision"]), r["who"], r["why"]) for r in rows]
