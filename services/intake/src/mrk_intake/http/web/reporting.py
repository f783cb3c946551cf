"""The form, and what becomes of it when it is sent."""

import json
import secrets
from collections.abc import Mapping
from typing import Any, Final, assert_never

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mrk_delivery.clock import Clock
from mrk_intake.domain import tracking
from mrk_intake.domain.keys import Keys
from mrk_intake.domain.report import WEB
from mrk_intake.domain.submission import Submission, Surroundings, parse
from mrk_intake.domain.suggestion import Suggest
from mrk_intake.http.drafts import Asked
from mrk_intake.http.limits import ReportLimits
from mrk_intake.http.near import NearLimit
from mrk_intake.http.phones import PHONE_LIMIT
from mrk_intake.http.reports import RETRY_AFTER_S, Submit
from mrk_intake.http.web.catalogues import N_
from mrk_intake.http.web.form import (
    FIELDS,
    KEY,
    SOLUTION,
    Wrong,
    read_form,
    submission_of,
    wrong_fields,
)
from mrk_intake.http.web.pages import Page, Pages, wait_of
from mrk_intake.http.web.tracking_pages import prove
from mrk_intake.http.web.visit import SameOrigin, language_for
from mrk_intake.store.accept import Accepted, AttachmentGone, OtherBody
from mrk_intake.store.coalesce import Full, GaveUp
from mrk_schemas.reports import Kind
from mrk_telemetry import metrics
from mrk_telemetry.traces import current_traceparent
from mrk_web.idempotency import parse_idempotency_key
from mrk_web.overload import overloaded
from mrk_web.problems import RATE_LIMITED, ProblemError

PATH: Final = "/lapor"
_KEY_BYTES: Final = 24
_BUSY: Final = N_(
    "We could not confirm your report just now. Wait a moment and send it again from this page:"
    " it will not be counted twice."
)
_OFTEN: Final = N_(
    "Not sent yet: many people share your connection, or you were very quick. What you typed is"
    " still here: send it again from this page."
)
_PHONE_OFTEN: Final = N_(
    "This number stands in very many reports today. Send it tomorrow, or leave the number out now:"
    " an e-mail address is enough, and so is no contact at all."
)
_SENT_BEFORE: Final = N_(
    "This form was already sent, with other words. If this is another report, send it again."
)


