"""Open311's reading part: discovery, services, requests, updates, tokens, the bulk table."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeVar

import asyncpg
from starlette.requests import Request
from starlette.responses import Response

from mrk_city import CityPack
from mrk_delivery.clock import Clock
from mrk_intake.domain import tracking
from mrk_intake.domain.open311 import services
from mrk_intake.domain.open311.parameters import Fault, Parameters, Refused
from mrk_intake.domain.open311.query import Query, read_query, read_updates_query
from mrk_intake.domain.open311.requests import CSV_COLUMNS, Teller, token_of
from mrk_intake.domain.public import PublicReport
from mrk_intake.http.limits import RowLimits
from mrk_intake.http.open311 import render, texts
from mrk_intake.http.open311.answers import FRESH_S, SETTLED_S, Answers
from mrk_intake.store import public
from mrk_schemas.ids import TrackingNumber

T = TypeVar("T")

_READERS: Final = 2
"""Lists read at once: accepting reports keeps its connections whatever is read."""

NOT_FOUND: Final = Fault("", "not_found", status=404)


class Reading:
    """Shows what is public.

    Args:
        pool: of intake's database.
        pack: the city.
        clock: the domain's.
        base: the endpoint's address.
        contact: how to reach who runs it; None: at the endpoint's address.
        production: whether reports sent here are real.
        limits: of the rows that an address may read.
    """

    def __init__(  # noqa: PLR0913  # what it is made of
        self,
        *,
        pool: asyncpg.Pool,
        pack: CityPack,
        clock: Clock,
        base: str,
        contact: str | None,
        production: bool,
        limits: RowLimits,
    ) -> None:
        self._pool = pool
        self._pack = pack
        self._clock = clock
        self._base = base
        self._contact = contact
        self._production = production
        self._limits = limits
        self._zone = pack.calendar.zone
        self._readers = asyncio.Semaphore(_READERS)

    async def discovery(self, request: Request, answers: Answers) -> Response:
        """`GET /discovery`."""
        del request
        language = answers.language
        city = self._pack.city.names[language]
        contact = self._contact or texts.CONTACT.to(language).format(city=city, url=self._base)
        document = services.discovery(
            self._base,
            contact,
            texts.KEY_SERVICE.to(language).format(contact=contact),
            production=self._production,
        )
        return answers.public(render.DISCOVERY, document, SETTLED_S)

    async def services(self, request: Request, answers: Answers) -> Response:
        """`GET /services`."""
        del request
        document = services.services(self._pack, answers.language)
        return answers.public(render.SERVICES, document, SETTLED_S)

    async def definition(self, request: Request, answers: Answers) -> Response:
        """`GET /services/{code}`.

        Raises:
            Refused: 404.
        """
        code = request.path_params["code"]
        found = services.definition(self._pack.categories, code, answers.language)
        if found is None:
            raise Refused(Fault("service_code", "service_unknown", status=404))
        return answers.public(render.DEFINITION, found, SETTLED_S)

    async def requests(self, request: Request, answers: Answers) -> Response:
        """`GET /requests`.

        Raises:
            Refused: 400; every wrong parameter.
            ProblemError: 429.
        """
        query = self._query(request)
        async with self._readers:
            found = await self._found(query)
            teller = self._teller(answers)
            if query.extensions:
                steps = await public.steps(self._pool, [each.id for each in found])
                tell = partial(_told, found, lambda each: teller.extended(each, steps[each.id]))
            else:
                tell = partial(_told, found, teller.request)
            # a long list is written beside the loop, which accepts reports meanwhile
            return await asyncio.to_thread(lambda: answers.public(render.REQUESTS, tell(), FRESH_S))

    async def bulk(self, request: Request, answers: Answers) -> Response:
        """`GET /requests.csv`.

        Raises:
            Refused: 400; every wrong parameter.
            ProblemError: 429.
        """
        query = self._query(request)
        async with self._readers:
            found = await self._found(query)
            tell = partial(_told, found, self._teller(answers).row)
            body = await asyncio.to_thread(lambda: render.to_csv(CSV_COLUMNS, tell()))
        return answers.table(body, FRESH_S)

    async def request(self, request: Request, answers: Answers) -> Response:
        """`GET /requests/{id}`: an array of one.

        Raises:
            Refused: 404; also for a hidden one, so that nobody learns that there is one. 400.
        """
        given = Parameters(request.query_params.multi_items())
        extensions = given.flag("extensions")
        given.settle()
        report = await self._one(request.path_params["id"])
        teller = self._teller(answers)
        if extensions:
            steps = await public.steps(self._pool, [report.id])
            document = teller.extended(report, steps[report.id])
        else:
            document = teller.request(report)
        return answers.public(render.REQUESTS, [document], FRESH_S)

    async def token(self, request: Request, answers: Answers) -> Response:
        """`GET /tokens/{token}`.

        Raises:
            Refused: 404.
        """
        report = await self._one(request.path_params["token"])
        return answers.public(render.REQUESTS, token_of(report.number), FRESH_S)

    async def updates(self, request: Request, answers: Answers) -> Response:
        """`GET /servicerequestupdates`.

        Raises:
            Refused: 400; every wrong parameter.
            ProblemError: 429.
        """
        given = Parameters(request.query_params.multi_items())
        query = read_updates_query(given, self._clock.now(), self._zone)
        self._count(request, query.rows.most)
        async with self._readers:
            found = await public.changes(
                self._pool,
                query.range.since,
                query.range.until,
                numbers=query.numbers,
                most=query.rows.most,
                skip=query.rows.skip,
            )
            tell = partial(_told, found, self._teller(answers).update)
            return await asyncio.to_thread(lambda: answers.public(render.UPDATES, tell(), FRESH_S))

    def _query(self, request: Request) -> Query:
        given = Parameters(request.query_params.multi_items())
        query = read_query(given, self._pack.categories, self._clock.now(), self._zone)
        asked = query.wanted.most if query.numbers is None else len(query.numbers)
        self._count(request, asked)
        return query

    def _count(self, request: Request, rows: int) -> None:
        self._limits.require(request.scope, request.headers.get("x-forwarded-for"), rows)

    async def _found(self, query: Query) -> list[PublicReport]:
        if query.numbers is not None:
            return await public.by_numbers(self._pool, query.numbers)
        return await public.page(self._pool, query.wanted)

    async def one(self, number: TrackingNumber) -> PublicReport | None:
        """The public report of a number."""
        return next(iter(await public.by_numbers(self._pool, [number])), None)

    async def _one(self, written: str) -> PublicReport:
        number = tracking.read(written)
        report = None if number is None else await self.one(number)
        if report is None:
            raise Refused(NOT_FOUND)
        return report

    def _teller(self, answers: Answers) -> Teller:
        return Teller(self._pack, answers.language, self._zone)


def _told(found: Sequence[T], tell: Callable[[T], dict[str, object]]) -> list[dict[str, object]]:
    return [tell(each) for each in found]
