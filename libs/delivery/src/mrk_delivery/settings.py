"""What every role of every service is told: its environment, database, address and broker.

A service derives its own classes, sets `env_prefix` and adds its fields; `load_settings` reads
them. Nothing here imports Kafka.
"""

import re
import ssl
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from mrk_telemetry.settings import RoleSettings

_LISTEN: Final = re.compile(r"^(\[[0-9a-fA-F:.]+\]|[^\s:\[\]]+):(\d{1,5})$")
_SASL: Final = ("SASL_PLAINTEXT", "SASL_SSL")
_TLS: Final = ("SSL", "SASL_SSL")


def _address(value: str) -> str:
    found = _LISTEN.match(value)
    if found is None or int(found.group(2)) > 65535:
        raise ValueError("write it as host:port, such as 127.0.0.1:8080 or [::1]:8080")
    return value


def _database(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ValueError("it must begin with postgresql://")
    return value


def _addresses(value: str) -> str:
    for part in value.split(","):
        _address(part.strip())
    return value


class DatabaseSettings(RoleSettings):
    """What every process of a service is told, `migrate` and `admin` included.

    Attributes:
        environment: what kind of place this is; `production` refuses whatever tests need.
        database_url: of the service's own database, password included.
        clock_movable: whether this process follows the domain clock's offset.
    """

    environment: Literal["production", "staging", "local", "test"] = Field(
        description="production, staging, local or test"
    )
    database_url: Annotated[SecretStr, AfterValidator(_database)] = Field(
        description="postgresql://role:password@host:port/database"
    )
    otlp_endpoint: str | None = Field(
        default=None, pattern="^https?://", description="base URL of an OTLP/HTTP receiver"
    )
    trace_sample_ratio: float = Field(
        default=1.0, ge=0, le=1, description="share of new traces that is recorded, 0 to 1"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="DEBUG, INFO, WARNING or ERROR"
    )
    clock_movable: bool = Field(
        default=False, description="true to follow `admin clock advance`; never in production"
    )

    @model_validator(mode="after")
    def _no_moved_time_in_production(self) -> Self:
        if self.clock_movable and self.environment == "production":
            raise ValueError("CLOCK_MOVABLE must not be set where ENVIRONMENT is production")
        return self

    @property
    def dsn(self) -> str:
        """The database's address with its password: never to be logged."""
        return self.database_url.get_secret_value()


class DeliverySettings(DatabaseSettings):
    """Common to all roles.

    Attributes:
        listen: where this role answers; `/livez`, `/readyz` and `/metrics` at least.
    """

    listen: Annotated[str, AfterValidator(_address)] = Field(
        description="host:port that this role listens on; port 0 chooses a free one"
    )

    @property
    def listen_host(self) -> str:
        """The host of `listen`, without the brackets of IPv6."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def listen_port(self) -> int:
        """The port of `listen`; 0 chooses a free one."""
        return int(self.listen.rpartition(":")[2])


class KafkaSettings(DeliverySettings):
    """For the roles that connect to Kafka."""

    kafka_bootstrap: Annotated[str, AfterValidator(_addresses)] = Field(
        description="Kafka's addresses, host:port separated by commas"
    )
    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL"
    )
    kafka_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="SCRAM-SHA-512", description="PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"
    )
    kafka_username: str | None = Field(default=None, description="Kafka's user, with SASL")
    kafka_password: SecretStr | None = Field(default=None, description="its password, with SASL")
    kafka_ca_file: str | None = Field(
        default=None, description="PEM file of the authorities that Kafka's certificates come from"
    )

    @model_validator(mode="after")
    def _whole_credentials(self) -> Self:
        given = self.kafka_username is not None and self.kafka_password is not None
        if self.kafka_security in _SASL and not given:
            raise ValueError("SASL needs both KAFKA_USERNAME and KAFKA_PASSWORD")
        if self.kafka_security not in _SASL and (self.kafka_username or self.kafka_password):
            raise ValueError("KAFKA_USERNAME and KAFKA_PASSWORD need a KAFKA_SECURITY with SASL")
        return self

    def kafka_options(self) -> dict[str, Any]:
        """What aiokafka is connected with; `bootstrap_servers` is a list.

        Raises:
            OSError: the file of authorities cannot be read.
        """
        options: dict[str, Any] = {
            "bootstrap_servers": [part.strip() for part in self.kafka_bootstrap.split(",")]
        }
        if self.kafka_security != "PLAINTEXT":
            options["security_protocol"] = self.kafka_security
        if self.kafka_security in _TLS:
            options["ssl_context"] = ssl.create_default_context(cafile=self.kafka_ca_file)
        if self.kafka_security in _SASL and self.kafka_password is not None:
            options["sasl_mechanism"] = self.kafka_mechanism
            options["sasl_plain_username"] = self.kafka_username
            options["sasl_plain_password"] = self.kafka_password.get_secret_value()
        return options
