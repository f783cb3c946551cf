"""What the roles that serve agencies' systems are told: `api` and `worker`."""

import ipaddress
from typing import Annotated

from pydantic import AfterValidator, DirectoryPath, Field
from pydantic_settings import SettingsConfigDict

from mrk_delivery.settings import DatabaseSettings, DeliverySettings
from mrk_routing.domain.endpoint import Network
from mrk_routing.settings import PREFIX
from mrk_telemetry.keys import DRAW, Key


def _network(value: str) -> str:
    ipaddress.ip_network(value)
    return value


_Network = Annotated[str, AfterValidator(_network)]


class ApiSettings(DeliverySettings):
    """Role `api`: what agencies' systems ask and command.

    Attributes:
        city_pack: folder of the city pack; its agencies may call, its calendar tells due dates.
        api_url: the address that clients use; the issuer and audience of access tokens.
        token_key: signs access tokens. Another one ends those that were issued, no more.
        api_rate_per_second: requests a second from one client.
        api_rate_burst: requests at once from one client.
        api_tokens_per_minute: access tokens a minute for one client.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    city_pack: DirectoryPath = Field(description="folder of the city pack")
    api_url: Annotated[str, AfterValidator(lambda value: value.rstrip("/"))] = Field(
        pattern=r"^https?://[^/?#\s]+(/[^?#\s]*)?$",
        description="base URL of this role as clients use it, such as https://api.city.example",
    )
    token_key: Key = Field(description=DRAW)
    api_rate_per_second: float = Field(
        default=20.0, gt=0, description="requests a second from one client"
    )
    api_rate_burst: int = Field(default=200, ge=1, description="requests at once from one client")
    api_tokens_per_minute: int = Field(
        default=30, ge=1, description="access tokens a minute for one client"
    )


class PackSettings(DatabaseSettings):
    """What `admin agency-clients` needs beside the database.

    Attributes:
        city_pack: folder of the city pack; its agencies may have clients.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    city_pack: DirectoryPath = Field(description="folder of the city pack")


class HookSettings(DatabaseSettings):
    """What `admin webhooks` and role `worker` both need.

    Attributes:
        webhook_key: seals the secrets of webhooks; another one makes them unreadable.
        webhook_private_networks: private networks that webhooks may reach, by http too.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    webhook_key: Key = Field(description=DRAW)
    webhook_private_networks: tuple[_Network, ...] = Field(
        default=(),
        description="private networks that webhooks may reach, such as 10.20.0.0/16; none without",
    )

    @property
    def networks(self) -> tuple[Network, ...]:
        """The networks of `webhook_private_networks`."""
        return tuple(map(ipaddress.ip_network, self.webhook_private_networks))


class WorkerSettings(DeliverySettings, HookSettings):
    """Role `worker`: sends webhooks.

    Attributes:
        webhook_concurrency: calls in flight.
        webhook_retry_cap_s: the longest pause between attempts, in seconds.
        webhook_give_up_hours: how long a message is offered to an endpoint that answers 4xx.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    webhook_concurrency: int = Field(default=16, ge=1, le=200, description="calls in flight")
    webhook_retry_cap_s: float = Field(
        default=900.0, gt=0, description="the longest pause between attempts, in seconds"
    )
    webhook_give_up_hours: float = Field(
        default=120.0, gt=0,
        description="hours for which a message is offered to an endpoint that answers 4xx",
    )  # fmt: skip
