"""What each role of notify is told. All wrong and missing variables are named at once."""

from typing import Final, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from mrk_delivery.settings import DeliverySettings, KafkaSettings

PREFIX: Final = "MRK_NOTIFY_"


class EventSettings(KafkaSettings):
    """Roles `consumer` and `relay`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX)


class WorkerSettings(DeliverySettings):
    """Role `worker`.

    Attributes:
        web_url: base address of the pages; a link to the report stands in each message.
        retry_cap_s: the longest pause between two attempts, in seconds.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    internal_url: str = Field(
        pattern="^https?://", description="base URL of intake's role internal"
    )
    internal_token: SecretStr = Field(description="notify's credential there")
    smtp_host: str = Field(min_length=1, description="the mail server's name or address")
    smtp_port: int = Field(ge=1, le=65535, description="the mail server's port")
    smtp_starttls: bool = Field(
        default=True, description="false only for a mail server inside the same machine or network"
    )
    smtp_username: str | None = Field(default=None, description="login, where the server wants one")
    smtp_password: SecretStr | None = Field(default=None, description="its password")
    mail_from: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", description="the sender's address")
    web_url: str = Field(pattern="^https?://", description="address of the pages for residents")
    retry_cap_s: float = Field(default=300, gt=0, description="longest pause between attempts")
    concurrency: int = Field(default=8, ge=1, le=64, description="messages in flight")

    @model_validator(mode="after")
    def _whole_login(self) -> Self:
        if (self.smtp_username is None) != (self.smtp_password is None):
            raise ValueError("SMTP_USERNAME and SMTP_PASSWORD belong together")
        return self
