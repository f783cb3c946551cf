"""Master keys that are given wrapped: a key management service unwraps them at a role's start."""

import base64
import random
import sys
from typing import Final, TypeVar

from pydantic import SecretStr

from mrk_delivery.database import Stopped
from mrk_intake.gateways.kms import Kms, KmsAwayError, KmsRefusedError
from mrk_intake.store.masters import KEY_BYTES
from mrk_intake.vault_settings import PREFIX, KmsSettings, VaultSettings
from mrk_telemetry.health import Health
from mrk_telemetry.logs import get_logger
from mrk_telemetry.runtime import Stop
from mrk_telemetry.settings import EX_CONFIG

BACK_OFF_S: Final = (0.5, 15.0)

SettingsT = TypeVar("SettingsT", bound=VaultSettings)


def kms_of(settings: KmsSettings) -> Kms | None:
    """The service that these settings name; None where they name none."""
    if settings.kms_url is None or settings.kms_key is None or settings.kms_token is None:
        return None
    # httpx: whoever has no such service never loads it
    from mrk_intake.gateways.transit import Access, Transit  # noqa: PLC0415  # see above

    token = settings.kms_token.get_secret_value()
    return Transit(
        Access(
            settings.kms_url,
            settings.kms_key,
            token,
            settings.kms_mount,
            settings.kms_namespace,
            settings.kms_ca_file,
        )
    )


async def unlocked(
    settings: SettingsT, stop: Stop | None = None, health: Health | None = None
) -> SettingsT:
    """The settings with every master key in the clear; nothing is asked where none is wrapped.

    A service that is away is waited for; one that refuses ends the process, as a wrong setting
    does.

    Args:
        settings: as they were given.
        stop: ends the waiting; without it the first silence ends the process.
        health: not ready while it is waited for.

    Raises:
        Stopped: `stop` was set first.
        SystemExit: 78, the service refuses; 75, it is away and nobody waits.
    """
    kms = kms_of(settings)
    if kms is None or not settings.wrapped:
        return settings
    ready = health.condition("kms") if health is not None else None
    beat = health.progress("kms", stall_after_s=60) if health is not None else None
    pause = BACK_OFF_S[0]
    while True:
        if beat is not None:
            beat.beat()
        try:
            opened = await _opened(settings, kms)
        except KmsRefusedError as error:
            sys.stderr.write(f"{PREFIX}VAULT_KEY_WRAPPED: {error}\n")
            raise SystemExit(EX_CONFIG) from None
        except KmsAwayError as error:
            get_logger().warning("kms.away", why=str(error))
            if stop is None:
                sys.stderr.write(f"{error}\n")
                raise SystemExit(EX_TEMPFAIL) from None
        else:
            if ready is not None and beat is not None:
                ready.ok()
                beat.retire()
            get_logger().info("kms.unwrapped", keys=len(settings.wrapped))
            return opened
        if await stop.sleep(random.uniform(pause / 2, pause)):  # noqa: S311  # jitter, not secrecy
            raise Stopped("told to end before the key management service answered")
        pause = min(pause * 2, BACK_OFF_S[1])


EX_TEMPFAIL: Final = 75
"""sysexits.h: try again later."""


async def _opened(settings: SettingsT, kms: Kms) -> SettingsT:
    newest = settings.vault_key
    if settings.vault_key_wrapped is not None:
        newest = await _key(kms, settings.vault_key_wrapped)
    former = [await _key(kms, each) for each in settings.vault_keys_former_wrapped]
    return settings.model_copy(
        update={
            "vault_key": newest,
            "vault_keys_former": (*settings.vault_keys_former, *former),
        }
    )


async def _key(kms: Kms, wrapped: str) -> SecretStr:
    key = await kms.unwrap(wrapped)
    if len(key) != KEY_BYTES:
        raise KmsRefusedError(
            f"what was wrapped has {len(key)} bytes; a master key has {KEY_BYTES}"
        )
    return SecretStr(base64.b64encode(key).decode())
