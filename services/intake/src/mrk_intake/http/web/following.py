"""Following another's report from its page: the form, the follower's own page, and the way out."""

import json
from collections.abc import Mapping
from typing import Any, Final, assert_never

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mrk_intake.domain.following import FollowIn
from mrk_intake.domain.instants import instant
from mrk_intake.domain.submission import ReporterIn
from mrk_intake.http.away import database_may_be_away
from mrk_intake.http.limits import ReportLimits
from mrk_intake.http.status import GONE
from mrk_intake.http.web.catalogues import N_
from mrk_intake.http.web.form import KEY, Wrong, read_form, wrong_fields
from mrk_intake.http.web.pages import Page, Pages
from mrk_intake.http.web.tracking_pages import FOLLOWS, UNKNOWN, FollowForm, TrackingPages
from mrk_intake.store.actions import Gone, NotFound, OtherRequest
from mrk_intake.store.followers import Already, Followers, Following, Outcome, OwnFollow, Refused
from mrk_pages.visit import SameOrigin, language_for
from mrk_web.idempotency import parse_idempotency_key
from mrk_web.language import Language, Text
from mrk_web.problems import NOT_FOUND, ProblemError

START: Final = "/laporan/{number}/ikuti"
OWN: Final = "/laporan/{number}/ikut"
_CONTACT: Final = ("name", "phone", "email")
_SENT_BEFORE: Final = N_(
    "This form was already sent, with another contact. If this is another person, send it again."
)
_NO_FOLLOWER: Final = N_(
    "This secret is no follower's of this report, or following has ended. Look again how it is"
    " written."
)


def contact_of(typed: Mapping[str, str], language: Language) -> ReporterIn:
    """The contact that a form's fields say.

    Raises:
        pydantic.ValidationError: with every wrong field; for `form.wrong_fields`.
    """
    contact = {name: typed[name] for name in _CONTACT if typed.get(name, "").strip()}
    body = json.dumps({"contact": {"locale": language, **contact}})
    return FollowIn.model_validate_json(body).contact


