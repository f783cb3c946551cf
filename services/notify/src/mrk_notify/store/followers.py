"""Followers of each complaint: who they are in messages, never how to reach them."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from mrk_notify.domain.followers import Change, Follower
from mrk_schemas.ids import ReporterRef
from mrk_schemas.reports import Locale

_LIVE: Final = """
select complaint, follower, locale from follower
where complaint = any($1::text[]) and not ended order by complaint, follower
"""
# an end is an end, whichever fact comes first
_KEEP: Final = """
insert into follower (complaint, follower, locale, ended)
select complaint, follower, min(locale), bool_or(ended)
from unnest($1::text[], $2::uuid[], $3::text[], $4::boolean[])
    as g (complaint, follower, locale, ended)
group by complaint, follower order by complaint, follower
on conflict (complaint, follower) do update set ended = follower.ended or excluded.ended
"""
_FORGET: Final = "delete from follower where complaint = $1"


async def live(conn: Any, complaints: Collection[str]) -> dict[str, list[Follower]]:
    """Who is to be told of these complaints. Their streams are locked."""
    found: dict[str, list[Follower]] = {complaint: [] for complaint in complaints}
    for complaint, follower, locale in await conn.fetch(_LIVE, list(complaints)):
        found[complaint].append(Follower(ReporterRef(str(follower)), Locale(locale)))
    return found


async def keep(conn: Any, changes: Sequence[Change]) -> None:
    """Add followers, or end them."""
    if changes:
        await conn.execute(
            _KEEP,
            [each.complaint for each in changes],
            [each.follower.ref for each in changes],
            [each.follower.locale.value for each in changes],
            [each.ended for each in changes],
        )


async def forget(conn: Any, complaint: str) -> None:
    """The report is erased: nobody follows it."""
    await conn.execute(_FORGET, complaint)
