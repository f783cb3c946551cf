"""Who calls role `api`: an access token, the client behind it, and its share of requests."""

from typing import Final, Protocol

from starlette.requests import Request

from mrk_login.compact import TokenRefused
from mrk_routing.domain.access_tokens import Caller, SigningKey
from mrk_routing.http.inside import Door
from mrk_routing.store import agency_clients
from mrk_telemetry.logs import get_logger
from mrk_web.language import Text
from mrk_web.problems import FORBIDDEN, Problem, ProblemError
from mrk_web.rate import RateLimiter

TOKEN_REFUSED: Final = Problem(
    401, "token",
    Text("Token akses diperlukan", "An access token is required"),
    Text("Minta token di /oauth2/token, lalu kirim sebagai Authorization: Bearer.",
         "Ask for a token at /oauth2/token, and send it as Authorization: Bearer."),
)  # fmt: skip


class Tokens(Protocol):
    """Tells whom an access token proves: our own tokens, or those of another issuer."""

    async def caller(self, token: str) -> Caller:
        """The caller that a token proves now.

        Raises:
            TokenRefused: it proves nobody.
            ProblemError: 503 where that cannot be told now.
        """
        ...


class OwnTokens:
    """Tokens that this role issued to clients that are still in force.

    Args:
        key: signs them.
        issuer: this API's address.
        door: to the clients.
    """

    def __init__(self, key: SigningKey, issuer: str, door: Door) -> None:
        self._key = key
        self._issuer = issuer
        self._door = door

    async def caller(self, token: str) -> Caller:
        """As the protocol says; a revoked client's tokens end with it."""
        with self._door.through() as inside:
            caller = self._key.verify(token, self._issuer, inside.clock.now())
            if await agency_clients.agency_of(inside.pool, caller.client) != caller.agency:
                raise TokenRefused("revoked")
        return caller


class Callers:
    """Lets agencies' systems in.

    Args:
        tokens: tells whom a token proves.
        limiter: of requests, by client.
    """

    def __init__(self, tokens: Tokens, limiter: RateLimiter) -> None:
        self._tokens = tokens
        self._limiter = limiter

    async def __call__(self, request: Request) -> Caller:
        """Who sends a request about the agency in its path.

        Raises:
            ProblemError: 401 without a token that proves somebody (RFC 6750, 3.1); 403 for
                another agency, whether there is one or not; 429 beyond the client's share.
        """
        given = request.headers.getlist("authorization")
        scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        if scheme.lower() != "bearer" or not token.strip():
            raise ProblemError(TOKEN_REFUSED, headers={"www-authenticate": "Bearer"})
        try:
            caller = await self._tokens.caller(token.strip())
        except TokenRefused as error:
            get_logger().warning("api.token_refused", why=error.why)
            challenge = {"www-authenticate": 'Bearer error="invalid_token"'}
            raise ProblemError(TOKEN_REFUSED, headers=challenge) from None
        self._limiter.require(caller.client)
        if request.path_params["code"] != caller.agency:
            get_logger().warning("api.other_agency", client=caller.client)
            raise ProblemError(FORBIDDEN)
        return caller
