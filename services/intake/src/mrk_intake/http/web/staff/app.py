"""The application of role `staff`: every address behind its door."""

from typing import Final

import asyncpg
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrk_city import CityPack
from mrk_delivery.clock import Clock
from mrk_intake.domain.access import may
from mrk_intake.domain.keys import Keys
from mrk_intake.domain.staff import Person, Role, person_of
from mrk_intake.domain.suggestion import by_vocabulary
from mrk_intake.http.app import either, is_upload, uploads_api
from mrk_intake.http.limits import ReportLimits
from mrk_intake.http.reports import Submit
from mrk_intake.http.uploads import Uploads
from mrk_intake.http.web import filled
from mrk_intake.http.web.app import chosen_language
from mrk_intake.http.web.faults import served
from mrk_intake.http.web.form_files import FormFiles
from mrk_intake.http.web.hints import Hints
from mrk_intake.http.web.pages import Page, Pages
from mrk_intake.http.web.reporting import Reporting
from mrk_intake.http.web.staff import inspectorate
from mrk_intake.http.web.staff.behalf import OnBehalf
from mrk_intake.http.web.staff.inspectorate import Inspectorate
from mrk_intake.http.web.staff.login import LoginPages, granted
from mrk_intake.http.web.tracking_pages import TrackingPages
from mrk_intake.service import SERVICE
from mrk_intake.staff_settings import StaffSettings
from mrk_intake.store.inspection import Inspection
from mrk_intake.store.objects import Objects
from mrk_login.flow import Login
from mrk_login.logins import Kind, Logins
from mrk_login.oidc import Provider
from mrk_login.session import Cookies, Doors, Serve, Wall, wall
from mrk_pages import assets
from mrk_pages.visit import SameOrigin
from mrk_telemetry.serving import ASGIApp
from mrk_web.rate import RateLimiter

RECEIPT: Final = "/laporan/{number}/tanda-terima"


def _may(person: Person, method: str, path: str) -> bool:
    return may(person.rights.roles, method, path)


def staff_app(  # noqa: PLR0913, PLR0917  # as `residents_app`, with the provider
    settings: StaffSettings,
    pack: CityPack,
    pool: asyncpg.Pool,
    clock: Clock,
    submit: Submit,
    limits: ReportLimits,
    provider: Provider,
    pages: Pages,
    takes: FormFiles,
    uploads: Uploads,
    now: Wall = wall,
) -> ASGIApp:
    """Role `staff`'s application.

    Args:
        settings: role `staff`'s.
        pack: the city.
        pool: of intake's database.
        clock: the domain's.
        submit: stores a report.
        limits: of addresses.
        provider: who vouches for people.
        pages: renders, for staff.
        takes: reads the form.
        uploads: takes its files in pieces, of operators alone.
        now: the wall clock, which logins and sessions follow.
    """
    keys, origin = Keys.derive(settings.tracking_master), SameOrigin(settings.staff_url)
    suggest, cookies = by_vocabulary(pack), Cookies(origin, "petugas")
    kind = Kind("mrk-intake", "channels", person_of)
    logins = Logins(pool, settings.session_digests, settings.lasting, kind)
    doors = Doors(logins, cookies, origin, _may, now)
    reports = Reporting(
        pages=pages,
        submit=submit,
        alike=None,
        pool=pool,
        suggest=suggest,
        categories=pack.categories,
        clock=clock,
        keys=keys,
        limits=limits,
        near=None,
        files=takes,
        origin=origin,
        map_tiles=settings.map_tiles,
        map_credit=settings.map_credit,
    )
    receipts = TrackingPages(
        pages=pages,
        pool=pool,
        keys=keys,
        clock=clock,
        limits=limits,
        origin=origin,
        web_url=settings.web_url,
    )
    enter = Login(
        shows=LoginPages(pages),
        provider=provider,
        logins=logins,
        cookies=cookies,
        origin=origin,
        admit=lambda request: limits.require(
            request.scope, "", request.headers.get("x-forwarded-for")
        ),
        audience=settings.audience,
        granted=lambda claims: granted(claims, settings.oidc_roles_claim),
        now=now,
    )
    reads = Inspectorate(
        pages=pages,
        pool=pool,
        inspection=Inspection(pool, SERVICE, settings.vault()),
        objects=Objects(settings.attachments_url, settings.attachments_s3),
        sealing=settings.sealing(),
        clock=clock,
        now=now,
    )
    asking = RateLimiter(settings.address_rate_per_second, settings.address_rate_burst)
    hints = Hints(pack, suggest, asking, limits.address_of, origin)
    behalf = OnBehalf(reports, pool, settings.vault(), now)
    routes = [
        *enter.routes(),
        Route("/bahasa/{language:str}", chosen_language(origin), methods=["GET"]),
        Route("/bantu/kelurahan", hints.centres, methods=["GET"]),
        Route(assets.PATH, pages.assets.serve, methods=["GET"]),
        *_guarded(doors, pages, behalf, receipts, hints, reads),
    ]
    return either(is_upload, uploads_api(uploads, doors.admit), served(routes, pages))


def _guarded(  # noqa: PLR0913, PLR0917  # the parts, in the order of their routes
    doors: Doors[Person],
    pages: Pages,
    behalf: OnBehalf,
    receipts: TrackingPages,
    hints: Hints,
    reads: Inspectorate,
) -> list[Route]:
    async def home(request: Request, person: Person) -> Response:
        values = {
            "person": person,
            "takes": person.may(Role.OPERATOR),
            "examines": person.may(Role.INSPEKTORAT),
        }
        return pages.render(request, Page("staff_home", values))

    async def receipt(request: Request, person: Person) -> Response:
        del person
        return await receipts.receipt(request)

    async def category(request: Request, person: Person) -> Response:
        del person
        return await hints.category(request)

    async def place(request: Request, person: Person) -> Response:
        del person
        return await hints.place(request)

    guarded: list[tuple[str, str, Serve[Person]]] = [
        ("GET", "/", home),
        ("GET", filled.PATH, behalf.form),
        ("POST", filled.PATH, behalf.send),
        ("GET", RECEIPT, receipt),
        ("POST", "/bantu/kategori", category),
        ("POST", "/bantu/tempat", place),
        ("GET", inspectorate.LIST, reads.listed),
        ("GET", inspectorate.ONE, reads.gate),
        ("POST", inspectorate.ONE + "/isi", reads.open),
        ("POST", inspectorate.ONE + "/kontak", reads.contact),
        ("POST", inspectorate.ONE + "/catatan", reads.note),
        ("POST", inspectorate.ONE + "/keadaan", reads.set_state),
        ("POST", inspectorate.ONE + "/lampiran/{attachment:uuid}", reads.attachment),
    ]
    return [
        Route(path, doors.guard(path, serve), methods=[method]) for method, path, serve in guarded
    ]
