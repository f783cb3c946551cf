"""`POST /api/v1/reports`: the hot path, plain ASGI."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol, assert_never

from pydantic import ValidationError

from mrk_city import Attribute, Category, CategoryCode
from mrk_delivery.clock import Clock
from mrk_intake.domain import tracking
from mrk_intake.domain.submission import Surroundings, parse
from mrk_intake.http import receipt
from mrk_intake.http.drafts import Asked
from mrk_intake.http.limits import ReportLimits, device_token
from mrk_intake.http.messages import MESSAGES
from mrk_intake.http.near import NearLimit
from mrk_intake.http.taking import Taking
from mrk_intake.store.accept import Accepted, Attached, AttachmentGone, OtherBody, Outcome
from mrk_intake.store.coalesce import Full, GaveUp
from mrk_telemetry import metrics
from mrk_telemetry.serving import Receive, Scope, Send
from mrk_telemetry.traces import current_traceparent
from mrk_web.idempotency import HEADER as KEY_HEADER
from mrk_web.idempotency import parse_idempotency_key
from mrk_web.language import Language, Text, language_of
from mrk_web.overload import overloaded
from mrk_web.problems import UNSUPPORTED_MEDIA_TYPE, FieldError, Problem, ProblemError
from mrk_web.validation import validation_problem

RETRY_AFTER_S: Final = 2

KEY_REUSED: Final = Problem(
    422, "idempotency-key-reused",
    Text("Idempotency-Key sudah dipakai untuk isi lain",
         "The Idempotency-Key belongs to another request"),
    Text("Buat kunci baru untuk laporan yang berbeda.", "Make a new key for another report."),
)  # fmt: skip

_JSON: Final = b"application/json"
_CREATED: Final = ((b"content-type", _JSON), (b"cache-control", b"no-store"))


class Submit(Protocol):
    """Stores a report; `Coalescer.submit`."""

    async def __call__(self, asked: Asked, /) -> Outcome:
        """The outcome, once it is durable."""
        ...


class _Headers:
    """The headers that matter here, in one pass."""

    __slots__ = ("content_type", "devices", "forwarded", "keys", "language", "solution")

    def __init__(self, raw: Sequence[tuple[bytes, bytes]]) -> None:
        self.content_type = b""
        self.devices: list[str] = []
        self.forwarded: str | None = None
        self.keys: list[str] = []
        self.language: str | None = None
        self.solution: str | None = None
        for name, value in raw:
            match name:
                case b"content-type":
                    self.content_type = value
                case b"idempotency-key":
                    self.keys.append(value.decode("latin-1"))
                case b"x-device-token":
                    self.devices.append(value.decode("latin-1"))
                case b"accept-language":
                    self.language = value.decode("latin-1")
                case b"x-forwarded-for":
                    self.forwarded = value.decode("latin-1")
                case b"x-challenge-solution":
                    self.solution = value.decode("latin-1")
                case _:
                    pass


class Reports:
    """Takes a report and answers 201 once it is durable.

    Args:
        submit: stores it.
        categories: the city's list.
        clock: the domain's.
        secrets: `Keys.secrets`.
        limits: of devices and addresses.
        near: asks for proof of work near them.
        taking: finds the uploads that a report names.
    """

    def __init__(  # noqa: PLR0913  # wired once
        self,
        *,
        submit: Submit,
        categories: Mapping[CategoryCode, Category],
        clock: Clock,
        secrets: bytes,
        limits: ReportLimits,
        near: NearLimit,
        taking: Taking,
    ) -> None:
        self._submit = submit
        self._categories = categories
        self._attributes: dict[str, Sequence[Attribute]] = {
            code: each.attributes for code, each in categories.items()
        }
        self._clock = clock
        self._secrets = secrets
        self._limits = limits
        self._near = near
        self._taking = taking

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request.

        Raises:
            ProblemError: whatever is wrong with it.
        """
        headers = _Headers(scope["headers"])
        language = language_of(headers.language)
        # first what can be judged without the body
        device = device_token(headers.devices, language)
        left = self._near.left(scope, device, headers.forwarded)
        if left is not None:
            await self._near.prove(
                left,
                headers.solution,
                scope=scope,
                device=device,
                forwarded=headers.forwarded,
                key=parse_idempotency_key(headers.keys, language),
            )
        self._limits.require(scope, device, headers.forwarded)
        if headers.content_type.partition(b";")[0].strip().lower() != _JSON:
            raise ProblemError(UNSUPPORTED_MEDIA_TYPE)
        key = parse_idempotency_key(headers.keys, language)
        body = await _body(receive)
        if body is None:
            return  # the client is gone: nobody waits for an answer
        now = self._clock.now()
        # what is wrong is told at once: it neither waits for a batch nor takes a place in one
        try:
            submission = parse(body, Surroundings(now, self._categories, self._attributes))
        except ValidationError as error:
            raise validation_problem(error, language, MESSAGES) from None
        attached: tuple[Attached, ...] = ()
        if submission.attachments:
            attached = await self._taking(submission.attachments, device, key, language)
        asked = Asked(submission, language, device, key, now, current_traceparent(), attached)
        try:
            outcome = await self._submit(asked)
        except (Full, GaveUp):
            metrics.request_refused("database")
            raise overloaded(RETRY_AFTER_S) from None
        match outcome:
            case Accepted():
                await self._created(send, outcome)
            case OtherBody():
                raise _key_reused(language)
            case AttachmentGone():
                await self._taking(submission.attachments, device, key, language)  # names it
                raise overloaded(RETRY_AFTER_S)
            case _:
                assert_never(outcome)

    async def _created(self, send: Send, accepted: Accepted) -> None:
        secret = tracking.secret(self._secrets, accepted.complaint)
        body = receipt.with_secret(accepted.answer, secret)
        headers = [*_CREATED, (b"content-length", str(len(body)).encode())]
        if accepted.replayed:
            headers.append((b"idempotent-replayed", b"true"))
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def _body(receive: Receive) -> bytes | None:
    """The whole body, within the limits around; None when the client went away."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        if not message.get("more_body", False):
            return part if not parts else b"".join((*parts, part))
        parts.append(part)


def _key_reused(language: Language) -> ProblemError:
    error = FieldError(KEY_HEADER, KEY_REUSED.title.to(language), KEY_REUSED.detail.to(language))
    return ProblemError(KEY_REUSED, [error])
