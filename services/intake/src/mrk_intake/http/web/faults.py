"""Problems as pages: every refusal and every failure, in the reader's language."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrk_delivery.errors import is_transient
from mrk_intake.http.web.hints import is_hint
from mrk_intake.http.web.pages import Pages
from mrk_pages.visit import asks_json, language_for
from mrk_telemetry.serving import ASGIApp, Scope
from mrk_web.problems import (
    BAD_REQUEST,
    INTERNAL,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    Answering,
    ErrorBoundary,
    Problem,
    ProblemError,
)

_BY_STATUS: Final[Mapping[int, Problem]] = {404: NOT_FOUND, 405: METHOD_NOT_ALLOWED}


def as_page(pages: Pages) -> Answering:
    """Answers a browser by a page, and the page's own scripts by problem details."""

    def answering(scope: Scope, error: ProblemError) -> Response:
        request = Request(scope)
        if is_hint(request) or asks_json(request):
            return error.response(language_for(request))
        return pages.problem(request, error)

    return answering


def served(routes: Sequence[Route], pages: Pages) -> ASGIApp:
    """An application of pages, whose problems are pages too."""
    answering = as_page(pages)

    async def problem(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException):
            known = _BY_STATUS.get(
                error.status_code, INTERNAL if error.status_code >= 500 else BAD_REQUEST
            )
            error = ProblemError(known, headers=error.headers or {})
        if not isinstance(error, ProblemError):
            raise error
        return answering(request.scope, error)

    handlers: Mapping[Any, Any] = {ProblemError: problem, HTTPException: problem}
    app = Starlette(
        routes=routes,
        # within: Starlette itself would answer with bare words before it lets an error out
        middleware=[Middleware(ErrorBoundary, answering=answering, passing=is_transient)],
        exception_handlers=handlers,
    )
    app.router.redirect_slashes = False
    return app
