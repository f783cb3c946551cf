"""The public list: keeping it, and finding reports in it by index.

A row follows its report's timeline in the same transaction; reports without any step are listed by
role `worker` within seconds, and so are those of before there was a list. Nothing of this is in
the statement that accepts a report. Where a list begins is a mark and no number of rows, so that
the hundredth page costs what the first does. `tests/integration/intake/test_listing_speed.py` makes
100,000 reports, reads every plan and prints the times; docs/architecture/lists.md has one run's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from mrk_intake.domain.listing import Filters, Mark, Phase, Sort, Status, listed
from mrk_intake.domain.timeline import Placed
from mrk_intake.store import public
from mrk_schemas.ids import DistrictCode, SubdistrictCode, TrackingNumber
from mrk_schemas.registry import REPORTS

_OPEN: Final = "l.phase in ('waiting', 'working')"

_THEIRS: Final = f"""
select r.id, r.received_at from report r
where r.id = any($1::uuid[]) and {public.IS_PUBLIC} order by r.id
"""  # noqa: S608  # our own words
# an erasure waits for what is added meanwhile, and then removes it
_HELD: Final = _THEIRS + "for share"
_ROW: Final = """
insert into listing (complaint, number, kind, category, district, subdistrict, received_at, phase,
    due_at)
select r.id, r.tracking_number, r.kind, r.category, r.district, r.subdistrict, r.received_at,
    g.phase, g.due_at
from unnest($1::uuid[], $2::text[], $3::timestamptz[]) g (id, phase, due_at)
    join report r on r.id = g.id
on conflict (complaint)
"""
_FOLLOW: Final = (
    _ROW
    + """
