"""The public list and its map: what was reported, where, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mrk_city import CityPack
from mrk_intake.domain.listing import Mark
from mrk_intake.domain.listing_query import AFTER, BEFORE, SORT, VIEW, Query, View, write_mark
from mrk_intake.http.web.list_faults import wrong_filters
from mrk_intake.http.web.looking import MOST_COUNTED, MOST_PLACED, Looking
from mrk_intake.http.web.pages import Page, Pages
from mrk_intake.store.listing import Counted
from mrk_pages.visit import language_for

PATH: Final = "/laporan"
FEED_PATH: Final = "/laporan.atom"
SHAPES_PATH: Final = "/laporan.geojson"
ENTRIES: Final = 20
_FRESH: Final = "private, max-age=10"
_KNOWN: Final = (SORT, VIEW, AFTER, BEFORE)


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A row of the map's table; `href` leads further in, to a kecamatan's map or to a list."""

    name: str | None
    href: str | None
    reports: int
    open: int


class PublicLists:
    """Shows the list and the map.

    Args:
        pages: renders.
        looking: finds.
        pack: the city.
        map_tiles: address of map tiles; None where there are none.
        map_credit: who is credited for them.
    """

    def __init__(
        self, pages: Pages, looking: Looking, pack: CityPack, map_tiles: str | None, map_credit: str
    ) -> None:
        self._pages = pages
        self._looking = looking
        self._pack = pack
        self._map = {"map_tiles": map_tiles, "map_credit": map_credit}

    async def show(self, request: Request) -> Response:
        """`GET /laporan`: what is public, by the filters in the address.

        A form sends what was left open as blanks: they are taken out of the address.

        Raises:
            ProblemError: 429.
        """
        pairs = request.query_params.multi_items()
        said = [(name, value) for name, value in pairs if value.strip()]
        if len(said) < len(pairs):
            return RedirectResponse(address(PATH, said), status_code=303)
        query = self._looking.query(request, _KNOWN)
        values = {
            "query": query,
            "errors": wrong_filters(query.faults),
            "address": lambda path=PATH, **turned: address(path, query.address(**turned)),
            "feed": address(FEED_PATH, feed_of(query, language_for(request))),
            "listed": None,
            "rows": None,
        }
        if not query.faults:
            values |= await self._found(request, query)
        status = 400 if query.faults else 200
        return self._pages.render(request, Page("list", values, status, cache=_FRESH))

    async def _found(self, request: Request, query: Query) -> Mapping[str, Any]:
        if query.view is View.MAP:
            counted = await self._looking.places(request, query.filters)
            total = sum(each.reports for each in counted)
            shapes = [*query.address(**{VIEW: None}), ("bahasa", language_for(request))]
            return {
                "rows": self._places(query, counted),
                "total": total,
                "most": MOST_PLACED if total >= MOST_PLACED else None,
                "shapes": address(SHAPES_PATH, shapes),
                **self._map,
            }
        language = language_for(request)
        listed = await self._looking.page(request, query, language, ENTRIES, counted=True)

        def turned(name: str, mark: Mark | None) -> str | None:
            return (
                None if mark is None else address(PATH, query.address(**{name: write_mark(mark)}))
            )

        return {
            "listed": listed,
            "most": MOST_COUNTED,
            "next": turned(AFTER, listed.after),
            "previous": turned(BEFORE, listed.before),
        }

    def _places(self, query: Query, counted: Sequence[Counted]) -> list[PlaceRow]:
        """Kecamatan, or of one kecamatan its kelurahan; what is known to be in none comes last."""
        inside = query.filters.district is not None or query.filters.subdistrict is not None
        names: Mapping[Any, Any] = self._pack.subdistricts if inside else self._pack.districts
        sums: dict[str | None, list[int]] = {}
        for each in counted:
            code: str | None = each.subdistrict if inside else each.district
            row = sums.setdefault(code if code in names else None, [0, 0])
            row[0] += each.reports
            row[1] += each.open
        rows = []
        for known, (reports, open_) in sums.items():
            if known is None:
                rows.append(PlaceRow(None, None, reports, open_))
                continue
            turned = {"kelurahan": known, VIEW: None} if inside else {"kecamatan": known}
            href = address(PATH, query.address(**turned))
            rows.append(PlaceRow(names[known].name, href, reports, open_))
        return sorted(rows, key=lambda row: (row.name is None, row.name))


def address(path: str, pairs: Sequence[tuple[str, str]]) -> str:
    """A path with parameters."""
    return f"{path}?{urlencode(pairs)}" if pairs else path


def feed_of(query: Query, language: str) -> list[tuple[str, str]]:
    """The parameters of a list's feed: the newest first, whatever the order of the list."""
    kept = query.address(**{VIEW: None, SORT: None})
    # the pages' first language needs no word in the address
    return kept if language == "id" else [*kept, ("bahasa", language)]
