from datetime import timedelta

import pytest
import routing_kit as kit
from hypothesis import given
from hypothesis import strategies as st

from mrk_routing.domain import refusals
from mrk_routing.domain.assign import NeedsTriage, Rules, assign
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.command import COMMANDS, Order, decide
from mrk_routing.domain.outcome import Moved, Refused
from mrk_routing.domain.reporter import ACTS, Heard, hear
from mrk_routing.domain.standing import STANDINGS, Standing, standing
from mrk_routing.domain.waiting import goes_on
from mrk_schemas.agencies import (
    AcceptCase,
    AskReporter,
    Command,
    ReportProgress,
    ResolveCase,
    ReturnCase,
)
from mrk_schemas.cases import (
    CaseActionSetAside,
    CaseConfirmed,
    CaseInformationAdded,
    CaseRated,
    CaseReopened,
    CaseState,
    CaseWithdrawn,
    Ending,
)
from mrk_schemas.ids import AgencyCode
from mrk_schemas.registry import MODELS, REPORTS, types_of
from mrk_schemas.reports import (
    InformationAdded,
    QuestionAnswered,
    ReporterActed,
    ReportWithdrawn,
    SolutionConfirmed,
    SolutionDisputed,
    SolutionRated,
)

OWNER = AgencyCode("sdabmbk")
LATER = kit.MONDAY + timedelta(days=3)
WORDS = "Masih berlubang"


def act(kind: type[ReporterActed], note: str | None = WORDS) -> ReporterActed:
    more = {SolutionRated: {"rating": 2}, QuestionAnswered: {"question": 1}}.get(kind, {})
    return kind.model_validate({"report": kit.report(), "note": note, **more})


def command(kind: type[Command], version: int = 2) -> Command:
    words: dict[type[Command], dict[str, str]] = {
        AcceptCase: {},
        ReturnCase: {"reason": "Ini jalan nasional"},
        ReportProgress: {"note": "Tim turun"},
        AskReporter: {"question": "Di sebelah mana?"},
        ResolveCase: {"note": "Ditambal"},
    }
    quoted = {"complaint_id": kit.COMPLAINT, "case_version": version}
    return kind.model_validate({**quoted, **words[kind]})


at = kit.standing_at


@pytest.fixture
def file(rules: Rules) -> CaseFile:
    return kit.assigned(rules)


def test_every_fact_of_a_reporter_is_an_action_of_the_table() -> None:
    told = {type_ for type_ in types_of(REPORTS) if issubclass(MODELS[type_], ReporterActed)}
    assert {kind.TYPE for kind in ACTS} == told


@pytest.mark.parametrize("where", STANDINGS)
@pytest.mark.parametrize("kind", ACTS)
def test_every_fact_everywhere_is_told_once_and_moves_no_due_date(
    file: CaseFile, where: Standing, kind: type[ReporterActed]
) -> None:
    before = at(file, where)
    outcome = hear(before, act(kind), 7, LATER, kit.dues())
    case = outcome.file.case
    assert outcome.event.case == case
    assert (outcome.event.by, outcome.event.note) == ("reporter", WORDS)
    assert (case.report_version, case.changed_at) == (7, LATER)
    assert case.deadlines == (
        before.case.deadlines
        if case.waiting == before.case.waiting
        else goes_on(before, LATER, kit.dues()).case.deadlines
    )
    assert case.owner == before.case.owner
    assert (outcome.file.verified_at, outcome.file.first_response_at) == (
        before.verified_at,
        before.first_response_at,
    )
    assert (standing(case) != where or case.disputes > before.case.disputes) == outcome.turned


@pytest.mark.parametrize("where", [s for s in CaseState if s is not CaseState.RESOLVED])
def test_a_dispute_of_a_case_at_work_is_counted_and_leaves_it_there(
    file: CaseFile, where: CaseState
) -> None:
    outcome = hear(at(file, where), act(SolutionDisputed), 2, LATER, kit.dues())
    assert isinstance(outcome.event, CaseReopened)
    assert (standing(outcome.file.case), outcome.file.case.disputes) == (where, 1)


def test_a_dispute_puts_the_same_owner_back_to_work_and_the_clock_goes_on(file: CaseFile) -> None:
    resolved = at(file, CaseState.RESOLVED)
    outcome = hear(resolved, act(SolutionDisputed), 2, LATER, kit.dues())
    after = outcome.file
    assert isinstance(outcome.event, CaseReopened)
    assert (after.case.state, after.case.owner) == (CaseState.IN_PROGRESS, OWNER)
    assert (after.case.disputes, after.resolved_at) == (1, None)
    assert after.case.deadlines == resolved.case.deadlines
    again = hear(at(after, CaseState.RESOLVED), act(SolutionDisputed), 3, LATER, kit.dues())
    assert again.file.case.disputes == 2


def test_after_a_dispute_the_owner_may_resolve_again_but_not_by_an_old_command(
    file: CaseFile,
) -> None:
    outcome = hear(at(file, CaseState.RESOLVED), act(SolutionDisputed), 2, LATER, kit.dues())
    reopened = outcome.file.turned_by_others(9, "reporter")

    def give(order: Command) -> object:
        return decide(reopened, Order(OWNER, kit.COMPLAINT, order), 10, LATER, kit.dues())

    assert give(command(ResolveCase, 8)) == Refused(refusals.STALE)
    assert give(command(AcceptCase, 10)) == Refused(refusals.ALREADY_ACCEPTED)
    resolved = give(command(ResolveCase, 10))
    assert isinstance(resolved, Moved)
    assert resolved.file.resolved_at == LATER


