"""A bounded number of requests at once: what is over it is refused at once, not queued."""

from collections.abc import Collection

from mrk_telemetry import metrics
from mrk_telemetry.serving import ASGIApp, Receive, Scope, Send
from mrk_web.problems import OVERLOADED, Answering, ProblemError, as_details


class InFlight:
    """Counts what is being worked on.

    Args:
        limit: the most at once; 1 or more.
    """

    def __init__(self, limit: int) -> None:
        if limit < 1:
            raise ValueError("limit must be 1 or more")
        self._limit = limit
        self._now = 0

    @property
    def now(self) -> int:
        """How many are being worked on."""
        return self._now

    def enter(self) -> bool:
        """Take a place; False when there is none."""
        if self._now >= self._limit:
            return False
        self._now += 1
        return True

    def leave(self) -> None:
        """Give a place back.

        Raises:
            RuntimeError: none was taken.
        """
        if self._now == 0:
            raise RuntimeError("a place was given back that nobody took")
        self._now -= 1


def overloaded(retry_after_s: int = 1) -> ProblemError:
    """A 503 with `Retry-After`; raise it when a bounded resource is used up."""
    return ProblemError(OVERLOADED, headers={"retry-after": str(max(1, retry_after_s))})


class OverloadLimit:
    """Pure ASGI: 503 with `Retry-After` when too many requests are in flight.

    Args:
        app: the application within.
        limit: the most requests at once.
        retry_after_s: what refused clients are told to wait, in seconds.
        exempt: paths that are always served: a supervisor must not see an overload as death.
        answering: how the refusal is answered.
    """

    def __init__(
        self,
        app: ASGIApp,
        limit: int,
        *,
        retry_after_s: int = 1,
        exempt: Collection[str] = (),
        answering: Answering = as_details,
    ) -> None:
        self._app = app
        self._in_flight = InFlight(limit)
        self._retry_after_s = retry_after_s
        self._exempt = frozenset(exempt)
        self._answering = answering

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it at once."""
        if scope["type"] != "http" or scope["path"] in self._exempt:
            await self._app(scope, receive, send)
            return
        if not self._in_flight.enter():
            metrics.request_refused("overload")
            refusal = self._answering(scope, overloaded(self._retry_after_s))
            await refusal(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            self._in_flight.leave()
