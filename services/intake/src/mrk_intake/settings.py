"""What each role of intake is told. All wrong and missing variables are named at once."""

import base64
import binascii
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, DirectoryPath, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from mrk_delivery.settings import DeliverySettings, KafkaSettings
from mrk_web.credentials import BadCredentialsFile, ServiceCredentials

PREFIX: Final = "MRK_INTAKE_"
KEY_BYTES: Final = 32


def _decoded(value: SecretStr) -> bytes:
    return base64.b64decode(value.get_secret_value(), validate=True)


def _key(value: SecretStr) -> SecretStr:
    try:
        decoded = _decoded(value)
    except (binascii.Error, ValueError):
        raise ValueError("it is not base64") from None
    if len(decoded) != KEY_BYTES:
        raise ValueError("it must hold 32 bytes")
    if len(set(decoded)) == 1:
        raise ValueError("it is one byte repeated: draw it at random")
    return value


def _credentials(value: SecretStr) -> SecretStr:
    try:
        ServiceCredentials.from_json(value.get_secret_value())
    except BadCredentialsFile:
        raise ValueError("it names no usable callers") from None
    return value


def _without_slash(value: str) -> str:
    return value.rstrip("/")


Key = Annotated[SecretStr, AfterValidator(_key)]
_DRAW: Final = "32 random bytes in base64 (head -c 32 /dev/urandom | base64)"


class HttpSettings(DeliverySettings):
    """Role `http`: the public API.

    Attributes:
        vault_key: master key of the vault.
        tracking_key: derives tracking numbers, secrets and fingerprints.
        public_url: base address that residents use; no slash at its end.
        city_pack: folder of the city pack.
        rate_per_second: reports a second from one device token.
        rate_burst: reports at once from one device token.
        address_rate_per_second: reports a second from one address.
        address_rate_burst: reports at once from one address.
        max_body_bytes: the largest report.
        trusted_proxies: addresses whose `X-Forwarded-For` is believed.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    vault_key: Key = Field(description=f"{_DRAW}; never change it: the vault is read with it")
    tracking_key: Key = Field(description=f"{_DRAW}; tracking secrets change with it")
    public_url: Annotated[str, AfterValidator(_without_slash)] = Field(
        pattern="^https?://[^/?#]+", description="base address that residents use, with https://"
    )
    city_pack: DirectoryPath = Field(description="folder of the city pack")
    rate_per_second: float = Field(
        default=1.0, gt=0, description="reports a second from one device"
    )
    rate_burst: float = Field(default=20, ge=1, description="reports at once from one device")
    address_rate_per_second: float = Field(
        default=200.0, gt=0, description="reports a second from one address; carriers share them"
    )
    address_rate_burst: float = Field(
        default=2000, ge=1, description="reports at once from one address"
    )
    max_body_bytes: int = Field(
        default=64 * 1024, ge=1024, le=1024 * 1024, description="the largest report, in bytes"
    )
    trusted_proxies: tuple[str, ...] = Field(
        default=(), description="addresses of proxies whose X-Forwarded-For is believed"
    )

    @property
    def vault_master(self) -> bytes:
        """The vault's master key."""
        return _decoded(self.vault_key)

    @property
    def tracking_master(self) -> bytes:
        """What `Keys` are derived from."""
        return _decoded(self.tracking_key)

    @property
    def pack_folder(self) -> Path:
        """The city pack's folder."""
        return self.city_pack


class WebSettings(HttpSettings):
    """Role `web`: the resident's pages. It takes reports as role `http` does.

    Attributes:
        web_url: base address of the pages, as residents' browsers see it; no slash at its end.
        map_tiles: address of map tiles with `{z}`, `{x}` and `{y}`; without them the map shows
            the centres of the kelurahan.
        map_credit: who is credited for the tiles.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    web_url: Annotated[str, AfterValidator(_without_slash)] = Field(
        pattern="^https?://[^/?#]+/?$", description="base address of the pages, with https://"
    )
    map_tiles: Annotated[str, Field(pattern=r"^https://[^/?#\s]+/\S*\{z\}\S*$")] | None = Field(
        default=None, description="address of map tiles, such as https://host/{z}/{x}/{y}.png"
    )
    map_credit: str = Field(default="", description="who is credited for the tiles")


class InternalSettings(DeliverySettings):
    """Role `internal`: contacts and confidential places for the other services.

    Attributes:
        service_credentials: JSON, a token (or several, while rotating) by caller.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    vault_key: Key = Field(description=f"{_DRAW}; the same as role http's")
    service_credentials: Annotated[SecretStr, AfterValidator(_credentials)] = Field(
        description='JSON such as {"notify": "token of 32 characters or more"}'
    )

    @property
    def vault_master(self) -> bytes:
        """The vault's master key."""
        return _decoded(self.vault_key)


class RelaySettings(KafkaSettings):
    """Role `relay`: sends events."""

    model_config = SettingsConfigDict(env_prefix=PREFIX)


class ConsumerSettings(KafkaSettings):
    """Role `consumer`: builds timelines."""

    model_config = SettingsConfigDict(env_prefix=PREFIX)
