"""Who is logged in, by the cookie of their session; what a page without a session answers."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mrk_intake.domain.access import may
from mrk_intake.domain.staff import Person
from mrk_intake.http.web.visit import SameOrigin
from mrk_intake.store.logins import Logins
from mrk_telemetry.logs import get_logger
from mrk_web.problems import FORBIDDEN, UNAUTHORIZED, ProblemError

LOGIN: Final = "/masuk"
_LONGEST_COOKIE: Final = 128
_READS: Final = frozenset({"GET", "HEAD"})

Serve = Callable[[Request, Person], Awaitable[Response]]
Wall = Callable[[], datetime]


def wall() -> datetime:
    """The time that logins and sessions follow, UTC."""
    return datetime.now(UTC)


class Cookies:
    """The two cookies of a login; by https their names bind them to this host alone.

    Args:
        origin: of the pages.
    """

    def __init__(self, origin: SameOrigin) -> None:
        self._https = origin.https
        mark = "__Host-" if origin.https else ""
        self._login, self._session = f"{mark}masuk", f"{mark}petugas"

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


class Doors:
    """Lets those in who may, by the table of access; all else is closed.

    Args:
        logins: knows sessions.
        cookies: of the pages.
        origin: where forms come from.
        now: the wall clock.
    """

    def __init__(
        self, logins: Logins, cookies: Cookies, origin: SameOrigin, now: Wall = wall
    ) -> None:
        self._logins = logins
        self._cookies = cookies
        self._origin = origin
        self._now = now

    async def person(self, request: Request) -> Person | None:
        """Who is logged in."""
        token = self._cookies.session(request)
        return await self._logins.find(token, self._now()) if token else None

    def guard(self, path: str, serve: Serve) -> Callable[[Request], Awaitable[Response]]:
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
                    query = urlencode({"ke": request.url.path})
                    return RedirectResponse(f"{LOGIN}?{query}", status_code=303)
                raise
            return await serve(request, person)

        return guarded

    async def admit(self, path: str, request: Request) -> Person:
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
        if not may(person.rights.roles, request.method, path):
            get_logger().warning("staff.refused", person=str(person.id), route=path)
            raise ProblemError(FORBIDDEN)
        return person


def _short(value: str | None) -> str:
    return value if value is not None and len(value) <= _LONGEST_COOKIE else ""
