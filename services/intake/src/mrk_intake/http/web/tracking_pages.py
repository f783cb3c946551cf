"""Following a report: by its number and secret, or by the link that carries both."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mrk_delivery.clock import Clock
from mrk_intake.domain import tracking
from mrk_intake.domain.actions import Action, refusal
from mrk_intake.domain.following import refusal as following_refused
from mrk_intake.domain.keys import Keys
from mrk_intake.domain.report import Note
from mrk_intake.domain.standing import standing
from mrk_intake.domain.timeline import shown
from mrk_intake.http.limits import ReportLimits
from mrk_intake.http.receipt import NOTES
from mrk_intake.http.status import Seen, look_up
from mrk_intake.http.web import action_forms
from mrk_intake.http.web.action_forms import Attempt
from mrk_intake.http.web.catalogues import N_
from mrk_intake.http.web.form import KEY, Wrong, read_form
from mrk_intake.http.web.gallery import PROOF, gallery_of
from mrk_intake.http.web.pages import Page, Pages
from mrk_intake.store import actions, attachments, reports
from mrk_pages.visit import SameOrigin, language_for
from mrk_web.language import Text
from mrk_web.problems import NOT_FOUND, ProblemError

PATH: Final = "/lacak"
FOLLOWS: Final = "ikut"
"""The cookie that proves a follower; of a report's address, what has just happened: `1`, this
contact follows already, `0`, following has ended."""
_KEY_BYTES: Final = 24

DONE: Final = "sudah"
"""Of a report's address: which action was just taken."""

_MISREAD: Final = N_("This is no report number. Look again how it is written, such as 7K3-Q9W-XTC.")
UNKNOWN: Final = N_(
    "We show no report for this number and secret. A confidential report needs its secret."
)
_NO_PROOF: Final = N_(
    "This secret does not belong to this number. Without a secret you see what is public."
)
_SECRET_NEEDED: Final = N_("Only the reporter can do this. Type the secret of the report.")
RESTRICTION: Final = "pembatasan"
"""Of a report's address: whether its processing is restricted, and that this was just changed."""
CONTACT: Final = "kontak"
"""Of a report's address: its reporter's contact, and that it was just corrected."""


def prove(answer: Response, number: str, secret: str, *, https: bool) -> None:
    """Remember the proof until the browser closes, for this report's pages alone."""
    answer.set_cookie(
        PROOF, secret, path=f"/laporan/{number}", httponly=True, secure=https, samesite="lax"
    )


@dataclass(frozen=True, slots=True)
class FollowForm:
    """The form by which others follow a report.

    Attributes:
        tried: its fields where it was sent and not taken.
        errors: what is wrong with them, by the id of the field on the page.
        notice: a string of the catalogues, on the whole form.
        refused: why the report cannot be followed, in the reader's language.
    """

    tried: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, Wrong] = field(default_factory=dict)
    notice: str | None = None
    refused: Sequence[str] = ()

    @property
    def key(self) -> str:
        """Its idempotency key."""
        return self.tried.get(KEY) or secrets.token_urlsafe(_KEY_BYTES)

    @property
    def typed(self) -> Mapping[str, str]:
        """What its fields show."""
        return {"name": "", "phone": "", "email": "", **self.tried}


