"""What a reporter does from the tracking page: answer, add, withdraw, confirm, dispute, rate."""

from collections.abc import Mapping
from typing import Final, assert_never

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mrk_intake.domain.actions import BODIES, Action, Refusal, refusal
from mrk_intake.domain.said import of_form
from mrk_intake.domain.timeline import asked, state_of
from mrk_intake.http.away import database_may_be_away
from mrk_intake.http.limits import ReportLimits
from mrk_intake.http.status import GONE, Seen
from mrk_intake.http.web.action_forms import BY_SLUG, SLUGS, Attempt, fields_of, wrong_fields
from mrk_intake.http.web.catalogues import N_
from mrk_intake.http.web.form import KEY, read_form
from mrk_intake.http.web.gallery import PROOF
from mrk_intake.http.web.tracking_pages import DONE, TrackingPages
from mrk_intake.store.actions import (
    Actions,
    Done,
    Gone,
    NotFound,
    NotProven,
    OtherRequest,
    Outcome,
    Refused,
)
from mrk_pages.visit import SameOrigin, language_for
from mrk_web.idempotency import parse_idempotency_key
from mrk_web.language import Text
from mrk_web.problems import NOT_FOUND, ProblemError

PATH: Final = "/laporan/{number}/{action}"

_SENT_BEFORE: Final = N_(
    "This form was already sent, with other words. If this is something else, send it again."
)


class Acting:
    """Takes the forms of the tracking page.

    Args:
        actions: does what they say.
        tracks: shows the report.
        limits: of addresses, the same as for reports.
        origin: where forms come from.
    """

    def __init__(
        self, *, actions: Actions, tracks: TrackingPages, limits: ReportLimits, origin: SameOrigin
    ) -> None:
        self._actions = actions
        self._tracks = tracks
        self._limits = limits
        self._origin = origin

    async def back(self, request: Request) -> Response:
        """`GET /laporan/{number}/{action}`: a form's address, opened by itself.

        Raises:
            ProblemError: 404 for no action of ours.
        """
        _action_of(request)
        return RedirectResponse(f"/laporan/{request.path_params['number']}", status_code=303)

    async def act(self, request: Request) -> Response:
        """`POST /laporan/{number}/{action}`: to the report's page once the action is durable.

        Raises:
            ProblemError: 400 without a usable idempotency key, 403 for another site's form, 404
                for no action of ours, 410 for an erased report, 415, 429, 503: going back in the
                browser and sending it again does it once.
        """
        action = _action_of(request)
        self._origin.require(request)
        self._limits.require(request.scope, "", request.headers.get("x-forwarded-for"))
        typed = read_form(request.headers.get("content-type", ""), await request.body())
        key = parse_idempotency_key([typed.get(KEY, "")], language_for(request))
        number, secret = request.path_params["number"], request.cookies.get(PROOF)
        try:
            said = of_form(BODIES[action], fields_of(action, typed))
        except ValidationError as error:
            return await self._wrong(request, action, typed, error)
        with database_may_be_away():
            outcome = await self._actions.act(number, secret, action, said, key)
        return await self._answer(request, action, typed, outcome)

    async def _answer(
        self, request: Request, action: Action, typed: Mapping[str, str], outcome: Outcome
    ) -> Response:
        match outcome:
            case Done(number=number):
                address = f"/laporan/{number}?{DONE}={SLUGS[action]}"
                return RedirectResponse(address, status_code=303)
            case Refused(why):
                return await self._refused(
                    request, await self._tracks.seen(request), action, typed, why
                )
            case OtherRequest():
                fresh = Attempt(action, {**typed, KEY: ""}, notice=_SENT_BEFORE)
                seen = await self._tracks.seen(request)
                return await self._tracks.show(request, seen, fresh, 422)
            case NotFound():
                return self._tracks.unknown(request)
            case NotProven():
                return self._tracks.secret_needed(request)
            case Gone():
                raise ProblemError(GONE)
            case _:
                assert_never(outcome)

    async def _wrong(
        self, request: Request, action: Action, typed: Mapping[str, str], error: ValidationError
    ) -> Response:
        """Who may not act, or not now, is told that, and not what is wrong with the words."""
        try:
            seen = await self._tracks.seen(request)
        except ProblemError as problem:
            if problem.problem is not NOT_FOUND:
                raise
            return self._tracks.unknown(request)
        if not seen.proven:
            return self._tracks.secret_needed(request)
        state, late = state_of(seen.placed), asked(seen.placed) is not None
        why = refusal(seen.report.kind, state, action, before=0, asked=late)
        if why is not None:
            return await self._refused(request, seen, action, typed, why)
        attempt = Attempt(action, typed, errors=wrong_fields(action, error))
        return await self._tracks.show(request, seen, attempt, 422)

    async def _refused(
        self,
        request: Request,
        seen: Seen,
        action: Action,
        typed: Mapping[str, str],
        why: Refusal,
    ) -> Response:
        language = language_for(request)
        told = [Text(*each).to(language) for each in (why.reason, why.mend)]
        return await self._tracks.show(request, seen, Attempt(action, typed, refused=told), 409)


def _action_of(request: Request) -> Action:
    found = BY_SLUG.get(request.path_params["action"])
    if found is None:
        raise ProblemError(NOT_FOUND)
    return found
