"""`PUT` and `PATCH /api/v1/reports/{tracking_number}/contact`: how a reporter is reached.

The same contact again changes nothing and tells nobody, so no key is asked for.
"""

from typing import Final, assert_never

from pydantic import BaseModel, Field, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from mrk_intake.domain.contact import MOST, ContactIn
from mrk_intake.http.away import database_may_be_away
from mrk_intake.http.barred import barred
from mrk_intake.http.limits import ReportLimits
from mrk_intake.http.messages import MESSAGES
from mrk_intake.http.status import PROOF_HEADER
from mrk_intake.store.actions import Gone, NotFound, NotProven
from mrk_intake.store.contacts import Contacts, Corrected, Outcome, TooOften
from mrk_schemas.reports import Channel, Locale
from mrk_web.language import Language, Text, language_of_scope
from mrk_web.problems import UNSUPPORTED_MEDIA_TYPE, Problem, ProblemError
from mrk_web.validation import validation_problem

_CLIENT_GONE: Final = 499
_TYPES: Final = frozenset({"application/json", "application/merge-patch+json"})
TOO_MANY_CHANGES: Final = Problem(
    409, "too-many-changes",
    Text(f"Kontak laporan ini sudah diubah {MOST} kali",
         f"The contact of this report was changed {MOST} times"),
    Text("Kirim laporan baru dan sebut nomor laporan ini.",
         "Send a new report, and name this one's number in it."),
)  # fmt: skip


class ContactOut(BaseModel):
    """How the reporter is reached now, without the addresses: whoever sent them has them."""

    tracking_number: str = Field(examples=["7K3-Q9W-XTC"])
    channels: list[Channel] = Field(
        description="By what; empty: no message is sent", examples=[["email", "phone"]]
    )
    locale: Locale
    changed: bool = Field(description="False where it was the same before")


class ContactOf:
    """Answers 200 once a contact is durable.

    Args:
        contacts: keeps it.
        limits: of addresses.
    """

    def __init__(self, contacts: Contacts, limits: ReportLimits) -> None:
        self._contacts = contacts
        self._limits = limits

    async def __call__(self, request: Request) -> Response:
        """Serve one request.

        Raises:
            ProblemError: 404 for a hidden report without its secret, as reading it answers; 403
                for one that everybody may read; 409 changed too often, 410 once erased, 415, 422,
                429, 503.
        """
        language = language_of_scope(request.scope)
        self._limits.require(request.scope, "", request.headers.get("x-forwarded-for"))
        try:
            body = await request.body()
        except ClientDisconnect:
            return Response(status_code=_CLIENT_GONE)  # nobody waits for an answer
        given = _given(request, body, language)
        number, secret = request.path_params["tracking_number"], request.headers.get(PROOF_HEADER)
        whole = request.method == "PUT"
        with database_may_be_away():
            outcome = await self._contacts.correct(number, secret, given, whole=whole)
        return _answer(outcome)


def _given(request: Request, body: bytes, language: Language) -> ContactIn:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in _TYPES:
        raise ProblemError(UNSUPPORTED_MEDIA_TYPE)
    try:
        return ContactIn.model_validate_json(body)
    except ValidationError as error:
        raise validation_problem(error, language, MESSAGES) from None


def _answer(outcome: Outcome) -> Response:
    match outcome:
        case Corrected(number, channels, locale, changed):
            out = ContactOut(
                tracking_number=number, channels=list(channels), locale=locale, changed=changed
            )
            headers = {"cache-control": "no-store"}
            return JSONResponse(out.model_dump(mode="json"), headers=headers)
        case TooOften():
            raise ProblemError(TOO_MANY_CHANGES)
        case NotFound() | NotProven() | Gone():
            raise barred(outcome)
        case _:
            assert_never(outcome)
