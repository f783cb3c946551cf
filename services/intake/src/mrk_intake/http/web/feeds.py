"""What programs read of a public list: an Atom feed (RFC 4287, 5005), and the map's GeoJSON."""

import json
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from mrk_city import CityPack
from mrk_intake.domain.listing import Phase
from mrk_intake.domain.listing_query import AFTER, BEFORE, LANGUAGE, Query, write_mark
from mrk_intake.http.web.fresh import Fresh
from mrk_intake.http.web.list_faults import TEXTS
from mrk_intake.http.web.lists import FEED_PATH, PATH, SHAPES_PATH, address
from mrk_intake.http.web.looking import Listed, Looking
from mrk_intake.http.web.pages import Pages
from mrk_pages.visit import language_for
from mrk_web.language import Language
from mrk_web.problems import BAD_REQUEST, FieldError, ProblemError

ATOM: Final = "application/atom+xml; charset=utf-8"
GEOJSON: Final = "application/geo+json"
ENTRIES: Final = 50
MARKERS: Final = 200
"""Reports up to which each has a marker; of more, each kelurahan has one."""

_AUTHORITY_SINCE: Final = "2026"
_BEGAN: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""When a feed without entries was updated."""


class Feeds:
    """Tells programs of lists.

    Args:
        pages: renders.
        looking: finds.
        pack: the city.
        web_url: base address of the pages.
    """

    def __init__(self, pages: Pages, looking: Looking, pack: CityPack, web_url: str) -> None:
        self._pages = pages
        self._looking = looking
        self._pack = pack
        self._url = web_url
        # RFC 4151: who may name things so, and since when
        self._tag = f"tag:{urlsplit(web_url).hostname},{_AUTHORITY_SINCE}:"
        self._atom = Fresh(ATOM)
        self._geojson = Fresh(GEOJSON)

    async def atom(self, request: Request) -> Response:
        """`GET /laporan.atom`: the newest reports of a list.

        Raises:
            ProblemError: 400 with every wrong parameter, 429.
        """
        query, language = self._asked(request, (AFTER, BEFORE, LANGUAGE))
        own = query.address(**{AFTER: query.given.get(AFTER), BEFORE: query.given.get(BEFORE)})

        async def make() -> bytes:
            listed = await self._looking.page(request, query, language, ENTRIES)
            return self._feed(query, listed, language, address(FEED_PATH, own))

        return await self._atom.answer(request, address(FEED_PATH, own), make)

    async def shapes(self, request: Request) -> Response:
        """`GET /laporan.geojson`: a point for each report of a list, or for each kelurahan.

        Raises:
            ProblemError: 400 with every wrong parameter, 429.
        """
        query, language = self._asked(request, (LANGUAGE,))
        key = address(SHAPES_PATH, query.address())

        async def make() -> bytes:
            if await self._looking.total(query.filters, MARKERS) > MARKERS:
                features = await self._clusters(request, query)
            else:
                listed = await self._looking.page(request, query, language, MARKERS)
                features = [
                    _feature(each.point, number=each.number, href=each.href, place=each.place,
                             category=each.category, open=each.phase is not Phase.SOLVED)
                    for each in listed.entries
                    if each.point is not None
                ]  # fmt: skip
            found = {"type": "FeatureCollection", "features": features}
            return json.dumps(found, ensure_ascii=False).encode()

        return await self._geojson.answer(request, key, make)

    def _asked(self, request: Request, others: tuple[str, ...]) -> tuple[Query, Language]:
        query = self._looking.query(request, others)
        faults = [(each.parameter, each.type, each.context) for each in query.faults]
        faults += [(name, "unknown", {}) for name in query.unknown]
        given = query.given.get(LANGUAGE)
        if given not in {None, "id", "en"}:
            faults.append((LANGUAGE, "not_of_these", {"these": "id, en"}))
        if faults:
            strings = self._pages.strings(language_for(request))
            raise ProblemError(
                BAD_REQUEST,
                [FieldError(name, *_halves(strings.gettext(TEXTS[type_]) % context))
                 for name, type_, context in faults],
            )  # fmt: skip
        return query, "en" if given == "en" else "id"

    async def _clusters(self, request: Request, query: Query) -> list[dict[str, Any]]:
        features = []
        for each in await self._looking.places(request, query.filters):
            place = self._pack.subdistricts.get(each.subdistrict) if each.subdistrict else None
            if place is None:
                continue
            href = address(PATH, query.address(kelurahan=place.code, **{LANGUAGE: None}))
            label = f"{place.name}, {self._pack.districts[place.district].name}"
            features.append(
                _feature((place.lat, place.lon), href=href, place=label, reports=each.reports,
                         open=each.open)
            )  # fmt: skip
        return features

    def _feed(self, query: Query, listed: Listed, language: Language, own: str) -> bytes:
        def turned(**mark: str) -> str:
            return self._url + address(FEED_PATH, query.address(**mark))

        first = query.address()
        values = {
            "query": query,
            "base": self._url,
            "tag": self._tag,
            "id": self._tag + address(FEED_PATH, first).lstrip("/"),
            "own": self._url + own,
            "page": self._url + address(PATH, query.address(**{LANGUAGE: None})),
            "first": self._url + address(FEED_PATH, first),
            "next": listed.after and turned(**{AFTER: write_mark(listed.after)}),
            "previous": listed.before and turned(**{BEFORE: write_mark(listed.before)}),
            "updated": max((each.updated_at for each in listed.entries), default=_BEGAN),
            "entries": listed.entries,
        }
        return self._pages.text(language, "feed.html", values).encode()


def _feature(point: tuple[float, float], **properties: Any) -> dict[str, Any]:
    lat, lon = point
    # RFC 7946, 3.1.1: the longitude first
    geometry = {"type": "Point", "coordinates": [lon, lat]}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _halves(told: str) -> tuple[str, str]:
    """What is wrong, and the mend: the texts are two sentences."""
    wrong, _, mend = told.partition(". ")
    return (f"{wrong}.", mend) if mend else (told, told)
