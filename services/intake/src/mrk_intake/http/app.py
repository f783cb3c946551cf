"""The two applications: the public API, and role `internal`."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrk_delivery.errors import is_transient
from mrk_intake.domain.actions import Action
from mrk_intake.http import files, openapi, uploads
from mrk_intake.http.actions import ReporterActions
from mrk_intake.http.attachments import Attachments
from mrk_intake.http.contact import ContactOf
from mrk_intake.http.followers import Follows
from mrk_intake.http.internal import Internal
from mrk_intake.http.internal_attachments import InternalAttachments
from mrk_intake.http.own_data import OwnData
from mrk_intake.http.reports import Reports
from mrk_intake.http.restriction import Restriction
from mrk_intake.http.status import ReportStatus
from mrk_intake.http.uploads import Uploads
from mrk_telemetry.serving import ASGIApp, Receive, Scope, Send
from mrk_web.problems import EXCEPTION_HANDLERS, ErrorBoundary
from mrk_web.server import HttpLimits

REPORTS_PATH: Final = "/api/v1/reports"
ONE_REPORT: Final = REPORTS_PATH + "/{tracking_number}"
BODY_TIMEOUT_S: Final = 15.0
MAX_IN_FLIGHT: Final = 1024
UPLOAD_TIMEOUT_S: Final = 120.0
UPLOADS_IN_FLIGHT: Final = 64
"""Requests of uploads at once: each holds a piece and its ciphertext in memory."""


WITHIN: Final = (Middleware(ErrorBoundary, passing=is_transient),)
"""Within, since Starlette itself would answer with bare words before it lets an error out."""


def upload_limits(max_body_bytes: int) -> HttpLimits:
    """What one process takes at once of files: slow lines have time."""
    return HttpLimits(
        max_body_bytes=max_body_bytes,
        body_timeout_s=UPLOAD_TIMEOUT_S,
        max_in_flight=UPLOADS_IN_FLIGHT,
    )


def limits(max_body_bytes: int) -> HttpLimits:
    """What one process takes at once."""
    return HttpLimits(
        max_body_bytes=max_body_bytes, body_timeout_s=BODY_TIMEOUT_S, max_in_flight=MAX_IN_FLIGHT
    )


class PublicApi:
    """The public API; accepting a report takes the short way past the router.

    Args:
        reports: takes reports.
        status: shows timelines.
        own: a reporter's rights over their report.
        actions: takes what reporters do later.
        follows: takes those who follow another's report.
        contact: corrects how they are reached.
        restriction: restricts processing.
        shows: shows photos and documents.
        description: the OpenAPI document.
        more: routes of other interfaces.
    """

    def __init__(  # noqa: PLR0913, PLR0917  # an argument an interface
        self,
        reports: Reports,
        status: ReportStatus,
        own: OwnData,
        actions: ReporterActions,
        follows: Follows,
        contact: ContactOf,
        restriction: Restriction,
        shows: Attachments,
        description: bytes,
        more: Sequence[Route] = (),
    ) -> None:
        async def described(request: Request) -> Response:
            del request
            headers = {"cache-control": "public, max-age=300"}
            return Response(description, media_type="application/json", headers=headers)

        async def one(request: Request) -> Response:
            return await (own.erase if request.method == "DELETE" else status)(request)

        async def following(request: Request) -> Response:
            return await (follows.stop if request.method == "DELETE" else follows.read)(request)

        def acting(action: Action) -> Route:
            async def act(request: Request) -> Response:
                return await actions(request, action)

            return Route(f"{ONE_REPORT}/{action.value}", act, methods=["POST"])

        self._reports = reports
        self._accepting = Route(REPORTS_PATH, reports, methods=["POST"])
        self._rest = Starlette(
            routes=[
                self._accepting,
                Route(ONE_REPORT, one, methods=["GET", "DELETE"]),
                Route(ONE_REPORT + "/data", own.export, methods=["GET"]),
                Route(ONE_REPORT + "/erasure", own.erasure, methods=["GET"]),
                _by_method(ONE_REPORT + "/contact", PUT=contact, PATCH=contact),
                _by_method(ONE_REPORT + "/restriction", PUT=restriction, DELETE=restriction),
                *(acting(action) for action in Action),
                Route(ONE_REPORT + "/followers", follows.follow, methods=["POST"]),
                Route(ONE_REPORT + "/following", following, methods=["GET", "DELETE"]),
                Route(files.PATH + "/{name}", shows.kept, methods=["GET"]),
                Route(files.PATH + "/{name}/thumbnail", shows.thumbnail, methods=["GET"]),
                Route(openapi.PATH, described, methods=["GET"]),
                *more,
            ],
            middleware=WITHIN,
            exception_handlers=EXCEPTION_HANDLERS,
        )
        self._rest.router.redirect_slashes = False

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one request."""
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"] == REPORTS_PATH:
            scope["route"] = self._accepting
            return self._reports(scope, receive, send)
        return self._rest(scope, receive, send)


