"""Where the vault's master key comes from: a file, the environment, or a key management service."""

from typing import Annotated, Final, Self

from pydantic import (
    AfterValidator,
    Field,
    FilePath,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import SettingsConfigDict

from mrk_delivery.settings import DatabaseSettings
from mrk_intake.store.sealing import Sealing
from mrk_intake.store.vault import Vault
from mrk_telemetry.keys import DRAW, Key, checked, decoded

PREFIX: Final = "MRK_INTAKE_"


def without_slash(value: str) -> str:
    """An address without slashes at its end."""
    return value.rstrip("/")


def _keys(values: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    return tuple(checked(value) for value in values)


class KmsSettings(DatabaseSettings):
    """A key management service; see `mrk_intake.gateways.transit`.

    Attributes:
        kms_url: address of a HashiCorp Vault or an OpenBao; no slash at its end.
        kms_key: its named key.
        kms_token: who we are there.
        kms_mount: where its engine `transit` is mounted.
        kms_namespace: its namespace.
        kms_ca_file: certificates by which it is known.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    kms_url: Annotated[str, AfterValidator(without_slash)] | None = Field(
        default=None, pattern="^https?://[^/?#]+", description="address of the Vault or OpenBao"
    )
    kms_key: str | None = Field(
        default=None, pattern=r"^[\w.-]+$", description="its named key, of the engine transit"
    )
    kms_token: SecretStr | None = Field(default=None, description="the token that may use it")
    kms_mount: str = Field(
        default="transit", pattern=r"^[\w./-]+$", description="where the engine is mounted"
    )
    kms_namespace: str | None = Field(default=None, description="its namespace, if it has any")
    kms_ca_file: FilePath | None = Field(
        default=None, description="PEM certificates by which it is known"
    )

    @model_validator(mode="after")
    def _whole_kms(self) -> Self:
        named = [self.kms_url, self.kms_key, self.kms_token]
        if None in named and any(each is not None for each in named):
            raise ValueError("KMS_URL, KMS_KEY and KMS_TOKEN belong together")
        return self


class VaultSettings(KmsSettings):
    """What reads the vault. The master key is given plain, or wrapped by a key management service.

    Attributes:
        vault_key: master key of the vault, and of the attachments' keys: what is sealed is
            sealed under it. Once unlocked (`mrk_intake.unlocking`) it is there in any case.
        vault_keys_former: master keys of before, until `admin vault rotate` has ended.
        vault_key_wrapped: the master key as the service wrapped it; no secret by itself.
        vault_keys_former_wrapped: master keys of before, wrapped.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    vault_key_wrapped: str | None = Field(
        default=None, min_length=1, description="what `admin vault new-key` printed"
    )
    # after the one that may stand in its place
    vault_key: Key | None = Field(
        default=None,
        validate_default=True,
        description=f"{DRAW}; change it as docs/ops says, by `vault rotate`;"
        " or else VAULT_KEY_WRAPPED",
    )
    vault_keys_former: Annotated[tuple[SecretStr, ...], AfterValidator(_keys)] = Field(
        default_factory=tuple,
        description="the master keys of before, separated by commas, while rotating",
    )
    vault_keys_former_wrapped: tuple[str, ...] = Field(
        default=(), description="the wrapped master keys of before, while rotating"
    )

    @field_validator("vault_key", mode="after")
    @classmethod
    def _given(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """A field's own, so that it is told together with all others that are missing."""
        if value is None and info.data.get("vault_key_wrapped", "wrong itself") is None:
            raise PydanticCustomError("missing", "missing; or else set VAULT_KEY_WRAPPED")
        return value

    @model_validator(mode="after")
    def _one_master_key(self) -> Self:
        if self.wrapped and self.kms_url is None:
            raise ValueError("a wrapped key needs KMS_URL, KMS_KEY and KMS_TOKEN")
        if self.vault_key is not None and self.vault_key_wrapped is not None:
            raise ValueError("VAULT_KEY and VAULT_KEY_WRAPPED are both set; unset one of them")
        return self

    @property
    def wrapped(self) -> tuple[str, ...]:
        """Every key that the service must unwrap."""
        newest = () if self.vault_key_wrapped is None else (self.vault_key_wrapped,)
        return (*newest, *self.vault_keys_former_wrapped)

    def vault(self) -> Vault:
        """The vault that these keys open.

        Raises:
            RuntimeError: the key is still wrapped.
        """
        return Vault(self.master, map(decoded, self.vault_keys_former))

    def sealing(self) -> Sealing:
        """What makes and opens attachments' keys.

        Raises:
            RuntimeError: as for `vault`.
        """
        return Sealing(self.master, map(decoded, self.vault_keys_former))

    @property
    def master(self) -> bytes:
        """The newest master key.

        Raises:
            RuntimeError: it is still wrapped.
        """
        if self.vault_key is None:
            raise RuntimeError("the master key is still wrapped: mrk_intake.unlocking")
        return decoded(self.vault_key)
