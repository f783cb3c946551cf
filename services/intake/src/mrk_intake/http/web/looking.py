"""Looking through what is public: few at once, so many rows for an address, entries in order."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg
from starlette.requests import Request

from mrk_city import CityPack
from mrk_delivery.clock import Clock
from mrk_intake.domain.listing import Filters, Mark
from mrk_intake.domain.listing_query import Query, read
from mrk_intake.http.limits import RowLimits
from mrk_intake.http.web.entries import Entry, entry
from mrk_intake.http.web.gallery import pictures_of
from mrk_intake.store import followers, listing, public
from mrk_intake.store.listing import Counted
from mrk_web.language import Language

MOST_COUNTED: Final = 1000
"""Reports up to which a list says how many it has."""
MOST_PLACED: Final = 20_000
"""Newest reports of a list that are counted by place."""

_READERS: Final = 2
"""Lists read at once: accepting reports keeps its connections whatever is read."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list.

    Attributes:
        entries: in the list's order.
        before: the mark before which the page before it ends; None on the first page.
        after: the mark behind which the next page begins; None on the last page.
        total: how many reports the whole list has, up to `MOST_COUNTED` + 1; None: not counted.
    """

    entries: Sequence[Entry]
    before: Mark | None
    after: Mark | None
    total: int | None


class Looking:
    """Reads lists.

    Args:
        pool: of intake's database.
        pack: the city.
        clock: the domain's.
        limits: of the rows that an address may read.
    """

    def __init__(self, pool: asyncpg.Pool, pack: CityPack, clock: Clock, limits: RowLimits) -> None:
        self._pool = pool
        self._pack = pack
        self._clock = clock
        self._limits = limits
        self._readers = asyncio.Semaphore(_READERS)

    def query(self, request: Request, others: Sequence[str]) -> Query:
        """What an address asks for.

        Args:
            others: parameters that it knows beside filters and order.
        """
        pairs = request.query_params.multi_items()
        return read(pairs, self._pack, self._clock.now(), others=others)

    async def page(
        self,
        request: Request,
        query: Query,
        language: Language,
        most: int,
        *,
        counted: bool = False,
    ) -> Listed:
        """A page of a list.

        Args:
            most: entries.
            counted: count the whole list too.

        Raises:
            ProblemError: 429.
        """
        self._count(request, most)
        now, filters = self._clock.now(), query.filters
        async with self._readers:
            found = await listing.page(
                self._pool, filters, now, after=query.after, before=query.before, most=most
            )
            # what is public is asked of each report itself once more
            reports = {
                each.number: each
                for each in await public.by_numbers(self._pool, listing.numbers(found))
            }
            ids = [each.id for each in reports.values()]
            steps = await public.steps(self._pool, ids)
            pictures = await pictures_of(self._pool, ids)
            following = await followers.counts(self._pool, ids)
            total = await listing.count(self._pool, filters, now, MOST_COUNTED) if counted else None
        entries = [
            entry(
                report, steps[report.id], self._pack, language, now,
                followers=following.get(report.id, 0), picture=pictures.get(report.id),
            )
            for mark in found.marks
            if (report := reports.get(mark.number)) is not None
        ]  # fmt: skip
        return Listed(
            entries,
            found.marks[0] if found.before and found.marks else None,
            found.marks[-1] if found.after and found.marks else None,
            total,
        )

    async def total(self, filters: Filters, most: int) -> int:
        """How many reports a list has; `most` + 1 where there are more."""
        async with self._readers:
            return await listing.count(self._pool, filters, self._clock.now(), most)

    async def places(self, request: Request, filters: Filters) -> list[Counted]:
        """How many reports each kelurahan has, of the newest `MOST_PLACED`.

        Raises:
            ProblemError: 429.
        """
        self._count(request, len(self._pack.subdistricts))
        async with self._readers:
            return await listing.by_place(self._pool, filters, self._clock.now(), MOST_PLACED)

    def _count(self, request: Request, rows: int) -> None:
        self._limits.require(request.scope, request.headers.get("x-forwarded-for"), rows)
