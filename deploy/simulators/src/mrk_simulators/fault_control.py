"""`/_sim/faults`: the fault plan over HTTP, the same in both simulators."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from mrk_simulators.faults import FaultConfigError, FaultPlan

Changed = Callable[[Request], Awaitable[None]]


async def _nothing(_: Request) -> None:
    return


def fault_routes(
    plan_of: Callable[[Request], FaultPlan], changed: Changed = _nothing
) -> list[Route]:
    """GET shows, PUT replaces, DELETE clears the plan; `changed` runs after a change."""

    async def show(request: Request) -> JSONResponse:
        return JSONResponse(plan_of(request).describe())

    async def replace(request: Request) -> JSONResponse:
        plan = plan_of(request)
        try:
            plan.configure(await request.json())
        except (FaultConfigError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 422)
        await changed(request)
        return JSONResponse(plan.describe())

    async def clear(request: Request) -> JSONResponse:
        plan = plan_of(request)
        plan.configure({})
        await changed(request)
        return JSONResponse(plan.describe())

    return [
        Route("/_sim/faults", show, methods=["GET"]),
        Route("/_sim/faults", replace, methods=["PUT"]),
        Route("/_sim/faults", clear, methods=["DELETE"]),
    ]
