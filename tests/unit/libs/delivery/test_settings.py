from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from pydantic_settings import SettingsConfigDict

from mrk_delivery.settings import DeliverySettings, KafkaSettings
from mrk_telemetry.settings import load_settings

DSN = "postgresql://tester:hidden-word@db:5432/tester"
GIVEN = {
    "TINY_ENVIRONMENT": "test",
    "TINY_DATABASE_URL": DSN,
    "TINY_LISTEN": "[::1]:8080",
    "TINY_KAFKA_BOOTSTRAP": "one:9092, two:9092",
}


class Tiny(KafkaSettings):
    model_config = SettingsConfigDict(env_prefix="TINY_")


def loaded(**changes: str) -> Tiny:
    return load_settings(Tiny, {**GIVEN, **{f"TINY_{k}": v for k, v in changes.items()}})


def test_what_is_given_is_understood() -> None:
    settings = loaded()
    assert settings.dsn == DSN
    assert (settings.listen_host, settings.listen_port) == ("::1", 8080)
    assert settings.kafka_options() == {"bootstrap_servers": ["one:9092", "two:9092"]}
    assert not settings.clock_movable


def test_no_secret_is_shown() -> None:
    settings = loaded(
        KAFKA_SECURITY="SASL_PLAINTEXT", KAFKA_USERNAME="u", KAFKA_PASSWORD="hidden-too"
    )
    assert "hidden" not in repr(settings)
    assert settings.kafka_options()["sasl_plain_password"] == "hidden-too"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"ENVIRONMENT": "prod"}, "TINY_ENVIRONMENT"),
        ({"DATABASE_URL": "mysql://tester:hidden-word@db/x"}, "TINY_DATABASE_URL"),
        ({"LISTEN": "8080"}, "TINY_LISTEN"),
        ({"LISTEN": "host:70000"}, "TINY_LISTEN"),
        ({"LISTEN": "host name:80"}, "TINY_LISTEN"),
        ({"KAFKA_BOOTSTRAP": "one,two:9092"}, "TINY_KAFKA_BOOTSTRAP"),
        ({"LOG_LEVEL": "LOUD"}, "TINY_LOG_LEVEL"),
        ({"OTLP_ENDPOINT": "collector:4318"}, "TINY_OTLP_ENDPOINT"),
        ({"TRACE_SAMPLE_RATIO": "2"}, "TINY_TRACE_SAMPLE_RATIO"),
        ({"KAFKA_SECURITY": "SASL_SSL", "KAFKA_USERNAME": "u"}, "KAFKA_PASSWORD"),
        ({"KAFKA_PASSWORD": "hidden-word"}, "KAFKA_SECURITY"),
        ({"CLOCK_MOVABLE": "true", "ENVIRONMENT": "production"}, "CLOCK_MOVABLE"),
    ],
)
def test_what_is_wrong_is_named_without_its_value(
    changes: dict[str, str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        loaded(**changes)
    err = capsys.readouterr().err
    assert ended.value.code == 78
    assert named in err
    assert "hidden-word" not in err


def test_nothing_has_a_default_address_or_secret(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        load_settings(Tiny, {})
    err = capsys.readouterr().err
    for name in GIVEN:
        assert f"{name}: missing" in err


def test_tls_uses_the_given_authorities(tmp_path: Path) -> None:
    assert "ssl_context" in loaded(KAFKA_SECURITY="SSL").kafka_options()
    nothing = loaded(KAFKA_SECURITY="SSL", KAFKA_CA_FILE=str(tmp_path / "none.pem"))
    with pytest.raises(FileNotFoundError):
        nothing.kafka_options()


def test_built_by_arguments_it_reads_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LISTEN", "127.0.0.1:1")
    values: dict[str, Any] = {"environment": "test", "database_url": SecretStr(DSN)}
    with pytest.raises(ValidationError):
        DeliverySettings(**values)
