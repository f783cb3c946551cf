"""Who is logged in, by the cookie of their session; what a page without a session answers."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final, Generic, Protocol, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mrk_login.agreed import LOGIN
from mrk_login.logins import Logins
from mrk_pages.visit import SameOrigin
from mrk_telemetry.logs import get_logger
from mrk_web.problems import FORBIDDEN, UNAUTHORIZED, ProblemError

_LONGEST_COOKIE: Final = 128
_READS: Final = frozenset({"GET", "HEAD"})

Wall = Callable[[], datetime]


class Somebody(Protocol):
    """A person who is logged in, whatever else the service knows of them."""

    @property
    def id(self) -> UUID:
        """Stands for the person in logs and tables."""


PersonT = TypeVar("PersonT", bound=Somebody)
Serve = Callable[[Request, PersonT], Awaitable[Response]]
May = Callable[[PersonT, str, str], bool]
"""Whether somebody may use a method of a path, by the service's table."""


def wall() -> datetime:
    """The time that logins and sessions follow, UTC."""
    return datetime.now(UTC)


class Cookies:
    """The two cookies of a login; by https their names bind them to this host alone.

    Args:
        origin: of the pages.
        name: of the session's cookie; browsers share cookies between the ports of a host.
    """

    def __init__(self, origin: SameOrigin, name: str) -> None:
        self._https = origin.https
        mark = "__Host-" if origin.https else ""
        self._login, self._session = f"{mark}masuk", f"{mark}{name}"

    def login(self, request: Request) -> str:
        """What a login that is on its way left with this browser."""
        return _short(request.cookies.get(self._login))

    def session(self, request: Request) -> str:
        """What a session left with this browser; empty where there is none."""
        return _short(request.cookies.get(self._session))

    def remember_login(self, answer: Response, value: str) -> None:
        """For the way back from the provider, which is another site: lax."""
        answer.set_cookie(self._login, value, httponly=True, secure=self._https, samesite="lax")

    def remember_session(self, answer: Response, value: str) -> None:
        """Until the browser closes; no other site's page brings it along: strict."""
        self._forget(answer, self._login)
        answer.set_cookie(
            self._session, value, httponly=True, secure=self._https, samesite="strict"
        )

    def forget_session(self, answer: Response) -> None:
        """After a logout."""
        self._forget(answer, self._session)

    def _forget(self, answer: Response, name: str) -> None:
        answer.delete_cookie(name, secure=self._https, httponly=True)


class Doors(Generic[PersonT]):
    """Lets those in who may, by the table of access; all else is closed.

    Args:
        logins: knows sessions.
        cookies: of the pages.
        origin: where forms come from.
        may: the table of access.
        now: the wall clock.
    """

    def __init__(
        self,
        logins: Logins[PersonT],
        cookies: Cookies,
        origin: SameOrigin,
        may: May[PersonT],
        now: Wall = wall,
    ) -> None:
        self._logins = logins
        self._may = may
        self._cookies = cookies
        self._origin = origin
        self._now = now

    async def person(self, request: Request) -> PersonT | None:
        """Who is logged in."""
        token = self._cookies.session(request)
        return await self._logins.find(token, self._now()) if token else None

    def guard(self, path: str, serve: Serve[PersonT]) -> Callable[[Request], Awaitable[Response]]:
        """A handler that serves those whom the table lets in.

        Args:
            path: the route's template, as the table names it.
            serve: the handler.
        """

        async def guarded(request: Request) -> Response:
            try:
                person = await self.admit(path, request)
            except ProblemError as refused:
                if refused.problem is UNAUTHORIZED and request.method in _READS:
                    page, asked = request.url.path, request.url.query
                    query = urlencode({"ke": f"{page}?{asked}" if asked else page})
                    return RedirectResponse(f"{LOGIN}?{query}", status_code=303)
                raise
            return await serve(request, person)

        return guarded

    async def admit(self, path: str, request: Request) -> PersonT:
        """Who asks, where the table lets them in.

        Args:
            path: the route's template, as the table names it.
            request: theirs.

        Raises:
            ProblemError: 401 without a session, 403 for another site's request, or where the
                table does not let them in.
        """
        if request.method not in _READS:
            self._origin.require(request)
        person = await self.person(request)
        if person is None:
            raise ProblemError(UNAUTHORIZED)
        if not self._may(person, request.method, path):
            get_logger().warning("staff.refused", person=str(person.id), route=path)
            raise ProblemError(FORBIDDEN)
        return person


def _short(value: str | None) -> str:
    return value if value is not None and len(value) <= _LONGEST_COOKIE else ""
