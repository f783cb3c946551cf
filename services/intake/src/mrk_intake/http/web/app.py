"""The pages' application: every address, and problems as pages."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import asyncpg
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mrk_city import CityPack
from mrk_delivery.clock import Clock
from mrk_intake.domain.keys import Keys
from mrk_intake.domain.suggestion import by_vocabulary
from mrk_intake.http.attachments import Attachments
from mrk_intake.http.limits import ReportLimits
from mrk_intake.http.reports import Submit
from mrk_intake.http.web import acting, assets, filled, gallery, tracking_pages
from mrk_intake.http.web.acting import Acting
from mrk_intake.http.web.assets import Assets
from mrk_intake.http.web.faults import Faults
from mrk_intake.http.web.form_files import FormFiles
from mrk_intake.http.web.hints import Hints, is_hint
from mrk_intake.http.web.pages import Page, Pages
from mrk_intake.http.web.pwa import App
from mrk_intake.http.web.reporting import Reporting
from mrk_intake.http.web.tracking_pages import TrackingPages
from mrk_intake.http.web.visit import SameOrigin, language_for, own_path, remember_language
from mrk_intake.service import SERVICE
from mrk_intake.settings import WebSettings
from mrk_intake.store.actions import Actions
from mrk_telemetry.serving import ASGIApp
from mrk_web.language import Language
from mrk_web.problems import (
    BAD_REQUEST,
    INTERNAL,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    Problem,
    ProblemError,
)
from mrk_web.rate import RateLimiter

_BY_STATUS: Final[Mapping[int, Problem]] = {404: NOT_FOUND, 405: METHOD_NOT_ALLOWED}


def residents_app(  # noqa: PLR0913, PLR0917  # as `public_api`, with the limits
    settings: WebSettings,
    pack: CityPack,
    pool: asyncpg.Pool,
    clock: Clock,
    submit: Submit,
    limits: ReportLimits,
    shows: Attachments,
    takes: FormFiles,
) -> ASGIApp:
    """Role `web`'s application.

    Args:
        settings: role `web`'s.
        pack: the city.
        pool: of intake's database.
        clock: the domain's.
        submit: stores a report.
        limits: of addresses.
        shows: photos and documents.
        takes: reads the form.
    """
    keys, origin = Keys.derive(settings.tracking_master), SameOrigin(settings.web_url)
    files, suggest = Assets(), by_vocabulary(pack)
    pages = Pages(pack, files)
    reports = Reporting(
        pages=pages,
        submit=submit,
        suggest=suggest,
        categories=pack.categories,
        clock=clock,
        keys=keys,
        limits=limits,
        files=takes,
        origin=origin,
        map_tiles=settings.map_tiles,
        map_credit=settings.map_credit,
    )
    tracks = TrackingPages(
        pages=pages,
        pool=pool,
        keys=keys,
        clock=clock,
        limits=limits,
        origin=origin,
        web_url=settings.web_url,
    )
    actions = Actions(pool, SERVICE, keys, settings.vault(), clock)
    acts = Acting(actions=actions, tracks=tracks, limits=limits, origin=origin)
    asking = RateLimiter(settings.address_rate_per_second, settings.address_rate_burst)
    hints = Hints(pack, suggest, asking, limits.address_of, origin)
    more = [*gallery.routes(shows), *App(pages, files, pack).routes()]
    return _routed(pages, files, origin, reports, tracks, acts, hints, more)


def _routed(  # noqa: PLR0913, PLR0917  # the parts, in the order of their routes
    pages: Pages,
    files: Assets,
    origin: SameOrigin,
    reports: Reporting,
    tracks: TrackingPages,
    acts: Acting,
    hints: Hints,
    more: Sequence[Route],
) -> ASGIApp:
    async def about(request: Request) -> Response:
        return pages.render(request, Page("about", {}))

    async def language(request: Request) -> Response:
        chosen: Language = "en" if request.path_params["language"] == "en" else "id"
        answer = RedirectResponse(own_path(request.query_params.get("dari", "/")), 303)
        remember_language(answer, chosen, https=origin.https)
        return answer

    async def problem(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException):
            known = _BY_STATUS.get(
                error.status_code, INTERNAL if error.status_code >= 500 else BAD_REQUEST
            )
            error = ProblemError(known, headers=error.headers or {})
        if not isinstance(error, ProblemError):
            raise error
        if is_hint(request):
            return error.response(language_for(request))
        return pages.problem(request, error)

    handlers: Mapping[Any, Any] = {ProblemError: problem, HTTPException: problem}
    app = Starlette(
        routes=[
            Route("/", reports.form, methods=["GET"]),
            Route(filled.PATH, reports.form, methods=["GET"]),
            Route(filled.PATH, reports.send, methods=["POST"]),
            Route(tracking_pages.PATH, tracks.ask, methods=["GET"]),
            Route(tracking_pages.PATH, tracks.find, methods=["POST"]),
            Route("/laporan/{number}", tracks.timeline, methods=["GET"]),
            Route("/laporan/{number}/tanda-terima", tracks.receipt, methods=["GET"]),
            Route(acting.PATH, acts.back, methods=["GET"]),
            Route(acting.PATH, acts.act, methods=["POST"]),
            *more,
            Route("/tentang", about, methods=["GET"]),
            Route("/bahasa/{language:str}", language, methods=["GET"]),
            Route("/bantu/kategori", hints.category, methods=["POST"]),
            Route("/bantu/tempat", hints.place, methods=["POST"]),
            Route("/bantu/kelurahan", hints.centres, methods=["GET"]),
            Route(assets.PATH, files.serve, methods=["GET"]),
        ],
        # within: Starlette itself would answer with bare words before it lets an error out
        middleware=[Middleware(Faults, pages=pages)],
        exception_handlers=handlers,
    )
    app.router.redirect_slashes = False
    return app
