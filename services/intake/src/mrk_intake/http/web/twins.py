"""Before a report is sent: open reports of the same thing nearby, one of which may be followed."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Final
from uuid import UUID

import asyncpg
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from mrk_city import CityPack
from mrk_delivery.errors import is_transient
from mrk_intake.domain.nearby import Near, centre_of, nearest, same_thing
from mrk_intake.domain.submission import ADDRESS_LENGTH, TEXT_LENGTH, LocationIn, Submission
from mrk_intake.domain.suggestion import Suggest
from mrk_intake.http.web.gallery import Picture, pictures_of
from mrk_intake.http.web.pages import Page, Pages
from mrk_intake.store import nearby
from mrk_pages.visit import SameOrigin, language_for
from mrk_schemas.reports import Kind
from mrk_telemetry.logs import get_logger
from mrk_web.rate import RateLimiter
from mrk_web.validation import validation_problem

PATIENCE_S: Final = 2.0
"""Seconds until a report is taken without having looked: this helps, and never hinders."""


class Written(BaseModel):
    """A report as far as it is written."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    text: Annotated[str, StringConstraints(max_length=TEXT_LENGTH[1])]
    category: Annotated[str, StringConstraints(max_length=60)] = ""
    address: Annotated[str, StringConstraints(max_length=ADDRESS_LENGTH[1])] = ""
    point: LocationIn | None = None


class Twins:
    """Finds them.

    Args:
        pool: of intake's database.
        pack: the city.
        suggest: reads the words of a report.
        pages: renders.
        limiter: by address, as for other hints.
        origin: where questions come from.
    """

    def __init__(  # noqa: PLR0913  # its parts, each by name
        self,
        *,
        pool: asyncpg.Pool,
        pack: CityPack,
        suggest: Suggest,
        pages: Pages,
        limiter: RateLimiter,
        origin: SameOrigin,
    ) -> None:
        self._pool = pool
        self._pack = pack
        self._suggest = suggest
        self._pages = pages
        self._limiter = limiter
        self._origin = origin

    async def hint(self, request: Request, address: str) -> Response:
        """`POST /bantu/serupa`: a piece of a page; empty where there are none.

        Args:
            address: the client's, by which questions are limited.

        Raises:
            ProblemError: 403, 422, 429.
        """
        self._origin.require(request)
        self._limiter.require(address)
        try:
            asked = Written.model_validate_json(await request.body())
        except ValidationError as error:
            raise validation_problem(error, language_for(request)) from None
        found = await self._found(asked)
        values = {"twins": found, "pictures": await self.pictures(found)}
        return self._pages.render(request, Page("twins-hint", values))

    async def of(self, submission: Submission) -> list[Near]:
        """Those of a report that is about to be stored; none where looking takes too long."""
        if submission.kind is not Kind.COMPLAINT or submission.confidential:
            return []
        written = Written.model_construct(
            text=submission.text,
            category=submission.category or "",
            address=submission.address or "",
            point=submission.location,
        )
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._found(written)
        except Exception as error:
            if not is_transient(error):
                raise
            get_logger().warning("twins.not-looked", error=type(error).__name__)
            return []

    async def pictures(self, twins: Sequence[Near]) -> Mapping[UUID, Picture]:
        """The photo of each that has one."""
        return await pictures_of(self._pool, [each.report.id for each in twins])

    async def _found(self, written: Written) -> list[Near]:
        point = None if written.point is None else (written.point.lat, written.point.lon)
        centre = centre_of(self._pack, point, written.address)
        suggested = self._suggest(written.text).category
        same = same_thing(self._pack.categories, written.category or None, suggested)
        if centre is None or not same:
            return []
        found = await nearby.within(self._pool, centre.box(), same)
        return nearest(found, centre, same, self._suggest)
