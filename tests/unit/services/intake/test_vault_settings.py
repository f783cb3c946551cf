"""Where the master key comes from: one place, all of it, and wrong ones named at once."""

import base64
from typing import Any

import pytest

from mrk_intake.vault_settings import VaultSettings
from mrk_telemetry.settings import load_settings

KEY = base64.b64encode(bytes(range(32))).decode()
KMS = {"KMS_URL": "https://bao.example", "KMS_KEY": "mrk", "KMS_TOKEN": "s.token"}
WRAPPED = {"VAULT_KEY_WRAPPED": "vault:v1:AAAA"}


def load(**values: str) -> VaultSettings:
    base = {"ENVIRONMENT": "test", "DATABASE_URL": "postgresql://a:b@h/d", **values}
    return load_settings(VaultSettings, {f"MRK_INTAKE_{k}": v for k, v in base.items()})


def test_a_plain_key_needs_no_service() -> None:
    assert load(VAULT_KEY=KEY).master == bytes(range(32))
    assert load(VAULT_KEY=KEY, **KMS).wrapped == ()


def test_a_wrapped_key_is_no_key_until_it_is_unwrapped() -> None:
    given = load(**WRAPPED, **KMS, VAULT_KEYS_FORMER_WRAPPED="vault:v1:BB,vault:v1:CC")
    assert given.wrapped == ("vault:v1:AAAA", "vault:v1:BB", "vault:v1:CC")
    with pytest.raises(RuntimeError, match="still wrapped"):
        given.vault()


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, "VAULT_KEY: missing"),
        ({"VAULT_KEY": KEY, **WRAPPED, **KMS}, "both set"),
        (WRAPPED, "needs KMS_URL"),
        ({"VAULT_KEY": KEY, "KMS_URL": "https://bao.example"}, "belong together"),
        ({**WRAPPED, **KMS, "KMS_URL": "bao.example"}, "KMS_URL"),
        ({**WRAPPED, **KMS, "KMS_KEY": "../sys"}, "KMS_KEY"),
    ],
)
def test_what_does_not_fit_is_named(
    values: dict[str, Any], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        load(**values)
    assert ended.value.code == 78
    said = capsys.readouterr().err
    assert told in said
    assert KEY not in said
