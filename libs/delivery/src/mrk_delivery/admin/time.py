"""`admin clock …` and `admin replay`."""

import argparse
from datetime import UTC, datetime, timedelta

from mrk_delivery import clock
from mrk_delivery.admin.types import Command, Inside
from mrk_delivery.database import connect
from mrk_delivery.durations import parse_duration
from mrk_delivery.replay import replay


def commands() -> tuple[Command, ...]:
    """Those that every service has."""
    return (
        Command(("clock", "show"), "the domain's time and its offset", _show),
        Command(("clock", "advance"), "move the domain's time", _advance, _how_far),
        Command(("replay",), "publish stored events again, same ids", _replay, _what),
    )


def _how_far(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("by", type=_duration, help="such as 3d, 2h30m; -1h is back (after `--`)")


def _what(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--topic", help="this topic's events alone")
    parser.add_argument("--since", type=_instant, help="ISO 8601; without a zone it is UTC")
    parser.add_argument("--key", help="this key's events alone")


def _duration(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: write it as 2026-03-02T08:00Z") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


async def _show(inside: Inside, given: argparse.Namespace) -> None:
    del given
    async with inside.database() as pool:
        _say_time(inside, await clock.moved_by(pool))


async def _advance(inside: Inside, given: argparse.Namespace) -> int:
    if not inside.settings.clock_movable:
        inside.complain("the roles do not follow: CLOCK_MOVABLE is not set")
        return 1
    async with inside.database() as pool:
        try:
            moved = await clock.advance(pool, given.by, inside.settings.environment)
        except clock.ClockRefused as error:
            inside.complain(str(error))
            return 1
    _say_time(inside, moved)
    return 0


def _say_time(inside: Inside, moved: timedelta) -> None:
    now = clock.Clock(moved).now().isoformat(timespec="seconds")
    inside.say(f"{now} ({moved.total_seconds():+g} s)")


async def _replay(inside: Inside, given: argparse.Namespace) -> None:
    name = f"{inside.admin.service.name}.admin"
    conn = await connect(inside.settings.dsn, application_name=name)
    try:
        count = await replay(
            conn, inside.admin.service, topic=given.topic, since=given.since, key=given.key
        )
    finally:
        await conn.close()
    inside.say(f"{count} events wait for the relay")
