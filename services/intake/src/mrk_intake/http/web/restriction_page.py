"""The page on which a reporter has the processing of their report restricted, or lifts that."""

from typing import Final, assert_never

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mrk_intake.http.away import database_may_be_away
from mrk_intake.http.limits import ReportLimits
from mrk_intake.http.status import GONE
from mrk_intake.http.web.form import read_form
from mrk_intake.http.web.gallery import PROOF
from mrk_intake.http.web.pages import Page, Pages
from mrk_intake.http.web.tracking_pages import DONE, RESTRICTION, TrackingPages
from mrk_intake.store.actions import Gone, NotFound, NotProven
from mrk_intake.store.restrictions import Restrictions, Standing
from mrk_pages.visit import SameOrigin
from mrk_web.problems import ProblemError

PATH: Final = f"/laporan/{{number}}/{RESTRICTION}"
LIFT: Final = "cabut"
"""The field of the button that lifts."""


class RestrictionPage:
    """Says what restricting means, to the reporter alone, and does it.

    Args:
        restrictions: does it.
        pages: renders.
        tracks: proves the reporter.
        limits: of addresses, the same as for reports.
        origin: where forms come from.
    """

    def __init__(
        self,
        *,
        restrictions: Restrictions,
        pages: Pages,
        tracks: TrackingPages,
        limits: ReportLimits,
        origin: SameOrigin,
    ) -> None:
        self._restrictions = restrictions
        self._pages = pages
        self._tracks = tracks
        self._limits = limits
        self._origin = origin

    async def form(self, request: Request) -> Response:
        """`GET /laporan/{number}/pembatasan`: how it stands, and what the other would mean.

        Raises:
            ProblemError: 410 for an erased report, 429.
        """
        self._limits.require(request.scope, "", request.headers.get("x-forwarded-for"))
        seen = await self._tracks.proven(request)
        if isinstance(seen, Response):
            return seen
        return self._pages.render(request, Page("restriction", {"report": seen.report}))

    async def put(self, request: Request) -> Response:
        """`POST /laporan/{number}/pembatasan`: to the report's page once it is durable.

        Sent twice, it changes nothing the second time.

        Raises:
            ProblemError: 403 for another site's form, 410 for an erased report, 415, 429, 503.
        """
        self._origin.require(request)
        self._limits.require(request.scope, "", request.headers.get("x-forwarded-for"))
        typed = read_form(request.headers.get("content-type", ""), await request.body())
        number, proof = request.path_params["number"], request.cookies.get(PROOF)
        with database_may_be_away():
            outcome = await self._restrictions.put(number, proof, restricted=LIFT not in typed)
        match outcome:
            case Standing(number=found):
                return RedirectResponse(f"/laporan/{found}?{DONE}={RESTRICTION}", status_code=303)
            case NotFound():
                return self._tracks.unknown(request)
            case NotProven():
                return self._tracks.secret_needed(request)
            case Gone():
                raise ProblemError(GONE)
            case _:
                assert_never(outcome)
