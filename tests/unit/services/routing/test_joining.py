"""Which of two alike cases a dispatcher would make a part of the other one."""

from dataclasses import replace
from datetime import timedelta

import pytest
import routing_kit as kit

from mrk_routing.domain.assign import Rules
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.joining import Join, join
from mrk_schemas.cases import CaseState
from mrk_schemas.ids import ComplaintId

OLDER = ComplaintId("01933a7e-5b1c-7a30-8f00-2b6f4c1d9e01")
NEWER = ComplaintId("01933a7e-5b1c-7a30-8f00-2b6f4c1d9e02")


@pytest.fixture
def older() -> CaseFile:
    return kit.assigned(Rules(kit.pack()), complaint_id=OLDER)


@pytest.fixture
def newer() -> CaseFile:
    later = kit.MONDAY + timedelta(minutes=5)
    return kit.assigned(Rules(kit.pack()), complaint_id=NEWER, received_at=later)


def changed(file: CaseFile, **changes: object) -> CaseFile:
    return replace(file, case=file.case.model_copy(update=changes))


def both_ways(one: CaseFile, other: CaseFile, parts: int = 0, others: int = 0) -> Join | None:
    """The same, whichever of the two is looked at."""
    found = join(one, parts, other, others)
    assert found == join(other, others, one, parts)
    return found


def test_the_older_case_takes_the_newer_one(older: CaseFile, newer: CaseFile) -> None:
    assert both_ways(older, newer) == Join(part=newer, parent=older)


def test_the_work_stays_with_the_agency_that_has_it(older: CaseFile, newer: CaseFile) -> None:
    waits = changed(older, owner=None, state=CaseState.TRIAGE)
    assert both_ways(waits, newer) == Join(part=waits, parent=newer)


def test_a_case_with_parts_stays_their_parent(older: CaseFile, newer: CaseFile) -> None:
    assert both_ways(older, newer, others=1) == Join(part=older, parent=newer)
    waits = changed(newer, owner=None, state=CaseState.TRIAGE)
    assert both_ways(older, waits, others=2) == Join(part=older, parent=waits)
    assert both_ways(older, newer, 1, 1) is None, "neither can be a part"


@pytest.mark.parametrize(
    "changes",
    [
        {"state": CaseState.RESOLVED}, {"confidential": True}, {"erased": True},
        {"ending": "closed"}, {"part_of": "01933a7e-5b1c-7a30-8f00-2b6f4c1d9e03"},
    ],
)  # fmt: skip
def test_what_the_table_refuses_is_not_offered(
    older: CaseFile, newer: CaseFile, changes: dict[str, object]
) -> None:
    assert both_ways(changed(older, **changes), newer) is None
    assert both_ways(older, changed(newer, **changes)) is None
