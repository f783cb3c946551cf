"""The form, and what becomes of it when it is sent."""

import json
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, assert_never
from uuid import UUID

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
from mrk_intake.http.near import NearLimit
from mrk_intake.http.phones import PHONE_LIMIT
from mrk_intake.http.reports import RETRY_AFTER_S, Submit
from mrk_intake.http.status import GONE
from mrk_intake.http.web.catalogues import N_
from mrk_intake.http.web.following import FollowingPages, contact_of
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
from mrk_intake.http.web.twins import Twins
from mrk_intake.http.web.visit import SameOrigin, language_for
from mrk_intake.store import attachments
from mrk_intake.store.accept import Accepted, AttachmentGone, OtherBody
from mrk_intake.store.coalesce import Full, GaveUp
from mrk_schemas.reports import Kind
from mrk_telemetry import metrics
from mrk_telemetry.traces import current_traceparent
from mrk_web.idempotency import parse_idempotency_key
from mrk_web.overload import overloaded
from mrk_web.problems import RATE_LIMITED, ProblemError

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

_NOT_FOLLOWED: Final = N_(
    "That report cannot be followed any more. Yours is below as you wrote it: send it."
)


@dataclass(frozen=True, slots=True)
class Way:
    """How a form comes here: from a resident's own page, or from somebody who helps.

    Attributes:
        channel: of the report.
        scope: of the idempotency key; empty of a resident's form, which has the key alone.
        fields: further ones that a person fills in.
        values: further ones for the template.
        errors: of the further fields.
        before: told before the report is stored.
        after: told once it is, before it is acknowledged.
    """

    channel: str = WEB
    scope: str = ""
    fields: Sequence[str] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, Wrong] = field(default_factory=dict)
    before: Callable[[bytes], Awaitable[None]] | None = None
    after: Callable[[bytes, UUID], Awaitable[None]] | None = None


RESIDENT: Final = Way()


@dataclass(frozen=True, slots=True)
class Alike:
    """What offers open reports of the same thing nearby.

    Attributes:
        twins: finds them.
        follows: takes who follows one of them instead.
    """

    twins: Twins
    follows: FollowingPages


