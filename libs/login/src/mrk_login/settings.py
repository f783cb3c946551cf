"""What a role with a login is told: a part of its settings."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from mrk_login.agreed import BACK, GOODBYE, Client, Lasting
from mrk_login.signatures import ALGORITHMS
from mrk_telemetry.keys import DRAW, Key, decoded


def _signatures(values: tuple[str, ...]) -> tuple[str, ...]:
    unknown = sorted(set(values) - ALGORITHMS)
    if unknown or not values:
        raise ValueError(f"name some of {', '.join(sorted(ALGORITHMS))}")
    return values


class LoginSettings(BaseModel):
    """The provider of a login, and how long sessions last.

    Attributes:
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

    @property
    def audience(self) -> str:
        """Whom the provider's tokens are for."""
        return self.oidc_audience or self.oidc_client_id

    def client(self, url: str) -> Client:
        """Who this installation is to its provider.

        Args:
            url: base address of the role's pages, without a slash at its end.
        """
        return Client(
            issuer=self.oidc_issuer,
            client_id=self.oidc_client_id,
            client_secret=self.oidc_client_secret.get_secret_value(),
            redirect_uri=url + BACK,
            goodbye_uri=url + GOODBYE,
            algorithms=frozenset(self.oidc_algorithms),
        )
