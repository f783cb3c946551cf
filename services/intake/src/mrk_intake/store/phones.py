"""Forgetting which phones were named: a day's digests are of use on that day alone."""

from typing import Any, Final

_FORGET: Final = """
update report set phone = null where id in (
    select id from report
    where phone is not null and received_at < clock_timestamp() - interval '2 days' limit $1
)
"""


async def forget(conn: Any, most: int) -> int:
    """Forget the digests of days that are over; how many there were, at most `most`.

    Phone numbers are few enough to be tried one by one with TRACKING_KEY: what is not kept cannot
    be found so.
    """
    done: str = await conn.execute(_FORGET, most)
    return int(done.rpartition(" ")[2])
