"""The form, and what becomes of it when it is sent."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, assert_never

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from mrk_delivery.clock import Clock
from mrk_intake.domain import tracking
from mrk_intake.domain.keys import Keys
from mrk_intake.domain.report import WEB
from mrk_intake.domain.submission import Surroundings, parse
from mrk_intake.domain.suggestion import Suggest
from mrk_intake.http.drafts import Asked
from mrk_intake.http.limits import ReportLimits
from mrk_intake.http.reports import RETRY_AFTER_S, Submit
from mrk_intake.http.web.catalogues import N_
from mrk_intake.http.web.filled import Filled
from mrk_intake.http.web.form import (
    FIELDS,
    KEY,
    LANGUAGE,
    Wrong,
    language_of_form,
    submission_of,
    wrong_fields,
)
from mrk_intake.http.web.form_files import FormFiles
from mrk_intake.http.web.pages import Page, Pages
from mrk_intake.http.web.tracking_pages import prove
from mrk_intake.http.web.visit import SameOrigin, asks_json, language_for
from mrk_intake.store.accept import Accepted, AttachmentGone, OtherBody
from mrk_intake.store.coalesce import Full, GaveUp
from mrk_schemas.reports import Kind
from mrk_telemetry import metrics
from mrk_telemetry.traces import current_traceparent
from mrk_web.idempotency import parse_idempotency_key
from mrk_web.overload import overloaded

_KEY_BYTES: Final = 24
_BUSY: Final = N_(
    "We could not confirm your report just now. Wait a moment and send it again from this page:"
    " it will not be counted twice."
)
_SENT_BEFORE: Final = N_(
    "This form was already sent, with other words. If this is another report, send it again."
)


@dataclass(frozen=True, slots=True)
class Told:
    """Why a form is not taken.

    Attributes:
        errors: wrong fields.
        notice: a string of the catalogues, on the whole form.
    """

    errors: Mapping[str, Wrong] = field(default_factory=dict)
    notice: str | None = None


_NOTHING: Final = Told()
_EMPTY: Final = dict.fromkeys((*FIELDS, LANGUAGE), "") | {"kind": Kind.COMPLAINT.value}


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
        files: reads the form.
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
        files: FormFiles,
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
        self._files = files
        self._origin = origin
        self._map = {"map_tiles": map_tiles, "map_credit": map_credit}

    async def form(self, request: Request) -> Response:
        """`GET /`: the empty form."""
        return self._form(request, Filled({}))

    async def send(self, request: Request) -> Response:
        """`POST /lapor`: takes a report; the answer is its receipt, or the form as it was typed.

        Raises:
            ProblemError: 400 without a usable idempotency key, 403 for another site's form, 415,
                429.
        """
        self._origin.require(request)
        self._limits.require(request.scope, "", request.headers.get("x-forwarded-for"))
        filled = await self._files.read(request)
        language = language_of_form(filled.typed, language_for(request))
        key = parse_idempotency_key([filled.typed.get(KEY, "")], language_for(request))
        named = [photo.token for photo in filled.photos]
        attached = await self._files.judge(
            filled, key, language_for(request), patient=not asks_json(request)
        )
        errors: Mapping[str, Wrong] = {}
        try:
            submission = parse(
                submission_of(filled.typed, language, named),
                Surroundings(self._clock.now(), self._categories),
            )
        except ValidationError as error:
            errors = wrong_fields(error)
        else:
            if not filled.wrong:
                now, trace = self._clock.now(), current_traceparent()
                asked = Asked(submission, language, "", key, now, trace, attached, channel=WEB)
                return await self._store(request, filled, asked)
        return self._not_taken(request, filled, Told(errors=errors))

    async def _store(self, request: Request, filled: Filled, asked: Asked) -> Response:
        try:
            outcome = await self._submit(asked)
        except (Full, GaveUp):
            metrics.request_refused("database")
            return self._busy(request, filled)
        match outcome:
            case Accepted():
                return self._accepted(request, outcome)
            case OtherBody():
                filled.typed[KEY] = ""
                return self._not_taken(request, filled, Told(notice=_SENT_BEFORE))
            case AttachmentGone():  # meanwhile: the next attempt names it
                return self._busy(request, filled)
            case _:
                assert_never(outcome)

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

    def _busy(self, request: Request, filled: Filled) -> Response:
        if asks_json(request):
            return overloaded(RETRY_AFTER_S).response(language_for(request))
        answer = self._form(request, filled, Told(notice=_BUSY), status=503)
        answer.headers["retry-after"] = str(RETRY_AFTER_S)
        return answer

    def _not_taken(self, request: Request, filled: Filled, told: Told) -> Response:
        """422: to a person the form as it was sent, to a script what is wrong with it."""
        if not asks_json(request):
            return self._form(request, filled, told, status=422)
        say = self._pages.strings(language_for(request))
        body = {
            "errors": [
                {"field": field, "message": say(wrong.message) % wrong.values}
                for field, wrong in told.errors.items()
            ],
            "photos": [
                {"upload": each.token, "name": each.name, "code": each.code, "message": each.text}
                for each in filled.wrong
            ],
            "notice": None if told.notice is None else say(told.notice),
        }
        return JSONResponse(body, 422, {"cache-control": "no-store"})

    def _form(
        self, request: Request, filled: Filled, told: Told = _NOTHING, status: int = 200
    ) -> Response:
        typed = filled.typed
        suggestion = self._suggest(typed.get("text", ""))
        values = {
            "typed": _EMPTY | typed,
            "key": typed.get(KEY) or secrets.token_urlsafe(_KEY_BYTES),
            "fresh": not typed,
            "photos": filled.photos,
            "wrong_photos": filled.wrong,
            "errors": told.errors,
            "notice": told.notice,
            "emergency": bool(suggestion.emergency),
            **self._map,
        }
        return self._pages.render(request, Page("form", values, status))
