"""Rendering: templates in the visitor's language, and the headers that every page has."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from babel.dates import format_date, format_time
from babel.numbers import format_decimal
from babel.support import Translations
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from mrk_city import CityPack
from mrk_city.models import Subdistrict
from mrk_intake.domain.attachments import MIB
from mrk_intake.domain.instants import instant
from mrk_intake.http.web import catalogues
from mrk_pages.assets import Assets, accepts_gzip
from mrk_pages.visit import language_for
from mrk_web.language import Language
from mrk_web.problems import ProblemError

STATIC: Final = Path(__file__).parent / "static"
"""The pages' files."""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src {images};"
    " manifest-src 'self'; connect-src 'self'; form-action {forms}; base-uri 'none';"
    " frame-ancestors 'none'"
)
_WORTH_PACKING: Final = 1024


def policy(tiles: str | None, forms: str | None = None) -> str:
    """What a page may load: our own files, and images from where map tiles come.

    Args:
        tiles: address of map tiles.
        forms: another origin that an answer to a form may lead to, such as a logout's.
    """
    images = "'self' data: blob:"
    if tiles is not None:
        scheme, _, rest = tiles.partition("://")
        images += f" {scheme}://{rest.partition('/')[0].replace('{s}', '*')}"
    return POLICY.format(images=images, forms="'self'" if forms is None else f"'self' {forms}")


AS_IT_WAS_LEFT: Final = "private, max-age=0"
"""The browser may show it again by its button "back": it holds nothing of a person yet."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a handler shows.

    Attributes:
        template: its name without `.html`.
        values: for the template.
        secret: it shows a secret, so it is not compressed: the size of a compressed page tells
            of its content where somebody else can add to it (BREACH).
        cache: for how long it may be shown again, and by whom.
    """

    template: str
    values: Mapping[str, Any]
    status: int = 200
    secret: bool = False
    cache: str = "no-store"


class Pages:
    """Renders pages.

    Args:
        pack: the city's names, number for emergencies and time zone.
        assets: static files.
        staff: whether people of the city read them, behind a login.
    """

    def __init__(self, pack: CityPack, assets: Assets, *, staff: bool = False) -> None:
        self.assets = assets
        self._zone = pack.calendar.zone
        self._strings = {language: catalogues.load(language) for language in catalogues.LANGUAGES}
        self._environments = {
            language: _environment(language, strings, pack, assets, staff=staff)
            for language, strings in self._strings.items()
        }

    def render(self, request: Request, page: Page) -> Response:
        """A page in the visitor's language."""
        language = language_for(request)
        template = self._environments[language].get_template(f"{page.template}.html")
        path, query = request.url.path, request.url.query
        here = f"{path}?{query}" if query else path
        body = template.render(path=path, here=here, **page.values).encode()
        headers = {
            "content-language": language,
            # same-origin: with no-referrer browsers send `Origin: null` with our own forms
            "referrer-policy": "same-origin",
            "cache-control": page.cache,
            "vary": "Accept-Encoding, Accept-Language, Cookie",
        }
        if not page.secret and len(body) > _WORTH_PACKING and accepts_gzip(request):
            body = gzip.compress(body, compresslevel=6, mtime=0)
            headers["content-encoding"] = "gzip"
        return Response(body, page.status, headers, media_type="text/html; charset=utf-8")

    def text(self, language: Language, name: str, values: Mapping[str, Any]) -> str:
        """A template that is no page, by its whole name."""
        return self._environments[language].get_template(name).render(**values)

    def strings(self, language: Language) -> Translations:
        """A language's catalogue."""
        return self._strings[language]

    def problem(self, request: Request, error: ProblemError) -> Response:
        """A problem as a page; what was typed, and when to try again, is told in words."""
        values = {
            "status": error.problem.status,
            "typed": request.method == "POST",
            "wait_s": wait_of(error),
        }
        answer = self.render(request, Page("problem", values, error.problem.status))
        answer.headers.update(error.headers)
        return answer


def wait_of(error: ProblemError) -> int | None:
    """Seconds that `Retry-After` tells to wait; None where it tells nothing."""
    told = error.headers.get("retry-after", "")
    return int(told) if told.isdecimal() else None


def _environment(
    language: Language, strings: Translations, pack: CityPack, assets: Assets, *, staff: bool
) -> Environment:
    zone = pack.calendar.zone
    made = Environment(
        loader=PackageLoader("mrk_intake.http.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_callables(  # type: ignore[attr-defined]  # added by the extension
        strings.gettext, strings.ngettext, newstyle=True
    )

    def moment(at: datetime) -> str:
        local = at.astimezone(zone)
        day = format_date(local, "d MMMM y", locale=language)
        hour = format_time(local, "HH.mm" if language == "id" else "HH:mm", locale=language)
        return f"{day}, {hour} {local.tzname()}"

    def day(at: datetime) -> str:
        return format_date(at.astimezone(zone), "EEEE, d MMMM y", locale=language)

    def date(at: datetime) -> str:
        return format_date(at.astimezone(zone), "d MMM y", locale=language)

    def number(value: int) -> str:
        return str(format_decimal(value, locale=language))

    def bytes_(size: int) -> str:
        # files are limited in MB of 1024 kB, so they are told in these
        if size < MIB:
            return f"{max(1, round(size / 1024))} kB"
        return f"{format_decimal(size / MIB, '0.0', locale=language)} MB"

    made.filters.update(
        moment=moment, day=day, date=date, number=number, instant=datetime.fromisoformat,
        stamp=instant, bytes=bytes_,
    )  # fmt: skip
    made.globals.update(
        language=language,
        staff=staff,
        asset=assets.url,
        city=pack.city.names[language],
        emergency_number=pack.city.emergency_number,
        categories=sorted(
            ((each.code, each.names[language]) for each in pack.categories.values()),
            key=lambda each: each[1],
        ),
        districts=sorted(pack.districts.values(), key=lambda each: each.name),
        subdistricts={
            code: sorted(places, key=lambda each: each.name)
            for code, places in _by_district(pack).items()
        },
        place_names={
            **{str(each.code): each.name for each in pack.districts.values()},
            **{str(each.code): each.name for each in pack.subdistricts.values()},
        },
    )
    return made


def _by_district(pack: CityPack) -> Mapping[str, list[Subdistrict]]:
    found: dict[str, list[Subdistrict]] = {code: [] for code in pack.districts}
    for each in pack.subdistricts.values():
        found[each.district].append(each)
    return found
