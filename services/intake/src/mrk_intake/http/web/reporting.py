"""The form, and what becomes of it when it is sent."""

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final, assert_never

import asyncpg
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from mrk_delivery.clock import Clock
from mrk_intake.domain import tracking
from mrk_intake.domain.keys import Keys
from mrk_intake.domain.nearby import Near
from mrk_intake.domain.submission import Submission, Surroundings, parse
from mrk_intake.domain.suggestion import Suggest
from mrk_intake.http.drafts import Asked
from mrk_intake.http.limits import ReportLimits
from mrk_intake.http.near import NearLimit
from mrk_intake.http.phones import PHONE_LIMIT
from mrk_intake.http.reports import RETRY_AFTER_S, Submit
from mrk_intake.http.status import GONE
from mrk_intake.http.web.catalogues import N_
from mrk_intake.http.web.filled import Filled
from mrk_intake.http.web.following import FollowingPages, contact_of
from mrk_intake.http.web.form import (
    FIELDS,
    KEY,
    LOCALE,
    SOLUTION,
    Wrong,
    language_of_form,
    submission_of,
    wrong_fields,
)
from mrk_intake.http.web.form_files import FormFiles
from mrk_intake.http.web.pages import AS_IT_WAS_LEFT, Page, Pages, wait_of
from mrk_intake.http.web.tracking_pages import prove
from mrk_intake.http.web.twins import Twins
from mrk_intake.http.web.way import NOTHING, RESIDENT, Alike, Told, Way, refusal
from mrk_intake.store import attachments
from mrk_intake.store.accept import Accepted, Attached, AttachmentGone, OtherBody
from mrk_intake.store.coalesce import Full, GaveUp
from mrk_pages.visit import SameOrigin, asks_json, language_for
from mrk_schemas.reports import Kind
from mrk_telemetry import metrics
from mrk_telemetry.traces import current_traceparent
from mrk_web.idempotency import parse_idempotency_key
from mrk_web.overload import overloaded
from mrk_web.problems import RATE_LIMITED, ProblemError

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
        files: reads the form with its files.
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
        files: FormFiles,
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
        self._files = files
        self._origin = origin
        self._map = {"map_tiles": map_tiles, "map_credit": map_credit}

    async def form(self, request: Request) -> Response:
        """`GET /`: the empty form."""
        return self.shown(request, RESIDENT, Filled({}))

    async def send(self, request: Request) -> Response:
        """`POST /lapor`: takes a report; the answer is its receipt, or the form as it was typed.

        Raises:
            ProblemError: 400 without a usable idempotency key, 403 for another site's form, 413,
                415.
        """
        return await self.take(request, RESIDENT, await self.filled(request))

    async def filled(self, request: Request) -> Filled:
        """The form that comes with a request.

        Raises:
            ProblemError: 403 for another site's form, 413, 415, 429.
        """
        self._origin.require(request)
        return await self._files.read(request)

    async def take(self, request: Request, way: Way, filled: Filled) -> Response:
        """Take a report.

        Args:
            request: with the form.
            way: how it comes.
            filled: its fields and files.

        Raises:
            ProblemError: 400 without a usable idempotency key.
        """
        typed = filled.typed
        language = language_of_form(typed, language_for(request))
        key = parse_idempotency_key([typed.get(KEY, "")], language_for(request))
        try:
            await self._allowed(request, typed.get(SOLUTION), key)
        except ProblemError as refused:
            if refused.problem.status != RATE_LIMITED.status:
                raise
            return self._later(request, way, filled, refused)
        named = [photo.token for photo in filled.photos]
        attached = await self._judged(request, way, filled, key)
        now = self._clock.now()
        try:
            submission = parse(
                submission_of(typed, language, named), Surroundings(now, self._categories)
            )
        except ValidationError as error:
            errors = {**way.errors, **wrong_fields(error)}
            return self._not_taken(request, way, filled, Told(errors))
        if way.errors or filled.wrong:
            return self._not_taken(request, way, filled, Told(way.errors))
        if self._alike is not None:
            told = await self._same(self._alike, request, way, filled, submission, key)
            if told is not None:
                return told
        trace = current_traceparent()
        asked = Asked(
            submission, language, way.scope, key, now, trace, attached, channel=way.channel
        )
        return await self._store(request, way, filled, asked)

    async def _judged(
        self, request: Request, way: Way, filled: Filled, key: str
    ) -> tuple[Attached, ...]:
        """The uploads that the report may take."""
        language, patient = language_for(request), not asks_json(request)
        return await self._files.judge(filled, way.scope, key, language, patient=patient)

    async def _same(  # noqa: PLR0913, PLR0917  # what was sent, and how
        self,
        alike: Alike,
        request: Request,
        way: Way,
        filled: Filled,
        submission: Submission,
        key: str,
    ) -> Response | None:
        """Where somebody reported the same before: following it, or asking whether it is."""
        number = filled.typed.get(FOLLOW, "")
        if number:
            return await self._follow(alike.follows, request, way, filled, number, key)
        # a script has looked, or sends what waited in the phone: nobody may be there to answer
        if filled.typed.get(LOOKED) or asks_json(request) or await self._known(way, key):
            return None
        twins = await alike.twins.of(submission)
        return await self._ask(alike.twins, request, filled, twins) if twins else None

    async def _known(self, way: Way, key: str) -> bool:
        """Whether this form was taken before: its answer is the receipt, as it was."""
        return await attachments.known_request(self._pool, self._keys.request(way.scope, key))

    async def _ask(
        self, finds: Twins, request: Request, filled: Filled, twins: Sequence[Near]
    ) -> Response:
        """Is it one of these? Nothing is stored; the page holds all that was sent."""
        typed = filled.typed
        values = {
            "twins": twins,
            "pictures": await finds.pictures(twins),
            "key": typed[KEY],
            "typed": {name: typed.get(name, "") for name in (*FIELDS, LOCALE)},
            "photos": filled.photos,
        }
        return self._pages.render(request, Page("twins", values))

    async def _follow(  # noqa: PLR0913, PLR0917  # as `_same`
        self,
        follows: FollowingPages,
        request: Request,
        way: Way,
        filled: Filled,
        number: str,
        key: str,
    ) -> Response:
        """It is the same: whoever typed a contact follows it instead of sending a second one."""
        try:
            contact = contact_of(filled.typed, language_for(request))
        except ValidationError as error:
            return self.shown(request, way, filled, Told(wrong_fields(error)), status=422)
        not_followed = Told(notice=_NOT_FOLLOWED)
        try:
            answer = await follows.follow(request, number, contact, key, filled.typed)
        except ProblemError as problem:
            if problem.problem is not GONE:
                raise
            return self.shown(request, way, filled, not_followed, status=409)
        if answer.status_code >= 400:  # it ended meanwhile: what was typed is not lost with it
            return self.shown(request, way, filled, not_followed, status=409)
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

    async def _store(self, request: Request, way: Way, filled: Filled, asked: Asked) -> Response:
        named = self._keys.request(way.scope, asked.key)
        try:
            if way.before is not None:
                await way.before(named)
            outcome = await self._submit(asked)
        except (Full, GaveUp):
            metrics.request_refused("database")
            return self._later(request, way, filled, overloaded(RETRY_AFTER_S))
        except ProblemError as refused:
            if refused.problem is not PHONE_LIMIT or asks_json(request):
                raise
            answer = self.shown(
                request, way, filled, Told({"phone": Wrong(_PHONE_OFTEN, {})}), status=429
            )
            answer.headers.update(refused.headers)
            return answer
        match outcome:
            case Accepted():
                if way.after is not None:
                    await way.after(named, outcome.complaint)
                return self._accepted(request, outcome)
            case OtherBody():
                filled.typed[KEY] = ""
                return self._not_taken(request, way, filled, Told(notice=_SENT_BEFORE))
            case AttachmentGone():  # meanwhile: the next attempt names it
                return self._later(request, way, filled, overloaded(RETRY_AFTER_S))
            case _:
                assert_never(outcome)

    def _later(self, request: Request, way: Way, filled: Filled, error: ProblemError) -> Response:
        """To a person the form as it was sent, and when to send it again; to a script when."""
        if asks_json(request):
            return error.response(language_for(request))
        notice = _OFTEN if error.problem.status == RATE_LIMITED.status else _BUSY
        told = Told(notice=notice, wait_s=wait_of(error), challenge=error.more.get("challenge"))
        answer = self.shown(request, way, filled, told, status=error.problem.status)
        answer.headers.update(error.headers)
        return answer

    def _accepted(self, request: Request, accepted: Accepted) -> Response:
        """The receipt is a page of its own: loading it again sends nothing."""
        number = json.loads(accepted.answer)["tracking_number"]
        secret = tracking.secret(self._keys.secrets, accepted.complaint)
        receipt = f"/laporan/{number}/tanda-terima"
        answer: Response
        if asks_json(request):
            told = {"number": number, "secret": secret, "receipt": receipt}
            answer = JSONResponse(told, 201, {"cache-control": "no-store"})
        else:
            answer = RedirectResponse(receipt, status_code=303)
        prove(answer, number, secret, https=self._origin.https)
        return answer

    def _not_taken(self, request: Request, way: Way, filled: Filled, told: Told) -> Response:
        """422: to a person the form as it was sent, to a script what is wrong with it."""
        if not asks_json(request):
            return self.shown(request, way, filled, told, status=422)
        body = refusal(filled, told, self._pages.strings(language_for(request)).gettext)
        return JSONResponse(body, 422, {"cache-control": "no-store"})

    def shown(
        self,
        request: Request,
        way: Way,
        filled: Filled,
        told: Told = NOTHING,
        status: int = 200,
    ) -> Response:
        """The form.

        Args:
            request: whose language it is in.
            way: how it will come back.
            filled: what was typed, and the files that came.
            told: what is wrong with it.
            status: of the answer.
        """
        typed = filled.typed
        suggestion = self._suggest(typed.get("text", ""))
        empty = dict.fromkeys((*FIELDS, LOCALE, *way.fields), "")
        values = {
            "typed": {**empty, "kind": Kind.COMPLAINT.value, **typed},
            "key": typed.get(KEY) or secrets.token_urlsafe(_KEY_BYTES),
            "fresh": not typed,
            "photos": filled.photos,
            "wrong_photos": filled.wrong,
            "errors": told.errors,
            "notice": told.notice,
            "wait_s": told.wait_s,
            "challenge": None if told.challenge is None else json.dumps(told.challenge),
            "emergency": bool(suggestion.emergency),
            **way.values,
            **self._map,
        }
        cache = "no-store" if typed else AS_IT_WAS_LEFT
        return self._pages.render(request, Page("form", values, status, cache=cache))
