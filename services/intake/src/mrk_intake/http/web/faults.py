"""Problems as pages: every refusal and every failure, in the reader's language."""

from starlette.requests import Request
from starlette.responses import Response

from mrk_intake.http.web.hints import is_hint
from mrk_intake.http.web.pages import Pages
from mrk_intake.http.web.visit import language_for
from mrk_telemetry.serving import Scope
from mrk_web.problems import Answering, ProblemError


def as_page(pages: Pages) -> Answering:
    """Answers a browser by a page, and the page's own scripts by problem details."""

    def answering(scope: Scope, error: ProblemError) -> Response:
        request = Request(scope)
        if is_hint(request):
            return error.response(language_for(request))
        return pages.problem(request, error)

    return answering
