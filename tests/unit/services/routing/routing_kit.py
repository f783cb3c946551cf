"""Reports and cases for the tests of routing's decisions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from mrk_city import CityPack, load_pack
from mrk_routing.domain.assign import Assigned, Rules, assign
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.due import DueDates
from mrk_routing.domain.standing import Pause, Standing, moved
from mrk_routing.domain.waiting import waits
from mrk_schemas.cases import CaseState, Deadline, Ending
from mrk_schemas.ids import ComplaintId
from mrk_schemas.reports import Kind, Place, Report

MONDAY = datetime(2026, 3, 2, 3, 20, 11, tzinfo=UTC)
"""10:20 in Medan; Ramadan, and no holiday before 19 March but 18 March."""
COMPLAINT = ComplaintId("01933a7e-5b1c-7a30-8f00-2b6f4c1d9e01")
IN_SUNGGAL = Place(subdistrict="12.71.02.1001", district="12.71.02")


@cache
def pack() -> CityPack:
    return load_pack(Path(__file__).parents[4] / "deploy/city/medan")


@cache
def dues() -> DueDates:
    return DueDates(pack())


def report(**changes: Any) -> Report:
    values: dict[str, Any] = {
        "complaint_id": COMPLAINT,
        "tracking_number": "7K3-Q9W-XTC",
        "kind": Kind.COMPLAINT,
        "category": "roads",
        "text": "Jalan di depan sekolah berlubang besar dan berbahaya",
        "place": IN_SUNGGAL,
        "anonymous": False,
        "confidential": False,
        "reporter": "5f0c7a52-6f0e-4f6b-9a54-0d8c3f1b2a77",
        "received_at": MONDAY,
    }
    return Report(**(values | changes))


def assigned(rules: Rules, version: int = 1, **changes: Any) -> CaseFile:
    decision = assign(report(**changes), rules, MONDAY)
    assert isinstance(decision, Assigned), decision
    return decision.file.turned_by_others(version)


def due(file: CaseFile) -> dict[str, Deadline]:
    return {deadline.clock.value: deadline for deadline in file.case.deadlines}


LATER = MONDAY + timedelta(days=3)
EXTERNAL = "pln"
OTHER = ComplaintId("01933a7e-5b1c-7a30-8f00-2b6f4c1d9e02")


def standing_at(file: CaseFile, where: Standing) -> CaseFile:
    """An assigned case, standing there instead."""
    if where is Pause.WAITING:
        at_work = standing_at(file, CaseState.IN_PROGRESS)
        return waits(at_work, MONDAY + timedelta(days=1), dues())
    if where is Pause.MERGED:
        return replace(file, case=file.case.model_copy(update={"part_of": OTHER}))
    if isinstance(where, Ending):
        state = CaseState.RESOLVED if where is Ending.CONFIRMED else CaseState.ACCEPTED
        file = replace(file, case=file.case.model_copy(update={"state": state}))
    case = moved(file.case, where, MONDAY)
    if where in {CaseState.TRIAGE, CaseState.RETURNED}:
        case = case.model_copy(update={"owner": None})
    if where is Pause.HANDED_ON:
        case = case.model_copy(update={"owner": EXTERNAL})
    resolved_at = LATER if where is CaseState.RESOLVED else None
    return replace(file, case=case, resolved_at=resolved_at)