class Reporting:
    """Shows the form and takes reports.

    Args:
        pages: renders.
        submit: stores a report.
        alike: offers reports of the same thing nearby; None where nobody could follow one.
        pool: of intake's database.
        suggest: reads the words of a report.
        categories: codes of the city's list.
        clock: the domain's.
        keys: prove the reporter.
        limits: of addresses.
        near: asks for proof of work near them; None where people are known.
        origin: where forms come from.
        map_tiles: address of map tiles; None where there are none.
        map_credit: who is credited for them.
    """

    def __init__(  # noqa: PLR0913  # its parts, each by name
        self,
        *,
        pages: Pages,
        submit: Submit,
        alike: Alike | None,
        pool: asyncpg.Pool,
        suggest: Suggest,
        categories: Mapping[Any, Any],
        clock: Clock,
        keys: Keys,
        limits: ReportLimits,
        near: NearLimit | None,
        origin: SameOrigin,
        map_tiles: str | None,
        map_credit: str,
    ) -> None:
        self._pages = pages
        self._submit = submit
        self._alike = alike
        self._pool = pool
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
        return self.shown(request, RESIDENT, {})

    async def send(self, request: Request) -> Response:
        """`POST /lapor`: takes a report; the answer is its receipt, or the form as it was typed.

        Raises:
            ProblemError: 400 without a usable idempotency key, 403 for another site's form, 415.
        """
        return await self.take(request, RESIDENT, await self.typed(request))

    async def typed(self, request: Request) -> dict[str, str]:
        """The form that comes with a request.

        Raises:
            ProblemError: 403 for another site's form, 415.
        """
        self._origin.require(request)
        return read_form(request.headers.get("content-type", ""), await request.body())

    async def take(self, request: Request, way: Way, typed: dict[str, str]) -> Response:
        """Take a report.

        Args:
            request: with the form.
            way: how it comes.
            typed: its fields.

        Raises:
            ProblemError: 400 without a usable idempotency key.
        """
        language = language_for(request)
        key = parse_idempotency_key([typed.get(KEY, "")], language)
        try:
            await self._allowed(request, typed.get(SOLUTION), key)
        except ProblemError as refused:
            if refused.problem.status != 429:
                raise
            return self._later(request, way, typed, refused)
        now = self._clock.now()
        try:
            submission = parse(submission_of(typed, language), Surroundings(now, self._categories))
        except ValidationError as error:
            errors = {**way.errors, **wrong_fields(error)}
            return self.shown(request, way, typed, errors=errors, status=422)
        if way.errors:
            return self.shown(request, way, typed, errors=way.errors, status=422)
        if self._alike is not None:
            told = await self._same(self._alike, request, way, typed, submission, key)
            if told is not None:
                return told
        return await self._store(request, way, typed, submission, key)

    async def _same(  # noqa: PLR0913, PLR0917  # what was sent, and how
        self,
        alike: Alike,
        request: Request,
        way: Way,
        typed: dict[str, str],
        submission: Submission,
        key: str,
    ) -> Response | None:
        """Where somebody reported the same before: following it, or asking whether it is."""
        number = typed.get(FOLLOW, "")
        if number:
            return await self._follow(alike.follows, request, way, typed, number, key)
        if typed.get(LOOKED) or await self._known(way, key):
            return None
        twins = await alike.twins.of(submission)
        return self._ask(request, typed, twins) if twins else None

    async def _known(self, way: Way, key: str) -> bool:
        """Whether this form was taken before: its answer is the receipt, as it was."""
        return await attachments.known_request(self._pool, self._keys.request(way.scope, key))

    def _ask(self, request: Request, typed: Mapping[str, str], twins: Sequence[Near]) -> Response:
        """Is it one of these? Nothing is stored; the page holds all that was typed."""
        values = {
            "twins": twins,
            "key": typed[KEY],
            "typed": {name: typed.get(name, "") for name in FIELDS},
        }
        return self._pages.render(request, Page("twins", values))

    async def _follow(  # noqa: PLR0913, PLR0917  # as `_same`
        self,
        follows: FollowingPages,
        request: Request,
        way: Way,
        typed: dict[str, str],
        number: str,
        key: str,
    ) -> Response:
        """It is the same: whoever typed a contact follows it instead of sending a second one."""
        try:
            contact = contact_of(typed, language_for(request))
        except ValidationError as error:
            return self.shown(request, way, typed, errors=wrong_fields(error), status=422)
        try:
            answer = await follows.follow(request, number, contact, key, typed)
        except ProblemError as problem:
            if problem.problem is not GONE:
                raise
            return self.shown(request, way, typed, notice=_NOT_FOLLOWED, status=409)
        if answer.status_code >= 400:  # it ended meanwhile: what was typed is not lost with it
            return self.shown(request, way, typed, notice=_NOT_FOLLOWED, status=409)
        return answer

    async def _allowed(self, request: Request, solution: str | None, key: str) -> None:
        """Count it against the limits of its address; near them its browser proves work.

        Raises:
            ProblemError: 429.
        """
        scope, forwarded = request.scope, request.headers.get("x-forwarded-for")
        near = self._near
        left = None if near is None else near.left(scope, "", forwarded)
        if near is not None and left is not None:
            await near.prove(left, solution, scope=scope, device="", forwarded=forwarded, key=key)
        self._limits.require(scope, "", forwarded)

    async def _store(
        self, request: Request, way: Way, typed: dict[str, str], submission: Submission, key: str
    ) -> Response:
        now, language = self._clock.now(), language_for(request)
        asked = Asked(
            submission, language, way.scope, key, now, current_traceparent(), channel=way.channel
        )
        named = self._keys.request(way.scope, key)
        try:
            if way.before is not None:
                await way.before(named)
            outcome = await self._submit(asked)
        except (Full, GaveUp):
            metrics.request_refused("database")
            return self._later(request, way, typed, overloaded(RETRY_AFTER_S))
        except ProblemError as refused:
            if refused.problem is not PHONE_LIMIT:
                raise
            wrong = {"phone": Wrong(_PHONE_OFTEN, {})}
            answer = self.shown(request, way, typed, errors=wrong, status=429)
            answer.headers.update(refused.headers)
            return answer
        match outcome:
            case Accepted():
                if way.after is not None:
                    await way.after(named, outcome.complaint)
                return self._accepted(outcome)
            case OtherBody():
                fresh = {**typed, KEY: ""}
                return self.shown(request, way, fresh, notice=_SENT_BEFORE, status=422)
            case AttachmentGone():  # of a form that names no upload there is no such outcome
                return self.shown(request, way, typed, notice=_BUSY, status=503)
            case _:
                assert_never(outcome)

    def _later(
        self, request: Request, way: Way, typed: Mapping[str, str], error: ProblemError
    ) -> Response:
        """The form as it was typed, and when to send it again."""
        notice = _OFTEN if error.problem.status == RATE_LIMITED.status else _BUSY
        wait, status = wait_of(error), error.problem.status
        answer = self.shown(
            request,
            way,
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

    def shown(  # noqa: PLR0913  # what a form shows, each by name
        self,
        request: Request,
        way: Way,
        typed: Mapping[str, str],
        *,
        errors: Mapping[str, Any] | None = None,
        notice: str | None = None,
        wait_s: int | None = None,
        challenge: Mapping[str, Any] | None = None,
        status: int = 200,
    ) -> Response:
        """The form.

        Args:
            request: whose language it is in.
            way: how it will come back.
            typed: what was typed.
            errors: what is wrong with it.
            notice: a string of the catalogues, on the whole form.
            wait_s: seconds until it may be sent again.
            challenge: what a browser solves before it sends the form again.
            status: of the answer.
        """
        suggestion = self._suggest(typed.get("text", ""))
        empty = dict.fromkeys((*FIELDS, *way.fields), "")
        values = {
            "typed": {**empty, "kind": Kind.COMPLAINT.value, **typed},
            "key": typed.get(KEY) or secrets.token_urlsafe(_KEY_BYTES),
            "errors": errors or {},
            "notice": notice,
            "wait_s": wait_s,
            "challenge": None if challenge is None else json.dumps(challenge),
            "emergency": bool(suggestion.emergency),
            **way.values,
            **self._map,
        }
        return self._pages.render(request, Page("form", values, status, kept=not typed))
