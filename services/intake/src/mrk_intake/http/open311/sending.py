"""Open311's writing part: `POST /requests`, and updates, which are not taken."""

import json
import secrets
from typing import Any, Final, assert_never
from urllib.parse import parse_qsl

import asyncpg
from starlette.requests import Request
from starlette.responses import Response

from mrk_city import CityPack
from mrk_delivery.clock import Clock
from mrk_intake.domain.open311.form import read_form
from mrk_intake.domain.open311.parameters import Fault, Parameters, Refused
from mrk_intake.domain.open311.requests import accepted
from mrk_intake.domain.report import OPEN311
from mrk_intake.http.drafts import Asked
from mrk_intake.http.open311 import render, texts
from mrk_intake.http.open311.answers import Answers
from mrk_intake.http.reports import RETRY_AFTER_S, Submit
from mrk_intake.store import api_keys
from mrk_intake.store.accept import Accepted, AttachmentGone, OtherBody
from mrk_intake.store.coalesce import Full, GaveUp
from mrk_telemetry import metrics
from mrk_telemetry.logs import get_logger
from mrk_telemetry.traces import current_traceparent
from mrk_web.idempotency import HEADER as KEY_HEADER
from mrk_web.idempotency import parse_idempotency_key
from mrk_web.language import Language
from mrk_web.overload import overloaded
from mrk_web.rate import RateLimiter

_FORM: Final = "application/x-www-form-urlencoded"
_MOST_FIELDS: Final = 200
_LONGEST_KEY: Final = 200
_KEY_BYTES: Final = 16


class Sending:
    """Takes requests for service from those who hold a key, as API v1 takes reports.

    Args:
        pool: of intake's database.
        pack: the city.
        clock: the domain's.
        submit: stores a report.
        limits: by a key's name.
    """

    def __init__(
        self,
        *,
        pool: asyncpg.Pool,
        pack: CityPack,
        clock: Clock,
        submit: Submit,
        limits: RateLimiter,
    ) -> None:
        self._pool = pool
        self._pack = pack
        self._clock = clock
        self._submit = submit
        self._limits = limits

    async def request(self, request: Request, answers: Answers) -> Response:
        """`POST /requests`: 201 once the report is durable.

        Raises:
            Refused: 403 without a valid key, else 400 with everything that is wrong.
            ProblemError: 400 for a malformed Idempotency-Key, 429, 503.
        """
        given = await _form(request)
        name = await self._holder(given)
        form = read_form(given, self._pack, self._clock.now())
        key = _idempotency_key(request, answers.language)
        asked = Asked(
            form.submission,
            answers.language,
            # a device's token holds no blank: no device shares this scope
            f"{OPEN311} {name}",
            key,
            self._clock.now(),
            current_traceparent(),
            channel=OPEN311,
        )
        try:
            outcome = await self._submit(asked)
        except (Full, GaveUp):
            metrics.request_refused("database")
            raise overloaded(RETRY_AFTER_S) from None
        match outcome:
            case Accepted():
                get_logger().info("open311.accepted", caller=name, complaint=str(outcome.complaint))
                receipt: dict[str, Any] = json.loads(outcome.answer)
                notices = _notices(receipt)
                if form.media:
                    notices.append(texts.MEDIA_NOT_KEPT.to(answers.language))
                document = accepted(receipt["tracking_number"], notices)
                return answers.created(render.REQUESTS, document, replayed=outcome.replayed)
            case OtherBody():
                raise Refused(Fault(KEY_HEADER, "key_reused"))
            case AttachmentGone():  # of a request that names no upload there is no such outcome
                raise overloaded(RETRY_AFTER_S)
            case _:
                assert_never(outcome)

    async def update(self, request: Request, answers: Answers) -> Response:
        """`POST /servicerequestupdates`: refused with why.

        An update would tell the public how a report goes, and only the agency that owns it may
        say so; a key proves an application, not an agency.

        Raises:
            Refused: 403 without a valid key, else 400.
        """
        del answers
        given = await _form(request)
        await self._holder(given)
        raise Refused(Fault("", "updates_refused"))

    async def _holder(self, given: Parameters) -> str:
        """Whose key the form carries; counted against their limit.

        Raises:
            Refused: 403.
            ProblemError: 429.
        """
        keys = given.values.get("api_key", [])
        name = None
        if len(keys) == 1 and len(keys[0]) <= _LONGEST_KEY:
            name = await api_keys.name_of(self._pool, keys[0])
        if name is None:
            get_logger().warning("open311.refused", why="no valid key")
            raise Refused(Fault("api_key", "api_key", status=403))
        self._limits.require(name)
        return name


async def _form(request: Request) -> Parameters:
    """The fields of a form.

    Raises:
        Refused: 400; another type of content, not UTF-8, too many fields.
    """
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() != _FORM:
        raise Refused(Fault("Content-Type", "content_type"))
    try:
        pairs = parse_qsl(
            (await request.body()).decode(),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:  # a UnicodeDecodeError too
        raise Refused(Fault("", "form", {"most": _MOST_FIELDS})) from None
    return Parameters(pairs)


def _idempotency_key(request: Request, language: Language) -> str:
    given = request.headers.getlist(KEY_HEADER)
    return parse_idempotency_key(given, language) if given else secrets.token_hex(_KEY_BYTES)


def _notices(receipt: dict[str, Any]) -> list[str]:
    """What the receipt tells beside the number: first where to call in an emergency."""
    emergency = receipt.get("emergency")
    first = [] if emergency is None else [str(emergency["text"])]
    return first + [str(note["text"]) for note in receipt["notes"]]