@pytest.mark.parametrize("where", list(CaseState))
def test_a_withdrawal_and_a_confirmation_end_any_open_case(
    file: CaseFile, where: CaseState
) -> None:
    withdrawn = hear(at(file, where), act(ReportWithdrawn), 2, LATER, kit.dues())
    assert isinstance(withdrawn.event, CaseWithdrawn)
    assert standing(withdrawn.file.case) is Ending.WITHDRAWN
    confirmed = hear(at(file, where), act(SolutionConfirmed, None), 2, LATER, kit.dues())
    assert isinstance(confirmed.event, CaseConfirmed)
    assert standing(confirmed.file.case) is Ending.CONFIRMED
    assert confirmed.file.resolved_at == LATER
    assert withdrawn.to_owner
    assert confirmed.to_owner


@pytest.mark.parametrize(
    ("ending", "rule"),
    [
        (Ending.CONFIRMED, refusals.CONFIRMED),
        (Ending.WITHDRAWN, refusals.WITHDRAWN),
        (Ending.CLOSED, refusals.CLOSED),
    ],
)
@pytest.mark.parametrize("kind", COMMANDS)
def test_an_ended_case_takes_no_command(
    file: CaseFile, ending: Ending, rule: refusals.Rule, kind: type[Command]
) -> None:
    ended = at(file, ending)
    assert decide(
        ended, Order(OWNER, kit.COMPLAINT, command(kind)), 2, LATER, kit.dues()
    ) == Refused(rule)


@pytest.mark.parametrize("kind", [k for k in ACTS if k is not SolutionRated])
@pytest.mark.parametrize("ending", list(Ending))
def test_what_comes_after_the_end_is_on_record_and_changes_nothing(
    file: CaseFile, ending: Ending, kind: type[ReporterActed]
) -> None:
    ended = at(file, ending)
    outcome = hear(ended, act(kind), 5, LATER, kit.dues())
    assert isinstance(outcome.event, CaseActionSetAside)
    assert (outcome.event.action, outcome.event.reason) == (kind.TYPE, ending.value)
    assert outcome.event.note == WORDS
    kept = {"changed_at", "report_version"}
    assert outcome.file.case.model_dump(exclude=kept) == ended.case.model_dump(exclude=kept)
    assert not outcome.to_owner


def test_information_goes_to_the_owner_and_stays_for_the_next_one(file: CaseFile) -> None:
    outcome = hear(file, act(InformationAdded), 2, LATER, kit.dues())
    assert isinstance(outcome.event, CaseInformationAdded)
    assert outcome.to_owner
    assert not outcome.turned
    assert outcome.file.words == f"{file.words}\n\n{WORDS}"
    silent = hear(file, act(InformationAdded, None), 2, LATER, kit.dues())
    assert silent.file.words == file.words


def test_information_without_an_owner_waits_with_the_reports_words(rules: Rules) -> None:
    decision = assign(kit.report(category="others"), rules, kit.MONDAY)
    assert isinstance(decision, NeedsTriage)
    outcome = hear(decision.file, act(InformationAdded), 2, LATER, kit.dues())
    assert outcome.file.case.owner is None
    assert str(outcome.file.words).endswith(WORDS)


def test_the_last_rating_counts(file: CaseFile) -> None:
    outcome = hear(at(file, Ending.CONFIRMED), act(SolutionRated), 2, LATER, kit.dues())
    assert isinstance(outcome.event, CaseRated)
    assert (outcome.file.case.rating, outcome.file.case.ending) == (2, "confirmed")


def test_a_late_fact_never_takes_back_what_was_heard(file: CaseFile) -> None:
    later = hear(file, act(InformationAdded), 5, LATER, kit.dues()).file
    assert hear(later, act(InformationAdded), 3, LATER, kit.dues()).file.case.report_version == 5


@given(
    steps=st.lists(
        st.one_of(
            st.sampled_from(list(ACTS)),
            st.tuples(st.sampled_from(list(COMMANDS)), st.integers(1, 40)),
        ),
        max_size=25,
    )
)
def test_no_sequence_of_facts_and_commands_loses_a_case_or_moves_a_date(
    rules: Rules,
    steps: list[type[ReporterActed] | tuple[type[Command], int]],
) -> None:
    file, version = kit.assigned(rules), 2
    before, ended = file.case, False
    for number, step in enumerate(steps, 2):
        if isinstance(step, tuple):
            kind, quoted = step
            outcome = decide(
                file, Order(OWNER, kit.COMPLAINT, command(kind, quoted)), version, LATER, kit.dues()
            )
            assert not (ended and isinstance(outcome, Moved))
            file = outcome.file if isinstance(outcome, Moved) else file
        else:
            heard: Heard = hear(file, act(step), number, LATER, kit.dues())
            assert not (ended and heard.turned)
            file = heard.file.turned_by_others(version) if heard.turned else heard.file
        version += 2
        case = file.case
        ended = case.ending is not None
        assert (case.owner is None) == (case.state in {CaseState.TRIAGE, CaseState.RETURNED})
        assert case.deadlines[:3] == before.deadlines
        assert case.complaint_id == before.complaint_id
