"""What each role of routing is told. All wrong and missing variables are named at once."""

import sys
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import AfterValidator, DirectoryPath, Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from mrk_city import CityPack, PackError, load_pack
from mrk_delivery.settings import DeliverySettings, KafkaSettings
from mrk_login.settings import LoginSettings
from mrk_telemetry.settings import EX_CONFIG

PREFIX: Final = "MRK_ROUTING_"


class HttpSettings(DeliverySettings):
    """Role `http`: counts, read-only."""

    model_config = SettingsConfigDict(env_prefix=PREFIX)


class ClockSettings(DeliverySettings):
    """Role `clock`: what time does to cases.

    Attributes:
        city_pack: folder of the city pack; its calendar tells when a case is due after a wait.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    city_pack: DirectoryPath = Field(description="folder of the city pack")


class DeskSettings(DeliverySettings, LoginSettings):
    """Role `desk`: pages for dispatchers, agencies' officers and leaders, behind the city's login.

    Attributes:
        city_pack: folder of the city pack.
        desk_url: base address of these pages, as browsers see it; the provider sends people back
            to `/masuk/kembali` under it.
        internal_url: where intake's role `internal` listens.
        internal_token: proves to it that routing asks.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    city_pack: DirectoryPath = Field(description="folder of the city pack")
    desk_url: Annotated[str, AfterValidator(lambda value: value.rstrip("/"))] = Field(
        pattern="^https?://[^/?#]+/?$",
        description="base address of the desk's pages, with https://; logins come back there",
    )
    internal_url: str = Field(
        pattern=r"^https?://", description="address of intake's role internal"
    )
    internal_token: SecretStr = Field(
        min_length=32, description="our service credential at intake's role internal"
    )

    @model_validator(mode="after")
    def _https(self) -> Self:
        if self.environment == "production" and not (
            self.desk_url.startswith("https://") and self.oidc_issuer.startswith("https://")
        ):
            raise ValueError("DESK_URL and OIDC_ISSUER must begin with https:// in production")
        return self


class EventSettings(KafkaSettings):
    """Roles `consumer` and `relay`, and `admin topics`.

    Attributes:
        city_pack: folder of the city pack; its agencies name the topics.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    city_pack: DirectoryPath = Field(description="folder of the city pack")


def city(folder: Path) -> CityPack:
    """The city pack, or the end of the process.

    Every problem is printed to stderr with its file, line and mend; then the process exits with
    78 (EX_CONFIG), as for any other wrong setting.

    Raises:
        SystemExit: with code 78.
    """
    try:
        return load_pack(folder)
    except PackError as error:
        sys.stderr.write(f"{PREFIX}CITY_PACK: the city pack cannot be used\n{error}\n")
        sys.stderr.flush()
        raise SystemExit(EX_CONFIG) from None
