"""`/api/v1/reports/{tracking_number}/followers`, `…/following`: to be told of another's report."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final, assert_never

from pydantic import BaseModel, Field, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from mrk_intake.domain.following import Follower, FollowIn
from mrk_intake.domain.instants import instant
from mrk_intake.domain.private import Identity
from mrk_intake.http.away import database_may_be_away
from mrk_intake.http.barred import barred
from mrk_intake.http.limits import DEVICE_HEADER, ReportLimits, device_token
from mrk_intake.http.messages import MESSAGES
from mrk_intake.http.reports import KEY_REUSED
from mrk_intake.store.actions import Gone, NotFound, OtherRequest
from mrk_intake.store.followers import Already, Followers, Following, Outcome, Refused
from mrk_schemas.reports import Locale
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

FOLLOW_HEADER: Final = "x-follow-secret"
NOBODY: Final = Text(
    "Kode rahasia ini bukan milik pengikut laporan ini, atau sudah berakhir.",
    "This secret is no follower's of this report, or following has ended.",
)
ALREADY: Final = Text(
    "Kontak ini sudah mengikuti laporan ini. Tautan untuk berhenti ada di setiap kabar yang kami"
    " kirim.",
    "This contact follows the report already. A link to stop stands in every message that we send.",
)
_KEY_MEND: Final = Text(
    "Buat kunci baru untuk pengikut yang lain.", "Make a new key for another follower."
)
_CLIENT_GONE: Final = 499
_JSON: Final = "application/json"
_PRIVATE: Final = {"cache-control": "no-store"}


class FollowReceipt(BaseModel):
    """The follow is durable."""

    tracking_number: str = Field(examples=["7K3-Q9W-XTC"])
    follow_secret: str = Field(
        description="Proves the follower; send it in the header X-Follow-Secret, never in a URL",
        examples=["b2K0fWm3nQ9xYtR5aLc7Pg"],
    )
    following_url: str = Field(
        description="Where the follower sees what is kept (GET) and stops (DELETE)",
        examples=["https://lapor.example/api/v1/reports/7K3-Q9W-XTC/following"],
    )
    since: datetime


class AlreadyFollowing(BaseModel):
    """This contact follows the report already: it stays one follow."""

    tracking_number: str = Field(examples=["7K3-Q9W-XTC"])
    already_following: bool = True
    text: str


class KnownToOthersOut(BaseModel):
    """What the other services know of a follower."""

    follower: str = Field(description="A pseudonym")
    reachable_by: list[str] = Field(examples=[["email"]])
    locale: Locale


class OwnFollowOut(BaseModel):
    """Everything that is kept of a follower."""

    tracking_number: str = Field(examples=["7K3-Q9W-XTC"])
    since: datetime
    contact: Identity = Field(description="Encrypted at rest; destroyed when following ends")
    known_to_others: KnownToOthersOut


class Follows:
    """Takes followers, shows them what is kept, and lets them stop.

    Args:
        followers: does it.
        limits: of devices and addresses, the same as for reports.
        public_url: base address of the public API, without a slash at its end.
    """

    def __init__(self, followers: Followers, limits: ReportLimits, public_url: str) -> None:
        self._followers = followers
        self._limits = limits
        self._public_url = public_url

    async def follow(self, request: Request) -> Response:
        """`POST /api/v1/reports/{tracking_number}/followers`: 201 once the follow is durable.

        Raises:
            ProblemError: whatever is wrong with it. 404 also for a report that is not public.
        """
        language = language_of_scope(request.scope)
        headers = request.headers
        device = device_token(headers.getlist(DEVICE_HEADER), language)
        self._limits.require(request.scope, device, headers.get("x-forwarded-for"))
        if headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
            raise ProblemError(UNSUPPORTED_MEDIA_TYPE)
        key = parse_idempotency_key(headers.getlist(KEY_HEADER), language)
        try:
            body = await request.body()
        except ClientDisconnect:
            return Response(status_code=_CLIENT_GONE)  # nobody waits for an answer
        try:
            asked = FollowIn.model_validate_json(body)
        except ValidationError as error:
            raise validation_problem(error, language, MESSAGES) from None
        number = request.path_params["tracking_number"]
        with database_may_be_away():
            outcome = await self._followers.follow(number, asked.contact, key)
        return self._answer(outcome, language)

    async def read(self, request: Request) -> Response:
        """`GET /api/v1/reports/{tracking_number}/following`: everything that is kept.

        Raises:
            ProblemError: 404 without a follower's secret, 429.
        """
        self._limits.require(request.scope, "", request.headers.get("x-forwarded-for"))
        number, secret = request.path_params["tracking_number"], request.headers.get(FOLLOW_HEADER)
        with database_may_be_away():
            found = await self._followers.find(number, secret)
        if found is None:
            raise ProblemError(NOT_FOUND, detail=NOBODY)
        known = Follower(found.id, found.contact)
        return _json(
            200,
            {
                "tracking_number": found.number,
                "since": instant(found.since),
                "contact": found.contact.model_dump(mode="json"),
                "known_to_others": {
                    "follower": str(found.id),
                    "reachable_by": known.reachable_by,
                    "locale": found.contact.locale,
                },
            },
        )

    async def stop(self, request: Request) -> Response:
        """`DELETE /api/v1/reports/{tracking_number}/following`: 204; the contact is destroyed.

        Raises:
            ProblemError: 404 without a follower's secret, 429.
        """
        self._limits.require(request.scope, "", request.headers.get("x-forwarded-for"))
        number, secret = request.path_params["tracking_number"], request.headers.get(FOLLOW_HEADER)
        with database_may_be_away():
            stopped = await self._followers.stop(number, secret)
        if not stopped:
            raise ProblemError(NOT_FOUND, detail=NOBODY)
        return Response(status_code=204, headers=_PRIVATE)

    def _answer(self, outcome: Outcome, language: Language) -> Response:
        match outcome:
            case Following():
                return self._created(outcome)
            case Already(number):
                told = AlreadyFollowing(tracking_number=number, text=ALREADY.to(language))
                return _json(200, told.model_dump(mode="json"))
            case Refused(why):
                raise ProblemError(Problem(409, why.code, Text(*why.reason), Text(*why.mend)))
            case OtherRequest():
                mend = _KEY_MEND.to(language)
                wrong = FieldError(KEY_HEADER, KEY_REUSED.title.to(language), mend)
                raise ProblemError(KEY_REUSED, [wrong], detail=_KEY_MEND)
            case NotFound() | Gone():
                raise barred(outcome)
            case _:
                assert_never(outcome)

    def _created(self, done: Following) -> Response:
        url = f"{self._public_url}/api/v1/reports/{done.number}/following"
        body = {
            "tracking_number": done.number,
            "follow_secret": done.secret,
            "following_url": url,
            "since": instant(done.at),
        }
        answer = _json(201, body)
        if done.replayed:
            answer.headers["idempotent-replayed"] = "true"
        return answer


def _json(status: int, body: Mapping[str, object]) -> Response:
    content = json.dumps(body, ensure_ascii=False).encode()
    return Response(content, status, headers=_PRIVATE, media_type=_JSON)
