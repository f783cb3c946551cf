"""`admin dead-letters …`: records that could not be applied, and events that could not leave."""

import argparse
import base64
import json
from collections.abc import Mapping
from typing import Any, Final

import asyncpg
from pydantic_settings import SettingsConfigDict

from mrk_delivery.admin.types import Command, Inside
from mrk_delivery.letters import load_headers
from mrk_delivery.settings import KafkaSettings
from mrk_telemetry.settings import load_settings

OUTBOX: Final = "outbox:"
_ALL: Final = 100_000


def commands() -> tuple[Command, ...]:
    """Those that every service has."""
    group = "dead-letters"
    return (
        Command((group, "list"), "list open dead letters", _list, _listing),
        Command((group, "show"), "show one with its content (personal!)", _show, _one),
        Command((group, "redrive"), "apply one and what waits behind it", _redrive, _one_or_all),
        Command((group, "drop"), "give one up for good", _drop, _one),
        Command((group, "accept-gap"), "read on after records were lost", _accept, _gap),
    )


def _listing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="settled ones too")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def _one(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", type=_id, help=f"as listed: 12, or {OUTBOX}12 for an event")


def _one_or_all(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("id", nargs="?", type=_id, help=f"as listed: 12, or {OUTBOX}12")
    which.add_argument("--all", action="store_true", help="every open one")


def _gap(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--group", required=True, help="the consumer group that stopped")
    parser.add_argument("--topic", required=True, help="whose log starts later than was read")


def _id(text: str) -> tuple[bool, int]:
    """Whether it is an outbox row, and its number."""
    return text.startswith(OUTBOX), int(text.removeprefix(OUTBOX))


async def _list(inside: Inside, given: argparse.Namespace) -> None:
    from mrk_delivery import dead_letters  # noqa: PLC0415  # the other commands need no Kafka

    async with inside.database() as pool:
        letters = await dead_letters.list_dead_letters(pool, settled=given.all, limit=_ALL)
        events = await dead_letters.list_outbox_dead(pool)
    inside.table([_listed(row) for row in letters], as_json=given.json)
    rows = [{**row, "id": f"{OUTBOX}{row['id']}"} for row in map(dict, events)]
    if rows:
        inside.table(rows, as_json=given.json)


def _listed(row: Mapping[str, Any]) -> dict[str, object]:
    return {
        "id": row["id"],
        "state": row["state"],
        "topic": row["topic"],
        "partition": row["partition_no"],
        "offset": row["offset_no"],
        "key": row["key"],
        "type": row["type"],
        "stored_at": row["stored_at"],
        "reason": row["reason"],
    }


async def _show(inside: Inside, given: argparse.Namespace) -> int:
    from mrk_delivery import dead_letters  # noqa: PLC0415  # as above

    outbox, number = given.id
    async with inside.database() as pool:
        if outbox:
            found = [r for r in await dead_letters.list_outbox_dead(pool) if r["id"] == number]
            row = dict(found[0]) if found else None
        else:
            letter = await dead_letters.show(pool, number)
            row = None if letter is None else _shown(dict(letter))
    if row is None:
        inside.complain(f"there is no dead letter {OUTBOX * outbox}{number}")
        return 1
    inside.say(json.dumps(row, default=str, ensure_ascii=False, indent=2))
    return 0


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    row["headers"] = [[name, _text(value)] for name, value in load_headers(row["headers"])]
    return row | {"record_key": _text(row["record_key"]), "body": _text(row["body"])}


def _text(value: bytes | None) -> str | None:
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(value).decode()


async def _redrive(inside: Inside, given: argparse.Namespace) -> int:
    from mrk_delivery import dead_letters  # noqa: PLC0415  # as above

    async with inside.database() as pool:
        if given.id is not None:
            wanted = [given.id]
        else:
            letters = await dead_letters.list_dead_letters(pool, limit=_ALL)
            wanted = [(False, row["id"]) for row in letters if row["state"] == "bad"]
            wanted += [(True, row["id"]) for row in await dead_letters.list_outbox_dead(pool)]
        return max([await _redrive_one(inside, pool, *each) for each in wanted], default=0)


async def _redrive_one(inside: Inside, pool: asyncpg.Pool, outbox: bool, number: int) -> int:  # noqa: FBT001  # a pair as parsed
    from mrk_delivery import dead_letters  # noqa: PLC0415  # as above

    service, subscribed = inside.admin.service, inside.admin.subscriptions
    if not outbox and subscribed is None:
        inside.complain(f"{service.name} consumes nothing")
        return 1
    try:
        if outbox or subscribed is None:
            await dead_letters.redrive_outbox(pool, number)
            inside.say(f"{OUTBOX}{number}: back in the outbox")
            return 0
        async with subscribed(pool) as subscriptions:
            outcome = await dead_letters.redrive(pool, service, subscriptions, number)
    except LookupError as error:
        inside.complain(str(error.args[0]))
        return 1
    if outcome.stuck is not None:
        inside.complain(
            f"{number}: {outcome.done} applied, then {outcome.stuck} is still bad: {outcome.reason}"
        )
        return 1
    inside.say(f"{number}: {outcome.done} applied")
    return 0


async def _drop(inside: Inside, given: argparse.Namespace) -> int:
    from mrk_delivery import dead_letters  # noqa: PLC0415  # as above

    outbox, number = given.id
    async with inside.database() as pool:
        try:
            if outbox:
                await dead_letters.drop_outbox(pool, number)
                waiting = False
            else:
                waiting = await dead_letters.drop(pool, inside.admin.service, number)
        except LookupError as error:
            inside.complain(str(error.args[0]))
            return 1
    inside.say(f"{OUTBOX * outbox}{number}: dropped")
    if waiting:
        inside.say("rows of its key still wait: redrive them")
    return 0


async def _accept(inside: Inside, given: argparse.Namespace) -> int:
    from mrk_delivery.gaps import accept_gap  # noqa: PLC0415  # the other commands need no Kafka

    prefix = type(inside.settings).model_config.get("env_prefix", "")

    class GapSettings(KafkaSettings):
        model_config = SettingsConfigDict(env_prefix=prefix)

    options = load_settings(GapSettings).kafka_options()
    async with inside.database() as pool:
        moved = await accept_gap(pool, options, given.group, given.topic)
    for partition, offset in sorted(moved.items()):
        inside.say(f"{given.topic}[{partition}]: {given.group} goes on at {offset}")
    if not moved:
        inside.complain(f"{given.group} has no gap on {given.topic}")
        return 1
    return 0
