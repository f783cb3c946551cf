"""`admin work …`: what waits for somebody."""

import argparse
from typing import Final

from mrk_delivery.admin.types import Command, Inside

_LIST: Final = """
select id, queue, kind, state, key, attempts, unknown_since,
    due_at = 'infinity' as shelved, reason
from work where state in ('unknown', 'held', 'refused') and ($1::text is null or state = $1)
order by id limit $2
"""
_LOOK_UP: Final = """
update work set due_at = clock_timestamp()
where state = 'unknown' and ($1::bigint is null or id = $1)
"""
_MOST: Final = 10_000


def commands() -> tuple[Command, ...]:
    """Those that every service has."""
    return (
        Command(("work", "list"), "list unknown, held and refused work", _list, _listing),
        Command(("work", "look-up"), "look up unknown work now", _look_up, _which),
    )


def _listing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state", choices=("unknown", "held", "refused"))
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def _which(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("id", nargs="?", type=int, help="as listed")
    which.add_argument("--all", action="store_true", help="every unknown one")


async def _list(inside: Inside, given: argparse.Namespace) -> None:
    async with inside.database() as pool:
        rows = await pool.fetch(_LIST, given.state, _MOST)
    inside.table([dict(row) for row in rows], as_json=given.json)


async def _look_up(inside: Inside, given: argparse.Namespace) -> int:
    async with inside.database() as pool:
        status = await pool.execute(_LOOK_UP, given.id)
    count = int(status.rpartition(" ")[2])
    inside.say(f"{count} will be looked up")
    return 0 if count or given.all else 1
