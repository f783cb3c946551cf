"""Requests counted and timed by the route's template."""

import time
from collections.abc import Awaitable, Callable, Collection
from typing import Final

from mrk_telemetry import metrics
from mrk_telemetry.serving import ASGIApp, Message, Receive, Scope, Send

UNMATCHED: Final = "unmatched"


def route_template(scope: Scope) -> str:
    """The template of the route that answered, such as `/reports/{number}`.

    Returns:
        `unmatched` when no route did; never the path itself, which holds ids.
    """
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else UNMATCHED


class RequestMetrics:
    """Pure ASGI: counts and times each request; an error that gets out counts as 500.

    Args:
        app: the application within.
        exempt: paths that are not counted, such as a supervisor's.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        exempt: Collection[str] = (),
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._app = app
        self._exempt = frozenset(exempt)
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] in self._exempt:
            await self._app(scope, receive, send)
            return
        status = 500

        def watched(message: Message) -> Awaitable[None]:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            return send(message)

        began = self._clock()
        metrics.request_started()
        try:
            await self._app(scope, receive, watched)
        finally:
            metrics.request_ended()
            metrics.request(route_template(scope), scope["method"], status, self._clock() - began)
