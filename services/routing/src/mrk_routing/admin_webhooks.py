"""`admin webhooks …`: where events of agencies' inboxes are sent, and how that goes."""

import argparse
import base64
import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from mrk_delivery import clock
from mrk_delivery.admin import Command, Inside
from mrk_delivery.tx import unit
from mrk_routing.admin_clients import instant, owning
from mrk_routing.agency_settings import HookSettings
from mrk_routing.domain.endpoint import wrong_with
from mrk_routing.gateways.hooks import Hooks, NotSent, hook_client
from mrk_routing.service import SERVICE
from mrk_routing.store import endpoints
from mrk_routing.store.feed import Horizon
from mrk_routing.store.secrets import SECRET_BYTES, Seal
from mrk_routing.workers.hooks import opened, signed
from mrk_telemetry.keys import decoded
from mrk_telemetry.settings import load_settings

_HOOKS: Final = "webhooks"
_OVERLAP_H: Final = 24.0
_SETTLED_S: Final = 10.0
"""For which transactions in flight are waited for."""
_TEST: Final = "id.go.medan.webhook.test.v1"
_OK: Final = range(200, 300)


def _id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("endpoint", type=_uuid, help="its id, as listed")


def _addition(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--agency", required=True, help="its code, as in agencies.yaml")
    parser.add_argument("--url", required=True, help="https://host/path")
    parser.add_argument(
        "--from-beginning", action="store_true", help="send also what is in the inbox already"
    )


def _rotation(parser: argparse.ArgumentParser) -> None:
    _id(parser)
    parser.add_argument(
        "--overlap-hours", type=float, default=_OVERLAP_H,
        help="how long the former secret signs too (24; 0: not at all)",
    )  # fmt: skip


def _listing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--agency", help="of this one alone")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def _showing(parser: argparse.ArgumentParser) -> None:
    _id(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: give an id as `webhooks list` shows") from None


async def _add(inside: Inside, given: argparse.Namespace) -> int:
    settings = load_settings(HookSettings)
    wrong = wrong_with(given.url, settings.networks)
    if wrong is not None:
        inside.complain(f"--url: {wrong}")
        return 1
    if not owning(inside, given.agency):
        return 1
    id_, secret = uuid4(), secrets.token_bytes(SECRET_BYTES)
    box = Seal(decoded(settings.webhook_key)).sealed(id_, secret)
    async with inside.database() as pool:
        now = clock.Clock(await clock.moved_by(pool)).now()
        # a message that commits a moment later is one from now on
        place = 0 if given.from_beginning else await Horizon(_SETTLED_S).settled(pool)
        if place is None:
            inside.complain(f"inboxes were written to for {_SETTLED_S:g} s: run this again")
            return 1
        added = await endpoints.add(pool, id_, given.agency, given.url, box, place, now)
    if not added:
        inside.complain(f"{given.agency} has this endpoint already: rotate or remove it")
        return 1
    inside.complain(f"{id_}: give this secret to its holder now: it is not shown again")
    inside.say(_written(secret))
    return 0


async def _rotate(inside: Inside, given: argparse.Namespace) -> int:
    secret = secrets.token_bytes(SECRET_BYTES)
    box = Seal(decoded(load_settings(HookSettings).webhook_key)).sealed(given.endpoint, secret)
    async with inside.database() as pool:
        now = clock.Clock(await clock.moved_by(pool)).now()
        until = now + timedelta(hours=max(0.0, given.overlap_hours))
        rotated = await endpoints.rotate(pool, given.endpoint, box, until)
    if not rotated:
        return _unknown(inside, given)
    inside.complain("give this secret to its holder now: it is not shown again")
    inside.say(_written(secret))
    return 0


async def _remove(inside: Inside, given: argparse.Namespace) -> int:
    async with inside.database() as pool:
        now = clock.Clock(await clock.moved_by(pool)).now()
        removed = await endpoints.remove(pool, given.endpoint, now)
    if not removed:
        return _unknown(inside, given)
    inside.say(f"{given.endpoint}: removed; nothing more is sent")
    return 0


async def _resume(inside: Inside, given: argparse.Namespace) -> int:
    async with inside.database() as pool, unit(pool, SERVICE) as tx:
        resumed = await endpoints.resume(tx, given.endpoint)
    if not resumed:
        return _unknown(inside, given)
    inside.say(f"{given.endpoint}: sends again, what waited first")
    return 0


async def _list(inside: Inside, given: argparse.Namespace) -> None:
    async with inside.database() as pool:
        found = await endpoints.listed(pool, given.agency)
    rows = [
        {
            "endpoint": str(each.id),
            "agency": each.agency,
            "url": each.url,
            "created_at": instant(each.created_at),
            "failing_since": instant(each.failing_since),
            "failure": each.failure,
            "stopped": each.stopped_why,
            "former_until": instant(each.former_until),
        }
        for each in found
    ]
    inside.table(rows, as_json=given.json)


async def _show(inside: Inside, given: argparse.Namespace) -> int:
    async with inside.database() as pool:
        found = await endpoints.find(pool, given.endpoint)
        waiting = await endpoints.waiting(pool, given.endpoint)
    if found is None:
        return _unknown(inside, given)
    rows = [{**each, "oldest": instant(each["oldest"])} for each in waiting]
    inside.table(rows, as_json=given.json)
    return 0


async def _test(inside: Inside, given: argparse.Namespace) -> int:
    settings = load_settings(HookSettings)
    async with inside.database() as pool:
        found = await endpoints.find(pool, given.endpoint)
        now = clock.Clock(await clock.moved_by(pool)).now()
    if found is None:
        return _unknown(inside, given)
    id_, at = str(uuid4()), datetime.now(UTC)
    event = {
        "specversion": "1.0", "id": id_, "source": SERVICE.source, "type": _TEST,
        "time": instant(at), "datacontenttype": "application/json",
        "data": {"agency": found.agency},
    }  # fmt: skip
    body = json.dumps(event)
    headers = signed(opened(found, Seal(decoded(settings.webhook_key)), now), id_, body, at)
    async with hook_client() as client:
        try:
            reply = await Hooks(client, settings.networks).post(found.url, headers, body.encode())
        except NotSent as error:
            inside.complain(f"{found.url}: {error.why}")
            return 1
    inside.say(f"{found.url}: HTTP {reply.status}")
    return 0 if reply.status in _OK else 1


def _written(secret: bytes) -> str:
    return "whsec_" + base64.b64encode(secret).decode()


def _unknown(inside: Inside, given: argparse.Namespace) -> int:
    inside.complain(f"{given.endpoint}: no such endpoint; see `webhooks list`")
    return 1


COMMANDS: Final = (
    Command((_HOOKS, "add"), "send an agency's inbox there; shows the secret", _add, _addition),
    Command((_HOOKS, "rotate"), "a new secret; shows it", _rotate, _rotation),
    Command((_HOOKS, "list"), "endpoints, without secrets", _list, _listing),
    Command((_HOOKS, "show"), "what was not delivered to one, and why", _show, _showing),
    Command((_HOOKS, "test"), "send one a message now", _test, _id),
    Command((_HOOKS, "resume"), "send to one again that stopped", _resume, _id),
    Command((_HOOKS, "remove"), "send one nothing more", _remove, _id),
)