do update set phase = excluded.phase, due_at = excluded.due_at
where (listing.phase, listing.due_at) is distinct from (excluded.phase, excluded.due_at)
"""
)
_ADD: Final = _ROW + "do nothing"
_ADD_WORDS: Final = f"""
insert into listing_words (complaint, words)
select r.id, words_of(concat_ws(' ', said.report ->> 'text', said.report #>> '{{place,address}}'))
from report r
cross join lateral (
    select convert_from(e.body, 'UTF8')::jsonb -> 'report' as report from report_event e
    where e.key = r.id::text and e.topic = $2 order by e.version limit 1
) said
where r.id = any($1::uuid[]) and r.held is null and {public.IS_PUBLIC}
    and not exists (select from listing_words w where w.complaint = r.id)
on conflict do nothing
"""  # noqa: S608  # our own words
_UNLISTED: Final = f"""
select r.id from report r
where {public.IS_PUBLIC} and r.received_at >= $1
    and not exists (select from listing l where l.complaint = r.id)
order by r.received_at desc limit $2
"""  # noqa: S608  # our own words
_REMOVE: Final = "delete from listing where complaint = $1"
_REMOVE_WORDS: Final = "delete from listing_words where complaint = $1"


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a list.

    Attributes:
        marks: its reports, in the list's order.
        before: whether there are others before them.
        after: whether there are others behind them.
    """

    marks: tuple[Mark, ...]
    before: bool
    after: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """Reports of a place; of those, the ones that are not solved."""

    district: DistrictCode | None
    subdistrict: SubdistrictCode | None
    reports: int
    open: int


async def follow(conn: Any, complaints: Sequence[UUID]) -> None:
    """List what the timelines of these reports now say; the caller holds their locks.

    Hidden and erased reports are left out, and so are those that are not here yet.
    """
    await _list(conn, await conn.fetch(_THEIRS, complaints), _FOLLOW)


async def add_unlisted(conn: Any, since: datetime, most: int) -> int:
    """List public reports that no list has, the newest first.

    Args:
        conn: in a transaction.
        since: received then or later (UTC).
        most: how many at once.

    Returns:
        How many there were; fewer than `most`: no more are left.
    """
    found = [row["id"] for row in await conn.fetch(_UNLISTED, since, most)]
    # whoever follows a timeline meanwhile knows better: what they wrote stays
    await _list(conn, await conn.fetch(_HELD, found), _ADD)
    return len(found)


async def remove(conn: Any, complaint: UUID) -> None:
    """Take a report off every list; after its row says that the public reads it no more."""
    await conn.execute(_REMOVE, complaint)
    await conn.execute(_REMOVE_WORDS, complaint)


async def add_words(conn: Any, complaint: UUID) -> None:
    """Find a report by its words; after its row says that the public reads them."""
    await conn.execute(_ADD_WORDS, [complaint], REPORTS)


async def remove_words(conn: Any, complaint: UUID) -> None:
    """Find a report by its words no more; after its row says that they wait for a look."""
    await conn.execute(_REMOVE_WORDS, complaint)


async def _list(conn: Any, reports: Sequence[Any], statement: str) -> None:
    if not reports:
        return
    theirs = {row["id"]: row["received_at"] for row in reports}
    steps: dict[UUID, list[Placed]] = await public.steps(conn, list(theirs))
    told = {id_: listed(received_at, steps[id_]) for id_, received_at in theirs.items()}
    await conn.execute(
        statement,
        list(told),
        [each.phase.value for each in told.values()],
        [each.due_at for each in told.values()],
    )
    await conn.execute(_ADD_WORDS, list(theirs), REPORTS)


async def page(  # noqa: PLR0913  # a list and a place in it
    conn: Any,
    filters: Filters,
    now: datetime,
    *,
    after: Mark | None = None,
    before: Mark | None = None,
    most: int,
) -> Found:
    """Reports of a list: its first ones, those after a mark, or those before one."""
    statement, values = asked(filters, now, after=after, before=before, most=most + 1)
    marks = [Mark(at, number) for at, number in await conn.fetch(statement, *values)]
    more = len(marks) > most
    marks = marks[:most]
    if before is not None:
        return Found(tuple(reversed(marks)), before=more, after=True)
    return Found(tuple(marks), before=after is not None, after=more)


async def count(conn: Any, filters: Filters, now: datetime, most: int) -> int:
    """How many reports a list has; `most` + 1 where there are more than that."""
    where, values = _where(filters, now)
    values.append(most + 1)
    found: int = await conn.fetchval(
        f"select count(*) from (select {where} limit ${len(values)}) found",  # noqa: S608  # as in `asked`
        *values,
    )
    return found


async def by_place(conn: Any, filters: Filters, now: datetime, most: int) -> list[Counted]:
    """How many reports each kelurahan has, of the newest `most` of a list."""
    where, values = _where(filters, now, "l.district, l.subdistrict, l.phase")
    values.append(most)
    rows = await conn.fetch(
        f"select district, subdistrict, count(*), count(*) filter (where {_OPEN}) from"  # noqa: S608  # as above
        f" (select {where} order by l.received_at desc limit ${len(values)}) l"
        " group by district, subdistrict",
        *values,
    )
    return [Counted(*row) for row in rows]


def asked(
    filters: Filters,
    now: datetime,
    *,
    after: Mark | None = None,
    before: Mark | None = None,
    most: int,
) -> tuple[str, list[Any]]:
    """The statement of a page and its values; no value stands in the statement itself."""
    key = "due_at" if filters.sort is Sort.DUE else "received_at"
    where, values = _where(filters, now, f"l.{key}, l.number")
    falling = (filters.sort is Sort.NEWEST) is (before is None)
    mark = after or before
    if mark is not None:
        sign = "<" if falling else ">"
        values += [mark.at, mark.number]
        where += f" and (l.{key}, l.number) {sign} (${len(values) - 1}, ${len(values)})"
    way = "desc" if falling else "asc"
    values.append(most)
    return f"select {where} order by l.{key} {way}, l.number {way} limit ${len(values)}", values


def _where(filters: Filters, now: datetime, columns: str = "1") -> tuple[str, list[Any]]:
    """What is selected, from where and under which conditions, with the values of these.

    Only conditions that are asked for stand in it, and phases as they are written in the indexes'
    own conditions: so the plan has the index that fits.
    """
    values: list[Any] = []
    source, conditions = "listing l", [f"l.phase <> '{Phase.WITHDRAWN}'"]

    def where(condition: str, value: Any) -> None:
        if value is not None:
            values.append(value)
            conditions.append(condition.format(f"${len(values)}"))

    if filters.words is not None:
        source += " join listing_words w using (complaint)"
        where("w.words @> words_of({0}) and words_of({0}) <> '{{}}'", filters.words)
    where("l.category = {}", filters.category)
    where("l.district = {}", filters.district)
    where("l.subdistrict = {}", filters.subdistrict)
    where("l.kind = {}", filters.kind)
    where("l.received_at >= {}", filters.since)
    where("l.received_at < {}", filters.until)
    match filters.status:
        case None:
            pass
        case Status.OPEN:
            conditions.append(_OPEN)
        case Status.LATE:
            conditions += [_OPEN, "l.due_at is not null"]
            where("l.due_at < {}", now)
        case Status.WAITING | Status.WORKING | Status.SOLVED:
            conditions.append(f"l.phase = '{_PHASES[filters.status]}'")
    if filters.sort is not Sort.NEWEST and filters.status is not Status.LATE:
        conditions.append(_OPEN)
    if filters.sort is Sort.DUE:
        conditions.append("l.due_at is not null")
    return f"{columns} from {source} where {' and '.join(conditions)}", values


_PHASES: Final = {
    Status.WAITING: Phase.WAITING,
    Status.WORKING: Phase.WORKING,
    Status.SOLVED: Phase.SOLVED,
}


def numbers(found: Found) -> list[TrackingNumber]:
    """The tracking numbers of a page, in its order."""
    return [each.number for each in found.marks]
