"""Small answers for the page's scripts: a category from the words, places by name.

What was typed comes in a body, never in an address: addresses are logged on the way.
"""

import json
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from mrk_city import CityPack
from mrk_intake.domain.places import Places
from mrk_intake.domain.submission import ADDRESS_LENGTH, TEXT_LENGTH, LocationIn
from mrk_intake.domain.suggestion import Suggest
from mrk_pages.visit import SameOrigin, asks_json, language_for
from mrk_web.rate import RateLimiter
from mrk_web.validation import validation_problem

MOST_PLACES: Final = 8
_A_DAY: Final = "public, max-age=86400"
_Asked = TypeVar("_Asked", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Words(_Strict):
    """A report's text as far as it is typed."""

    text: Annotated[str, StringConstraints(max_length=TEXT_LENGTH[1])]


class Place(_Strict):
    """An address as far as it is typed, or a point."""

    words: Annotated[str, StringConstraints(max_length=ADDRESS_LENGTH[1])] = ""
    point: LocationIn | None = Field(default=None)


class Hints:
    """Answers the page's scripts.

    Args:
        pack: the city.
        suggest: reads the words of a report.
        limiter: by address; shared with nothing, so that typing never costs a report.
        address_of: the client's address.
        origin: where questions come from.
    """

    def __init__(
        self,
        pack: CityPack,
        suggest: Suggest,
        limiter: RateLimiter,
        address_of: Any,
        origin: SameOrigin,
    ) -> None:
        self._pack = pack
        self._suggest = suggest
        self._places = Places(pack)
        self._limiter = limiter
        self._address_of = address_of
        self._origin = origin
        self._centres = json.dumps(
            [
                [each.name, pack.districts[each.district].name, each.lat, each.lon]
                for each in pack.subdistricts.values()
            ],
            ensure_ascii=False,
        ).encode()

    async def category(self, request: Request) -> Response:
        """`POST /bantu/kategori`: what the words suggest.

        Raises:
            ProblemError: 403, 422, 429.
        """
        asked = await self._asked(request, Words)
        found = self._suggest(asked.text)
        category = None
        if found.category is not None:
            name = self._pack.categories[found.category].names[language_for(request)]
            category = {"code": found.category, "name": name}
        return _private({"category": category, "emergency": bool(found.emergency)})

    async def place(self, request: Request) -> Response:
        """`POST /bantu/tempat`: places of that name, and the one that is meant.

        Raises:
            ProblemError: 403, 422, 429.
        """
        asked = await self._asked(request, Place)
        if asked.point is not None:
            found = self._places.of_point(asked.point.lat, asked.point.lon)
            return _private({"places": [], "found": found.label if found else None})
        # a name is looked for after the last comma's beginning: "Jalan Karya, Kesa"
        last = asked.words.rpartition(",")[2]
        places = [each.label for each in self._places.search(last, MOST_PLACES)]
        found = self._places.of_words(asked.words)
        return _private({"places": places, "found": found.label if found else None})

    async def centres(self, request: Request) -> Response:
        """`GET /bantu/kelurahan`: name, kecamatan, latitude and longitude of every kelurahan."""
        del request
        headers = {"cache-control": _A_DAY}
        return Response(self._centres, media_type="application/json", headers=headers)

    async def _asked(self, request: Request, model: type[_Asked]) -> _Asked:
        self._origin.require(request)
        forwarded = request.headers.get("x-forwarded-for")
        self._limiter.require(self._address_of(request.scope, forwarded))
        try:
            return model.model_validate_json(await request.body())
        except ValidationError as error:
            raise validation_problem(error, language_for(request)) from None


def _private(answer: dict[str, Any]) -> Response:
    body = json.dumps(answer, ensure_ascii=False).encode()
    return Response(body, media_type="application/json", headers={"cache-control": "no-store"})


def is_hint(request: Request) -> bool:
    """Whether a program asked, so that a problem is told to it and not shown as a page."""
    return request.url.path.startswith(("/bantu/", "/laporan.")) or asks_json(request)
