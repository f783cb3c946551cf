"""Problem details for HTTP APIs (RFC 9457): generic outside, complete in the log."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mrk_telemetry import metrics
from mrk_telemetry.logs import get_logger
from mrk_telemetry.serving import ASGIApp, Message, Receive, Scope, Send
from mrk_web.language import Language, Text, language_of_scope

MEDIA_TYPE: Final = "application/problem+json"
TYPES: Final = "/problems/"  # RFC 9457, 3.1.1 allows a relative reference
MAX_ERRORS: Final = 100
AWAY_S: Final = 2
"""Seconds that clients are told to wait for what a request needs and is away."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field.

    Attributes:
        field: JSON pointer into the request's body (RFC 6901), or a header's name.
        message: what is wrong, in the reader's language.
        mend: what to send instead, in the reader's language.
    """

    field: str
    message: str
    mend: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A kind of problem: its status, the last part of its type, and its texts."""

    status: int
    name: str
    title: Text
    detail: Text


BAD_REQUEST: Final = Problem(
    400, "bad-request",
    Text("Permintaan tidak terbaca", "The request is malformed"),
    Text("Periksa bentuk permintaan.", "Check the form of the request."),
)  # fmt: skip
VALIDATION: Final = Problem(
    422, "validation",
    Text("Ada isian yang perlu diperbaiki", "Some fields need mending"),
    Text("Perbaiki semua isian yang disebut, lalu kirim lagi.",
         "Mend every field named here, then send again."),
)  # fmt: skip
UNAUTHORIZED: Final = Problem(
    401, "unauthorized",
    Text("Kredensial diperlukan", "Credentials are required"),
    Text("Sertakan token layanan yang berlaku.", "Send a valid service token."),
)  # fmt: skip
FORBIDDEN: Final = Problem(
    403, "forbidden",
    Text("Tidak diizinkan", "Not allowed"),
    Text("Anda tidak berhak atas data ini.", "You may not have this."),
)  # fmt: skip
NOT_FOUND: Final = Problem(
    404, "not-found",
    Text("Tidak ditemukan", "Not found"),
    Text("Alamat atau nomor ini tidak ada.", "There is nothing at this address."),
)  # fmt: skip
METHOD_NOT_ALLOWED: Final = Problem(
    405, "method-not-allowed",
    Text("Metode tidak didukung", "Method not allowed"),
    Text("Gunakan salah satu metode pada tajuk Allow.", "Use a method that Allow names."),
)  # fmt: skip
TOO_SLOW: Final = Problem(
    408, "too-slow",
    Text("Kiriman terlalu lambat", "The request came too slowly"),
    Text("Sambungan terputus sebelum kiriman lengkap. Kirim lagi dengan kunci yang sama.",
         "The body did not arrive in time. Send it again with the same key."),
)  # fmt: skip
TOO_LARGE: Final = Problem(
    413, "too-large",
    Text("Kiriman terlalu besar", "The request is too large"),
    Text("Perkecil kiriman, lalu kirim lagi.", "Make it smaller, then send again."),
)  # fmt: skip
UNSUPPORTED_MEDIA_TYPE: Final = Problem(
    415, "unsupported-media-type",
    Text("Jenis isi tidak didukung", "Unsupported content type"),
    Text("Kirim sebagai application/json.", "Send application/json."),
)  # fmt: skip
RATE_LIMITED: Final = Problem(
    429, "rate-limited",
    Text("Terlalu banyak permintaan", "Too many requests"),
    Text("Tunggu sesuai tajuk Retry-After, lalu kirim lagi dengan kunci yang sama.",
         "Wait as long as Retry-After says, then send again with the same key."),
)  # fmt: skip
INTERNAL: Final = Problem(
    500, "internal",
    Text("Terjadi kesalahan pada kami", "Something failed on our side"),
    Text("Coba lagi sebentar lagi dengan kunci yang sama.",
         "Try again in a moment with the same key."),
)  # fmt: skip
OVERLOADED: Final = Problem(
    503, "overloaded",
    Text("Layanan sedang penuh", "The service is at its limit"),
    Text("Tunggu sesuai tajuk Retry-After, lalu kirim lagi dengan kunci yang sama.",
         "Wait as long as Retry-After says, then send again with the same key."),
)  # fmt: skip

_BY_STATUS: Final = {
    p.status: p
    for p in (BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, METHOD_NOT_ALLOWED,
              UNSUPPORTED_MEDIA_TYPE, RATE_LIMITED, INTERNAL, OVERLOADED)
}  # fmt: skip


