"""By what reports are compared, and which two may tell of the same thing.

New reports are compared in the batch that opens their cases: one statement reads all candidates,
one writes what was found. Role `clock` looks at each pair once, in a transaction of its own under
both cases' locks: it links what is alike enough, and counts repeats. Nothing of this is on Kafka.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from mrk_city import DuplicatesData
from mrk_routing.domain.duplicates import (
    STEPS,
    Likeness,
    Trait,
    around,
    likeness,
    reach_east,
    reach_north,
)
from mrk_schemas.ids import ComplaintId

_MOST: Final = 8
"""Candidates of one square: the newest. A place of which more tell has been linked long since."""

COLUMNS = (
    "complaint_id", "category_group", "category", "received_at", "subdistrict", "cell", "lat",
    "lon", "words", "address", "photos",
)  # fmt: skip
_NEAR = """
select n.i, t.*
from unnest($1::int[], $2::text[], $3::bigint[], $4::float8[], $5::float8[], $6::float8[])
    as n (i, category_group, cell, lat, lon, east)
cross join unnest($7::bigint[]) as beside (step)
cross join lateral (
    select * from case_trait c
    where c.cell = n.cell + beside.step and c.category_group = n.category_group
        and c.received_at >= $12 and c.lat between n.lat - $8 and n.lat + $8
        and c.lon between n.lon - n.east and n.lon + n.east
    order by c.received_at desc limit $13
) t
union all
select n.i, t.*
from unnest($9::int[], $10::text[], $11::text[]) as n (i, subdistrict, category_group)
cross join lateral (
    select * from case_trait c
    where c.subdistrict = n.subdistrict and c.category_group = n.category_group
        and c.received_at >= $12 and (c.address <> '{}' or c.photos <> '{}')
    order by c.received_at desc limit $13
) t
"""
_OPEN = """
select complaint_id from case_file
where complaint_id = any($1::text[]) and not body ? 'ending' and not erased
"""
_SUGGEST = """
insert into duplicate_suggestion
    (complaint_id, other_id, score, reasons, pending, links, suggested_at)
select complaint_id, other_id, score, string_to_array(reasons, ','), true, links, $6
from unnest($1::text[], $2::text[], $3::real[], $4::text[], $5::boolean[])
    as n (complaint_id, other_id, score, reasons, links)
on conflict do nothing
"""
_OF = """
select case when s.complaint_id = $1 then s.other_id else s.complaint_id end as other,
    s.score, s.reasons, s.suggested_at
from duplicate_suggestion s
join case_file o
    on o.complaint_id = case when s.complaint_id = $1 then s.other_id else s.complaint_id end
join case_file m on m.complaint_id = $1
where $1 in (s.complaint_id, s.other_id)
    and not o.erased and not o.body ? 'ending'
    and o.body ->> 'part_of' is distinct from $1
    and m.body ->> 'part_of' is distinct from o.complaint_id
order by s.score desc, other
"""
_REPEATS = """
select key, count(distinct other) as count from (
    select k.key, p.complaint_id as other from unnest($1::text[]) as k (key)
    join case_file p on p.body ->> 'part_of' = k.key and p.body ? 'part_of'
    where not p.body ? 'ending'
    union all
    select k.key, n.other from unnest($1::text[]) as k (key)
    cross join lateral (
        select other_id as other from duplicate_suggestion where complaint_id = k.key
        union all
        select complaint_id from duplicate_suggestion where other_id = k.key
    ) n
    join case_file c on c.complaint_id = n.other
    where not c.body ? 'ending'
) found
group by key
"""
_FORGET = (
    "delete from case_trait where complaint_id = $1",
    "delete from duplicate_suggestion where complaint_id = $1 or other_id = $1",
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Another open case that may tell of the same thing; scores are 0 to 1, times UTC."""

    other: ComplaintId
    score: float
    reasons: tuple[str, ...]
    suggested_at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """Two reports that are alike: the newer one, the older one, and how."""

    newer: Trait
    older: Trait
    how: Likeness


async def compare(
    conn: Any, new: Sequence[Trait], scale: DuplicatesData, now: datetime
) -> list[Found]:
    """Remember what new cases are about, and suggest the best of what each may be the same as.

    Args:
        conn: in the transaction that opens the cases.
        new: their traits.
        scale: the city's.
        now: when that is (UTC).

    Returns:
        What is suggested: of each new case at most three others, the likest first.
    """
    if not new:
        return []
    found = _best(_alike(new, await candidates(conn, new, scale), scale))
    still = await still_open(conn, {each.older.complaint_id for each in found})
    fresh = {trait.complaint_id for trait in new}
    found = [each for each in found if each.older.complaint_id in still | fresh]
    await conn.copy_records_to_table(
        "case_trait", records=[record(trait) for trait in new], columns=COLUMNS
    )
    await _suggest(conn, found, scale, now)
    return found


