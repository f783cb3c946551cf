"""Reports and cases for the tests of routing's decisions."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from mrk_city import CityPack, load_pack
from mrk_routing.domain.assign import Assigned, Rules, assign
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.due import DueDates
from mrk_schemas.cases import Deadline
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
