"""The routes of `/open311/v2/`, each with its errors as Open311 wants them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from mrk_delivery.errors import is_transient
from mrk_intake.domain.open311.parameters import Fault, Refused
from mrk_intake.http.limits import ReportLimits
from mrk_intake.http.open311.answers import Answers
from mrk_intake.http.open311.reading import NOT_FOUND, Reading
from mrk_intake.http.open311.sending import Sending
from mrk_intake.http.reports import RETRY_AFTER_S
from mrk_telemetry import metrics
from mrk_web.overload import overloaded
from mrk_web.problems import METHOD_NOT_ALLOWED, ProblemError

PREFIX: Final = "/open311/v2"
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_FORMATS: Final = frozenset({"json", "xml"})

Handler = Callable[[Request, Answers], Awaitable[Response]]


def routes(reading: Reading, sending: Sending, limits: ReportLimits) -> list[Route]:
    """What Open311 serves.

    Args:
        reading: shows what is public.
        sending: takes requests for service.
        limits: of an address, for everything under here.
    """

    def route(path: str, get: Handler | None = None, post: Handler | None = None) -> Route:
        handlers = {"GET": get, "POST": post}
        known = {method: handler for method, handler in handlers.items() if handler is not None}

        async def serve(request: Request) -> Response:
            return await _served(request, known, limits)

        return Route(PREFIX + path, serve, methods=_METHODS)

    return [
        route("/discovery.{format}", reading.discovery),
        route("/services.{format}", reading.services),
        route("/services/{code}.{format}", reading.definition),
        route("/requests.csv", reading.bulk),
        route("/requests.{format}", reading.requests, sending.request),
        route("/requests/{id}.{format}", reading.request),
        route("/tokens/{token}.{format}", reading.token),
        route("/servicerequestupdates.{format}", reading.updates, sending.update),
        route("/{rest:path}"),
    ]


async def _served(
    request: Request, handlers: Mapping[str, Handler], limits: ReportLimits
) -> Response:
    answers = Answers.to(request)
    try:
        limits.require(request.scope, "", request.headers.get("x-forwarded-for"))
        return await _handler(request, handlers)(request, answers)
    except Refused as refused:
        return answers.refused(refused.faults)
    except ProblemError as error:
        return answers.problem(error)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody waits for it
    except Exception as error:
        if not is_transient(error):
            raise
        metrics.request_refused("database")
        return answers.problem(overloaded(RETRY_AFTER_S))


def _handler(request: Request, handlers: Mapping[str, Handler]) -> Handler:
    if not handlers:
        raise Refused(NOT_FOUND)
    if request.path_params.get("format", "json") not in _FORMATS:
        raise Refused(Fault("", "format", status=404))
    handler = handlers.get("GET" if request.method == "HEAD" else request.method)
    if handler is None:
        raise ProblemError(METHOD_NOT_ALLOWED, headers={"allow": ", ".join(handlers)})
    return handler
