"""`GET /api/v1/summary`: how many cases each agency has in each state."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from mrk_delivery.errors import is_transient
from mrk_routing.domain.summary import SMALLEST_SHOWN, shown
from mrk_routing.store import counts
from mrk_telemetry.serving import ASGIApp
from mrk_web.overload import overloaded
from mrk_web.problems import EXCEPTION_HANDLERS
from mrk_web.server import HttpLimits

LIMITS: Final = HttpLimits(max_body_bytes=1024, body_timeout_s=5.0, max_in_flight=256)
FRESH_FOR_S: Final = 60.0
"""One count serves all readers this long: counting costs a scan, and two counts taken close
together would tell of a single case by their difference."""


class Summary:
    """Counts of cases, taken at most once in :data:`FRESH_FOR_S`.

    Args:
        monotonic: seconds that only grow.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._pool: asyncpg.Pool | None = None
        self._lock = asyncio.Lock()
        self._counted: dict[str, Any] | None = None
        self._counted_at = 0.0

    def open(self, pool: asyncpg.Pool) -> None:
        """The database is there."""
        self._pool = pool

    async def show(self, request: Request) -> JSONResponse:
        """Answer; 503 with `Retry-After` while the database is away.

        Raises:
            ProblemError: 503.
        """
        del request
        async with self._lock:
            now = self._monotonic()
            if self._counted is None or now - self._counted_at >= FRESH_FOR_S:
                self._counted = await self._count()
                self._counted_at = now
            answer = self._counted
        return JSONResponse(answer, headers={"cache-control": f"max-age={FRESH_FOR_S:.0f}"})

    async def _count(self) -> dict[str, Any]:
        if self._pool is None:
            raise overloaded(retry_after_s=2)
        try:
            cells = await counts.count(self._pool)
        except Exception as error:
            if is_transient(error):
                raise overloaded(retry_after_s=2) from error
            raise
        return {
            "as_of": datetime.now(UTC).isoformat(timespec="seconds"),
            "smallest_shown": SMALLEST_SHOWN,
            "cells": [
                {"agency": cell.agency, "state": cell.state, "count": cell.count}
                for cell in shown(cells)
            ],
        }


def application(summary: Summary) -> ASGIApp:
    """The role's application, not yet guarded."""
    app = Starlette(
        routes=[Route("/api/v1/summary", summary.show, methods=["GET"])],
        exception_handlers=EXCEPTION_HANDLERS,
    )
    app.router.redirect_slashes = False
    return app
