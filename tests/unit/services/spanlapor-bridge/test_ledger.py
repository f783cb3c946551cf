from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from mrk_schemas.cases import Case, CaseState
from mrk_schemas.ids import LaporTicket
from mrk_schemas.mirrors import MirrorStatus
from mrk_schemas.reports import Kind, Report
from mrk_spanlapor_bridge.domain.follow_up import Act, FollowUp
from mrk_spanlapor_bridge.domain.ledger import (
    Entry,
    File,
    Follow,
    Status,
    advance,
    erase,
    filed,
    receive,
    received_by,
)

Reports = Callable[..., Report]
Cases = Callable[..., Case]
Facts = Callable[..., FollowUp]


def test_a_report_alone_is_kept_and_not_filed(report: Reports, now: datetime) -> None:
    entry, tasks = receive(None, report(), now)
    assert entry is not None
    assert (entry.status, entry.report, tasks) == (Status.PENDING, report(), ())


def test_the_first_case_fact_files_and_every_later_one_follows_up(
    report: Reports, case: Cases, fact: Facts, now: datetime
) -> None:
    entry, _ = receive(None, report(), now)
    entry, first = advance(entry, case(), fact(1), now, newest=True)
    entry, second = advance(entry, case(), fact(2), now, newest=True)
    assert (first, second) == ((File(),), (Follow(fact(2)),))
    assert entry is not None
    assert entry.filing == 1


def test_case_facts_before_the_report_wait_and_leave_in_their_order(
    report: Reports, case: Cases, fact: Facts, now: datetime
) -> None:
    entry: Entry | None = None
    for sequence in (2, 1, 3):
        entry, tasks = advance(entry, case(), fact(sequence), now, newest=sequence != 1)
        assert tasks == ()
    entry, tasks = receive(entry, report(), now)
    assert tasks == (File(), Follow(fact(2)), Follow(fact(3)))
    assert entry is not None
    assert (entry.filing, entry.waiting) == (1, ())


def test_what_is_not_the_citys_is_filed_and_then_handed_on(
    report: Reports, case: Cases, fact: Facts, now: datetime
) -> None:
    handed_on = fact(1, act=Act.HANDED_ON, owner="pln")
    entry, _ = receive(None, report(), now)
    entry, tasks = advance(entry, case(), handed_on, now, newest=True)
    assert tasks == (File(), Follow(handed_on))
    waiting, _ = advance(None, case(), handed_on, now, newest=True)
    _, tasks = receive(waiting, report(), now)
    assert tasks == (File(), Follow(handed_on))


def test_what_began_at_the_national_system_is_there_already(
    report: Reports, case: Cases, fact: Facts, now: datetime
) -> None:
    entry, tasks = receive(None, report(national_id="7712399"), now)
    assert entry is not None
    assert (entry.status, entry.national_id, tasks) == (Status.FILED, "7712399", ())
    assert received_by(entry) == ("SP4N-LAPOR! 7712399",)
    entry, tasks = advance(entry, case(), fact(1), now, newest=True)
    assert tasks == (Follow(fact(1)),)


def test_a_late_fact_does_not_overwrite_newer_state(
    report: Reports, case: Cases, fact: Facts, now: datetime
) -> None:
    entry, _ = receive(None, report(), now)
    entry, _ = advance(entry, case(state=CaseState.ACCEPTED), fact(2), now, newest=True)
    entry, tasks = advance(entry, case(), fact(1), now, newest=False)
    assert entry is not None
    assert entry.case is not None
    assert (entry.case.state, tasks) == (CaseState.ACCEPTED, (Follow(fact(1)),))


@pytest.mark.parametrize("kind", list(Kind))
def test_whistle_blowing_alone_is_not_mirrored(
    report: Reports, case: Cases, fact: Facts, now: datetime, kind: Kind
) -> None:
    wanted = kind is not Kind.WHISTLEBLOWING
    entry, _ = receive(None, report(kind=kind), now)
    assert (entry is not None) is wanted
    entry, tasks = advance(entry, case(kind=kind), fact(1), now, newest=True)
    assert (entry is not None, tasks == (File(),)) == (wanted, wanted)


def test_an_erased_line_keeps_no_words_and_takes_none(
    report: Reports, case: Cases, fact: Facts, now: datetime
) -> None:
    known = filed(Entry(report().complaint_id, now), LaporTicket("7000001"), now)
    blank = erase(replace(known, report=report(), case=case(), waiting=(fact(),)), now)
    assert (blank.report, blank.case, blank.waiting) == (None, None, ())
    assert receive(blank, report(), now) == (blank, ())
    assert advance(blank, case(), fact(), now, newest=True) == (blank, ())
    assert blank.mirror().erased


@pytest.mark.parametrize(
    ("status", "ticket", "told"),
    [
        (Status.PENDING, None, ()),
        (Status.SKIPPED, None, ()),
        (Status.REFUSED, None, ()),
        (Status.UNKNOWN, None, ("SP4N-LAPOR! (may have been received)",)),
        (Status.FILED, LaporTicket("7000001"), ("SP4N-LAPOR! 7000001",)),
    ],
)
def test_a_reporter_is_told_what_the_national_system_has(
    report: Reports,
    now: datetime,
    status: Status,
    ticket: LaporTicket | None,
    told: tuple[str, ...],
) -> None:
    entry = Entry(report().complaint_id, now, status=status, national_id=ticket)
    assert received_by(entry) == told


def test_nothing_was_received_of_a_complaint_without_a_line() -> None:
    assert received_by(None) == ()


def test_a_skipped_filing_is_told_as_pending(report: Reports, now: datetime) -> None:
    entry = Entry(report().complaint_id, now, status=Status.SKIPPED)
    assert entry.mirror().status is MirrorStatus.PENDING
