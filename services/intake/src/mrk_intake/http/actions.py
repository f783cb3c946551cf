"""`POST /api/v1/reports/{tracking_number}/{action}`: what a reporter does after reporting."""

from typing import Final, assert_never

from pydantic import BaseModel, Field, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from mrk_intake.domain.actions import BODIES, Action
from mrk_intake.domain.instants import instant
from mrk_intake.domain.said import Said, of_json
from mrk_intake.http.away import database_may_be_away
from mrk_intake.http.barred import barred
from mrk_intake.http.limits import DEVICE_HEADER, ReportLimits, device_token
from mrk_intake.http.reports import KEY_REUSED
from mrk_intake.http.status import PROOF_HEADER
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
from mrk_web.idempotency import HEADER as KEY_HEADER
from mrk_web.idempotency import parse_idempotency_key
from mrk_web.language import Language, Text, language_of_scope
from mrk_web.problems import (
    UNSUPPORTED_MEDIA_TYPE,
    FieldError,
    Problem,
    ProblemError,
)
from mrk_web.validation import validation_problem

_KEY_MEND: Final = Text(
    "Buat kunci baru untuk tindakan yang berbeda.", "Make a new key for another action."
)
_CLIENT_GONE: Final = 499
_JSON: Final = "application/json"


class ActionTaken(BaseModel):
    """What the reporter did is durable."""

    tracking_number: str = Field(examples=["7K3-Q9W-XTC"])
    action: Action = Field(examples=["dispute"])
    state: str = Field(description="Where the report stands now", examples=["disputed"])
    at: str = Field(examples=["2026-03-02T03:04:05.000Z"])


class ReporterActions:
    """Answers 201 once an action is durable.

    Args:
        actions: does it.
        limits: of devices and addresses, the same as for reports.
    """

    def __init__(self, actions: Actions, limits: ReportLimits) -> None:
        self._actions = actions
        self._limits = limits

    async def __call__(self, request: Request, action: Action) -> Response:
        """Serve one request.

        Raises:
            ProblemError: whatever is wrong with it. 404 for a hidden report without its secret,
                as reading it answers; 403 for one that everybody may read.
        """
        language = language_of_scope(request.scope)
        headers = request.headers
        device = device_token(headers.getlist(DEVICE_HEADER), language)
        self._limits.require(request.scope, device, headers.get("x-forwarded-for"))
        key = parse_idempotency_key(headers.getlist(KEY_HEADER), language)
        try:
            body = await request.body()
        except ClientDisconnect:
            return Response(status_code=_CLIENT_GONE)  # nobody waits for an answer
        said = _said(action, headers.get("content-type", ""), body, language)
        number = request.path_params["tracking_number"]
        with database_may_be_away():
            outcome = await self._actions.act(number, headers.get(PROOF_HEADER), action, said, key)
        return _answer(outcome, language)


def _said(action: Action, content_type: str, body: bytes, language: Language) -> Said:
    if body and content_type.partition(";")[0].strip().lower() != _JSON:
        raise ProblemError(UNSUPPORTED_MEDIA_TYPE)
    try:
        return of_json(BODIES[action], body)
    except ValidationError as error:
        raise validation_problem(error, language) from None


def _answer(outcome: Outcome, language: Language) -> Response:
    match outcome:
        case Done():
            return _created(outcome)
        case Refused(why):
            raise ProblemError(Problem(409, why.code, Text(*why.reason), Text(*why.mend)))
        case OtherRequest():
            raise ProblemError(KEY_REUSED, [_key_error(language)], detail=_KEY_MEND)
        case NotFound() | NotProven() | Gone():
            raise barred(outcome)
        case _:
            assert_never(outcome)


def _created(done: Done) -> Response:
    body = ActionTaken(
        tracking_number=done.number, action=done.action, state=done.state, at=instant(done.at)
    )
    headers = {"cache-control": "no-store"}
    if done.replayed:
        headers["idempotent-replayed"] = "true"
    return JSONResponse(body.model_dump(mode="json"), status_code=201, headers=headers)


def _key_error(language: Language) -> FieldError:
    return FieldError(KEY_HEADER, KEY_REUSED.title.to(language), _KEY_MEND.to(language))