def internal_api(internal: Internal, shared: InternalAttachments) -> ASGIApp:
    """Role `internal`'s application, but for the proofs that it takes."""
    return _routed(
        Route("/internal/v1/contacts/{reporter}", internal.contact, methods=["GET"]),
        Route("/internal/v1/places/{complaint_id}", internal.place, methods=["GET"]),
        Route("/internal/v1/details/{complaint_id}", internal.details, methods=["GET"]),
        Route("/internal/v1/reports/{complaint_id}/attachments", shared.listed, methods=["GET"]),
        Route("/internal/v1/attachments/{attachment_id}", shared.read, methods=["GET"]),
        Route("/internal/v1/proofs/{attachment_id}", shared.proof, methods=["GET"]),
    )


def proofs_api(shared: InternalAttachments) -> ASGIApp:
    """What takes proofs, whose bodies are larger than all others."""
    return _routed(
        Route("/internal/v1/reports/{complaint_id}/proofs", shared.add_proof, methods=["POST"])
    )


Admit = Callable[[str, Request], Awaitable[object]]
"""Asked before a request is served, with its route's template; raises `ProblemError` to refuse."""


async def _anybody(path: str, request: Request) -> None:
    """Lets everybody in."""
    del path, request


def uploads_api(made: Uploads, admit: Admit = _anybody) -> ASGIApp:
    """What takes uploads, whose bodies are larger, and slower, than all others.

    Args:
        made: serves.
        admit: who may upload.
    """
    one = uploads.PATH + "/{token}"
    return _routed(
        _by_method(uploads.PATH, admit=admit, OPTIONS=made.options, POST=made.create),
        _by_method(
            one, admit=admit, OPTIONS=made.options, HEAD=made.head, PATCH=made.patch,
            DELETE=made.delete, GET=made.get,
        ),
    )  # fmt: skip


def is_upload(path: str) -> bool:
    """Whether a path is one of `uploads_api`."""
    return path == uploads.PATH or path.startswith(uploads.PATH + "/")


def is_proof(path: str) -> bool:
    """Whether a path is one of `proofs_api`."""
    return path.startswith("/internal/v1/reports/") and path.endswith("/proofs")


def either(chosen: Callable[[str], bool], that: ASGIApp, other: ASGIApp) -> ASGIApp:
    """`that` where a request's path is chosen, else the other."""

    def dispatch(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        app = that if scope["type"] == "http" and chosen(scope["path"]) else other
        return app(scope, receive, send)

    return dispatch


def by_scope(chosen: Callable[[Scope], bool], that: ASGIApp, other: ASGIApp) -> ASGIApp:
    """`that` where a request is chosen, else the other."""

    def dispatch(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        app = that if scope["type"] == "http" and chosen(scope) else other
        return app(scope, receive, send)

    return dispatch


def _by_method(
    path: str, *, admit: Admit = _anybody, **serve: Callable[[Request], Awaitable[Response]]
) -> Route:
    """One route of a path: whoever asks by another method is told all that there are."""

    async def chosen(request: Request) -> Response:
        await admit(path, request)
        return await serve[request.method](request)

    return Route(path, chosen, methods=list(serve))


def _routed(*routes: Route) -> ASGIApp:
    app = Starlette(routes=routes, middleware=WITHIN, exception_handlers=EXCEPTION_HANDLERS)
    app.router.redirect_slashes = False
    return app
