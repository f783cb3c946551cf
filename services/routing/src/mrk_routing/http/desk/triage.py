"""Triage: cases without an owner, one at a time, the most urgent first."""

from starlette.requests import Request
from starlette.responses import Response

from mrk_routing.domain.desk import Person
from mrk_routing.domain.desk_suggest import suggestions
from mrk_routing.http.desk.case import allowed, owners, timeline
from mrk_routing.http.desk.desk import Desk, whole
from mrk_routing.http.desk.pages import Page
from mrk_routing.store import desk_cases


class Triage:
    """Shows the next case that waits for a dispatcher.

    Args:
        desk: its parts.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, request: Request, person: Person) -> Response:
        """`GET /triase`: the first of the queue, or the one after `lewati` others."""
        desk = self._desk
        skip = whole(request.query_params.get("lewati", ""), 4)
        file, total, version = await desk_cases.next_to_triage(desk.pool, skip)
        await desk.note(person, "triage.viewed", None if file is None else file.id)
        values = {
            "file": file,
            "case": None if file is None else file.case,
            "total": total,
            "skip": skip,
            "now": desk.clock.now(),
            "mark": await desk_cases.mark(desk.pool, None),
            "alike": [] if file is None else await desk_cases.alike(desk.pool, file.case),
            "timeline": []
            if file is None
            else timeline(await desk_cases.happened(desk.pool, file.id)),
            "suggestions": ()
            if file is None
            else suggestions(file, desk.pack, desk.rules.dues.local_date(desk.clock.now())),
            "actions": () if file is None else allowed(person, file.case),
            "version": version,
            "done": request.query_params.get("jadi", "")[:20],
            **owners(desk),
        }
        return desk.pages.render(request, Page("triage", values, person))