class TrackingPages:
    """Shows receipts and timelines.

    Args:
        pages: renders.
        pool: of intake's database.
        keys: prove the reporter.
        clock: the domain's.
        limits: of addresses.
        origin: where forms come from.
        web_url: base address of the pages.
    """

    def __init__(  # noqa: PLR0913  # its parts, each by name
        self,
        *,
        pages: Pages,
        pool: asyncpg.Pool,
        keys: Keys,
        clock: Clock,
        limits: ReportLimits,
        origin: SameOrigin,
        web_url: str,
    ) -> None:
        self._pages = pages
        self._pool = pool
        self._keys = keys
        self._clock = clock
        self._limits = limits
        self._origin = origin
        self._web_url = web_url

    async def ask(self, request: Request) -> Response:
        """`GET /lacak`: asks for number and secret."""
        return self.asking(request)

    async def find(self, request: Request) -> Response:
        """`POST /lacak`: to the report's page, with the proof in a cookie.

        Raises:
            ProblemError: 403 for another site's form, 410 for an erased report, 415, 429.
        """
        self._origin.require(request)
        self._limits.require(request.scope, "", request.headers.get("x-forwarded-for"))
        typed = read_form(request.headers.get("content-type", ""), await request.body())
        written, secret = typed.get("number", ""), typed.get("secret", "").strip()
        if tracking.read(written) is None:
            return self.asking(request, typed, field="number", message=_MISREAD, status=422)
        try:
            seen = await look_up(self._pool, self._keys, written, secret)
        except ProblemError as error:
            if error.problem is not NOT_FOUND:
                raise
            return self.asking(request, typed, field="number", message=UNKNOWN, status=404)
        if secret and not seen.proven:
            return self.asking(request, typed, field="secret", message=_NO_PROOF, status=422)
        number = seen.report.number
        answer = RedirectResponse(f"/laporan/{number}", status_code=303)
        if seen.proven:
            prove(answer, number, secret, https=self._origin.https)
        return answer

    async def timeline(self, request: Request) -> Response:
        """`GET /laporan/{number}`: what happened until now.

        Where there is nothing to show it asks for number and secret: a link's secret is in its
        fragment, which a browser does not send.

        Raises:
            ProblemError: 410 for an erased report.
        """
        written = request.path_params["number"]
        try:
            seen = await self.seen(request)
        except ProblemError as error:
            if error.problem is not NOT_FOUND:
                raise
            return self.unknown(request)
        if written != seen.report.number:
            # one address a report: the cookie of the proof is bound to it
            return RedirectResponse(f"/laporan/{seen.report.number}", status_code=303)
        return await self.show(request, seen)

    async def show(
        self,
        request: Request,
        seen: Seen,
        attempt: Attempt | None = None,
        status: int = 200,
        follow: FollowForm | None = None,
    ) -> Response:
        """A report's page; to its reporter, with what may be done now.

        Args:
            seen: the report.
            attempt: a form that was not taken.
            status: of the answer.
            follow: the form of one who would follow it, which was not taken.
        """
        now = standing(seen.report.received_at, seen.placed)
        files = await attachments.of_report(self._pool, seen.report.id)
        values = {
            "report": seen.report,
            "proven": seen.proven,
            "public": seen.public,
            "now": now,
            "late": {due.clock for due in now.dues if now.late(due, self._clock.now())},
            "steps": shown(seen.report.received_at, seen.placed, proven=seen.proven),
            "gallery": gallery_of(files, seen.report.number, proven=seen.proven),
            "attempt": attempt,
            "contact_changed": seen.proven and request.query_params.get(DONE) == CONTACT,
            "errors": attempt.errors if attempt is not None else {},
            **self._following(request, seen, now.state, follow),
            **await self._acting(request, seen, now.state, attempt),
        }
        return self._pages.render(request, Page("report", values, status))

    def _following(
        self, request: Request, seen: Seen, state: str, follow: FollowForm | None
    ) -> Mapping[str, Any]:
        """What is shown to those who may follow, or do."""
        may = seen.public and not seen.proven and following_refused(seen.report.kind, state) is None
        told: dict[str, Any] = {"followers": seen.followers, "may_follow": may}
        told["follow"] = follow or FollowForm()
        told["follows"] = FOLLOWS in request.cookies
        told["followed"] = request.query_params.get(FOLLOWS)
        return told if follow is None else {**told, "errors": follow.errors}

    async def _acting(
        self, request: Request, seen: Seen, state: str, attempt: Attempt | None
    ) -> Mapping[str, Any]:
        if not seen.proven:
            return {"forms": (), "barred": None, "done": None}
        kind, before = seen.report.kind, await actions.count(self._pool, seen.report.id)
        forms = action_forms.forms(kind, state, before, attempt)
        barred = None
        if not forms and (why := refusal(kind, state, Action.INFORMATION, before)) is not None:
            language = language_for(request)
            barred = [Text(*each).to(language) for each in (why.reason, why.mend)]
        done = action_forms.done(request.query_params.get(DONE, ""), seen.placed)
        return {"forms": forms, "barred": barred, "done": done}

    async def receipt(self, request: Request) -> Response:
        """`GET /laporan/{number}/tanda-terima`: number, secret and link, to the reporter alone.

        Raises:
            ProblemError: 404 where there is nothing to show, 410 for an erased report.
        """
        seen = await self.seen(request)
        number = seen.report.number
        if not seen.proven:
            return RedirectResponse(f"/laporan/{number}", status_code=303)
        secret = tracking.secret(self._keys.secrets, seen.report.id)
        told = json.loads(await reports.answer(self._pool, seen.report.id) or b"{}")
        language = language_for(request)
        values = {
            "report": seen.report,
            "secret": secret,
            "link": f"{self._web_url}/laporan/{number}#{secret}",
            "emergency": "emergency" in told,
            "notes": [NOTES[Note(each["code"])].to(language) for each in told.get("notes", ())],
        }
        return self._pages.render(request, Page("receipt", values, secret=True))

    async def seen(self, request: Request) -> Seen:
        """The report of an address, as the cookie of the proof lets it be seen.

        Raises:
            ProblemError: as `look_up`.
        """
        written, proof = request.path_params["number"], request.cookies.get(PROOF)
        return await look_up(self._pool, self._keys, written, proof)

    async def proven(self, request: Request) -> Seen | Response:
        """The report, proven; or what is answered to whoever did not prove it.

        Raises:
            ProblemError: 410 for an erased report.
        """
        try:
            seen = await self.seen(request)
        except ProblemError as problem:
            if problem.problem is not NOT_FOUND:
                raise
            return self.unknown(request)
        return seen if seen.proven else self.secret_needed(request)

    def unknown(self, request: Request) -> Response:
        """There is nothing to show at this address: asks for number and secret."""
        typed = {"number": request.path_params["number"]}
        return self.asking(request, typed, field="number", message=UNKNOWN, status=404)

    def secret_needed(self, request: Request) -> Response:
        """Everybody may read this report; only its reporter may do what was asked."""
        typed = {"number": request.path_params["number"]}
        return self.asking(request, typed, field="secret", message=_SECRET_NEEDED, status=403)

    def asking(
        self,
        request: Request,
        typed: dict[str, str] | None = None,
        *,
        field: str = "",
        message: str = "",
        status: int = 200,
    ) -> Response:
        """Asks for number and secret.

        Args:
            typed: what was typed.
            field: which field is wrong.
            message: what is wrong with it, a string of the catalogues.
            status: of the answer.
        """
        # the secret is never shown again: it is typed once more, or comes from the link
        errors = {field: Wrong(message, {})} if field else {}
        values = {"number": (typed or {}).get("number", ""), "errors": errors}
        return self._pages.render(request, Page("track", values, status))
