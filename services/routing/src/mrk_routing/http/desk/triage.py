"""Triage: cases without an owner, one at a time, the most urgent first."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.desk import Person
from mrk_routing.domain.desk_map import drawn
from mrk_routing.domain.desk_suggest import read_of, suggestions
from mrk_routing.http.desk.beside import beside
from mrk_routing.http.desk.case import allowed, owners, timeline
from mrk_routing.http.desk.desk import Desk, whole
from mrk_routing.http.desk.pages import Page
from mrk_routing.store import desk_cases
from mrk_schemas.ids import CategoryCode


class Triage:
    """Shows the next case that waits for a dispatcher.

    Args:
        desk: its parts.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, request: Request, person: Person) -> Response:
        """`GET /triase`: the first of the queue, or the one after `lewati` others.

        With `kategori` the suggestions are those of this category, for the case of `nomor`.
        """
        desk, asked = self._desk, request.query_params
        skip = whole(asked.get("lewati", ""), 4)
        file, total, version = await desk_cases.next_to_triage(desk.pool, skip)
        await desk.note(person, "triage.viewed", None if file is None else file.id)
        values: dict[str, Any] = {
            "file": file,
            "case": None if file is None else file.case,
            "total": total,
            "skip": skip,
            "now": desk.clock.now(),
            "mark": await desk_cases.mark(desk.pool, None, ownerless=True),
            "version": version,
            "done": asked.get("jadi", "")[:20],
            **owners(desk),
        }
        if file is not None:
            # another dispatcher may have decided the case for which a category was chosen
            same = asked.get("nomor") == file.case.tracking_number
            values |= await self._beside(person, file, asked.get("kategori") if same else None)
        return desk.pages.render(request, Page("triage", values, person))

    async def _beside(self, person: Person, file: CaseFile, said: str | None) -> dict[str, Any]:
        """What stands beside a case: what its words say, who may own it, where it is."""
        desk = self._desk
        chosen = CategoryCode(said) if said and said in desk.pack.categories else None
        happened = timeline(await desk_cases.happened(desk.pool, file.id))
        others = await beside(desk, person, file, chosen)
        today = desk.rules.dues.local_date(desk.clock.now())
        returned = [each["proposed"] for each in happened if each["name"] == "returned"]
        proposed = returned[-1] if returned else None
        return {
            "chosen": chosen,
            "read": read_of(file, desk.pack),
            "suggestions": suggestions(file, desk.pack, today, chosen, proposed),
            "beside": others,
            "map": drawn(file, [each.file for each in others.alike], desk.pack),
            "timeline": happened,
            "actions": allowed(person, file.case, parts=len(others.parts)),
        }
