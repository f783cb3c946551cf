"""What each role of intake is told. All wrong and missing variables are named at once."""

import re
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import AfterValidator, DirectoryPath, Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from mrk_delivery.settings import DatabaseSettings, DeliverySettings, KafkaSettings
from mrk_intake.domain.keys import MOST_COUNTED
from mrk_intake.vault_settings import PREFIX, VaultSettings, without_slash
from mrk_telemetry.keys import DRAW, Key, decoded
from mrk_web.credentials import BadCredentialsFile, ServiceCredentials

_STORE: Final = re.compile(r"file:///[^/?#][^?#]*|s3://[^/?#]+(/[^?#]*)?")


def _credentials(value: SecretStr) -> SecretStr:
    try:
        ServiceCredentials.from_json(value.get_secret_value())
    except BadCredentialsFile:
        raise ValueError("it names no usable callers") from None
    return value


def _store_address(value: str) -> str:
    address = value.rstrip("/")
    if not _STORE.fullmatch(address):
        raise ValueError("write it as file:///folder or s3://bucket/prefix")
    return address


class StoreSettings(VaultSettings, DeliverySettings):
    """Roles that read or write attachments.

    Attributes:
        attachments_url: where their bytes lie, encrypted.
        attachments_s3_endpoint: of an S3 that is not Amazon's.
        attachments_s3_region: of the bucket.
        attachments_s3_key_id: who we are there.
        attachments_s3_secret: and its proof.
    """

    attachments_url: Annotated[str, AfterValidator(_store_address)] = Field(
        description="where attachments lie: file:///folder or s3://bucket/prefix"
    )
    attachments_s3_endpoint: str | None = Field(
        default=None, pattern="^https?://", description="address of an S3 that is not Amazon's"
    )
    attachments_s3_region: str | None = Field(default=None, description="the bucket's region")
    attachments_s3_key_id: str | None = Field(
        default=None, description="access key; the machine's own role without one"
    )
    attachments_s3_secret: SecretStr | None = Field(default=None, description="its secret")

    @model_validator(mode="after")
    def _whole_s3_key(self) -> Self:
        if (self.attachments_s3_key_id is None) != (self.attachments_s3_secret is None):
            raise ValueError("ATTACHMENTS_S3_KEY_ID and ATTACHMENTS_S3_SECRET belong together")
        return self

    @property
    def attachments_s3(self) -> dict[str, str]:
        """What the store is opened with, where it is S3."""
        secret = self.attachments_s3_secret
        given = {
            "endpoint": self.attachments_s3_endpoint,
            "region": self.attachments_s3_region,
            "access_key_id": self.attachments_s3_key_id,
            "secret_access_key": None if secret is None else secret.get_secret_value(),
        }
        return {name: value for name, value in given.items() if value}


class PackSettings(DatabaseSettings):
    """What asks the city pack.

    Attributes:
        city_pack: its folder.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    city_pack: DirectoryPath = Field(description="folder of the city pack")


class TrackingSettings(PackSettings, VaultSettings):
    """What takes reports, from residents or from SP4N-LAPOR!.

    Attributes:
        tracking_key: derives tracking numbers, secrets and fingerprints.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    tracking_key: Key = Field(
        description=f"{DRAW}; one for all roles, and tracking secrets change with it"
    )

    @property
    def tracking_master(self) -> bytes:
        """What `Keys` are derived from."""
        return decoded(self.tracking_key)


