"""`python -m mrk_intake admin …`: the library's commands, erasing a report, keys of callers."""

import argparse
import json
import secrets
from typing import Any, Final

from mrk_delivery import clock
from mrk_delivery.admin import Admin, Command, Inside
from mrk_intake.consumers.timeline import subscriptions
from mrk_intake.domain import tracking
from mrk_intake.domain.erasure import ErasureStatus, status
from mrk_intake.domain.instants import instant
from mrk_intake.service import SERVICE
from mrk_intake.store import api_keys, erase, reports


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tracking_number", help="as the resident has it: 7K3-Q9W-XTC")
    parser.add_argument(
        "--status", action="store_true", help="erase nothing: show how far an erasure has come"
    )


async def _erase(inside: Inside, given: argparse.Namespace) -> int:
    number = tracking.read(given.tracking_number)
    if number is None:
        inside.complain("this is no tracking number: a character is wrong or missing")
        return 1
    async with inside.database() as pool:
        report = await reports.by_number(pool, number)
        if report is None:
            inside.complain(f"{number}: no such report")
            return 1
        if not given.status:
            now = clock.Clock(await clock.moved_by(pool)).now()
            if await erase.erase(pool, SERVICE, report.id, now):
                await erase.rid_of_old_rows(pool)
        report = await reports.by_id(pool, report.id)
        if report is None or report.erased_at is None:
            inside.say(f"{number}: not erased")
            return 1
        acknowledged = await erase.acknowledgements(pool, report.id)
    told = _told(str(report.id), status(report.erased_at, acknowledged))
    inside.say(json.dumps({"tracking_number": number, **told}, indent=2))
    return 0


def _told(complaint: str, found: ErasureStatus) -> dict[str, Any]:
    return {
        "complaint": complaint,
        "erased_at": instant(found.erased_at),
        "acknowledged": [
            {"service": a.service, "at": instant(a.at), "had_been_received_by": a.received_by}
            for a in found.acknowledged
        ],
        "waiting_for": found.waiting_for,
        "done_at": None if found.done_at is None else instant(found.done_at),
    }


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


_KEYS: Final = "api-keys"

ADMIN: Final = Admin(
    SERVICE,
    subscriptions,
    (
        Command(("erase",), "erase a report's personal data for ever", _erase, _arguments),
        Command((_KEYS, "add"), "let a caller send reports; shows its key", _add_key, _name),
        Command((_KEYS, "revoke"), "let a caller in no more", _revoke_key, _name),
        Command((_KEYS, "list"), "names of callers, without keys", _list_keys, _key_listing),
    ),
)
