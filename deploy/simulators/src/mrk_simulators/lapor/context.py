"""What every endpoint of the simulator stands on, and how it gets at it."""

from dataclasses import dataclass

from starlette.requests import Request

from mrk_simulators.faults import FaultPlan
from mrk_simulators.lapor.credentials import Credentials
from mrk_simulators.lapor.reference import Reference
from mrk_simulators.store import GroupCommitStore

FAULT = "fault"
"""The key in a request's `state` under which the fault that strikes it stands."""


@dataclass(frozen=True)
class Lapor:
    """One running simulator."""

    store: GroupCommitStore
    reference: Reference
    credentials: Credentials
    plan: FaultPlan


def lapor(request: Request) -> Lapor:
    """The simulator that serves `request`."""
    simulator: Lapor = request.app.state.lapor
    return simulator


def fault_of(request: Request) -> str | None:
    """The kind of fault that strikes `request`, to be kept with what it stores."""
    kind: str | None = request.scope["state"].get(FAULT)
    return kind
