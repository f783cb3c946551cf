"""The queue: cases by due date, filtered by the address; saved lists, export, live changes."""

import csv
import io
from dataclasses import replace
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from mrk_pages.visit import language_for
from mrk_routing.domain import desk_query
from mrk_routing.domain.desk import Person, Role
from mrk_routing.domain.desk_query import Kept, Lateness, Wanted
from mrk_routing.http.desk.desk import Desk, agencies_of, whole
from mrk_routing.http.desk.pages import Page, standing_of
from mrk_routing.store import desk_cases, desk_notes
from mrk_schemas.ids import AgencyCode
from mrk_web.problems import BAD_REQUEST, ProblemError

MOST_EXPORTED: Final = 5000
LONGEST_NAME: Final = 60
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_COLUMNS: Final = (
    "number", "standing", "category", "district", "subdistrict", "owner", "emergency", "urgency",
    "received_at", "due_at", "late",
)  # fmt: skip


class Queue:
    """Lists of cases.

    Args:
        desk: its parts.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, request: Request, person: Person) -> Response:
        """`GET /antrean`: a page of 50: emergencies, then the first due first."""
        desk, wanted, agencies = self._desk, *self._asked(request, person)
        await desk.note(person, "queue.viewed", detail=wanted.query(wanted.page))
        now = desk.clock.now()
        mark = await self._mark(person)
        found, total = await desk_cases.listed(desk.pool, wanted, agencies, now)
        values = {
            "found": found,
            "total": total,
            "now": now,
            "wanted": wanted,
            "pages": max(1, -(-total // desk_cases.A_PAGE)),
            "standings": Kept,
            "latenesses": Lateness,
            "agencies": sorted(desk.pack.agencies if agencies is None else agencies),
            "views": await desk_notes.views(desk.pool, person.id),
            "mark": mark,
            "done": whole(request.query_params.get("jadi", ""), 3),
            "refused": whole(request.query_params.get("gagal", ""), 3),
        }
        return desk.pages.render(request, Page("queue", values, person))

    async def export(self, request: Request, person: Person) -> Response:
        """`GET /antrean.csv`: the filtered queue, without anybody's words."""
        desk, wanted, agencies = self._desk, *self._asked(request, person)
        await desk.note(person, "queue.exported", detail=wanted.query())
        now = desk.clock.now()
        found, _ = await desk_cases.listed(
            desk.pool, replace(wanted, page=1), agencies, now, MOST_EXPORTED
        )
        out = io.StringIO()
        rows = csv.writer(out)
        rows.writerow(_COLUMNS)
        language = language_for(request)
        for case, due in ((each.case, each.due) for each in found):
            known = desk.pack.categories.get(case.category) if case.category else None
            inner = desk.pack.subdistricts.get(case.subdistrict) if case.subdistrict else None
            outer = desk.pack.districts.get(case.district) if case.district else None
            rows.writerow(
                safe(value)
                for value in (
                    case.tracking_number,
                    standing_of(case),
                    known.names[language] if known else "",
                    outer.name if outer else "",
                    inner.name if inner else "",
                    case.owner or "",
                    "yes" if case.priority.value == "emergency" else "no",
                    "" if case.urgency is None else str(case.urgency),
                    case.received_at.isoformat(timespec="minutes"),
                    due.isoformat(timespec="minutes") if due else "",
                    "yes" if due is not None and due <= now else "no",
                )
            )
        headers = {
            "content-disposition": 'attachment; filename="antrean.csv"',
            "cache-control": "no-store",
        }
        return Response(
            out.getvalue().encode("utf-8-sig"),
            headers=headers,
            media_type="text/csv; charset=utf-8",
        )

    async def changed(self, request: Request, person: Person) -> Response:
        """`GET /perubahan`: a word that changes whenever a case of the reader's queue does.

        With `daftar=triase`, one of the triage.
        """
        waiting = request.query_params.get("daftar") == "triase" and person.is_(Role.DISPATCHER)
        pool = self._desk.pool
        mark = await (
            desk_cases.mark(pool, None, ownerless=True) if waiting else self._mark(person)
        )
        return JSONResponse({"mark": mark}, headers={"cache-control": "no-store"})

    async def keep(self, request: Request, person: Person) -> Response:
        """`POST /tampilan`: keep what a queue shows, under a name.

        Raises:
            ProblemError: 400 for a name that is none, and for more lists than there may be.
        """
        form = await request.form()
        name = str(form.get("nama", "")).strip()
        written = dict(part.split("=", 1) for part in _parts(str(form.get("isi", ""))))
        wanted = desk_query.of(written, self._desk.pack, self._agencies(person))
        printable = 0 < len(name) <= LONGEST_NAME and name.isprintable()
        if not printable or not await desk_notes.keep_view(
            self._desk.pool, person.id, name, wanted.query()
        ):
            raise ProblemError(BAD_REQUEST)
        return RedirectResponse(f"/antrean?{wanted.query()}", 303)

    async def drop(self, request: Request, person: Person) -> Response:
        """`POST /tampilan/hapus`: forget a list."""
        form = await request.form()
        await desk_notes.drop_view(self._desk.pool, person.id, str(form.get("nama", "")))
        return RedirectResponse("/antrean", 303)

    def _asked(
        self, request: Request, person: Person
    ) -> tuple[Wanted, tuple[AgencyCode, ...] | None]:
        wanted = desk_query.of(request.query_params, self._desk.pack, self._agencies(person))
        return wanted, agencies_of(person)

    def _agencies(self, person: Person) -> tuple[AgencyCode, ...]:
        own = agencies_of(person)
        return tuple(self._desk.pack.agencies) if own is None else own

    async def _mark(self, person: Person) -> str:
        return await desk_cases.mark(self._desk.pool, agencies_of(person))


def safe(value: str) -> str:
    """A cell that no spreadsheet takes for a formula (CWE-1236)."""
    return f"'{value}" if value.startswith(_FORMULA) else value


def _parts(query: str) -> list[str]:
    return [part for part in query.split("&") if "=" in part]
