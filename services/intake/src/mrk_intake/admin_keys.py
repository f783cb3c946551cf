"""`admin api-keys …`: who may send reports by Open311."""

import argparse
import secrets
from typing import Final

from mrk_delivery import clock
from mrk_delivery.admin import Command, Inside
from mrk_intake.domain.instants import instant
from mrk_intake.store import api_keys

_KEYS: Final = "api-keys"


def _name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", type=_key_name, help="whose key, such as city-app")


def _key_name(text: str) -> str:
    if not api_keys.NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r}: use a-z, 0-9 and -, 2 to 32 long")
    return text


def _key_listing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


async def _add_key(inside: Inside, given: argparse.Namespace) -> int:
    key = secrets.token_urlsafe(32)
    async with inside.database() as pool:
        now = clock.Clock(await clock.moved_by(pool)).now()
        added = await api_keys.add(pool, given.name, key, now)
    if not added:
        inside.complain(f"{given.name} has a key: revoke it first, or use another name")
        return 1
    inside.complain("give this key to its holder now: it is not shown again")
    inside.say(key)
    return 0


async def _revoke_key(inside: Inside, given: argparse.Namespace) -> int:
    async with inside.database() as pool:
        now = clock.Clock(await clock.moved_by(pool)).now()
        revoked = await api_keys.revoke(pool, given.name, now)
    if not revoked:
        inside.complain(f"{given.name}: no key is in force")
        return 1
    inside.say(f"{given.name}: revoked")
    return 0


async def _list_keys(inside: Inside, given: argparse.Namespace) -> None:
    async with inside.database() as pool:
        found = await api_keys.listed(pool)
    rows = [
        {
            "name": each.name,
            "created_at": instant(each.created_at),
            "revoked_at": None if each.revoked_at is None else instant(each.revoked_at),
        }
        for each in found
    ]
    inside.table(rows, as_json=given.json)


COMMANDS: Final = (
    Command((_KEYS, "add"), "let a caller send reports; shows its key", _add_key, _name),
    Command((_KEYS, "revoke"), "let a caller in no more", _revoke_key, _name),
    Command((_KEYS, "list"), "names of callers, without keys", _list_keys, _key_listing),
)
