"""An application of pages: whatever goes wrong is told as its pages tell it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

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


def served(
    routes: Sequence[Route], answering: Answering, passing: Callable[[BaseException], bool]
) -> Starlette:
    """An application of pages, whose problems are pages too.

    Args:
        routes: of the pages.
        answering: tells a problem.
        passing: which errors are no defects: they pass by themselves.
    """

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
        middleware=[Middleware(ErrorBoundary, answering=answering, passing=passing)],
        exception_handlers=handlers,
    )
    app.router.redirect_slashes = False
    return app
