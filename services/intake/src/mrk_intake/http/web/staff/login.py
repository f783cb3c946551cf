"""Logging in at the city's own provider, and out again (authorization code, PKCE, state, nonce)."""

import base64
import hashlib
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mrk_intake.domain.id_tokens import Expected, TokenRefused, key_id, verify
from mrk_intake.domain.staff import rights_of
from mrk_intake.gateways.oidc import CodeRefused, Provider, ProviderAway
from mrk_intake.http.limits import ReportLimits
from mrk_intake.http.web.catalogues import N_
from mrk_intake.http.web.pages import Page, Pages
from mrk_intake.http.web.staff.session import LOGIN, Cookies, Wall, wall
from mrk_intake.http.web.visit import SameOrigin, own_path
from mrk_intake.store.logins import Logins, Pending
from mrk_telemetry import metrics
from mrk_telemetry.logs import get_logger

BACK: Final = LOGIN + "/kembali"
LOGOUT: Final = "/keluar"
GOODBYE: Final = LOGOUT + "/selesai"
_LONGEST: Final = 4096
_LONGEST_NAME: Final = 120
_AWAY: Final = N_("The login service does not answer. Wait a moment and try again.")
_REFUSED: Final = N_("This login could not be confirmed. Begin it again from here.")
_NO_RIGHTS: Final = N_(
    "You are known, but have no task here yet. Ask whoever manages accounts in your office."
)


class Login:
    """Begins and ends sessions.

    Args:
        pages: renders.
        provider: who vouches for people.
        logins: keeps sessions.
        cookies: of the pages.
        origin: where forms come from.
        limits: of addresses: each login that begins is a row.
        audience: whom the tokens are for.
        roles_claim: where they hold roles.
        now: the wall clock.
    """

    def __init__(  # noqa: PLR0913  # its parts, each by name
        self,
        *,
        pages: Pages,
        provider: Provider,
        logins: Logins,
        cookies: Cookies,
        origin: SameOrigin,
        limits: ReportLimits,
        audience: str,
        roles_claim: str,
        now: Wall = wall,
    ) -> None:
        self._pages = pages
        self._provider = provider
        self._logins = logins
        self._cookies = cookies
        self._origin = origin
        self._limits = limits
        self._audience = audience
        self._roles_claim = roles_claim
        self._now = now

    async def begin(self, request: Request) -> Response:
        """`GET /masuk`: to the provider, with proof of this login kept here and in the browser.

        Raises:
            ProblemError: 429.
        """
        self._limits.require(request.scope, "", request.headers.get("x-forwarded-for"))
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
        rights = rights_of(claims, self._roles_claim)
        if not rights.roles:
            metrics.login("no-rights")
            get_logger().info("login.no-rights")
            return self._pages.render(request, Page("staff_login", {"told": _NO_RIGHTS}, 403))
        name = claims.get("name")
        told = name[:_LONGEST_NAME] if isinstance(name, str) and name.strip() else None
        session = await self._logins.begin(
            client.issuer, str(claims["sub"]), rights, told, token, self._now()
        )
        metrics.login("done")
        answer = self._pages.render(request, Page("staff_welcome", {"back": pending.back}))
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
        return self._pages.render(request, Page("staff_login", {"told": None}))

    def _refused(self, request: Request, why: str) -> Response:
        metrics.login("refused")
        get_logger().warning("login.refused", why=why)
        return self._pages.render(request, Page("staff_login", {"told": _REFUSED}, 401))

    def _away(self, request: Request, error: ProviderAway) -> Response:
        metrics.login("away")
        get_logger().warning("login.provider-away", why=error.why)
        return self._pages.render(request, Page("staff_login", {"told": _AWAY}, 503))
