"""`admin privacy …`: whom a breach concerns; processing restricted for whoever asked elsewhere."""

import argparse
from datetime import UTC, datetime
from typing import Final

from mrk_delivery import clock
from mrk_delivery.admin import Command, Inside
from mrk_intake.domain.contact import channels
from mrk_intake.domain.instants import instant
from mrk_intake.domain.private import Identity
from mrk_intake.service import SERVICE
from mrk_intake.store import affected as found
from mrk_intake.store.affected import Affected, Holding
from mrk_intake.store.restrictions import Restrictions
from mrk_intake.store.restrictions import Standing as Restricted
from mrk_intake.unlocking import unlocked
from mrk_intake.vault_settings import VaultSettings
from mrk_telemetry.settings import load_settings

_SHORTEST: Final = 10


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r}: write it like 2026-03-02T08:00+07:00"
        ) from None
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r}: add its zone, such as +07:00")
    return at.astimezone(UTC)


def _purpose(text: str) -> str:
    if len(text.strip()) < _SHORTEST:
        raise argparse.ArgumentTypeError("say what it is for: it is kept with the list")
    return text.strip()


async def _affected(inside: Inside, given: argparse.Namespace) -> int:
    if given.until <= given.since:
        inside.complain("--until must be later than --since")
        return 1
    vault = (await unlocked(load_settings(VaultSettings))).vault()
    rows = []
    async with inside.database() as pool:
        received = given.since if given.received_within else None
        async for one in found.affected(pool, given.table, given.since, given.until, received):
            kept = one.kept
            identity = None
            if kept is not None and kept.sealed is not None:
                identity = vault.identity(kept.reporter, kept.sealed)
            rows.append(_row(one, identity, contacts=given.contacts))
        now = clock.Clock(await clock.moved_by(pool)).now()
        asked = {
            "table": given.table.value,
            "since": instant(given.since),
            "until": instant(given.until),
            "received_within": str(given.received_within).lower(),
            "contacts": str(given.contacts).lower(),
        }
        # kept before anything is shown: a list that nobody answers for is not made
        await found.record(pool, now, "privacy affected", given.purpose, asked, len(rows))
    inside.table(rows, as_json=given.json)
    return 0


def _row(one: Affected, identity: Identity | None, *, contacts: bool) -> dict[str, object]:
    by = channels(identity) if identity is not None else ()
    row: dict[str, object] = {
        "tracking_number": one.number,
        "reporter": None if one.kept is None else str(one.kept.reporter),
        "kind": one.kind.value,
        "received_at": instant(one.received_at),
        "erased_at": None if one.erased_at is None else instant(one.erased_at),
        "reach_by": ",".join(by) or None,
    }
    if contacts:
        row |= {
            "name": identity.name if identity is not None else None,
            "email": identity.email if identity is not None else None,
            "phone": identity.phone if identity is not None else None,
            "locale": identity.locale.value if identity is not None else None,
        }
    return row


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--since", type=_time, required=True, help="when the breach began")
    parser.add_argument("--until", type=_time, required=True, help="when it ended")
    parser.add_argument("--table", type=Holding, choices=list(Holding), default=Holding.VAULT)
    parser.add_argument("--purpose", type=_purpose, required=True, help="what the list is for")
    parser.add_argument(
        "--received-within", action="store_true", help="only what was received in that time"
    )
    parser.add_argument(
        "--contacts", action="store_true", help="names and addresses too, to tell them"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


async def _restrict(inside: Inside, given: argparse.Namespace) -> int:
    async with inside.database() as pool:
        now = clock.Clock(await clock.moved_by(pool))
        outcome = await Restrictions(pool, SERVICE, now).put(
            given.tracking_number, None, restricted=not given.lift, by="operator"
        )
        if not isinstance(outcome, Restricted):
            inside.complain(f"{given.tracking_number}: no such report, or it is erased")
            return 1
        command = "privacy restrict" + (" --lift" if given.lift else "")
        asked = {"tracking_number": outcome.number}
        await found.record(pool, now.now(), command, given.purpose, asked, 1)
    told = "not restricted" if outcome.since is None else f"restricted {instant(outcome.since)}"
    inside.say(f"{outcome.number}: {told}")
    return 0


def _restrict_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tracking_number", help="as the resident has it: 7K3-Q9W-XTC")
    parser.add_argument("--lift", action="store_true", help="let processing go on")
    parser.add_argument("--purpose", type=_purpose, required=True, help="who asked, and why")


COMMANDS: Final = (
    Command(
        ("privacy", "restrict"),
        "restrict the processing of a report, or lift it",
        _restrict,
        _restrict_arguments,
    ),
    Command(("privacy", "affected"), "whom a breach concerns", _affected, _arguments),
)
