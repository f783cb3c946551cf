"""What officers and dispatchers decide on a case, from its page or for many at once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mrk_pages.catalogues import N_
from mrk_routing.domain.act import Assign, Close, HandOn, Merge, Unmerge, Wish
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.desk import Person, Role
from mrk_routing.domain.desk_access import ONE, may_see
from mrk_routing.gateways.intake import IntakeAway, ProofRefused
from mrk_routing.http.desk import labels
from mrk_routing.http.desk.acts import commanded, decided
from mrk_routing.http.desk.case import ACTIONS, CasePage
from mrk_routing.http.desk.desk import Desk
from mrk_routing.store import desk_cases
from mrk_schemas.agencies import AcceptCase, Command
from mrk_schemas.ids import AgencyCode, CategoryCode
from mrk_web.problems import BAD_REQUEST, NOT_FOUND, ProblemError

MOST_AT_ONCE: Final = 50
MOST_PHOTOS: Final = 5
TO_TRIAGE: Final = "triase"
"""What a form's field `dari` says that came from the triage: the next case loads at once."""
TO_PARENT: Final = "induk"
"""What it says that came from the page of the case into which another one is merged."""

_WORDS: Final = {"kemajuan": "note", "tanya": "question", "selesai": "note", "kembalikan": "reason"}
_LENGTHS: Final = {"kemajuan": (3, 4000), "tanya": (3, 2000), "selesai": (3, 4000),
                   "kembalikan": (3, 4000), "tutup": (3, 4000)}  # fmt: skip
_NO_PHOTO: Final = N_("A photo was not taken: only pictures up to 10 MB. Nothing was changed.")
_NO_SUCH_CASE: Final = N_("No case has this number. Nothing was changed.")
_AWAY: Final = N_("The photos could not be checked now. Nothing was changed: send it again.")


class NoSuchCaseError(Exception):
    """No case has the number that was typed."""


_WHY: Final[Mapping[type[Exception], tuple[str, int]]] = {
    NoSuchCaseError: (_NO_SUCH_CASE, 422),
    ProofRefused: (_NO_PHOTO, 422),
    IntakeAway: (_AWAY, 503),
}
"""What is said where nothing was decided, and with which status."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What a form was about."""

    file: CaseFile
    version: int
    name: str
    words: str
    agency: str
    into: str


