"""An error that nobody foresaw, as a page and not as JSON; complete in the log alone."""

from starlette.requests import Request

from mrk_intake.http.web.hints import is_hint
from mrk_intake.http.web.pages import Pages
from mrk_intake.http.web.visit import language_for
from mrk_telemetry.logs import get_logger
from mrk_telemetry.serving import ASGIApp, Message, Receive, Scope, Send
from mrk_web.problems import INTERNAL, ProblemError


class Faults:
    """Pure ASGI: as `mrk_web.problems.ErrorBoundary`, for people.

    A response that has begun is cut by the server: a torn page must not look whole.

    Args:
        app: the application within.
        pages: renders.
    """

    def __init__(self, app: ASGIApp, pages: Pages) -> None:
        self._app = app
        self._pages = pages
        self._log = get_logger()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            if started or scope["type"] != "http":
                raise
            self._log.exception("http.failed", method=scope["method"], started=False)
            request, error = Request(scope), ProblemError(INTERNAL)
            answer = (
                error.response(language_for(request))
                if is_hint(request)
                else self._pages.problem(request, error)
            )
            await answer(scope, receive, send)
