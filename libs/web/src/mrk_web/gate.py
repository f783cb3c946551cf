"""What a role answers while it waits for what it stands on."""

from collections.abc import Awaitable

from mrk_telemetry.serving import ASGIApp, Receive, Scope, Send
from mrk_web.language import language_of_scope
from mrk_web.overload import overloaded
from mrk_web.problems import AWAY_S


class Gate:
    """Stands before an application that is not there yet: 503 with `Retry-After`.

    A role listens, and says that it is not ready, while it still waits for its database.

    Args:
        meanwhile: answers until then.
    """

    def __init__(self, meanwhile: ASGIApp | None = None) -> None:
        self._app = meanwhile

    def open(self, app: ASGIApp) -> None:
        """Let requests through."""
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one request, or refuse it for now."""
        app = self._app
        if app is None:
            app = overloaded(AWAY_S).response(language_of_scope(scope))
        return app(scope, receive, send)