class Deeds:
    """Takes decisions.

    Args:
        desk: its parts.
        shows: the case's page, which tells what is wrong.
    """

    def __init__(self, desk: Desk, shows: CasePage) -> None:
        self._desk = desk
        self._shows = shows

    def of(self, name: str) -> Any:
        """The handler of `POST /perkara/{number}/<name>`."""

        async def act(request: Request, person: Person) -> Response:
            return await self._act(request, person, name)

        return act

    async def accept_many(self, request: Request, person: Person) -> Response:
        """`POST /antrean/terima`: accept those that were ticked, each by itself.

        Raises:
            ProblemError: 400 for more than a page.
        """
        form = await request.form()
        numbers = [str(each) for each in form.getlist("nomor")]
        if len(numbers) > MOST_AT_ONCE:
            raise ProblemError(BAD_REQUEST)
        done = 0
        for number in numbers:
            found = await desk_cases.by_number(self._desk.pool, number)
            if found is None or not may_see(person, "POST", "/antrean/terima", found[0].case):
                continue
            file, version = found
            command = AcceptCase(complaint_id=file.id, case_version=max(1, version))
            owner = file.case.owner
            if owner is None:
                continue
            outcome = await commanded(self._desk, person, owner, command, "case.accept")
            done += outcome is None
        return RedirectResponse(f"/antrean?jadi={done}&gagal={len(numbers) - done}", 303)

    async def _act(self, request: Request, person: Person, name: str) -> Response:
        file, version = await self._desk.case(request, person, f"{ONE}/{name}", "POST")
        form = await request.form(max_files=MOST_PHOTOS, max_fields=10)
        words = str(form.get("kata", "")).replace("\r\n", "\n").strip()
        agency, into = str(form.get("instansi", "")), str(form.get("ke", "")).strip().upper()
        told = _Told(file, version, name, words, agency, into)
        wrong = _judged(name, words)
        if wrong is not None:
            return await self._again(request, person, told, {"wrong": {name: wrong}}, 422)
        kind = ACTIONS[name][1]
        try:
            if kind is None:
                wish = await self._wish(told, form)
                rule = await decided(self._desk, person, file, _version(form), wish)
            else:
                rule = await self._commanded(person, file, kind, name, words, form)
        except (NoSuchCaseError, ProofRefused, IntakeAway) as error:
            refused, status = _WHY[type(error)]
            return await self._again(request, person, told, {"refused": refused}, status)
        if rule is not None:
            more = {"refused": labels.REFUSALS.get(rule, labels.OTHER_REFUSAL)}
            found = await desk_cases.by_number(self._desk.pool, file.case.tracking_number)
            if found is None or not may_see(person, "GET", ONE, found[0].case):
                raise ProblemError(NOT_FOUND)
            return await self._again(
                request, person, replace(told, file=found[0], version=found[1]), more, 409
            )
        number: str = file.case.tracking_number
        if form.get("dari") == TO_TRIAGE:
            return RedirectResponse(f"/triase?jadi={number}", 303)
        if name == "gabungkan" and form.get("dari") == TO_PARENT:
            number = into
        # a case that was returned is this agency's no more
        gone = name == "kembalikan" and not person.is_(Role.DISPATCHER)
        return RedirectResponse("/antrean?jadi=1" if gone else f"/perkara/{number}", 303)

    async def _commanded(  # noqa: PLR0913, PLR0917  # what a form says
        self, person: Person, file: CaseFile, kind: type[Command], name: str, words: str,
        form: FormData,
    ) -> str | None:  # fmt: skip
        owner = file.case.owner
        if owner is None or not person.works_for(owner):
            raise ProblemError(NOT_FOUND)
        values: dict[str, Any] = {"complaint_id": file.id, "case_version": _version(form)}
        if name in _WORDS:
            values[_WORDS[name]] = words
        if name == "kembalikan" and form.get("instansi"):
            values["proposed_owner"] = str(form.get("instansi"))[:64]
        if name == "selesai":
            values["proof"] = await self._proofs(file.id, form)
        try:
            command = kind.model_validate(values)
        except ValidationError:
            raise ProblemError(BAD_REQUEST) from None
        what = kind.TYPE.removeprefix("id.go.medan.").removesuffix(".v1")
        return await commanded(self._desk, person, owner, command, what)

    async def _wish(self, told: _Told, form: FormData) -> Wish:
        """What a dispatcher wants.

        Raises:
            NoSuchCaseError: it names a case that there is not.
        """
        owner, note = AgencyCode(told.agency[:64]), told.words or None
        said = str(form.get("kategori", ""))[:64]
        category = CategoryCode(said) if said else None
        match told.name:
            case "tugaskan":
                return Assign(owner, note, category)
            case "teruskan":
                return HandOn(owner, note, category)
            case "gabungkan":
                found = await desk_cases.by_number(self._desk.pool, told.into)
                if found is None:
                    raise NoSuchCaseError
                return Merge(found[0].id, note)
            case "pisahkan":
                return Unmerge(note)
            case _:
                return Close(told.words)

    async def _again(
        self, request: Request, person: Person, told: _Told, more: dict[str, Any], status: int
    ) -> Response:
        """The case's page, with what is wrong and what was typed."""
        typed = {told.name: told.words, "instansi": told.agency, "ke": told.into}
        values = {**more, "typed": typed}
        return await self._shows.rendered(request, person, told.file, told.version, values, status)

    async def _proofs(self, complaint: Any, form: FormData) -> tuple[str, ...]:
        """The digests of the photos that came with a form, each examined by intake.

        Raises:
            ProofRefused: one is no photo.
            IntakeAway: they could not be examined.
        """
        digests = []
        for each in form.getlist("foto"):
            if isinstance(each, UploadFile) and each.size:
                photo = await each.read()
                kind = each.content_type or "application/octet-stream"
                digests.append(await self._desk.intake.prove(complaint, kind, photo))
        return tuple(digests)


def _judged(name: str, words: str) -> tuple[int, int] | None:
    """The lengths that an action's words must have, where they have not."""
    shortest, longest = _LENGTHS.get(name, (0, 4000))
    return (
        None if shortest <= len(words) <= longest and "\x00" not in words else (shortest, longest)
    )


def _version(form: FormData) -> int:
    """The version that the page showed.

    Raises:
        ProblemError: 400; the form says none.
    """
    written = str(form.get("versi", ""))
    if not (written.isascii() and written.isdigit() and 0 < len(written) < 10 and int(written)):
        raise ProblemError(BAD_REQUEST)
    return int(written)
