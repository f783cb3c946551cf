"""The pages' application: every address, and problems as pages."""

from collections.abc import Awaitable, Callable, Sequence

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mrk_city import CityPack
from mrk_delivery.clock import Clock
from mrk_intake.domain.keys import Keys
from mrk_intake.domain.suggestion import by_vocabulary
from mrk_intake.http.attachments import Attachments
from mrk_intake.http.limits import Rates, ReportLimits, RowLimits
from mrk_intake.http.near import NearLimit
from mrk_intake.http.reports import Submit
from mrk_intake.http.web import (
    acting,
    contact_page,
    filled,
    following,
    gallery,
    restriction_page,
    tracking_pages,
)
from mrk_intake.http.web import lists as public_lists
from mrk_intake.http.web.acting import Acting
from mrk_intake.http.web.contact_page import ContactPage
from mrk_intake.http.web.crawlers import Crawlers
from mrk_intake.http.web.faults import as_page, served
from mrk_intake.http.web.feeds import Feeds
from mrk_intake.http.web.following import FollowingPages
from mrk_intake.http.web.form_files import FormFiles
from mrk_intake.http.web.hints import Hints
from mrk_intake.http.web.lists import PublicLists
from mrk_intake.http.web.looking import Looking
from mrk_intake.http.web.pages import Page, Pages
from mrk_intake.http.web.pwa import App
from mrk_intake.http.web.reporting import Reporting
from mrk_intake.http.web.restriction_page import RestrictionPage
from mrk_intake.http.web.tracking_pages import TrackingPages
from mrk_intake.http.web.twins import Twins
from mrk_intake.http.web.way import Alike
from mrk_intake.service import SERVICE
from mrk_intake.settings import WebSettings
from mrk_intake.store.actions import Actions
from mrk_intake.store.contacts import Contacts
from mrk_intake.store.followers import Followers
from mrk_intake.store.restrictions import Restrictions
from mrk_pages import assets
from mrk_pages.visit import SameOrigin, own_path, remember_language
from mrk_telemetry.serving import ASGIApp
from mrk_web.language import Language
from mrk_web.overload import overloaded
from mrk_web.problems import AWAY_S
from mrk_web.rate import RateLimiter


def meanwhile(pages: Pages) -> ASGIApp:
    """What is served until the role is ready: its files, and a page that says when to come back."""
    answering = as_page(pages)

    async def busy(request: Request) -> Response:
        return answering(request.scope, overloaded(AWAY_S))

    methods = ["GET", "HEAD", "POST"]
    app = Starlette(
        routes=[
            Route(assets.PATH, pages.assets.serve),
            Route("/{path:path}", busy, methods=methods),
        ]
    )
    app.router.redirect_slashes = False
    return app


