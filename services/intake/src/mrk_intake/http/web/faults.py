"""Problems as pages: every refusal and every failure, in the reader's language."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrk_delivery.errors import is_transient
from mrk_intake.http.web.hints import is_hint
from mrk_intake.http.web.pages import Pages
from mrk_pages import serving
from mrk_pages.visit import asks_json, language_for
from mrk_telemetry.serving import ASGIApp, Scope
from mrk_web.problems import Answering, ProblemError


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
    return serving.served(routes, as_page(pages), is_transient)