class FollowingPages:
    """Takes followers, shows them what is kept, and lets them stop.

    Args:
        pages: renders.
        followers: does it.
        tracks: shows the report.
        limits: of addresses, the same as for reports.
        origin: where forms come from.
        web_url: base address of the pages.
    """

    def __init__(  # noqa: PLR0913  # its parts, each by name
        self,
        *,
        pages: Pages,
        followers: Followers,
        tracks: TrackingPages,
        limits: ReportLimits,
        origin: SameOrigin,
        web_url: str,
    ) -> None:
        self._pages = pages
        self._followers = followers
        self._tracks = tracks
        self._limits = limits
        self._origin = origin
        self._web_url = web_url

    async def back(self, request: Request) -> Response:
        """`GET /laporan/{number}/ikuti`: the form's address, opened by itself."""
        return RedirectResponse(f"/laporan/{request.path_params['number']}", status_code=303)

    async def start(self, request: Request) -> Response:
        """`POST /laporan/{number}/ikuti`: to the follower's page once the follow is durable.

        Raises:
            ProblemError: 400 without a usable idempotency key, 403 for another site's form, 410,
                415, 429, 503.
        """
        self._origin.require(request)
        self._limits.require(request.scope, "", request.headers.get("x-forwarded-for"))
        typed = read_form(request.headers.get("content-type", ""), await request.body())
        key = parse_idempotency_key([typed.get(KEY, "")], language_for(request))
        try:
            contact = contact_of(typed, language_for(request))
        except ValidationError as error:
            tried = FollowForm(typed, errors=wrong_fields(error))
            return await self._shown(request, tried, 422)
        return await self.follow(request, request.path_params["number"], contact, key, typed)

    async def follow(
        self,
        request: Request,
        number: str,
        contact: ReporterIn,
        key: str,
        typed: Mapping[str, str],
    ) -> Response:
        """Follow a report, for this page's form and for that of a report.

        Args:
            number: of the report, as it was sent.
            contact: who follows.
            key: the form's.
            typed: the form's fields, to be shown again.

        Raises:
            ProblemError: 404, 410, 503.
        """
        with database_may_be_away():
            outcome = await self._followers.follow(number, contact, key)
        request.path_params["number"] = number
        return await self._answer(request, outcome, typed)

    async def _answer(
        self, request: Request, outcome: Outcome, typed: Mapping[str, str]
    ) -> Response:
        match outcome:
            case Following(number=number, secret=secret):
                return self._proven(number, secret)
            case Already(number):
                return RedirectResponse(f"/laporan/{number}?{FOLLOWS}=1", status_code=303)
            case Refused(why):
                language = language_for(request)
                told = [Text(*each).to(language) for each in (why.reason, why.mend)]
                return await self._shown(request, FollowForm(typed, refused=told), 409)
            case OtherRequest():
                fresh = FollowForm({**typed, KEY: ""}, notice=_SENT_BEFORE)
                return await self._shown(request, fresh, 422)
            case NotFound():
                return self._unknown(request)
            case Gone():
                raise ProblemError(GONE)
            case _:
                assert_never(outcome)

    async def own(self, request: Request) -> Response:
        """`GET /laporan/{number}/ikut`: what is kept of the follower; else asks for the secret."""
        found = await self._found(request)
        if found is None:
            return self._asking(request)
        secret = request.cookies[FOLLOWS]
        values = {
            "found": found,
            "secret": secret,
            "link": f"{self._web_url}/laporan/{found.number}/ikut#{secret}",
        }
        return self._pages.render(request, Page("following", values, secret=True))

    async def prove(self, request: Request) -> Response:
        """`POST /laporan/{number}/ikut`: to the follower's page, with the proof in a cookie.

        Raises:
            ProblemError: 403 for another site's form, 415, 429.
        """
        self._origin.require(request)
        self._limits.require(request.scope, "", request.headers.get("x-forwarded-for"))
        typed = read_form(request.headers.get("content-type", ""), await request.body())
        secret = typed.get("secret", "").strip()
        found = await self._followers.find(request.path_params["number"], secret)
        if found is None:
            return self._asking(request, wrong=True)
        return self._proven(found.number, secret)

    async def data(self, request: Request) -> Response:
        """`GET /laporan/{number}/ikut/data`: everything that is kept, as a file.

        Raises:
            ProblemError: 404 without the proof.
        """
        found = await self._found(request)
        if found is None:
            raise ProblemError(NOT_FOUND)
        told = {
            "tracking_number": found.number,
            "since": instant(found.since),
            "contact": found.contact.model_dump(mode="json"),
            "follower": str(found.id),
        }
        headers = {
            "cache-control": "no-store",
            "content-disposition": f'attachment; filename="{found.number}.json"',
        }
        body = json.dumps(told, ensure_ascii=False, indent=2).encode()
        return Response(body, headers=headers, media_type="application/json")

    async def stop(self, request: Request) -> Response:
        """`POST /laporan/{number}/ikut/berhenti`: stops, and destroys the contact.

        Raises:
            ProblemError: 403 for another site's form, 429.
        """
        self._origin.require(request)
        self._limits.require(request.scope, "", request.headers.get("x-forwarded-for"))
        number = request.path_params["number"]
        await self._followers.stop(number, request.cookies.get(FOLLOWS))
        answer = RedirectResponse(f"/laporan/{number}?{FOLLOWS}=0", status_code=303)
        answer.delete_cookie(FOLLOWS, path=f"/laporan/{number}")
        return answer

    async def _found(self, request: Request) -> OwnFollow | None:
        secret = request.cookies.get(FOLLOWS)
        return await self._followers.find(request.path_params["number"], secret)

    async def _shown(self, request: Request, tried: FollowForm, status: int) -> Response:
        try:
            seen = await self._tracks.seen(request)
        except ProblemError as problem:
            if problem.problem is not NOT_FOUND:
                raise
            return self._unknown(request)
        return await self._tracks.show(request, seen, status=status, follow=tried)

    def _proven(self, number: str, secret: str) -> Response:
        answer = RedirectResponse(f"/laporan/{number}/ikut", status_code=303)
        answer.set_cookie(
            FOLLOWS, secret, path=f"/laporan/{number}", httponly=True,
            secure=self._origin.https, samesite="lax",
        )  # fmt: skip
        return answer

    def _unknown(self, request: Request) -> Response:
        typed = {"number": request.path_params["number"]}
        return self._tracks.asking(request, typed, field="number", message=UNKNOWN, status=404)

    def _asking(self, request: Request, *, wrong: bool = False) -> Response:
        errors: Mapping[str, Any] = {"secret": Wrong(_NO_FOLLOWER, {})} if wrong else {}
        values = {"number": request.path_params["number"], "errors": errors}
        return self._pages.render(request, Page("follow-secret", values, 422 if wrong else 200))