async def suggestions(conn: Any, complaint: ComplaintId) -> list[Suggestion]:
    """Which open cases may tell of the same thing as this one, the likest first.

    Those that are linked with it already are none.
    """
    return [
        Suggestion(row["other"], row["score"], tuple(row["reasons"]), row["suggested_at"])
        for row in await conn.fetch(_OF, complaint)
    ]


async def repeats(conn: Any, ids: Collection[str]) -> dict[str, int]:
    """How many other open cases tell of the same thing, as `domain.priority` counts it.

    Those that are linked, and those that are suggested; absent where there is none.
    """
    return {row["key"]: row["count"] for row in await conn.fetch(_REPEATS, list(ids))}


async def forget(conn: Any, complaint: str) -> None:
    """A report was erased: nothing is compared with it any more."""
    for statement in _FORGET:
        await conn.execute(statement, complaint)


async def candidates(
    conn: Any, new: Sequence[Trait], scale: DuplicatesData
) -> dict[int, list[Trait]]:
    """For each new one, by its place in the list: earlier reports that may be the same."""
    pointed = [(i, t, t.cell) for i, t in enumerate(new) if t.cell is not None]
    named = [
        (i, t)
        for i, t in enumerate(new)
        if t.subdistrict is not None and t.lat is None and (t.address or t.photos)
    ]
    since = min(t.received_at for t in new) - timedelta(days=scale.within_days)
    rows = await conn.fetch(
        _NEAR,
        [i for i, _, _ in pointed],
        [t.group for _, t, _ in pointed],
        [cell for _, _, cell in pointed],
        [t.lat for _, t, _ in pointed],
        [t.lon for _, t, _ in pointed],
        [reach_east(t, scale) for _, t, _ in pointed],
        STEPS,
        reach_north(scale),
        [i for i, _ in named],
        [t.subdistrict for _, t in named],
        [t.group for _, t in named],
        since,
        _MOST,
    )
    found: dict[int, list[Trait]] = {}
    for row in rows:
        found.setdefault(row["i"], []).append(_trait(row))
    return found


def _alike(
    new: Sequence[Trait], earlier: dict[int, list[Trait]], scale: DuplicatesData
) -> Iterator[Found]:
    """What is alike enough, among earlier reports and within the batch."""
    squares: dict[tuple[str, object], list[Trait]] = {}
    for i, trait in enumerate(new):
        places = [trait.subdistrict] if trait.lat is None else around(trait)
        here = [each for place in places for each in squares.get((trait.group, place), ())]
        for other in (*earlier.get(i, ()), *here):
            how = likeness(trait, other, scale)
            if how is not None and how.score >= scale.suggest:
                older_first = trait.received_at >= other.received_at
                newer, older = (trait, other) if older_first else (other, trait)
                yield Found(newer, older, how)
        own = squares.setdefault((trait.group, trait.cell or trait.subdistrict), [])
        own.append(trait)
        del own[:-_MOST]


def _best(found: Iterable[Found]) -> list[Found]:
    by_newer: dict[str, list[Found]] = {}
    for each in found:
        by_newer.setdefault(each.newer.complaint_id, []).append(each)
    return [
        each
        for rows in by_newer.values()
        for each in sorted(rows, key=lambda f: (-f.how.score, f.older.received_at))[:3]
    ]


async def still_open(conn: Any, ids: Collection[str]) -> set[str]:
    """Those of these whose case has not ended."""
    if not ids:
        return set()
    return {row["complaint_id"] for row in await conn.fetch(_OPEN, list(ids))}


async def _suggest(conn: Any, found: Sequence[Found], scale: DuplicatesData, now: datetime) -> None:
    if not found:
        return
    seen: set[str] = set()
    links: list[bool] = []
    for each in found:  # the likest of each comes first: that alone is linked
        first = each.newer.complaint_id not in seen
        links.append(first and each.how.score >= scale.link)
        seen.add(each.newer.complaint_id)
    await conn.execute(
        _SUGGEST,
        [each.newer.complaint_id for each in found],
        [each.older.complaint_id for each in found],
        [each.how.score for each in found],
        [",".join(each.how.reasons) for each in found],
        links,
        now,
    )


def record(trait: Trait) -> tuple[object, ...]:
    """A trait as its row, in the order of `COLUMNS`."""
    return (
        trait.complaint_id,
        trait.group,
        trait.category,
        trait.received_at,
        trait.subdistrict,
        trait.cell,
        trait.lat,
        trait.lon,
        sorted(trait.words),
        sorted(trait.address),
        sorted(trait.photos),
    )


def _trait(row: Any) -> Trait:
    return Trait(
        complaint_id=ComplaintId(row["complaint_id"]),
        group=row["category_group"],
        category=row["category"],
        received_at=row["received_at"],
        subdistrict=row["subdistrict"],
        lat=row["lat"],
        lon=row["lon"],
        words=frozenset(row["words"]),
        address=frozenset(row["address"]),
        photos=frozenset(row["photos"]),
    )
