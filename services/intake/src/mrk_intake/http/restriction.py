"""`PUT` and `DELETE /api/v1/reports/{tracking_number}/restriction`: processing, restricted."""

from datetime import datetime
from typing import assert_never

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mrk_intake.domain.instants import instant
from mrk_intake.http.away import database_may_be_away
from mrk_intake.http.barred import barred
from mrk_intake.http.limits import ReportLimits
from mrk_intake.http.status import PROOF_HEADER
from mrk_intake.store.actions import Gone, NotFound, NotProven
from mrk_intake.store.restrictions import Outcome, Restrictions, Standing


class RestrictionOut(BaseModel):
    """Whether processing is restricted."""

    tracking_number: str = Field(examples=["7K3-Q9W-XTC"])
    restricted_at: datetime | None = Field(description="Since when; null where it is not")


class Restriction:
    """Answers 200 once it is durable; the same again changes nothing.

    Args:
        restrictions: does it.
        limits: of addresses.
    """

    def __init__(self, restrictions: Restrictions, limits: ReportLimits) -> None:
        self._restrictions = restrictions
        self._limits = limits

    async def __call__(self, request: Request) -> Response:
        """Serve one request.

        Raises:
            ProblemError: 404 for a hidden report without its secret, 403 for one that everybody
                may read, 410 once erased, 429, 503.
        """
        self._limits.require(request.scope, "", request.headers.get("x-forwarded-for"))
        number, secret = request.path_params["tracking_number"], request.headers.get(PROOF_HEADER)
        restricted = request.method == "PUT"
        with database_may_be_away():
            outcome = await self._restrictions.put(number, secret, restricted=restricted)
        return _answer(outcome)


def _answer(outcome: Outcome) -> Response:
    match outcome:
        case Standing(number, since):
            at = None if since is None else instant(since)
            body = {"tracking_number": number, "restricted_at": at}
            return JSONResponse(body, headers={"cache-control": "no-store"})
        case NotFound() | NotProven() | Gone():
            raise barred(outcome)
        case _:
            assert_never(outcome)
