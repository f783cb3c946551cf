"""What an agency's system reads: its cases, one of them, and its inbox."""

import re
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse

from mrk_routing.http.bearer import Callers
from mrk_routing.http.inside import Door
from mrk_routing.http.wanting import CasesQuery, InboxQuery, query_of
from mrk_routing.store import feed, owned
from mrk_schemas.ids import UUID_PATTERN, ComplaintId
from mrk_web.language import language_of_scope
from mrk_web.problems import NOT_FOUND, ProblemError

_ID: Final = re.compile(UUID_PATTERN)


def complaint_of(request: Request) -> ComplaintId:
    """The complaint in a request's path.

    Raises:
        ProblemError: 404 where no complaint can have this id.
    """
    given = request.path_params["complaint_id"]
    if not _ID.fullmatch(given):
        raise ProblemError(NOT_FOUND)
    return ComplaintId(given)


class Reading:
    """Answers from the database alone.

    Args:
        callers: lets agencies' systems in.
        door: to the database.
    """

    def __init__(self, callers: Callers, door: Door) -> None:
        self._callers = callers
        self._door = door

    async def cases(self, request: Request) -> JSONResponse:
        """`GET …/cases`: the agency's cases, a page of them.

        Raises:
            ProblemError: whatever is wrong with the request.
        """
        caller = await self._callers(request)
        query = query_of(CasesQuery, request.query_params, language_of_scope(request.scope))
        with self._door.through() as inside:
            found = await owned.listed(inside.pool, caller.agency, query.wanted())
        body: dict[str, Any] = {
            "cases": [
                {
                    "version": each.version,
                    "case": each.case.model_dump(mode="json", exclude_none=True),
                }
                for each in found
            ]
        }
        if len(found) == query.limit:
            body["next"] = found[-1].case.complaint_id
        return JSONResponse(body)

    async def case(self, request: Request) -> JSONResponse:
        """`GET …/cases/{complaint_id}`: one case, as it is handed over.

        Raises:
            ProblemError: 404 where it is not this agency's, whether there is one or not.
        """
        caller = await self._callers(request)
        complaint = complaint_of(request)
        with self._door.through() as inside:
            found = await owned.one(inside.pool, caller.agency, complaint)
        if found is None:
            raise ProblemError(NOT_FOUND)
        version, handed = found
        body = handed.model_dump(mode="json", exclude_none=True)
        return JSONResponse({"version": version, **body})

    async def inbox(self, request: Request) -> JSONResponse:
        """`GET …/inbox`: the events of the agency's inbox, in order, behind a place.

        Raises:
            ProblemError: whatever is wrong with the request.
        """
        caller = await self._callers(request)
        query = query_of(InboxQuery, request.query_params, language_of_scope(request.scope))
        with self._door.through() as inside:
            upto = await inside.horizon.now(inside.pool)
            found = await feed.read(inside.pool, caller.agency, query.after, upto, query.limit)
        last = found[-1].seq if found else query.after
        return JSONResponse({"events": [each.structured() for each in found], "next": str(last)})