def residents_app(  # noqa: PLR0913, PLR0917  # as `public_api`, with the limits
    settings: WebSettings,
    pack: CityPack,
    pool: asyncpg.Pool,
    clock: Clock,
    submit: Submit,
    followers: Followers,
    contacts: Contacts,
    limits: ReportLimits,
    near: NearLimit,
    pages: Pages,
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
        followers: takes those who follow another's report.
        contacts: corrects how reporters are reached.
        limits: of addresses.
        near: asks for proof of work near them.
        pages: renders.
        shows: photos and documents.
        takes: reads the form.
    """
    keys, origin = Keys.derive(settings.tracking_master), SameOrigin(settings.web_url)
    suggest = by_vocabulary(pack)
    asking = RateLimiter(settings.address_rate_per_second, settings.address_rate_burst)
    twins = Twins(pool=pool, pack=pack, suggest=suggest, pages=pages, limiter=asking, origin=origin)
    tracks = TrackingPages(
        pages=pages,
        pool=pool,
        keys=keys,
        clock=clock,
        limits=limits,
        origin=origin,
        web_url=settings.web_url,
    )
    follows = FollowingPages(
        pages=pages,
        followers=followers,
        tracks=tracks,
        limits=limits,
        origin=origin,
        web_url=settings.web_url,
    )
    reports = Reporting(
        pages=pages,
        submit=submit,
        alike=Alike(twins, follows),
        files=takes,
        pool=pool,
        suggest=suggest,
        categories=pack.categories,
        clock=clock,
        keys=keys,
        limits=limits,
        near=near,
        origin=origin,
        map_tiles=settings.map_tiles,
        map_credit=settings.map_credit,
    )
    actions = Actions(pool, SERVICE, keys, settings.vault(), clock, holds=pack.holds)
    contact = ContactPage(
        contacts=contacts, pages=pages, tracks=tracks, limits=limits, origin=origin
    )
    restriction = RestrictionPage(
        restrictions=Restrictions(pool, SERVICE, clock, keys),
        pages=pages,
        tracks=tracks,
        limits=limits,
        origin=origin,
    )
    acts = Acting(actions=actions, tracks=tracks, limits=limits, origin=origin)
    hints = Hints(pack, suggest, asking, limits.address_of, origin)

    async def alike(request: Request) -> Response:
        forwarded = request.headers.get("x-forwarded-for")
        return await twins.hint(request, limits.address_of(request.scope, forwarded))

    rows = Rates(settings.read_rows_per_second, settings.read_rows_burst)
    looking = Looking(pool, pack, clock, RowLimits(rows, settings.trusted_proxies))
    lists = PublicLists(pages, looking, pack, settings.map_tiles, settings.map_credit)
    feeds = Feeds(pages, looking, pack, settings.web_url)
    crawlers = Crawlers(pack, settings.web_url)
    more = [
        *gallery.routes(shows),
        *App(pages, pages.assets, pack).routes(),
        Route(restriction_page.PATH, restriction.form, methods=["GET"]),
        Route(restriction_page.PATH, restriction.put, methods=["POST"]),
        Route(public_lists.PATH, lists.show, methods=["GET"]),
        Route(public_lists.FEED_PATH, feeds.atom, methods=["GET"]),
        Route(public_lists.SHAPES_PATH, feeds.shapes, methods=["GET"]),
        Route("/robots.txt", crawlers.robots, methods=["GET"]),
        Route("/sitemap.xml", crawlers.sitemap, methods=["GET"]),
    ]
    return _routed(pages, origin, reports, tracks, acts, contact, follows, hints, alike, more)


def _routed(  # noqa: PLR0913, PLR0917  # the parts, in the order of their routes
    pages: Pages,
    origin: SameOrigin,
    reports: Reporting,
    tracks: TrackingPages,
    acts: Acting,
    contact: ContactPage,
    follows: FollowingPages,
    hints: Hints,
    alike: Callable[[Request], Awaitable[Response]],
    more: Sequence[Route],
) -> ASGIApp:
    async def about(request: Request) -> Response:
        return pages.render(request, Page("about", {}))

    routes = [
        Route("/", reports.form, methods=["GET"]),
        Route(filled.PATH, reports.form, methods=["GET"]),
        Route(filled.PATH, reports.send, methods=["POST"]),
        Route(tracking_pages.PATH, tracks.ask, methods=["GET"]),
        Route(tracking_pages.PATH, tracks.find, methods=["POST"]),
        Route("/laporan/{number}", tracks.timeline, methods=["GET"]),
        Route("/laporan/{number}/tanda-terima", tracks.receipt, methods=["GET"]),
        *more,
        Route(contact_page.PATH, contact.form, methods=["GET"]),
        Route(contact_page.PATH, contact.correct, methods=["POST"]),
        Route(following.START, follows.back, methods=["GET"]),
        Route(following.START, follows.start, methods=["POST"]),
        Route(following.OWN, follows.own, methods=["GET"]),
        Route(following.OWN, follows.prove, methods=["POST"]),
        Route(following.OWN + "/data", follows.data, methods=["GET"]),
        Route(following.OWN + "/berhenti", follows.stop, methods=["POST"]),
        Route(acting.PATH, acts.back, methods=["GET"]),
        Route(acting.PATH, acts.act, methods=["POST"]),
        Route("/tentang", about, methods=["GET"]),
        Route("/bahasa/{language:str}", chosen_language(origin), methods=["GET"]),
        Route("/bantu/kategori", hints.category, methods=["POST"]),
        Route("/bantu/serupa", alike, methods=["POST"]),
        Route("/bantu/tempat", hints.place, methods=["POST"]),
        Route("/bantu/kelurahan", hints.centres, methods=["GET"]),
        Route(assets.PATH, pages.assets.serve, methods=["GET"]),
    ]
    return served(routes, pages)


def chosen_language(origin: SameOrigin) -> Callable[[Request], Awaitable[Response]]:
    """The handler that remembers a language and leads back to the page that offered it."""

    async def language(request: Request) -> Response:
        chosen: Language = "en" if request.path_params["language"] == "en" else "id"
        answer = RedirectResponse(own_path(request.query_params.get("dari", "/")), 303)
        remember_language(answer, chosen, https=origin.https)
        return answer

    return language