class ReportingSettings(TrackingSettings, DeliverySettings):
    """Roles that take residents' reports.

    Attributes:
        public_url: base address that residents use; no slash at its end.
        rate_per_second: reports a second from one device token.
        rate_burst: reports at once from one device token.
        address_rate_per_second: reports a second from one address.
        address_rate_burst: reports at once from one address.
        challenge_below: share of a device's or an address's bucket below which a report needs
            proof of work; 0: never.
        phone_reports_per_day: reports that may name one phone number on one day of the city's.
        max_body_bytes: the largest report.
        trusted_proxies: addresses whose `X-Forwarded-For` is believed.
        read_rows_per_second: rows of public lists a second that one address may read.
        read_rows_burst: rows of public lists at once that one address may read.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    public_url: Annotated[str, AfterValidator(without_slash)] = Field(
        pattern="^https?://[^/?#]+", description="base address that residents use, with https://"
    )
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
    challenge_below: float = Field(
        default=0.25,
        ge=0,
        le=0.9,
        description="share left of a rate below which a machine must work first; 0: never",
    )
    phone_reports_per_day: int = Field(
        default=50,
        ge=1,
        le=MOST_COUNTED,
        description="reports a day that name one phone; some phones are shared",
    )
    max_body_bytes: int = Field(
        default=64 * 1024, ge=1024, le=1024 * 1024, description="the largest report, in bytes"
    )
    trusted_proxies: tuple[str, ...] = Field(
        default=(), description="addresses of proxies whose X-Forwarded-For is believed"
    )
    read_rows_per_second: float = Field(
        default=1000, gt=0, description="rows of public lists a second for one address"
    )
    read_rows_burst: float = Field(
        default=20_000, ge=1000, description="rows of public lists at once for one address"
    )


class UploadSettings(ReportingSettings, StoreSettings):
    """Roles that take residents' reports with their photos and documents.

    Attributes:
        upload_mib_per_second: MiB a second that one device may begin to upload.
        upload_mib_burst: MiB at once from one device.
        address_upload_mib_per_second: MiB a second from one address.
        address_upload_mib_burst: MiB at once from one address.
        upload_hours: hours until an upload that no report took is given up.
        upload_room_mib: MiB that such uploads may take together.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    upload_mib_per_second: float = Field(
        default=0.5, gt=0, description="MiB a second that one device may begin to upload"
    )
    upload_mib_burst: float = Field(default=120, ge=10, description="MiB at once from one device")
    address_upload_mib_per_second: float = Field(
        default=20, gt=0, description="MiB a second from one address; carriers share them"
    )
    address_upload_mib_burst: float = Field(
        default=4000, ge=10, description="MiB at once from one address"
    )
    upload_hours: float = Field(
        default=72, gt=0, description="hours until an upload that no report took is given up"
    )
    upload_room_mib: int = Field(
        default=20_480, ge=10, description="MiB that uploads of no report may take together"
    )


class HttpSettings(UploadSettings):
    """Role `http`: the public API.

    Attributes:
        integrator_rate_per_second: reports a second with one API key.
        integrator_rate_burst: reports at once with one API key.
        integrator_contact: how integrators reach who runs this, and ask for a key.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    integrator_rate_per_second: float = Field(
        default=10.0, gt=0, description="reports a second with one API key"
    )
    integrator_rate_burst: float = Field(
        default=100, ge=1, description="reports at once with one API key"
    )
    integrator_contact: str | None = Field(
        default=None, description="how integrators reach who runs this; told by Open311's discovery"
    )


class WebSettings(UploadSettings):
    """Role `web`: the resident's pages. It takes reports and uploads as role `http` does.

    Attributes:
        web_url: base address of the pages, as residents' browsers see it; no slash at its end.
        map_tiles: address of map tiles with `{z}`, `{x}` and `{y}`; without them the map shows
            the centres of the kelurahan.
        map_credit: who is credited for the tiles.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    web_url: Annotated[str, AfterValidator(without_slash)] = Field(
        pattern="^https?://[^/?#]+/?$", description="base address of the pages, with https://"
    )
    map_tiles: Annotated[str, Field(pattern=r"^https://[^/?#\s]+/\S*\{z\}\S*$")] | None = Field(
        default=None, description="address of map tiles, such as https://host/{z}/{x}/{y}.png"
    )
    map_credit: str = Field(default="", description="who is credited for the tiles")


class InternalSettings(StoreSettings):
    """Role `internal`: contacts, confidential places and attachments for the other services.

    Attributes:
        service_credentials: JSON, a token (or several, while rotating) by caller.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    service_credentials: Annotated[SecretStr, AfterValidator(_credentials)] = Field(
        description='JSON such as {"notify": "token of 32 characters or more"}'
    )


class WorkerSettings(StoreSettings):
    """Role `worker`: examines uploads, and sweeps.

    Attributes:
        examinations: files examined at once; each may take 768 MiB for a moment.
        spool: where a file lies in the clear while it is examined; best in memory.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    examinations: int = Field(default=1, ge=1, le=16, description="files examined at once")
    spool: DirectoryPath = Field(
        default=Path("/tmp"),  # noqa: S108  # a folder of random name is made in it, mode 700
        description="folder for files while they are examined; best in memory",
    )


class RelaySettings(KafkaSettings):
    """Role `relay`: sends events."""

    model_config = SettingsConfigDict(env_prefix=PREFIX)


class ConsumerSettings(TrackingSettings, KafkaSettings):
    """Role `consumer`: builds timelines, and takes what began at SP4N-LAPOR!."""

    model_config = SettingsConfigDict(env_prefix=PREFIX)
