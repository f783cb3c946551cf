"""What role `staff` is told: as `web`, with the store of files and a login."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from mrk_intake.domain.signatures import ALGORITHMS
from mrk_intake.settings import StoreSettings, WebSettings
from mrk_intake.store.logins import Lasting
from mrk_intake.vault_settings import DRAW, PREFIX, Key, decoded, without_slash


def _signatures(values: tuple[str, ...]) -> tuple[str, ...]:
    unknown = sorted(set(values) - ALGORITHMS)
    if unknown or not values:
        raise ValueError(f"name some of {', '.join(sorted(ALGORITHMS))}")
    return values


class StaffSettings(WebSettings, StoreSettings):
    """Role `staff`: pages for people of the city, behind the city's own login.

    Attributes:
        staff_url: base address of these pages, as staff's browsers see it; the provider sends
            people back to `/masuk/kembali` under it.
        oidc_issuer: the provider, exactly as its tokens name it.
        oidc_client_id: who we are there.
        oidc_client_secret: and its proof.
        oidc_audience: whom its tokens are for, where that is not the client.
        oidc_roles_claim: the claim of its ID tokens that holds roles.
        oidc_algorithms: with which its tokens may be signed.
        session_key: names sessions in the database.
        session_idle_minutes: minutes without a request until a session ends.
        session_hours: hours until a session ends in any case.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    staff_url: Annotated[str, AfterValidator(without_slash)] = Field(
        pattern="^https?://[^/?#]+/?$",
        description="base address of the pages for staff, with https://; logins come back there",
    )
    oidc_issuer: str = Field(
        pattern=r"^https?://[^?#\s]+$", description="issuer of the login's provider, with https://"
    )
    oidc_client_id: str = Field(min_length=1, description="our client id at the provider")
    oidc_client_secret: SecretStr = Field(
        min_length=16, description="our client secret at the provider, 16 characters or more"
    )
    oidc_audience: str | None = Field(
        default=None, min_length=1, description="audience of its ID tokens, if not the client id"
    )
    oidc_roles_claim: str = Field(
        min_length=1,
        description="claim of its ID tokens that holds roles, such as realm_access.roles",
    )
    oidc_algorithms: Annotated[tuple[str, ...], AfterValidator(_signatures)] = Field(
        default=("RS256", "ES256"), description="signatures of its tokens that are taken"
    )
    session_key: Key = Field(description=f"{DRAW}; another one ends all sessions")
    session_idle_minutes: float = Field(
        default=30, gt=0, le=24 * 60, description="minutes without a request that end a session"
    )
    session_hours: float = Field(
        default=10, gt=0, le=48, description="hours that end a session in any case"
    )

    @model_validator(mode="after")
    def _https(self) -> Self:
        if self.environment == "production" and not (
            self.staff_url.startswith("https://") and self.oidc_issuer.startswith("https://")
        ):
            raise ValueError("STAFF_URL and OIDC_ISSUER must begin with https:// in production")
        return self

    @property
    def session_digests(self) -> bytes:
        """What names sessions in the database."""
        return decoded(self.session_key)

    @property
    def lasting(self) -> Lasting:
        """How long a session lasts."""
        return Lasting(
            timedelta(minutes=self.session_idle_minutes), timedelta(hours=self.session_hours)
        )
