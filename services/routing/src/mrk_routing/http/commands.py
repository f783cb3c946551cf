"""`POST …/cases/{complaint_id}/{command}`: the commands of an agency's outbox, by a request."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, assert_never

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from mrk_routing.domain import refusals
from mrk_routing.http.bearer import Callers
from mrk_routing.http.inside import Door
from mrk_routing.http.reading import complaint_of
from mrk_routing.store.commanding import Answered, OtherCommand, command
from mrk_schemas.agencies import (
    AcceptCase,
    AskReporter,
    Command,
    CommandDone,
    CommandRefused,
    ReportProgress,
    ResolveCase,
    ReturnCase,
)
from mrk_web.idempotency import HEADER as KEY_HEADER
from mrk_web.idempotency import parse_idempotency_key
from mrk_web.language import Language, Text, language_of_scope
from mrk_web.problems import (
    NOT_FOUND,
    UNSUPPORTED_MEDIA_TYPE,
    FieldError,
    Problem,
    ProblemError,
)
from mrk_web.validation import validation_problem

COMMANDS: Final[Mapping[str, type[Command]]] = MappingProxyType(
    {
        "accept": AcceptCase,
        "return": ReturnCase,
        "progress": ReportProgress,
        "ask": AskReporter,
        "resolve": ResolveCase,
    }
)
"""By the last part of the path."""

KEY_REUSED: Final = Problem(
    422, "idempotency-key-reused",
    Text("Kunci ini sudah dipakai untuk perintah lain", "This key was used for another command"),
    Text("Buat kunci baru untuk perintah yang berbeda; kirim ulang tanpa mengubah isinya.",
         "Make a new key for another command; repeat one without changing it."),
)  # fmt: skip
_STATUS: Final = MappingProxyType(
    {refusals.NOT_THE_OWNER.code: 404, refusals.PROOF_NOT_A_HASH.code: 422}
)
_CONFLICT: Final = 409
_CLIENT_GONE: Final = 499
_JSON: Final = "application/json"


def _body_of(kind: type[Command]) -> type[BaseModel]:
    """A command's fields but the complaint, which the path names."""
    fields: dict[str, Any] = {
        name: (field.annotation, field)
        for name, field in kind.model_fields.items()
        if name != "complaint_id"
    }
    model: type[BaseModel] = create_model(
        f"{kind.__name__}Body",
        __config__=ConfigDict(frozen=True, extra="forbid"),
        __doc__=(kind.__doc__ or "").removeprefix("Outbox: "),
        **fields,
    )
    return model


BODIES: Final[Mapping[str, type[BaseModel]]] = MappingProxyType(
    {name: _body_of(kind) for name, kind in COMMANDS.items()}
)


class Commanding:
    """Answers once a command was decided, durably.

    Args:
        callers: lets agencies' systems in.
        door: to the database, and to what applies commands.
    """

    def __init__(self, callers: Callers, door: Door) -> None:
        self._callers = callers
        self._door = door

    async def command(self, request: Request) -> Response:
        """Serve one request.

        Raises:
            ProblemError: whatever is wrong with it, or the rule that refuses it.
        """
        caller = await self._callers(request)
        language = language_of_scope(request.scope)
        name = request.path_params["command"]
        if name not in COMMANDS:
            raise ProblemError(NOT_FOUND)
        complaint = complaint_of(request)
        key = parse_idempotency_key(request.headers.getlist(KEY_HEADER), language)
        try:
            body = await request.body()
        except ClientDisconnect:
            return Response(status_code=_CLIENT_GONE)  # nobody waits for an answer
        content_type = request.headers.get("content-type", "")
        if content_type.partition(";")[0].strip().lower() != _JSON:
            raise ProblemError(UNSUPPORTED_MEDIA_TYPE)
        try:
            said = BODIES[name].model_validate_json(body)
        except ValidationError as error:
            raise validation_problem(error, language) from None
        # what the body says is valid already, and so is the path's id
        fields = {each: getattr(said, each) for each in said.model_fields_set}
        wanted = COMMANDS[name](complaint_id=complaint, **fields)
        with self._door.through() as inside:
            outcome = await command(
                inside.pool, inside.apply, caller.agency, key, wanted, inside.clock.now()
            )
        return _answer(outcome, language)


def _answer(outcome: Answered | OtherCommand, language: Language) -> Response:
    match outcome:
        case OtherCommand():
            error = FieldError(
                KEY_HEADER, KEY_REUSED.title.to(language), KEY_REUSED.detail.to(language)
            )
            raise ProblemError(KEY_REUSED, [error])
        case Answered(said=said, version=version, replayed=replayed):
            headers = {"idempotent-replayed": "true"} if replayed else {}
            if isinstance(said, CommandRefused):
                raise _refusal(said, headers)
            return _done(said, version, headers)
        case _:
            assert_never(outcome)


def _done(said: CommandDone, version: int, headers: Mapping[str, str]) -> Response:
    body = said.model_dump(mode="json", exclude_none=True)
    return JSONResponse({"version": version, **body}, headers=dict(headers))


def _refusal(said: CommandRefused, headers: Mapping[str, str]) -> ProblemError:
    """RFC 9457: the rule is the type; reasons and mends are those of the inbox, in English."""
    status = _STATUS.get(said.rule, _CONFLICT)
    problem = Problem(
        status, f"rules/{said.rule}", Text(said.reason, said.reason), Text(said.mend, said.mend)
    )
    more = {
        "rule": said.rule,
        "reason": said.reason,
        "mend": said.mend,
        "command_id": said.command_id,
    }
    return ProblemError(problem, headers={"content-language": "en", **headers}, more=more)
