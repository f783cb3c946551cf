"""The page on which a reporter corrects how they are reached."""

import json
from collections.abc import Mapping
from typing import Final, assert_never

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mrk_intake.domain.contact import ContactIn
from mrk_intake.http.away import database_may_be_away
from mrk_intake.http.contact import TOO_MANY_CHANGES
from mrk_intake.http.limits import ReportLimits
from mrk_intake.http.status import GONE, Seen
from mrk_intake.http.web.form import Wrong, read_form, wrong_contact
from mrk_intake.http.web.gallery import PROOF
from mrk_intake.http.web.pages import Page, Pages
from mrk_intake.http.web.tracking_pages import CONTACT, DONE, TrackingPages
from mrk_intake.store.actions import Gone, NotFound, NotProven
from mrk_intake.store.contacts import Contacts, Corrected, Outcome, TooOften
from mrk_pages.visit import SameOrigin, language_for
from mrk_web.problems import ProblemError

PATH: Final = f"/laporan/{{number}}/{CONTACT}"
_FIELDS: Final = ("name", "phone", "email")


class ContactPage:
    """Shows the contact that is kept, to its reporter alone, and takes a corrected one.

    Args:
        contacts: keeps it.
        pages: renders.
        tracks: proves the reporter.
        limits: of addresses, the same as for reports.
        origin: where forms come from.
    """

    def __init__(
        self,
        *,
        contacts: Contacts,
        pages: Pages,
        tracks: TrackingPages,
        limits: ReportLimits,
        origin: SameOrigin,
    ) -> None:
        self._contacts = contacts
        self._pages = pages
        self._tracks = tracks
        self._limits = limits
        self._origin = origin

    async def form(self, request: Request) -> Response:
        """`GET /laporan/{number}/kontak`: what is kept, to be corrected.

        Raises:
            ProblemError: 410 for an erased report, 429.
        """
        self._limits.require(request.scope, "", request.headers.get("x-forwarded-for"))
        seen = await self._tracks.proven(request)
        if isinstance(seen, Response):
            return seen
        kept = await self._contacts.read(seen.report)
        typed = {name: getattr(kept, name) or "" for name in _FIELDS} if kept else {}
        locale = (kept.locale if kept else seen.report.locale).value
        return self._show(request, seen, {"locale": locale, **typed})

    async def correct(self, request: Request) -> Response:
        """`POST /laporan/{number}/kontak`: to the report's page once the contact is durable.

        Sent twice, it changes nothing the second time.

        Raises:
            ProblemError: 403 for another site's form, 410 for an erased report, 415, 429, 503.
        """
        self._origin.require(request)
        self._limits.require(request.scope, "", request.headers.get("x-forwarded-for"))
        typed = read_form(request.headers.get("content-type", ""), await request.body())
        given = {name: typed[name] for name in _FIELDS if typed.get(name, "").strip()}
        given["locale"] = typed.get("locale", language_for(request))
        number, proof = request.path_params["number"], request.cookies.get(PROOF)
        try:
            contact = ContactIn.model_validate_json(json.dumps(given))
        except ValidationError as error:
            seen = await self._tracks.proven(request)
            if isinstance(seen, Response):
                return seen
            return self._show(request, seen, typed, errors=wrong_contact(error), status=422)
        with database_may_be_away():
            outcome = await self._contacts.correct(number, proof, contact, whole=True)
        return await self._answer(request, typed, outcome)

    async def _answer(
        self, request: Request, typed: Mapping[str, str], outcome: Outcome
    ) -> Response:
        match outcome:
            case Corrected(number=number):
                return RedirectResponse(f"/laporan/{number}?{DONE}={CONTACT}", status_code=303)
            case TooOften():
                language = language_for(request)
                told = [TOO_MANY_CHANGES.title.to(language), TOO_MANY_CHANGES.detail.to(language)]
                seen = await self._tracks.seen(request)
                return self._show(request, seen, typed, refused=". ".join(told), status=409)
            case NotFound():
                return self._tracks.unknown(request)
            case NotProven():
                return self._tracks.secret_needed(request)
            case Gone():
                raise ProblemError(GONE)
            case _:
                assert_never(outcome)

    def _show(  # noqa: PLR0913  # what the page says, each by name
        self,
        request: Request,
        seen: Seen,
        typed: Mapping[str, str],
        *,
        errors: Mapping[str, Wrong] | None = None,
        refused: str | None = None,
        status: int = 200,
    ) -> Response:
        values = {
            "report": seen.report,
            "typed": {**dict.fromkeys((*_FIELDS, "locale"), ""), **typed},
            "errors": errors or {},
            "refused": refused,
        }
        # like a secret: what a person is called must not be guessed from the size of the page
        return self._pages.render(request, Page("contact", values, status, secret=True))
