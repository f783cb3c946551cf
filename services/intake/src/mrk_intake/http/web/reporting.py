"""The form, and what becomes of it when it is sent."""

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final, assert_never

import asyncpg
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mrk_delivery.clock import Clock
from mrk_intake.domain import tracking
from mrk_intake.domain.keys import Keys
from mrk_intake.domain.nearby import Near
from mrk_intake.domain.report import WEB
from mrk_intake.domain.submission import Submission, Surroundings, parse
from mrk_intake.domain.suggestion import Suggest
from mrk_intake.http.drafts import Asked
from mrk_intake.http.limits import ReportLimits
from mrk_intake.http.reports import RETRY_AFTER_S, Submit
from mrk_intake.http.status import GONE
from mrk_intake.http.web.catalogues import N_
from mrk_intake.http.web.following import FollowingPages, contact_of
from mrk_intake.http.web.form import FIELDS, KEY, read_form, submission_of, wrong_fields
from mrk_intake.http.web.pages import Page, Pages
from mrk_intake.http.web.tracking_pages import prove
from mrk_intake.http.web.twins import Twins
from mrk_intake.http.web.visit import SameOrigin, language_for
from mrk_intake.store import attachments
from mrk_intake.store.accept import Accepted, AttachmentGone, OtherBody
from mrk_intake.store.coalesce import Full, GaveUp
from mrk_schemas.reports import Kind
from mrk_telemetry import metrics
from mrk_telemetry.traces import current_traceparent
from mrk_web.idempotency import parse_idempotency_key
from mrk_web.problems import ProblemError

PATH: Final = "/lapor"
FOLLOW: Final = "ikuti"
"""The field of the button that follows: the number of the report that is the same."""
LOOKED: Final = "dilihat"
"""The field that says that the reports nearby were seen."""
_KEY_BYTES: Final = 24
_BUSY: Final = N_(
    "We could not confirm your report just now. Wait a moment and send it again from this page:"
    " it will not be counted twice."
)
_SENT_BEFORE: Final = N_(
    "This form was already sent, with other words. If this is another report, send it again."
)

_NOT_FOLLOWED: Final = N_(
    "That report cannot be followed any more. Yours is below as you wrote it: send it."
)


class Reporting:
    """Shows the form and takes reports.

    Args:
        pages: renders.
        submit: stores a report.
        twins: finds open reports of the same thing nearby.
        follows: takes who follows one of them instead.
        pool: of intake's database.
        suggest: reads the words of a report.
        categories: codes of the city's list.
        clock: the domain's.
        keys: prove the reporter.
        limits: of addresses.
        origin: where forms come from.
        map_tiles: address of map tiles; None where there are none.
        map_credit: who is credited for them.
    """

    def __init__(  # noqa: PLR0913  # its parts, each by name
        self,
        *,
        pages: Pages,
        submit: Submit,
        twins: Twins,
        follows: FollowingPages,
        pool: asyncpg.Pool,
        suggest: Suggest,
        categories: Mapping[Any, Any],
        clock: Clock,
        keys: Keys,
        limits: ReportLimits,
        origin: SameOrigin,
        map_tiles: str | None,
        map_credit: str,
    ) -> None:
        self._pages = pages
        self._submit = submit
        self._twins = twins
        self._follows = follows
        self._pool = pool
        self._suggest = suggest
        self._categories = categories
        self._clock = clock
        self._keys = keys
        self._limits = limits
        self._origin = origin
        self._map = {"map_tiles": map_tiles, "map_credit": map_credit}

    async def form(self, request: Request) -> Response:
        """`GET /`: the empty form."""
        return self._form(request, {})

    async def send(self, request: Request) -> Response:
        """`POST /lapor`: takes a report; the answer is its receipt, or the form as it was typed.

        Raises:
            ProblemError: 400 without a usable idempotency key, 403 for another site's form, 415,
                429.
        """
        self._origin.require(request)
        self._limits.require(request.scope, "", request.headers.get("x-forwarded-for"))
        language = language_for(request)
        content_type = request.headers.get("content-type", "")
        typed = read_form(content_type, await request.body())
        key = parse_idempotency_key([typed.get(KEY, "")], language)
        now = self._clock.now()
        try:
            submission = parse(submission_of(typed, language), Surroundings(now, self._categories))
        except ValidationError as error:
            return self._form(request, typed, errors=wrong_fields(error), status=422)
        number = typed.get(FOLLOW, "")
        if number:
            return await self._follow(request, typed, number, key)
        if not typed.get(LOOKED) and not await self._known(key):
            twins = await self._twins.of(submission)
            if twins:
                return self._alike(request, typed, twins)
        return await self._store(request, typed, submission, key)

    async def _known(self, key: str) -> bool:
        """Whether this form was taken before: its answer is the receipt, as it was."""
        return await attachments.known_request(self._pool, self._keys.request("", key))

    def _alike(self, request: Request, typed: Mapping[str, str], twins: Sequence[Near]) -> Response:
        """Is it one of these? Nothing is stored; the page holds all that was typed."""
        values = {
            "twins": twins,
            "key": typed[KEY],
            "typed": {name: typed.get(name, "") for name in FIELDS},
        }
        return self._pages.render(request, Page("twins", values))

    async def _follow(
        self, request: Request, typed: dict[str, str], number: str, key: str
    ) -> Response:
        """It is the same: whoever typed a contact follows it instead of sending a second one."""
        try:
            contact = contact_of(typed, language_for(request))
        except ValidationError as error:
            return self._form(request, typed, errors=wrong_fields(error), status=422)
        try:
            answer = await self._follows.follow(request, number, contact, key, typed)
        except ProblemError as problem:
            if problem.problem is not GONE:
                raise
            return self._form(request, typed, notice=_NOT_FOLLOWED, status=409)
        if answer.status_code >= 400:  # it ended meanwhile: what was typed is not lost with it
            return self._form(request, typed, notice=_NOT_FOLLOWED, status=409)
        return answer

    async def _store(
        self, request: Request, typed: dict[str, str], submission: Submission, key: str
    ) -> Response:
        now, language = self._clock.now(), language_for(request)
        asked = Asked(submission, language, "", key, now, current_traceparent(), channel=WEB)
        try:
            outcome = await self._submit(asked)
        except (Full, GaveUp):
            metrics.request_refused("database")
            answer = self._form(request, typed, notice=_BUSY, status=503)
            answer.headers["retry-after"] = str(RETRY_AFTER_S)
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

    def _accepted(self, accepted: Accepted) -> Response:
        """The receipt is a page of its own: loading it again sends nothing."""
        number = json.loads(accepted.answer)["tracking_number"]
        answer = RedirectResponse(f"/laporan/{number}/tanda-terima", status_code=303)
        secret = tracking.secret(self._keys.secrets, accepted.complaint)
        prove(answer, number, secret, https=self._origin.https)
        return answer

    def _form(
        self,
        request: Request,
        typed: Mapping[str, str],
        *,
        errors: Mapping[str, Any] | None = None,
        notice: str | None = None,
        status: int = 200,
    ) -> Response:
        suggestion = self._suggest(typed.get("text", ""))
        values = {
            "typed": {**dict.fromkeys(FIELDS, ""), "kind": Kind.COMPLAINT.value, **typed},
            "key": typed.get(KEY) or secrets.token_urlsafe(_KEY_BYTES),
            "errors": errors or {},
            "notice": notice,
            "emergency": bool(suggestion.emergency),
            **self._map,
        }
        return self._pages.render(request, Page("form", values, status))
