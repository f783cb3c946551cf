from datetime import timedelta

import pytest
import routing_kit as kit
from hypothesis import given
from hypothesis import strategies as st

from mrk_routing.domain import refusals
from mrk_routing.domain.assign import Rules
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.command import COMMANDS, Order, decide
from mrk_routing.domain.guards import is_stale
from mrk_routing.domain.machine import Role, refusal, transitions
from mrk_routing.domain.outcome import Moved, NotYours, Refused
from mrk_routing.domain.standing import STANDINGS, Pause, Standing
from mrk_schemas.agencies import (
    AcceptCase,
    AskReporter,
    Command,
    ReportProgress,
    ResolveCase,
    ReturnCase,
)
from mrk_schemas.cases import CaseReturned, CaseState
from mrk_schemas.ids import AgencyCode

OWNER = AgencyCode("sdabmbk")
LATER = kit.MONDAY + timedelta(hours=2)
PHOTO = "sha256:" + "9f" * 32


def command(kind: type[Command], version: int = 2, **fields: object) -> Command:
    words: dict[type[Command], dict[str, object]] = {
        AcceptCase: {},
        ReturnCase: {"reason": "Ini jalan nasional"},
        ReportProgress: {"note": "Tim turun ke lapangan"},
        AskReporter: {"question": "Di sebelah mana sekolah?"},
        ResolveCase: {"note": "Lubang ditambal"},
    }
    values = {"complaint_id": kit.COMPLAINT, "case_version": version, **words[kind], **fields}
    return kind.model_validate(values)


def give(
    file: CaseFile | None, order: Command, agency: str = OWNER, version: int = 2
) -> Moved | Refused | NotYours:
    return decide(file, Order(AgencyCode(agency), kit.COMPLAINT, order), version, LATER, kit.dues())


def moved(file: CaseFile, order: Command) -> CaseFile:
    outcome = give(file, order)
    assert isinstance(outcome, Moved), outcome
    return outcome.file


@pytest.fixture
def file(rules: Rules) -> CaseFile:
    return kit.assigned(rules)


@pytest.mark.parametrize("kind", COMMANDS)
@pytest.mark.parametrize("where", STANDINGS)
def test_a_command_takes_effect_where_the_table_has_it_and_is_refused_elsewhere(
    file: CaseFile, where: Standing, kind: type[Command]
) -> None:
    there = kit.standing_at(file, where)
    outcome = give(there, command(kind), str(there.case.owner))
    if where in {CaseState.TRIAGE, CaseState.RETURNED}:
        assert outcome == NotYours(refusals.NOT_THE_OWNER)
    elif transitions(where, COMMANDS[kind], Role.AGENCY):
        assert isinstance(outcome, Moved)
    else:
        expected = refusal(where, COMMANDS[kind])
        if where is Pause.MERGED:
            expected = refusals.merged_into(kit.OTHER)  # it names the parent
        assert outcome == Refused(expected)


def test_accept_progress_and_resolve_may_quote_the_same_version(file: CaseFile) -> None:
    for kind, state in (
        (AcceptCase, CaseState.ACCEPTED),
        (ReportProgress, CaseState.IN_PROGRESS),
        (ReportProgress, CaseState.IN_PROGRESS),
        (ResolveCase, CaseState.RESOLVED),
    ):
        file = moved(file, command(kind))
        assert file.case.state is state
        assert file.case.owner == OWNER


def test_accept_meets_the_first_response_and_no_due_date_moves(file: CaseFile) -> None:
    accepted = moved(file, command(AcceptCase))
    assert accepted.first_response_at == LATER
    resolved = moved(accepted, command(ResolveCase, proof=(PHOTO,)))
    assert resolved.resolved_at == LATER
    assert resolved.case.deadlines[:3] == file.case.deadlines


def test_a_return_leaves_no_owner_and_goes_back_to_triage(file: CaseFile) -> None:
    outcome = give(file, command(ReturnCase, reason="Hubungi 081234567890, bukan kami"))
    assert isinstance(outcome, Moved)
    returned, triaged = outcome.events
    assert (returned.case.state, triaged.case.state) == (CaseState.RETURNED, CaseState.TRIAGE)
    assert (returned.by, triaged.by) == (OWNER, "routing")
    assert returned.note is not None
    assert "081234567890" not in returned.note
    case = outcome.file.case
    assert (case.owner, case.owner_name, case.rule, case.copies) == (None, None, None, ())
    assert case.triage_reason == "returned"
    assert case.deadlines == file.case.deadlines
    assert outcome.file.verified_at is None
    assert outcome.file.handed_to == (OWNER,)


