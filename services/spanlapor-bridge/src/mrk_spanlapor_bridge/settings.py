"""What each role of the bridge is told. All wrong and missing variables are named at once."""

import sys
from pathlib import Path
from typing import Final

from pydantic import DirectoryPath, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from mrk_city import CityPack, PackError, load_pack
from mrk_delivery.settings import DeliverySettings, KafkaSettings
from mrk_telemetry.settings import EX_CONFIG

PREFIX: Final = "MRK_BRIDGE_"


class RelaySettings(KafkaSettings):
    """Role `relay`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX)


class EventSettings(KafkaSettings):
    """Role `consumer`: it composes filings, and names places."""

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    city_pack: DirectoryPath = Field(description="folder of the city pack")


class WorkerSettings(DeliverySettings):
    """Role `worker`: it calls SP4N-LAPOR!.

    Attributes:
        lapor_lookup: whether complaints can be searched by our reference. Without it a lost
            answer waits for a person.
        lapor_grace_s: longer than the national system's longest processing, in seconds.
        account_name: the city's own account, under which anonymous reports are filed.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    city_pack: DirectoryPath = Field(description="folder of the city pack")
    internal_url: str = Field(pattern="^https?://", description="URL of intake's role internal")
    internal_token: SecretStr = Field(description="the bridge's credential there")
    lapor_url: str = Field(pattern="^https?://", description="base URL of SP4N-LAPOR!")
    lapor_auth: SecretStr = Field(description="the bearer credential")
    lapor_token: SecretStr = Field(description="what the token header carries")
    lapor_auth_header: str = Field(default="Authorization", description="or auth, on older ones")
    lapor_token_header: str = Field(default="token", description="name of the token header")
    lapor_lookup: bool = Field(description="true when complaints can be searched by reference")
    lapor_desk: str | None = Field(
        default=None, description="agency that speaks for the city; the pack's escalation names it"
    )
    lapor_user_id: int = Field(default=1, description="the city's own account there")
    lapor_channel: int = Field(default=1, description="number of the channel")
    lapor_rate_per_second: float = Field(default=20, gt=0, description="calls a second at most")
    lapor_concurrency: int = Field(default=8, ge=1, le=64, description="calls in flight")
    lapor_timeout_s: float = Field(default=10, gt=0, description="a call is lost after this")
    lapor_grace_s: float = Field(default=30, gt=0, description="absence proves nothing earlier")
    lapor_look_up_every_s: float = Field(default=10, gt=0, description="between two look-ups")
    retry_cap_s: float = Field(default=300, gt=0, description="longest pause between attempts")
    account_name: str = Field(min_length=1, description="name of the city's own account")
    account_email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", description="its e-mail address")
    account_phone: str = Field(pattern=r"^\+\d{8,15}$", description="its phone, E.164")


def city(folder: Path) -> CityPack:
    """The city pack, or the end of the process.

    Raises:
        SystemExit: with code 78; every problem is printed with its file, line and mend.
    """
    try:
        return load_pack(folder)
    except PackError as error:
        sys.stderr.write(f"{PREFIX}CITY_PACK: the city pack cannot be used\n{error}\n")
        sys.stderr.flush()
        raise SystemExit(EX_CONFIG) from None
