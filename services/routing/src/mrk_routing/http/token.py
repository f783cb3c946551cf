"""`POST /oauth2/token`: access tokens for client credentials (RFC 6749, 4.4)."""

import base64
import binascii
import secrets
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import Request
from starlette.responses import JSONResponse

from mrk_routing.domain.access_tokens import LIVES, SCOPE, Caller, SigningKey
from mrk_routing.http.inside import Door
from mrk_routing.store import agency_clients
from mrk_telemetry.logs import get_logger
from mrk_web.rate import RateLimiter

PATH: Final = "/oauth2/token"
_FORM: Final = "application/x-www-form-urlencoded"
_NO_STORE: Final = {"cache-control": "no-store"}
_MOST_PARAMETERS: Final = 20


class OAuthError(Exception):
    """An error of RFC 6749, 5.2.

    Attributes:
        code: of the RFC.
        description: what to mend; ASCII.
    """

    def __init__(self, code: str, description: str) -> None:
        super().__init__(code)
        self.code = code
        self.description = description

    def response(self) -> JSONResponse:
        """As the RFC wants it."""
        refused = self.code == "invalid_client"
        headers = {**_NO_STORE, **({"www-authenticate": "Basic"} if refused else {})}
        body = {"error": self.code, "error_description": self.description}
        return JSONResponse(body, status_code=401 if refused else 400, headers=headers)


class TokenEndpoint:
    """Issues access tokens.

    Args:
        key: signs them.
        issuer: this API's address.
        door: to the clients.
        limiter: of tokens, by client.
    """

    def __init__(self, key: SigningKey, issuer: str, door: Door, limiter: RateLimiter) -> None:
        self._key = key
        self._issuer = issuer
        self._door = door
        self._limiter = limiter

    async def issue(self, request: Request) -> JSONResponse:
        """Answer.

        Raises:
            ProblemError: 429 with `Retry-After`; 503 while the database is away.
        """
        try:
            return await self._issued(request)
        except OAuthError as error:
            return error.response()

    async def _issued(self, request: Request) -> JSONResponse:
        form = _form(request, await request.body())
        client, secret = _credentials(request, form)
        with self._door.through() as inside:
            now = inside.clock.now()
            agency = await agency_clients.proven(inside.pool, client, secret, now)
        if agency is None:
            get_logger().warning("api.client_refused")
            raise OAuthError("invalid_client", "no client with this id and secret is in force")
        self._limiter.require(client)
        if form.get("grant_type") != "client_credentials":
            known = "grant_type" in form
            code = "unsupported_grant_type" if known else "invalid_request"
            raise OAuthError(code, "send grant_type=client_credentials")
        if form.get("scope", SCOPE + agency) != SCOPE + agency:
            raise OAuthError("invalid_scope", "leave scope out, or ask for your own agency")
        token = self._key.issue(
            Caller(client, agency), self._issuer, secrets.token_urlsafe(16), now
        )
        get_logger().info("api.token_issued", client=client)
        body = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": int(LIVES.total_seconds()),
            "scope": SCOPE + agency,
        }
        return JSONResponse(body, headers=_NO_STORE)


def _form(request: Request, body: bytes) -> Mapping[str, str]:
    """RFC 6749, 3.2: a parameter comes once; an empty one is as if it were left out."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise OAuthError("invalid_request", f"send {_FORM}")
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_PARAMETERS,
        )
    except ValueError:
        raise OAuthError("invalid_request", "the form cannot be read") from None
    if len({name for name, _ in pairs}) < len(pairs):
        raise OAuthError("invalid_request", "a parameter comes twice")
    return {name: value for name, value in pairs if value}


def _credentials(request: Request, form: Mapping[str, str]) -> tuple[str, str]:
    """RFC 6749, 2.3.1: by Basic, or in the form; never both."""
    given = request.headers.getlist("authorization")
    in_form = "client_secret" in form
    if len(given) + in_form > 1:
        raise OAuthError("invalid_request", "prove the client in one way alone")
    if in_form:
        client, secret = form.get("client_id", ""), form["client_secret"]
    else:
        client, secret = _basic(given[0] if given else "")
        if form.get("client_id", client) != client:
            raise OAuthError("invalid_request", "client_id is not the one of Authorization")
    if not agency_clients.NAME.fullmatch(client) or not secret:
        raise OAuthError("invalid_client", "prove the client by Basic, or in the form")
    return client, secret


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return "", ""
    client, _, secret = text.partition(":")
    return unquote_plus(client), unquote_plus(secret)
