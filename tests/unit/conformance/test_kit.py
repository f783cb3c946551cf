"""The kit's own decisions: where it may run, and how a verdict comes about."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from aiokafka.partitioner import murmur2

from mrk_city import load_pack
from mrk_conformance.agency_rules import AGENCY_RULES
from mrk_conformance.command import Options, refuse_strangers
from mrk_conformance.findings import Findings, Outcome, Rule
from mrk_conformance.ledger import MARK, Ledger, Story
from mrk_conformance.telling import as_json
from mrk_local.errors import LocalError
from mrk_routing.domain.due import DueDates
from mrk_schemas.agencies import CaseHandedOver
from mrk_schemas.ids import AgencyCode

MEDAN = Path(__file__).parents[3] / "deploy/city/medan"
NOW = datetime(2026, 3, 2, 3, 20, 12, tzinfo=UTC)
RULES = (Rule("a", "a holds", "mend a"), Rule("b", "b holds", "mend b"))
OPTIONS = Options(AgencyCode("dlh"), MEDAN)


def ledger(partitions: int = 3) -> Ledger:
    return Ledger(AgencyCode("dlh"), DueDates(load_pack(MEDAN)), partitions)


@pytest.mark.parametrize("local", [None, "127.0.0.1:9092", "localhost:1,[::1]:2", "127.8.0.1:1"])
def test_a_local_broker_is_written_to_at_once(local: str | None) -> None:
    refuse_strangers(replace(OPTIONS, bootstrap=local))


@pytest.mark.parametrize(
    "strange", ["kafka.example.id:9092", "127.0.0.1:1,10.0.0.9:2", "0.0.0.0:1"]
)
def test_any_other_broker_only_by_who_says_that_they_know(strange: str) -> None:
    options = replace(OPTIONS, bootstrap=strange)
    with pytest.raises(LocalError, match=r"agency\.dlh\.inbox\.v1"):
        refuse_strangers(options)
    with pytest.raises(LocalError, match=r"agency\.dlh\.outbox\.v1"):
        refuse_strangers(replace(options, plays="agency"))
    refuse_strangers(replace(options, known_to_write=True))


def test_one_failure_outweighs_every_success_and_silence_is_no_success() -> None:
    findings = Findings(RULES)
    findings.passed("a")
    findings.failed("a", "once")
    findings.passed("a")
    a, b = findings.verdicts()
    assert (a.outcome, a.seen) == (Outcome.FAILED, ("once",))
    assert b.outcome is Outcome.NOT_SHOWN
    assert '"outcome": "not shown"' in as_json("dlh", "routing", [a, b])
    with pytest.raises(KeyError):
        findings.passed("unheard-of")


def test_made_up_cases_are_marked_and_read_in_the_order_in_which_they_were_sent() -> None:
    book = ledger()
    for story in Story:
        message = book.open(story, NOW)
        assert UUID(message.key).hex.startswith("c0f0c0f0c0f0")
        assert (murmur2(message.key.encode()) & 0x7FFFFFFF) % 3 == 0
        body = CaseHandedOver.model_validate_json(message.value)
        assert body.case.tracking_number.startswith(MARK)
        assert dict(message.headers)["ce_sequence"] == b"2"
        assert (body.place is None) == (story in {Story.CONFIDENTIAL, Story.ASKED})
    assert len(book.cases) == len(Story)


def test_every_rule_has_its_own_code_and_a_mend() -> None:
    codes = [rule.code for rule in AGENCY_RULES]
    assert len(codes) == len(set(codes))
    assert all(rule.holds and rule.mend for rule in AGENCY_RULES)
