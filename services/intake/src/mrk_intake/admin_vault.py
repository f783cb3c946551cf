"""`admin vault …`: under which master keys the vault is, and bringing it under the newest."""

import argparse
from typing import Final

from mrk_delivery.admin import Command, Inside
from mrk_intake.gateways.kms import KmsAwayError, KmsRefusedError
from mrk_intake.store import rotate
from mrk_intake.store.masters import VaultError
from mrk_intake.unlocking import kms_of, unlocked
from mrk_intake.vault_settings import KmsSettings, VaultSettings
from mrk_telemetry.settings import load_settings


async def _status(inside: Inside, given: argparse.Namespace) -> int:
    vault = (await unlocked(load_settings(VaultSettings))).vault()
    async with inside.database() as pool:
        counted = await rotate.counted(pool)
    inside.table(
        [
            {
                "key": key.hex(),
                "reporters": of_key.reporters,
                "attachments": of_key.attachments,
                "known_as": vault.knows(key) or "not given",
            }
            for key, of_key in counted.items()
        ],
        as_json=given.json,
    )
    return 0 if all(vault.knows(key) for key in counted) else 1


async def _rotate(inside: Inside, given: argparse.Namespace) -> int:
    del given
    settings, done = await unlocked(load_settings(VaultSettings)), 0
    async with inside.database() as pool:
        try:
            async for rows in rotate.rewrap(pool, settings.vault()):
                done += rows
                inside.say(f"{done} rows")
            async for rows in rotate.rewrap_attachments(pool, settings.sealing()):
                done += rows
                inside.say(f"{done} rows, with attachments")
        except VaultError as error:
            inside.complain(f"{error}; {done} rows were brought under the newest key")
            return 1
        if done:
            await rotate.rid_of_old_keys(pool)
    inside.say(
        "every row is under the newest key: VAULT_KEYS_FORMER can be unset everywhere,"
        " and VAULT_KEYS_FORMER_WRAPPED too"
    )
    return 0


async def _new_key(inside: Inside, given: argparse.Namespace) -> int:
    kms = kms_of(load_settings(KmsSettings))
    if kms is None:
        inside.complain("no key management service is set: KMS_URL, KMS_KEY and KMS_TOKEN")
        return 1
    try:
        if given.of_this:
            settings = await unlocked(load_settings(VaultSettings))
            inside.say(await kms.wrap(settings.master))
        else:
            inside.say(await kms.draw())
    except (KmsAwayError, KmsRefusedError) as error:
        inside.complain(str(error))
        return 1
    return 0


def _key_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--of-this", action="store_true", help="wrap the present master key: no row is changed"
    )


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


COMMANDS: Final = (
    Command(
        ("vault", "status"), "keys of reporters and attachments by master key", _status, _arguments
    ),
    Command(("vault", "rotate"), "bring the vault and attachments under the newest key", _rotate),
    Command(
        ("vault", "new-key"),
        "print a new master key, wrapped by the key management service",
        _new_key,
        _key_arguments,
    ),
)