@dataclass(eq=False)
class ProblemError(Exception):
    """Ends a request with a problem. Its texts are for the outside: they hold no payload.

    Attributes:
        problem: the kind.
        errors: every wrong field.
        headers: further headers of the answer.
        detail: a text in place of the kind's own.
        more: further members of the problem (RFC 9457, 3.2).
    """

    problem: Problem
    errors: Sequence[FieldError] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    detail: Text | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.problem.status} {self.problem.name}"

    def response(self, language: Language) -> Response:
        """The answer in that language."""
        return answer(
            self.problem,
            language,
            errors=self.errors,
            headers=self.headers,
            detail=self.detail,
            more=self.more,
        )


def problem_response(  # noqa: PLR0913, PLR0917  # RFC 9457's members in its order
    status: int,
    type_: str,
    title: str,
    detail: str,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Response:
    """A problem as a response, never cached.

    Args:
        status: HTTP status.
        type_: URI reference of the kind of problem.
        title: the kind in one line, in the reader's language.
        detail: this occurrence and the mend, in the reader's language.
        errors: every wrong field; at most `MAX_ERRORS` are told.
        headers: further headers.
        more: further members.
    """
    body: dict[str, Any] = {"type": type_, "title": title, "status": status, "detail": detail}
    body |= more or {}
    if errors:
        body["errors"] = [
            {"field": e.field, "message": e.message, "mend": e.mend} for e in errors[:MAX_ERRORS]
        ]
    # a field's name may hold a lone surrogate that the sender chose
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return Response(
        content,
        status_code=status,
        headers={"cache-control": "no-store", **(headers or {})},
        media_type=MEDIA_TYPE,
    )


def answer(  # noqa: PLR0913  # a problem's parts, each by name
    problem: Problem,
    language: Language,
    *,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
    detail: Text | None = None,
    more: Mapping[str, Any] | None = None,
) -> Response:
    """A kind of problem as a response in the reader's language."""
    return problem_response(
        problem.status,
        TYPES + problem.name,
        problem.title.to(language),
        (detail or problem.detail).to(language),
        errors,
        {"content-language": language, **(headers or {})},
        more,
    )


Answering = Callable[[Scope, ProblemError], Response]
"""How a request is told its problem."""


def as_details(scope: Scope, error: ProblemError) -> Response:
    """As problem details, in the language that the request asks for."""
    return error.response(language_of_scope(scope))


async def problem_handler(request: Request, error: Exception) -> Response:
    """Starlette's handler for `ProblemError` and for its own `HTTPException`."""
    language = language_of_scope(request.scope)
    match error:
        case ProblemError():
            return error.response(language)
        case HTTPException(status_code=status, headers=headers):
            known = _BY_STATUS.get(status, INTERNAL if status >= 500 else BAD_REQUEST)
            problem = Problem(status, known.name, known.title, known.detail)
            return answer(problem, language, headers=headers)
        case _:
            raise error


EXCEPTION_HANDLERS: Final[Mapping[Any, Any]] = {
    ProblemError: problem_handler,
    HTTPException: problem_handler,
}
"""For `Starlette(exception_handlers=…)`; other errors are `ErrorBoundary`'s."""


class ErrorBoundary:
    """Pure ASGI: any error that gets out is logged once and answered by a generic 500.

    A `ProblemError` from a middleware within is answered as itself. When the response has
    begun, the error goes on to the server, which cuts the connection: a torn answer must not
    look whole.

    Args:
        app: the application within.
        answering: how problems are answered.
        passing: whether an error may be gone when the request is sent again, such as a database
            that is away: it is answered by 503 with `Retry-After`.
    """

    def __init__(
        self,
        app: ASGIApp,
        answering: Answering = as_details,
        passing: Callable[[BaseException], bool] | None = None,
    ) -> None:
        self._app = app
        self._answering = answering
        self._passing = passing
        self._log = get_logger()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        def watched(message: Message) -> Awaitable[None]:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            return send(message)

        try:
            await self._app(scope, receive, watched)
        except ProblemError as error:
            if started:
                raise
            await self._answering(scope, error)(scope, receive, send)
        except Exception as error:
            told = self._told(scope, error, started=started)
            if started:
                raise
            await self._answering(scope, told)(scope, receive, send)

    def _told(self, scope: Scope, error: Exception, *, started: bool) -> ProblemError:
        if self._passing is None or not self._passing(error):
            self._log.exception("http.failed", method=scope["method"], started=started)
            return ProblemError(INTERNAL)
        self._log.warning("http.away", method=scope["method"], error=type(error).__name__)
        metrics.request_refused("database")
        return ProblemError(OVERLOADED, headers={"retry-after": str(AWAY_S)})
