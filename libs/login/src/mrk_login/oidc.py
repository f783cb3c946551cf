"""The city's own login: an OpenID Connect provider, found by its discovery document.

Its answers are read as what they are: another's. Whatever is missing, too large or of another
issuer ends the login.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode, urlsplit

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from mrk_login.agreed import Client
from mrk_login.id_tokens import MAX_BYTES
from mrk_login.signatures import ALGORITHMS
from mrk_telemetry.logs import get_logger

TIMEOUT_S: Final = 5.0
FRESH_S: Final = 3600.0
"""Seconds for which the provider's description and keys are believed."""

REFRESH_S: Final = 30.0
"""Least seconds between two looks for a key that is not known: tokens name keys at will."""

_MAX_ANSWER: Final = 256 * 1024
_Address = Annotated[str, StringConstraints(pattern=r"^https?://[^/?#\s]+\S*$")]


class ProviderAway(Exception):  # noqa: N818  # it reads as the fact that it states
    """The provider gave no answer that can be used. `why` is a fixed word, for the log."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class CodeRefused(Exception):  # noqa: N818  # as above
    """The provider takes no such code, or takes it no more."""


class Metadata(BaseModel):
    """What discovery tells (OpenID Connect Discovery 1.0, 3), as far as it is used."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    issuer: str
    authorization_endpoint: _Address
    token_endpoint: _Address
    jwks_uri: _Address
    end_session_endpoint: _Address | None = None
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Tokens(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    id_token: Annotated[str, StringConstraints(min_length=1, max_length=MAX_BYTES)]


@dataclass(slots=True)
class _Known:
    metadata: Metadata
    keys: KeySet
    at: float


class Provider:
    """The configured provider.

    Args:
        http: without redirects and without a base address; the caller closes it.
        client: who we are.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        client: Client,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.client = client
        self._http = http
        self._clock = clock
        self._known: _Known | None = None
        self._looked_at = float("-inf")

    async def algorithms(self) -> frozenset[str]:
        """What its tokens may be signed with: what it says, as far as we take it.

        Raises:
            ProviderAway: it cannot be asked.
        """
        said = (await self._current()).metadata.id_token_signing_alg_values_supported
        return self.client.algorithms & ALGORITHMS & frozenset(said)

    async def login_address(self, *, state: str, nonce: str, challenge: str) -> str:
        """Where a browser logs in.

        Args:
            state: comes back with the browser.
            nonce: comes back within the token.
            challenge: SHA-256 of the verifier (RFC 7636).

        Raises:
            ProviderAway: it cannot be asked.
        """
        asked = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.client.redirect_uri,
            "scope": "openid profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return _with((await self._current()).metadata.authorization_endpoint, asked)

    async def logout_address(self, id_token: str | None) -> str | None:
        """Where a browser logs out of the provider too; None where it offers none.

        Raises:
            ProviderAway: it cannot be asked.
        """
        end = (await self._current()).metadata.end_session_endpoint
        if end is None:
            return None
        asked = {
            "client_id": self.client.client_id,
            "post_logout_redirect_uri": self.client.goodbye_uri,
        }
        return _with(end, asked | ({} if id_token is None else {"id_token_hint": id_token}))

    async def redeem(self, code: str, verifier: str) -> str:
        """The ID token for a code; not verified yet.

        Raises:
            CodeRefused: the provider takes no such code.
            ProviderAway: it gave no usable answer.
        """
        metadata = (await self._current()).metadata
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.client.redirect_uri,
            "code_verifier": verifier,
        }
        # RFC 6749, 2.3.1: both parts are encoded as a form's are, before Basic joins them
        identity = (
            quote(self.client.client_id, safe=""),
            quote(self.client.client_secret, safe=""),
        )
        auth: httpx.BasicAuth | None = httpx.BasicAuth(*identity)
        if "client_secret_basic" not in metadata.token_endpoint_auth_methods_supported:
            auth = None
            form |= {
                "client_id": self.client.client_id, "client_secret": self.client.client_secret,
            }  # fmt: skip
        status, body = await self._asked("POST", metadata.token_endpoint, data=form, auth=auth)
        if status in {400, 401, 403}:
            raise CodeRefused
        if status != 200:
            raise ProviderAway("token-status")
        try:
            return _Tokens.model_validate_json(body).id_token
        except ValidationError:
            raise ProviderAway("token-answer") from None

    async def keys(self, key_id: str | None) -> KeySet:
        """Its keys; they are read anew, not too often, where none has this name.

        Raises:
            ProviderAway: it cannot be asked.
        """
        known = await self._current()
        missing = key_id is not None and all(key.kid != key_id for key in known.keys)
        if missing and self._clock() - self._looked_at >= REFRESH_S:
            self._looked_at = self._clock()
            known.keys = await self._read_keys(known.metadata)
        return known.keys

    async def _current(self) -> _Known:
        known = self._known
        if known is None or self._clock() - known.at >= FRESH_S:
            metadata = await self._discovered()
            known = _Known(metadata, await self._read_keys(metadata), self._clock())
            self._known = known
        return known

    async def _discovered(self) -> Metadata:
        issuer = self.client.issuer
        address = issuer.rstrip("/") + "/.well-known/openid-configuration"
        status, body = await self._asked("GET", address)
        if status != 200:
            raise ProviderAway("discovery-status")
        try:
            found = Metadata.model_validate_json(body)
        except ValidationError:
            raise ProviderAway("discovery-answer") from None
        if found.issuer != issuer:
            raise ProviderAway("discovery-issuer")
        addresses = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri,
                     found.end_session_endpoint)  # fmt: skip
        if issuer.startswith("https://") and any(
            each is not None and urlsplit(each).scheme != "https" for each in addresses
        ):
            raise ProviderAway("discovery-plain")
        return found

    async def _read_keys(self, metadata: Metadata) -> KeySet:
        status, body = await self._asked("GET", metadata.jwks_uri)
        if status != 200:
            raise ProviderAway("keys-status")
        try:
            document: Any = httpx.Response(200, content=body).json()
            return KeySet.import_key_set(document)
        except (JoseError, ValueError, KeyError, TypeError, AttributeError):
            raise ProviderAway("keys-answer") from None

    async def _asked(
        self,
        method: str,
        address: str,
        data: Mapping[str, str] | None = None,
        auth: httpx.BasicAuth | None = None,
    ) -> tuple[int, bytes]:
        body = b""
        try:
            async with self._http.stream(
                method, address, data=data, auth=auth, headers={"accept": "application/json"}
            ) as answer:
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > _MAX_ANSWER:
                        raise ProviderAway("too-large")
        except httpx.HTTPError as error:
            get_logger().warning("login.provider-away", error=type(error).__name__)
            raise ProviderAway("unreachable") from None
        return answer.status_code, body


def provider_client() -> httpx.AsyncClient:
    """A client for a provider; the caller closes it."""
    return httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False)


def _with(address: str, query: Mapping[str, str]) -> str:
    mark = "&" if urlsplit(address).query else "?"
    return f"{address}{mark}{urlencode(query)}"
