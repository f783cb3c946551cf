"""Reports, cases and follow-ups to decide on."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from mrk_schemas.cases import Case, CaseState, ClockName, Deadline
from mrk_schemas.ids import ComplaintId, DistrictCode, SubdistrictCode, TrackingNumber
from mrk_schemas.reports import Kind, Place, Report
from mrk_spanlapor_bridge.domain.follow_up import FollowUp

ID = ComplaintId("01933a7e-5b1c-7a30-8f00-2b6f4c1d9e01")
NUMBER = TrackingNumber("7K3-Q9W-XTC")
RECEIVED = datetime(2026, 3, 2, 20, 30, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 3, 1, 0, tzinfo=UTC)


@pytest.fixture
def report() -> Callable[..., Report]:
    def make(**changed: Any) -> Report:
        fields: dict[str, Any] = {
            "complaint_id": ID,
            "tracking_number": NUMBER,
            "kind": Kind.COMPLAINT,
            "text": "Lubang besar di depan sekolah.",
            "place": Place(lat=3.59, lon=98.67, address="Jl. Rahasia 12"),
            "anonymous": False,
            "confidential": False,
            "received_at": RECEIVED,
        }
        return Report(**{**fields, **changed})

    return make


@pytest.fixture
def case() -> Callable[..., Case]:
    def make(**changed: Any) -> Case:
        fields: dict[str, Any] = {
            "complaint_id": ID,
            "tracking_number": NUMBER,
            "kind": Kind.COMPLAINT,
            "state": CaseState.ASSIGNED,
            "owner": "sdabmbk",
            "owner_name": "Dinas SDABMBK",
            "category": "roads",
            "category_name": "Jalan rusak",
            "subdistrict": SubdistrictCode("12.71.01.1001"),
            "district": DistrictCode("12.71.01"),
            "deadlines": (
                Deadline(
                    clock=ClockName.RESOLUTION,
                    due_at=datetime(2026, 3, 20, 17, 30, tzinfo=UTC),
                    derivation="14 hari kerja",
                ),
            ),
            "anonymous": False,
            "confidential": False,
            "received_at": RECEIVED,
            "changed_at": RECEIVED,
        }
        return Case(**{**fields, **changed})

    return make


@pytest.fixture
def fact() -> Callable[..., FollowUp]:
    def make(sequence: int = 2, **changed: Any) -> FollowUp:
        fields: dict[str, Any] = {
            "sequence": sequence,
            "tracking_number": NUMBER,
            "state": CaseState.ACCEPTED,
            "by": "sdabmbk",
            "owner": "sdabmbk",
            "owner_name": "Dinas SDABMBK",
            "confidential": False,
        }
        return FollowUp(**{**fields, **changed})

    return make
