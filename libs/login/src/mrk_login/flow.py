"""Logging in at the city's own provider, and out again (authorization code, PKCE, state, nonce)."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final, Generic, Protocol

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mrk_login.agreed import BACK, GOODBYE, LOGIN, LOGOUT
from mrk_login.claims import Granted
from mrk_login.compact import TokenRefused
from mrk_login.id_tokens import Expected, key_id, verify
from mrk_login.logins import Logins, Pending
from mrk_login.oidc import CodeRefused, Provider, ProviderAway
from mrk_login.session import Cookies, PersonT, Wall, wall
from mrk_pages.visit import SameOrigin, own_path
from mrk_telemetry import metrics
from mrk_telemetry.logs import get_logger

_LONGEST: Final = 4096
_LONGEST_NAME: Final = 120


class Ended(Enum):
    """How a login ended without a session; its value is the page's status."""

    REFUSED = 401
    """The login could not be confirmed."""
    NO_RIGHTS = 403
    """The person is known and has no task here."""
    AWAY = 503
    """The provider does not answer."""


class Shows(Protocol):
    """The pages of a login."""

    def ended(self, request: Request, how: Ended) -> Response:
        """A login that ended without a session."""

    def welcome(self, request: Request, back: str) -> Response:
        """A page of our own that leads on to `back` by itself."""

    def goodbye(self, request: Request) -> Response:
        """Where a logout ends."""


class Login(Generic[PersonT]):
    """Begins and ends sessions.

    Args:
        shows: the pages.
        provider: who vouches for people.
        logins: keeps sessions.
        cookies: of the pages.
        origin: where forms come from.
        admit: counts a login that begins, which is a row: raises `ProblemError` 429 at too many.
        audience: whom the tokens are for.
        granted: what a token's claims give; without a role there is no session.
        now: the wall clock.
    """

    def __init__(  # noqa: PLR0913  # its parts, each by name
        self,
        *,
        shows: Shows,
        provider: Provider,
        logins: Logins[PersonT],
        cookies: Cookies,
        origin: SameOrigin,
        admit: Callable[[Request], None],
        audience: str,
        granted: Callable[[Mapping[str, Any]], Granted],
        now: Wall = wall,
    ) -> None:
        self._shows = shows
        self._provider = provider
        self._logins = logins
        self._cookies = cookies
        self._origin = origin
        self._admit = admit
        self._audience = audience
        self._granted = granted
        self._now = now

    def routes(self) -> list[Route]:
        """The addresses of a login, which stand open to everybody."""
        return [
            Route(LOGIN, self.begin, methods=["GET"]),
            Route(BACK, self.back, methods=["GET"]),
            Route(LOGOUT, self.logout, methods=["POST"]),
            Route(GOODBYE, self.goodbye, methods=["GET"]),
        ]

    async def begin(self, request: Request) -> Response:
        """`GET /masuk`: to the provider, with proof of this login kept here and in the browser.

        Raises:
            ProblemError: 429.
        """
        self._admit(request)
        back = own_path(request.query_params.get("ke", "/"))
        begun = await self._logins.begin_login(back, self._now())
        digest = hashlib.sha256(begun.verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        try:
            address = await self._provider.login_address(
                state=begun.state, nonce=begun.nonce, challenge=challenge
            )
        except ProviderAway as error:
            return self._away(request, error)
        answer = RedirectResponse(address, status_code=303, headers={"cache-control": "no-store"})
        self._cookies.remember_login(answer, begun.browser)
        return answer

    async def back(self, request: Request) -> Response:
        """`GET /masuk/kembali`: the browser comes back with a code.

        The page that it answers leads on by itself: a redirect would still belong to the
        provider's site, and the browser would keep the strict cookie back.
        """
        query = request.query_params
        state, code = query.get("state", "")[:_LONGEST], query.get("code", "")
        pending = await self._logins.take_login(state, self._cookies.login(request), self._now())
        if pending is None or not 0 < len(code) <= _LONGEST:
            return self._refused(request, "state" if pending is None else "no-code")
        try:
            return await self._confirmed(request, pending, code)
        except ProviderAway as error:
            return self._away(request, error)
        except CodeRefused:
            return self._refused(request, "code")
        except TokenRefused as error:
            return self._refused(request, error.why)

    async def _confirmed(self, request: Request, pending: Pending, code: str) -> Response:
        token = await self._provider.redeem(code, pending.verifier)
        client = self._provider.client
        expected = Expected(
            client.issuer, client.client_id, self._audience,
            await self._provider.algorithms(), pending.nonce, self._now(),
        )  # fmt: skip
        claims = verify(token, await self._provider.keys(key_id(token)), expected)
        granted = self._granted(claims)
        if not granted.roles:
            metrics.login("no-rights")
            get_logger().info("login.no-rights")
            return self._shows.ended(request, Ended.NO_RIGHTS)
        name = claims.get("name")
        told = name[:_LONGEST_NAME] if isinstance(name, str) and name.strip() else None
        session = await self._logins.begin(
            client.issuer, str(claims["sub"]), granted, told, token, self._now()
        )
        metrics.login("done")
        answer = self._shows.welcome(request, pending.back)
        self._cookies.remember_session(answer, session)
        return answer

    async def logout(self, request: Request) -> Response:
        """`POST /keluar`: ends the session here first, then at the provider.

        Raises:
            ProblemError: 403 for another site's form.
        """
        self._origin.require(request)
        token = self._cookies.session(request)
        id_token = await self._logins.end(token) if token else None
        address: str | None = None
        if id_token is not None:
            try:
                address = await self._provider.logout_address(id_token)
            except ProviderAway as error:
                get_logger().warning("login.provider-away", why=error.why)
        answer = RedirectResponse(address or GOODBYE, status_code=303)
        answer.headers["cache-control"] = "no-store"
        self._cookies.forget_session(answer)
        return answer

    async def goodbye(self, request: Request) -> Response:
        """`GET /keluar/selesai`: where a logout ends."""
        return self._shows.goodbye(request)

    def _refused(self, request: Request, why: str) -> Response:
        metrics.login("refused")
        get_logger().warning("login.refused", why=why)
        return self._shows.ended(request, Ended.REFUSED)

    def _away(self, request: Request, error: ProviderAway) -> Response:
        metrics.login("away")
        get_logger().warning("login.provider-away", why=error.why)
        return self._shows.ended(request, Ended.AWAY)
