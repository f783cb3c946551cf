from pathlib import Path

import pytest
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from mrk_telemetry.settings import RoleSettings, env_name, load_settings

KEY = "k" * 44


class Settings(RoleSettings):
    model_config = SettingsConfigDict(env_prefix="MRK_TEST_")

    database_url: SecretStr = Field(description="PostgreSQL DSN")
    vault_key: SecretStr = Field(min_length=44, description="32 bytes in base64")
    port: int = Field(default=1, ge=1, le=65535, description="a port")
    callers: tuple[str, ...] = ()
    weights: dict[str, int] = Field(default_factory=dict)
    bootstrap: str = Field(default="none", validation_alias="MRK_KAFKA")

    @field_validator("database_url")
    @classmethod
    def _postgres(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith("postgresql://"):
            raise ValueError(f"{value.get_secret_value()} is no PostgreSQL DSN")
        return value


GOOD = {"MRK_TEST_DATABASE_URL": "postgresql://db/x", "MRK_TEST_VAULT_KEY": KEY}


def refused(environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        load_settings(Settings, environ)
    assert ended.value.code == 78
    return capsys.readouterr().err


def test_values_come_from_variables() -> None:
    settings = load_settings(
        Settings,
        GOOD
        | {
            "MRK_TEST_PORT": "8080", "MRK_TEST_CALLERS": "notify, bridge",
            "MRK_TEST_WEIGHTS": '{"a": 1}', "MRK_KAFKA": "kafka:9092",
        },
    )  # fmt: skip
    assert settings.port == 8080
    assert settings.callers == ("notify", "bridge")
    assert settings.weights == {"a": 1}
    assert settings.bootstrap == "kafka:9092"


def test_a_value_may_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text(KEY + "\n")
    environ = {k: v for k, v in GOOD.items() if "KEY" not in k}
    settings = load_settings(Settings, environ | {"MRK_TEST_VAULT_KEY_FILE": str(secret)})
    assert settings.vault_key.get_secret_value() == KEY


def test_all_that_is_wrong_is_told_at_once_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    told = refused(
        {"MRK_TEST_PORT": "70000", "MRK_TEST_VAULT_KEY": "short", "MRK_TEST_WEIGHTS": "{oops"},
        capsys,
    )
    assert "4 setting(s) missing or wrong" in told
    for name in ("DATABASE_URL: missing", "VAULT_KEY: ", "PORT: ", "WEIGHTS: "):
        assert f"  MRK_TEST_{name}" in told
    assert "mend: set MRK_TEST_DATABASE_URL or MRK_TEST_DATABASE_URL_FILE: PostgreSQL DSN" in told


def test_nothing_given_names_everything_required(capsys: pytest.CaptureFixture[str]) -> None:
    told = refused({}, capsys)
    assert "MRK_TEST_DATABASE_URL: missing" in told
    assert "MRK_TEST_VAULT_KEY: missing" in told
    assert "MRK_TEST_PORT" not in told


def test_a_variable_and_its_file_together_are_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path / "key"
    secret.write_text(KEY)
    told = refused(GOOD | {"MRK_TEST_VAULT_KEY_FILE": str(secret), "MRK_TEST_PORT": "x"}, capsys)
    assert "both MRK_TEST_VAULT_KEY and MRK_TEST_VAULT_KEY_FILE are set" in told
    assert "MRK_TEST_PORT" in told


def test_both_is_an_error_for_an_optional_setting_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "port"
    path.write_text("5")
    told = refused(GOOD | {"MRK_TEST_PORT": "5", "MRK_TEST_PORT_FILE": str(path)}, capsys)
    assert "1 setting(s)" in told


def test_a_file_that_cannot_be_read_is_told_with_its_variable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = {"MRK_TEST_DATABASE_URL": GOOD["MRK_TEST_DATABASE_URL"]}
    told = refused(environ | {"MRK_TEST_VAULT_KEY_FILE": str(tmp_path / "none")}, capsys)
    assert "MRK_TEST_VAULT_KEY_FILE names a file that cannot be read: No such file" in told
    (tmp_path / "raw").write_bytes(b"\xff\xfe")
    told = refused(environ | {"MRK_TEST_VAULT_KEY_FILE": str(tmp_path / "raw")}, capsys)
    assert "not UTF-8 text" in told


def test_no_value_is_ever_told(capsys: pytest.CaptureFixture[str]) -> None:
    told = refused(
        {"MRK_TEST_DATABASE_URL": "mysql://hunter2@db", "MRK_TEST_VAULT_KEY": "swordfish"}, capsys
    )
    assert "hunter2" not in told
    assert "swordfish" not in told
    assert "MRK_TEST_DATABASE_URL: not acceptable (value_error)" in told


def test_empty_is_absent_for_what_has_a_default_and_wrong_for_the_rest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert load_settings(Settings, GOOD | {"MRK_TEST_PORT": ""}).port == 1
    assert "MRK_TEST_DATABASE_URL: empty" in refused(GOOD | {"MRK_TEST_DATABASE_URL": ""}, capsys)


def test_a_slip_of_the_pen_is_pointed_out(capsys: pytest.CaptureFixture[str]) -> None:
    told = refused({"MRK_TEST_VAULT_KEY": KEY, "MRK_TEST_DATABSE_URL": "x"}, capsys)
    assert "found MRK_TEST_DATABSE_URL" in told


def test_what_is_wrong_together_is_told_without_a_field(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Pair(RoleSettings):
        low: int = 2
        high: int = 1

        @model_validator(mode="after")
        def _ordered(self) -> "Pair":
            if self.low > self.high:
                raise ValueError("low must be below high")
            return self

    with pytest.raises(SystemExit):
        load_settings(Pair, {})
    assert "together: Value error, low must be below high" in capsys.readouterr().err


def test_arguments_alone_build_it_whatever_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MRK_TEST_PORT", "9")
    settings = Settings(database_url=SecretStr("postgresql://db"), vault_key=SecretStr(KEY))
    assert settings.port == 1


def test_names_are_prefix_and_field_or_the_alias() -> None:
    assert env_name(Settings, "vault_key") == "MRK_TEST_VAULT_KEY"
    assert env_name(Settings, "bootstrap") == "MRK_KAFKA"