class Reporting:
    """Shows the form and takes reports.

    Args:
        pages: renders.
        submit: stores a report.
        suggest: reads the words of a report.
        categories: codes of the city's list.
        clock: the domain's.
        keys: prove the reporter.
        limits: of addresses.
        near: asks for proof of work near them.
        origin: where forms come from.
        map_tiles: address of map tiles; None where there are none.
        map_credit: who is credited for them.
    """

    def __init__(  # noqa: PLR0913  # its parts, each by name
        self,
        *,
        pages: Pages,
        submit: Submit,
        suggest: Suggest,
        categories: Mapping[Any, Any],
        clock: Clock,
        keys: Keys,
        limits: ReportLimits,
        near: NearLimit,
        origin: SameOrigin,
        map_tiles: str | None,
        map_credit: str,
    ) -> None:
        self._pages = pages
        self._submit = submit
        self._suggest = suggest
        self._categories = categories
        self._clock = clock
        self._keys = keys
        self._limits = limits
        self._near = near
        self._origin = origin
        self._map = {"map_tiles": map_tiles, "map_credit": map_credit}

    async def form(self, request: Request) -> Response:
        """`GET /`: the empty form."""
        return self._form(request, {})

    async def send(self, request: Request) -> Response:
        """`POST /lapor`: takes a report; the answer is its receipt, or the form as it was typed.

        Raises:
            ProblemError: 400 without a usable idempotency key, 403 for another site's form, 415.
        """
        self._origin.require(request)
        language = language_for(request)
        content_type = request.headers.get("content-type", "")
        typed = read_form(content_type, await request.body())
        key = parse_idempotency_key([typed.get(KEY, "")], language)
        try:
            await self._allowed(request, typed.get(SOLUTION), key)
        except ProblemError as refused:
            if refused.problem.status != 429:
                raise
            return self._later(request, typed, refused)
        now = self._clock.now()
        try:
            submission = parse(submission_of(typed, language), Surroundings(now, self._categories))
        except ValidationError as error:
            return self._form(request, typed, errors=wrong_fields(error), status=422)
        return await self._store(request, typed, submission, key)

    async def _allowed(self, request: Request, solution: str | None, key: str) -> None:
        """Count it against the limits of its address; near them its browser proves work.

        Raises:
            ProblemError: 429.
        """
        scope, forwarded = request.scope, request.headers.get("x-forwarded-for")
        left = self._near.left(scope, "", forwarded)
        if left is not None:
            await self._near.prove(
                left, solution, scope=scope, device="", forwarded=forwarded, key=key
            )
        self._limits.require(scope, "", forwarded)

    async def _store(
        self, request: Request, typed: dict[str, str], submission: Submission, key: str
    ) -> Response:
        now, language = self._clock.now(), language_for(request)
        asked = Asked(submission, language, "", key, now, current_traceparent(), channel=WEB)
        try:
            outcome = await self._submit(asked)
        except (Full, GaveUp):
            metrics.request_refused("database")
            return self._later(request, typed, overloaded(RETRY_AFTER_S))
        except ProblemError as refused:
            if refused.problem is not PHONE_LIMIT:
                raise
            wrong = {"phone": Wrong(_PHONE_OFTEN, {})}
            answer = self._form(request, typed, errors=wrong, status=429)
            answer.headers.update(refused.headers)
            return answer
        match outcome:
            case Accepted():
                return self._accepted(outcome)
            case OtherBody():
                fresh = {**typed, KEY: ""}
                return self._form(request, fresh, notice=_SENT_BEFORE, status=422)
            case AttachmentGone():  # of a form that names no upload there is no such outcome
                return self._form(request, typed, notice=_BUSY, status=503)
            case _:
                assert_never(outcome)

    def _later(self, request: Request, typed: Mapping[str, str], error: ProblemError) -> Response:
        """The form as it was typed, and when to send it again."""
        notice = _OFTEN if error.problem.status == RATE_LIMITED.status else _BUSY
        wait, status = wait_of(error), error.problem.status
        answer = self._form(
            request,
            typed,
            notice=notice,
            wait_s=wait,
            challenge=error.more.get("challenge"),
            status=status,
        )
        answer.headers.update(error.headers)
        return answer

    def _accepted(self, accepted: Accepted) -> Response:
        """The receipt is a page of its own: loading it again sends nothing."""
        number = json.loads(accepted.answer)["tracking_number"]
        answer = RedirectResponse(f"/laporan/{number}/tanda-terima", status_code=303)
        secret = tracking.secret(self._keys.secrets, accepted.complaint)
        prove(answer, number, secret, https=self._origin.https)
        return answer

    def _form(  # noqa: PLR0913  # what the page shows, each by name
        self,
        request: Request,
        typed: Mapping[str, str],
        *,
        errors: Mapping[str, Any] | None = None,
        notice: str | None = None,
        wait_s: int | None = None,
        challenge: Mapping[str, Any] | None = None,
        status: int = 200,
    ) -> Response:
        suggestion = self._suggest(typed.get("text", ""))
        values = {
            "typed": {**dict.fromkeys(FIELDS, ""), "kind": Kind.COMPLAINT.value, **typed},
            "key": typed.get(KEY) or secrets.token_urlsafe(_KEY_BYTES),
            "errors": errors or {},
            "notice": notice,
            "wait_s": wait_s,
            "challenge": None if challenge is None else json.dumps(challenge),
            "emergency": bool(suggestion.emergency),
            **self._map,
        }
        return self._pages.render(request, Page("form", values, status, kept=not typed))
