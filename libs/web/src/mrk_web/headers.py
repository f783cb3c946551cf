"""Security headers on every answer that does not set its own."""

from collections.abc import Awaitable
from functools import lru_cache
from typing import Final

from mrk_telemetry.serving import ASGIApp, Message, Receive, Scope, Send

API_POLICY: Final = (
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)

_ANSWERS: Final = 64


class SecurityHeaders:
    """Pure ASGI: adds what is absent; what the app sets stays.

    Args:
        app: the application within.
        policy: Content-Security-Policy; the default lets an API's answer load nothing.
        private: adds `Cache-Control: no-store` (ASVS 14.3.2).
    """

    def __init__(self, app: ASGIApp, *, policy: str = API_POLICY, private: bool = True) -> None:
        self._app = app
        wanted = {
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "content-security-policy": policy,
            "cross-origin-resource-policy": "same-origin",
        }
        if private:
            wanted["cache-control"] = "no-store"
        headers = [(name.encode(), value.encode()) for name, value in wanted.items()]

        @lru_cache(maxsize=_ANSWERS)  # answers have few sets of headers
        def absent(given: tuple[bytes, ...]) -> list[tuple[bytes, bytes]]:
            names = {name.lower() for name in given}
            return [pair for pair in headers if pair[0] not in names]

        self._absent = absent

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one request."""
        if scope["type"] != "http":
            return self._app(scope, receive, send)

        def with_headers(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                message["headers"] = [*given, *self._absent(tuple([name for name, _ in given]))]
            return send(message)

        return self._app(scope, receive, with_headers)