@pytest.mark.parametrize("kind", [AcceptCase, ReportProgress, ResolveCase])
def test_agencies_notes_are_masked(file: CaseFile, kind: type[Command]) -> None:
    if kind is not AcceptCase:
        file = moved(file, command(AcceptCase))
    outcome = give(file, command(kind, note="Hubungi Pak Budi 0812-3456-7890"))
    assert isinstance(outcome, Moved)
    assert outcome.events[0].note is not None
    assert "3456" not in outcome.events[0].note


def test_unknown_and_foreign_cases_are_refused_alike(file: CaseFile) -> None:
    foreign, unknown = give(file, command(AcceptCase), "dlh"), give(None, command(AcceptCase))
    assert foreign == unknown == NotYours(refusals.NOT_THE_OWNER)
    returned = moved(file, command(ReturnCase))
    assert give(returned, command(AcceptCase)) == NotYours(refusals.NOT_THE_OWNER)


def test_a_foreign_agency_learns_nothing_from_versions_or_states(file: CaseFile) -> None:
    for kind in COMMANDS:
        for version in (1, 99):
            assert give(file, command(kind, version), "dlh") == NotYours(refusals.NOT_THE_OWNER)


def test_the_key_must_be_the_complaint(file: CaseFile) -> None:
    order = Order(OWNER, "another", command(AcceptCase))
    assert decide(file, order, 2, LATER, kit.dues()) == NotYours(refusals.WRONG_KEY)


def test_a_command_is_stale_only_by_what_others_did(file: CaseFile) -> None:
    assert not is_stale(file, 1)
    reassigned = file.turned_by_others(5)
    assert give(reassigned, command(AcceptCase, 4), version=9) == Refused(refusals.STALE)
    assert isinstance(give(reassigned, command(AcceptCase, 5), version=9), Moved)
    # What the owner itself did since then raised the version, too.
    own = moved(file, command(AcceptCase, 2))
    assert isinstance(give(own, command(ReportProgress, 2), version=7), Moved)


def test_a_version_that_was_never_reached_is_refused(file: CaseFile) -> None:
    assert give(file, command(AcceptCase, 3), version=2) == Refused(refusals.FUTURE_VERSION)


def test_a_proof_must_be_a_hash(file: CaseFile) -> None:
    accepted = moved(file, command(AcceptCase))
    refused = give(accepted, command(ResolveCase, proof=(PHOTO, "foto 081234567890")))
    assert refused == Refused(refusals.PROOF_NOT_A_HASH)


def test_order_matters(file: CaseFile) -> None:
    assert give(file, command(ReportProgress)) == Refused(refusals.ACCEPT_FIRST)
    accepted = moved(file, command(AcceptCase))
    assert give(accepted, command(AcceptCase)) == Refused(refusals.ALREADY_ACCEPTED)
    resolved = moved(accepted, command(ResolveCase))
    for kind in COMMANDS:
        assert give(resolved, command(kind)) == Refused(refusals.ALREADY_RESOLVED)


@given(
    orders=st.lists(
        st.tuples(
            st.sampled_from(list(COMMANDS)), st.sampled_from(["sdabmbk", "dlh"]), st.integers(1, 40)
        ),
        max_size=25,
    )
)
def test_no_sequence_of_commands_loses_a_case(
    rules: Rules, orders: list[tuple[type[Command], str, int]]
) -> None:
    file, version, versions = kit.assigned(rules), 2, [1, 2]
    before = file.case
    for kind, agency, quoted in orders:
        outcome = give(file, command(kind, quoted), agency, version)
        match outcome:
            case Moved(after, events):
                assert file.case.owner == agency
                assert quoted <= version
                assert events[-1].case == after.case
                for _ in events:
                    version += 1
                    versions.append(version)
                file = after
            case Refused() | NotYours():
                pass
        version += 1  # the answer on the inbox
        versions.append(version)
        case = file.case
        assert case.waiting is None or case.state is CaseState.IN_PROGRESS
        assert (case.owner is None) == (case.state in {CaseState.TRIAGE, CaseState.RETURNED})
        assert case.deadlines[:3] == before.deadlines
        assert case.complaint_id == before.complaint_id
        assert case.received_at == before.received_at
    assert versions == sorted(set(versions))


def test_a_return_may_propose_an_owner(file: CaseFile) -> None:
    known = (OWNER, AgencyCode("dlh"))

    def proposing(owner: str) -> Moved | Refused | NotYours:
        order = Order(OWNER, kit.COMPLAINT, command(ReturnCase, proposed_owner=owner), known)
        return decide(file, order, 2, LATER, kit.dues())

    outcome = proposing("dlh")
    assert isinstance(outcome, Moved)
    assert isinstance(outcome.events[0], CaseReturned)
    assert outcome.events[0].proposed_owner == "dlh"
    for owner, rule in (("nobody", "no-such-agency"), (OWNER, "same-owner")):
        refused = proposing(owner)
        assert isinstance(refused, Refused)
        assert refused.rule.code == rule
