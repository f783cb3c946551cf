"""The simulator of SP4N-LAPOR! as one ASGI application."""

import asyncio
import sqlite3

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from mrk_simulators.lapor import admin, control, splp, stream
from mrk_simulators.lapor.context import Lapor
from mrk_simulators.lapor.middleware import FaultMiddleware
from mrk_simulators.lapor.records import UnknownComplaintError
from mrk_simulators.lapor.submission import InvalidSubmissionError

log = structlog.get_logger()


def build_app(simulator: Lapor, stopping: asyncio.Event) -> ASGIApp:
    """All routes behind the faults; waits of faults end once `stopping` is set."""
    app = Starlette(
        routes=[*splp.routes(), *stream.routes(), *admin.routes(), *control.routes()],
        exception_handlers={
            HTTPException: _refused,
            InvalidSubmissionError: _invalid,
            UnknownComplaintError: _unknown,
            sqlite3.Error: _not_stored,
        },
    )
    app.state.lapor = simulator
    return FaultMiddleware(app, simulator.plan, stopping)


async def _refused(_: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else "Internal Server Error"
    return JSONResponse({"status": status, "message": detail}, status)


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    errors = error.errors if isinstance(error, InvalidSubmissionError) else {}
    return JSONResponse(
        {"status": 422, "message": "The given data was invalid.", "errors": errors}, 422
    )


async def _unknown(_: Request, __: Exception) -> JSONResponse:
    return JSONResponse({"status": 404, "message": "Laporan tidak ditemukan"}, 404)


async def _not_stored(_: Request, error: Exception) -> JSONResponse:
    log.error("store.failed", error=str(error))
    return JSONResponse({"status": 500, "message": "Internal Server Error"}, 500)
