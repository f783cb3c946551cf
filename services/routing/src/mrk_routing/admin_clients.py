"""`admin agency-clients …`: systems of agencies that may call role `api`."""

import argparse
import secrets
from datetime import datetime, timedelta
from typing import Final

from mrk_delivery import clock
from mrk_delivery.admin import Command, Inside
from mrk_routing.agency_settings import PackSettings
from mrk_routing.settings import city
from mrk_routing.store import agency_clients
from mrk_schemas.ids import AgencyCode
from mrk_telemetry.settings import load_settings

_CLIENTS: Final = "agency-clients"
_OVERLAP_H: Final = 24.0


def _name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("client", type=_client_name, help="such as sdabmbk-helpdesk")


def _creation(parser: argparse.ArgumentParser) -> None:
    _name(parser)
    parser.add_argument("--agency", required=True, help="its code, as in agencies.yaml")


def _rotation(parser: argparse.ArgumentParser) -> None:
    _name(parser)
    parser.add_argument(
        "--overlap-hours", type=float, default=_OVERLAP_H,
        help="how long the former secret is taken too (24; 0: not at all)",
    )  # fmt: skip


def _listing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def _client_name(text: str) -> str:
    if not agency_clients.NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r}: use a-z, 0-9 and -, 2 to 32 long")
    return text


def owning(inside: Inside, code: str) -> bool:
    """Whether the city has such an agency of its own; else the operator is told."""
    agencies = city(load_settings(PackSettings).city_pack).agencies
    found = agencies.get(AgencyCode(code))
    if found is None or found.external:
        own = ", ".join(sorted(each.code for each in agencies.values() if not each.external))
        inside.complain(f"{code}: no agency of the city's; it has {own}")
        return False
    return True


async def _create(inside: Inside, given: argparse.Namespace) -> int:
    if not owning(inside, given.agency):
        return 1
    secret = secrets.token_urlsafe(32)
    async with inside.database() as pool:
        now = clock.Clock(await clock.moved_by(pool)).now()
        made = await agency_clients.create(pool, given.client, given.agency, secret, now)
    if not made:
        inside.complain(f"{given.client} is or was a client: rotate it, or use another name")
        return 1
    return _shown(inside, given.client, secret)


async def _rotate(inside: Inside, given: argparse.Namespace) -> int:
    secret = secrets.token_urlsafe(32)
    async with inside.database() as pool:
        now = clock.Clock(await clock.moved_by(pool)).now()
        until = now + timedelta(hours=max(0.0, given.overlap_hours))
        rotated = await agency_clients.rotate(pool, given.client, secret, now, until)
    if not rotated:
        inside.complain(f"{given.client}: no client in force")
        return 1
    return _shown(inside, given.client, secret)


def _shown(inside: Inside, client: str, secret: str) -> int:
    inside.complain(f"{client}: give this secret to its holder now: it is not shown again")
    inside.say(secret)
    return 0


async def _revoke(inside: Inside, given: argparse.Namespace) -> int:
    async with inside.database() as pool:
        now = clock.Clock(await clock.moved_by(pool)).now()
        revoked = await agency_clients.revoke(pool, given.client, now)
    if not revoked:
        inside.complain(f"{given.client}: no client in force")
        return 1
    inside.say(f"{given.client}: revoked, its tokens too")
    return 0


async def _list(inside: Inside, given: argparse.Namespace) -> None:
    async with inside.database() as pool:
        found = await agency_clients.listed(pool)
    rows = [
        {
            "client": each.id,
            "agency": each.agency,
            "created_at": instant(each.created_at),
            "rotated_at": instant(each.rotated_at),
            "former_until": instant(each.former_until),
            "revoked_at": instant(each.revoked_at),
        }
        for each in found
    ]
    inside.table(rows, as_json=given.json)


def instant(at: datetime | None) -> str | None:
    """An instant as commands show it: UTC, whole seconds."""
    return None if at is None else at.isoformat(timespec="seconds").replace("+00:00", "Z")


COMMANDS: Final = (
    Command((_CLIENTS, "create"), "let a system in; shows its secret", _create, _creation),
    Command((_CLIENTS, "rotate"), "a new secret; shows it", _rotate, _rotation),
    Command((_CLIENTS, "revoke"), "let a system in no more", _revoke, _name),
    Command((_CLIENTS, "list"), "clients, without secrets", _list, _listing),
)
