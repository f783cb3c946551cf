"""The application of role `desk`: every address behind its door."""

from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mrk_city import CityPack
from mrk_delivery.clock import Clock
from mrk_delivery.errors import is_transient
from mrk_login.flow import Login
from mrk_login.logins import Kind, Logins
from mrk_login.oidc import Provider
from mrk_login.session import Cookies, Doors, Serve, Wall, wall
from mrk_pages import assets
from mrk_pages.serving import served
from mrk_pages.visit import SameOrigin, own_path, remember_language
from mrk_routing.domain.assign import Rules
from mrk_routing.domain.desk import Person, Role, granted, person_of
from mrk_routing.domain.desk_access import ONE, may
from mrk_routing.gateways.intake import Intake
from mrk_routing.http.desk.case import ACTIONS, FILE, CasePage
from mrk_routing.http.desk.deeds import Deeds
from mrk_routing.http.desk.desk import Desk
from mrk_routing.http.desk.leader import Leader
from mrk_routing.http.desk.pages import Pages, policy
from mrk_routing.http.desk.queue import Queue
from mrk_routing.http.desk.triage import Triage
from mrk_routing.settings import DeskSettings
from mrk_telemetry.serving import ASGIApp, Scope
from mrk_web.language import Language
from mrk_web.problems import (
    NOT_FOUND,
    Answering,
    ProblemError,
)
from mrk_web.rate import RateLimiter
from mrk_web.server import HttpLimits, harden

LIMITS: Final = HttpLimits(max_body_bytes=52 * 1024 * 1024, body_timeout_s=120.0, max_in_flight=128)
"""Five photos of a proof at most, of 10 MiB each."""

_LOGINS: Final = (1.0, 30.0)
"""Logins that begin from one address: a second, and at once."""


def desk_app(  # noqa: PLR0913, PLR0917  # the parts of a role
    settings: DeskSettings,
    pack: CityPack,
    pool: asyncpg.Pool,
    clock: Clock,
    provider: Provider,
    intake: Intake,
    pages: Pages,
    now: Wall = wall,
) -> ASGIApp:
    """Role `desk`'s application, with every guard around it.

    Args:
        settings: role `desk`'s.
        pack: the city.
        pool: of routing's database.
        clock: the domain's.
        provider: who vouches for people.
        intake: role `internal` of intake.
        pages: renders.
        now: the wall clock, which logins, sessions and the record follow.
    """
    origin = SameOrigin(settings.desk_url)
    cookies = Cookies(origin, "meja")
    kind = Kind("mrk-routing", "agencies", person_of)
    logins = Logins(pool, settings.session_digests, settings.lasting, kind)
    doors = Doors(logins, cookies, origin, may, now)
    limiter = RateLimiter(*_LOGINS)

    def admit(request: Request) -> None:
        limiter.require(request.client.host if request.client is not None else "")

    enter = Login(
        shows=pages,
        provider=provider,
        logins=logins,
        cookies=cookies,
        origin=origin,
        admit=admit,
        audience=settings.audience,
        granted=lambda claims: granted(claims, settings.oidc_roles_claim, pack.agencies),
        now=now,
    )
    desk = Desk(pool, pack, Rules(pack), pages, intake, clock, now)
    routes = [
        *enter.routes(),
        Route("/bahasa/{language:str}", _language(origin), methods=["GET"]),
        Route(assets.PATH, pages.assets.serve, methods=["GET"]),
        *_guarded(doors, desk),
    ]
    answering = _as_page(pages)
    scheme, host = urlsplit(settings.oidc_issuer)[:2]
    return harden(
        served(routes, answering, is_transient),
        LIMITS,
        policy=policy(f"{scheme}://{host}"),
        answering=answering,
    )


def _guarded(doors: Doors[Person], desk: Desk) -> list[Route]:
    queue, case, leader = Queue(desk), CasePage(desk), Leader(desk)
    deeds, triage = Deeds(desk, case), Triage(desk)

    async def home(request: Request, person: Person) -> Response:
        del request
        firsts = ((Role.DISPATCHER, "/triase"), (Role.OFFICER, "/antrean"))
        to = next((path for role, path in firsts if person.is_(role)), "/pimpinan")
        return RedirectResponse(to, 303)

    guarded: list[tuple[str, str, Serve[Person]]] = [
        ("GET", "/", home),
        ("GET", "/triase", triage.show),
        ("GET", "/antrean", queue.show),
        ("GET", "/antrean.csv", queue.export),
        ("POST", "/antrean/terima", deeds.accept_many),
        ("GET", "/perubahan", queue.changed),
        ("POST", "/tampilan", queue.keep),
        ("POST", "/tampilan/hapus", queue.drop),
        ("GET", ONE, case.show),
        ("POST", f"{ONE}/catatan", case.note),
        ("POST", f"{ONE}/rahasia", case.opened),
        ("GET", FILE, case.attachment),
        *(("POST", f"{ONE}/{name}", deeds.of(name)) for name in ACTIONS),
        ("GET", "/pimpinan", leader.show),
        ("GET", "/pimpinan/daftar", leader.listed),
        ("GET", "/jejak", leader.audit),
    ]
    return [
        Route(path, doors.guard(path, serve), methods=[method]) for method, path, serve in guarded
    ]


def _language(origin: SameOrigin) -> Any:
    async def chosen(request: Request) -> Response:
        known: dict[str, Language] = {"id": "id", "en": "en"}
        language = known.get(request.path_params["language"])
        if language is None:
            raise ProblemError(NOT_FOUND)
        answer = RedirectResponse(own_path(request.query_params.get("dari", "/")), 303)
        remember_language(answer, language, https=origin.https)
        return answer

    return chosen


def _as_page(pages: Pages) -> Answering:
    def answering(scope: Scope, error: ProblemError) -> Response:
        return pages.problem(Request(scope), error)

    return answering
