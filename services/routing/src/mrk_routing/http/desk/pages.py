"""Rendering of the desk's pages, in the reader's language."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from babel.dates import format_date, format_time
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from mrk_city import CityPack
from mrk_login.flow import Ended
from mrk_pages import catalogues
from mrk_pages.assets import Assets, accepts_gzip
from mrk_pages.catalogues import N_
from mrk_pages.visit import language_for
from mrk_routing.domain.desk import Person, Role
from mrk_routing.http.desk import labels
from mrk_schemas.cases import Case
from mrk_web.language import Language
from mrk_web.problems import ProblemError

STATIC: Final = Path(__file__).parent / "static"
LOCALES: Final = Path(__file__).parent / "locales"
_TOLD: Final[Mapping[Ended, str]] = {
    Ended.AWAY: N_("The login service does not answer. Wait a moment and try again."),
    Ended.REFUSED: N_("This login could not be confirmed. Begin it again from here."),
    Ended.NO_RIGHTS: N_(
        "You are known, but have no task here yet. Ask whoever manages accounts in your office."
    ),
}


def policy(provider: str) -> str:
    """What a page may load: our own files alone.

    Args:
        provider: origin of the login's provider, where a logout's answer leads.
    """
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        f" connect-src 'self'; form-action 'self' {provider}; base-uri 'none';"
        " frame-ancestors 'none'"
    )


@dataclass(frozen=True, slots=True)
class Page:
    """What a handler shows.

    Attributes:
        template: its name without `.html`.
        values: for the template.
        person: who looks; None where nobody is logged in.
    """

    template: str
    values: Mapping[str, Any]
    person: Person | None = None
    status: int = 200


class Pages:
    """Renders pages, and those of the login.

    Args:
        pack: the city's names and time zone.
        assets: static files.
    """

    def __init__(self, pack: CityPack, assets: Assets) -> None:
        self.assets = assets
        self._pack = pack
        self._environments = {each: self._made(each) for each in catalogues.LANGUAGES}

    def render(self, request: Request, page: Page) -> Response:
        """A page in the reader's language."""
        language = language_for(request)
        template = self._environments[language].get_template(f"{page.template}.html")
        path, query = request.url.path, request.url.query
        here = f"{path}?{query}" if query and request.method == "GET" else path
        body = template.render(
            path=path, here=here, person=page.person, links=_links(page.person), **page.values
        ).encode()
        headers = {
            "content-language": language,
            "referrer-policy": "same-origin",
            "cache-control": "no-store",
            "vary": "Accept-Encoding, Accept-Language, Cookie",
        }
        if accepts_gzip(request):
            body = gzip.compress(body, compresslevel=6, mtime=0)
            headers["content-encoding"] = "gzip"
        return Response(body, page.status, headers, media_type="text/html; charset=utf-8")

    def problem(self, request: Request, error: ProblemError) -> Response:
        """A problem as a page."""
        values = {"status": error.problem.status}
        answer = self.render(request, Page("problem", values, status=error.problem.status))
        answer.headers.update(error.headers)
        return answer

    def ended(self, request: Request, how: Ended) -> Response:
        """A login that ended without a session."""
        return self.render(request, Page("login", {"told": _TOLD[how]}, status=how.value))

    def welcome(self, request: Request, back: str) -> Response:
        """A page of our own that leads on to `back` by itself."""
        return self.render(request, Page("welcome", {"back": back}))

    def goodbye(self, request: Request) -> Response:
        """Where a logout ends."""
        return self.render(request, Page("login", {"told": None}))

    def _made(self, language: Language) -> Environment:
        strings = catalogues.load(LOCALES, language)
        made = Environment(
            loader=PackageLoader("mrk_routing.http.desk", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        made.install_gettext_callables(  # type: ignore[attr-defined]  # added by the extension
            strings.gettext, strings.ngettext, newstyle=True
        )
        pack, zone = self._pack, self._pack.calendar.zone

        def moment(at: datetime) -> str:
            local = at.astimezone(zone)
            hour = format_time(local, "HH.mm" if language == "id" else "HH:mm", locale=language)
            return f"{format_date(local, 'd MMM y', locale=language)}, {hour}"

        def agency(code: str | None) -> str:
            known = pack.agencies.get(code) if code else None  # type: ignore[call-overload]  # any word may be asked for
            return known.names[language] if known else str(code or "")

        def place(case: Case) -> str:
            inner = pack.subdistricts.get(case.subdistrict) if case.subdistrict else None
            outer = pack.districts.get(case.district) if case.district else None
            return ", ".join(each.name for each in (inner, outer) if each is not None)

        def category(code: str | None) -> str:
            known = pack.categories.get(code) if code else None  # type: ignore[call-overload]  # as above
            return known.names[language] if known else str(code or "")

        made.filters.update(moment=moment, agency=agency, place=place, category=category)
        made.globals.update(
            language=language,
            asset=self.assets.url,
            city=pack.city.names[language],
            zone_name=str(zone),
            labels=labels,
            standing_of=standing_of,
            categories=sorted(
                ((code, each.names[language]) for code, each in pack.categories.items()),
                key=lambda each: each[1],
            ),
            districts=sorted(pack.districts.values(), key=lambda each: each.name),
            place_names={
                **{str(code): each.name for code, each in pack.districts.items()},
                **{str(code): each.name for code, each in pack.subdistricts.items()},
            },
        )
        return made


def standing_of(case: Case) -> str:
    """Where a case stands, as `labels.STANDINGS` names it."""
    if case.ending is not None:
        return case.ending
    for is_so, name in (
        (case.part_of is not None, "merged"),
        (case.handed_on_at is not None, "handed_on"),
        (case.waiting is not None, "waiting"),
        (case.disputed_at is not None, "disputed"),
    ):
        if is_so:
            return name
    return case.state.value


def _links(person: Person | None) -> list[tuple[str, str]]:
    if person is None:
        return []
    found = []
    if person.is_(Role.DISPATCHER):
        found.append(("/triase", N_("Triage")))
    if person.is_(Role.DISPATCHER) or person.is_(Role.OFFICER):
        found.append(("/antrean", N_("Queue")))
    if person.is_(Role.LEADER):
        found += [("/pimpinan", N_("What burns")), ("/jejak", N_("Record"))]
    return found
