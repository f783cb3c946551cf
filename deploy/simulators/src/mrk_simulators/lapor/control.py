"""The simulator's own endpoints under `/_sim`: health, records, faults."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mrk_simulators.fault_control import fault_routes
from mrk_simulators.lapor.context import lapor
from mrk_simulators.lapor.export import export_records, record
from mrk_simulators.lapor.records import count_by_state, find_by_tag
from mrk_simulators.pages import stream_json


def routes() -> list[Route]:
    """The control routes."""
    return [
        Route("/_sim/health", health),
        Route("/_sim/records", records),
        *fault_routes(lambda request: lapor(request).plan),
    ]


async def health(request: Request) -> JSONResponse:
    """Answers once the store is open; `complaints` counts them by state."""
    counts = count_by_state(lapor(request).store.reader)
    return JSONResponse({"status": "ok", "complaints": counts})


async def records(request: Request) -> Response:
    """The whole store as a JSON array, or with `?reference=` the records that carry it."""
    simulator = lapor(request)
    wanted = request.query_params.get("reference")
    if wanted is not None:
        reader = simulator.store.reader
        rows = find_by_tag(reader, wanted)
        return JSONResponse([record(reader, row, simulator.reference) for row in rows])
    return await stream_json(
        simulator.store, lambda connection: export_records(connection, simulator.reference)
    )
