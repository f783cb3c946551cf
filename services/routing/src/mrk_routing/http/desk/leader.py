"""What burns now, by agency and by district, for leaders; and the record of who looked at what."""

from dataclasses import replace
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mrk_routing.domain import desk_query
from mrk_routing.domain.desk import Person
from mrk_routing.domain.desk_query import Lateness
from mrk_routing.http.desk.desk import Desk
from mrk_routing.http.desk.pages import Page
from mrk_routing.store import desk_audit, desk_cases

_ROWS: Final = 100


class Leader:
    """Pages for leaders: numbers, places and dates, nobody's words.

    Args:
        desk: its parts.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, request: Request, person: Person) -> Response:
        """`GET /pimpinan`."""
        desk, now = self._desk, self._desk.clock.now()
        await desk.note(person, "leader.viewed")
        values = {
            "by_owner": await desk_cases.burning(desk.pool, "owner", now),
            "by_district": await desk_cases.burning(desk.pool, "district", now),
            "now": now,
        }
        return desk.pages.render(request, Page("leader", values, person))

    async def listed(self, request: Request, person: Person) -> Response:
        """`GET /pimpinan/daftar`: the cases behind a number.

        Where neither a due date nor emergencies are asked for, those that are late.
        """
        desk, now = self._desk, self._desk.clock.now()
        wanted = desk_query.of(request.query_params, desk.pack, desk.pack.agencies)
        if wanted.lateness is None and not wanted.emergency:
            wanted = replace(wanted, lateness=Lateness.LATE)
        await desk.note(person, "leader.listed", detail=wanted.query(wanted.page))
        found, total = await desk_cases.listed(desk.pool, wanted, None, now)
        values = {
            "found": found,
            "total": total,
            "wanted": wanted,
            "now": now,
            "pages": max(1, -(-total // desk_cases.A_PAGE)),
        }
        return desk.pages.render(request, Page("leader_list", values, person))

    async def audit(self, request: Request, person: Person) -> Response:
        """`GET /jejak`: the newest views and changes; of one case where its number is asked."""
        desk = self._desk
        number = request.query_params.get("nomor", "").strip()[:40] or None
        written = request.query_params.get("sebelum", "")
        before = (
            int(written) if written.isascii() and written.isdigit() and len(written) < 18 else None
        )
        await desk.note(person, "audit.viewed")
        rows = await desk_audit.newest(desk.pool, before, number, _ROWS)
        values = {
            "rows": rows,
            "number": number,
            "more": rows[-1].id if len(rows) == _ROWS else None,
        }
        return desk.pages.render(request, Page("audit", values, person))
