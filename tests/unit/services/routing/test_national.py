"""What is done at SP4N-LAPOR!: who of the city must hear of it."""

import pytest
import routing_kit as kit

from mrk_routing.domain.assign import Rules
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.national import hear
from mrk_routing.domain.standing import OPEN, Pause, Standing
from mrk_schemas.cases import (
    CaseActionSetAside,
    CaseEvent,
    CaseProgressed,
    CaseResolved,
    CaseState,
    Ending,
)
from mrk_schemas.ids import AgencyCode
from mrk_schemas.mirrors import Mirror, MirrorAnswered, MirrorStatus

OWNER = AgencyCode("sdabmbk")
WITH_THE_OWNER = (
    CaseState.ASSIGNED, CaseState.ACCEPTED, CaseState.IN_PROGRESS, Pause.WAITING, Pause.DISPUTED,
)  # fmt: skip


def answered(agency: str | None, *, final: bool) -> MirrorAnswered:
    state = Mirror(complaint_id=kit.COMPLAINT, status=MirrorStatus.FILED, changed_at=kit.MONDAY)
    named = AgencyCode(agency) if agency is not None else None
    return MirrorAnswered(
        mirror=state, institution="Sebuah instansi", agency=named, note="Sudah.", final=final
    )


@pytest.fixture
def file(rules: Rules) -> CaseFile:
    return kit.assigned(rules)


@pytest.mark.parametrize("event", [CaseProgressed, CaseResolved])
@pytest.mark.parametrize("where", WITH_THE_OWNER)
def test_an_owner_hears_what_was_answered_there_for_it(
    file: CaseFile, rules: Rules, where: Standing, event: type[CaseEvent]
) -> None:
    solved = event is CaseResolved
    outcome = hear(kit.standing_at(file, where), answered(OWNER, final=solved), rules, kit.LATER)
    assert outcome.told == OWNER
    assert [type(each) for each in outcome.events] == [event]
    assert outcome.file.case.state is (CaseState.RESOLVED if solved else CaseState.IN_PROGRESS)


@pytest.mark.parametrize("event", [CaseProgressed, CaseResolved])
def test_nobody_of_the_city_hears_what_another_authority_does_with_its_own(
    file: CaseFile, rules: Rules, event: type[CaseEvent]
) -> None:
    elsewhere = kit.standing_at(file, Pause.HANDED_ON)
    answer = answered(kit.EXTERNAL, final=event is CaseResolved)
    outcome = hear(elsewhere, answer, rules, kit.LATER)
    assert (outcome.told, type(outcome.events[0])) == (None, event)


@pytest.mark.parametrize("where", [w for w in (*OPEN, *Ending) if w not in WITH_THE_OWNER])
def test_what_is_set_aside_is_told_to_nobody(file: CaseFile, rules: Rules, where: Standing) -> None:
    at = kit.standing_at(file, where)
    outcome = hear(at, answered(OWNER, final=True), rules, kit.LATER)
    assert (outcome.told, type(outcome.events[0])) == (None, CaseActionSetAside)
    stranger = hear(file, answered("dlh", final=True), rules, kit.LATER)
    assert (stranger.told, type(stranger.events[0])) == (None, CaseActionSetAside)
