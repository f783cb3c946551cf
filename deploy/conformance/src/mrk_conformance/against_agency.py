"""Routing's side: made-up cases are handed over, and the agency's outbox is watched."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from mrk_conformance import agency_rules as rules
from mrk_conformance.agency_rules import AGENCY_RULES
from mrk_conformance.findings import Findings, Verdict
from mrk_conformance.ledger import Held, Ledger, Message, Story
from mrk_conformance.line import Line
from mrk_conformance.play import Play
from mrk_delivery.clock import Clock
from mrk_routing.consumers.commands import Commands
from mrk_routing.domain.due import DueDates
from mrk_schemas.agencies import AskReporter, ResolveCase
from mrk_schemas.cases import Ending
from mrk_schemas.ids import AgencyCode

Tell = Callable[[str], None]

_TOGETHER: Final = (
    Story.TWICE,
    Story.CONFIDENTIAL,
    Story.TAKEN,
    Story.WITHDRAWN,
    Story.BLANKED,
    Story.REFUSED,
    Story.REOPENED,
    Story.ASKED,
)
_NEW_FIELDS: Final = {
    "a_field_of_next_year": {"nested": [1, None, "dua"]},
    "another_field": True,
}
_NEW_TYPE: Final = b"id.go.medan.case.of-next-year.v1"


class SilentError(Exception):
    """The agency's system answers nothing at all."""


@dataclass(slots=True)
class AgainstAgency:
    """One run against an agency's system.

    Args:
        line: writes the inbox, reads the outbox.
        agency: whose they are.
        dues: the city's due dates.
        patience: how long an answer may take, seconds.
        tell: told what happens, a line each.
    """

    line: Line
    agency: AgencyCode
    dues: DueDates
    patience: float
    tell: Tell

    async def run(self) -> tuple[Verdict, ...]:
        """Every rule's verdict."""
        ledger = Ledger(self.agency, self.dues, self.line.partitions)
        findings = Findings(AGENCY_RULES)
        reads = Commands([self.agency], self.dues, Clock()).subscription()
        play = Play(ledger, reads, findings, timedelta(seconds=self.patience))
        try:
            await self._all(play)
        except SilentError as silent:
            findings.failed(rules.ACCEPTS, str(silent))
        return findings.verdicts()

    async def _all(self, play: Play) -> None:
        await self._probe(play, "a first case")
        await self._together(play)
        await self._probe(play, "a case behind them, so that they were read")
        await self._again(play)
        for _ in range(2):  # the second is read after what the first found under way
            await self._probe(play, "a case behind what came again")
        self._conclude(play)
        await self._news(play)

    async def _together(self, play: Play) -> None:
        self.tell(f"handing over {len(_TOGETHER)} cases, each for something else")
        opened = [play.ledger.open(story, _now()) for story in _TOGETHER]
        await self.line.send([opened[0], *opened])  # the first one twice
        cases = [play.ledger.cases[message.key] for message in opened]
        await self._until(play, lambda: all(_over(held) for held in cases))

    async def _again(self, play: Play) -> None:
        """What was said before is said again, unchanged, as after a replay."""
        again: list[Message] = []
        for held in play.ledger.cases.values():
            ended = held.file.case.ending is not None
            held.stopped = ended or held.file.case.owner is None
            if held.story in {Story.TWICE, Story.TAKEN, Story.WITHDRAWN, Story.REOPENED}:
                again += held.said
        self.tell(f"saying {len(again)} messages again, unchanged")
        await self.line.send(again)

    async def _news(self, play: Play) -> None:
        self.tell("sending fields and an event type that are not known yet")
        handed = play.ledger.open(Story.NEW_FIELD, _now(), _NEW_FIELDS)
        held = play.ledger.cases[handed.key]
        await self.line.send([handed])
        await self._until(play, lambda: held.answered)
        if not held.answered:
            play.findings.failed(
                rules.UNKNOWN_FIELD, "a hand-over with fields that are new was not answered"
            )
            return
        held.version += 1
        new = {
            "ce_type": _NEW_TYPE,
            "ce_id": f"conformance-{held.id}".encode(),
            "ce_sequence": str(held.version).encode(),
        }
        strange = replace(
            handed,
            value=b'{"what": "nobody knows"}',
            headers=tuple((name, new.get(name, value)) for name, value in handed.headers),
        )
        await self.line.send([strange])
        try:
            await self._probe(play, "a case behind them")
        except SilentError:
            play.findings.failed(
                rules.UNKNOWN_TYPE, "after an event of a type that is new nothing was answered"
            )
        else:
            play.findings.passed(rules.UNKNOWN_TYPE)

    async def _probe(self, play: Play, what: str) -> None:
        """A plain case: once it is answered, all that was sent before it was read.

        Raises:
            SilentError: it is not answered in time.
        """
        self.tell(f"handing over {what}")
        handed = play.ledger.open(Story.PROBE, _now())
        held = play.ledger.cases[handed.key]
        await self.line.send([handed])
        await self._until(play, lambda: held.answered)
        if not held.answered:
            raise SilentError(f"{what} was neither accepted nor returned in {self.patience:g} s")

    async def _until(self, play: Play, over: Callable[[], bool]) -> None:
        """Answer the agency until then, or until patience ends after its last command."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self.patience
        while not over() and loop.time() < until:
            for record in await self.line.read():
                until = loop.time() + self.patience
                await self.line.send(play.receive(record, _now()))

    def _conclude(self, play: Play) -> None:
        """What did not happen, where it had to."""
        cases = {held.story: held for held in play.ledger.cases.values()}
        findings = play.findings
        if cases[Story.TWICE].answered:
            findings.passed(rules.ACTS_ONCE)
        if cases[Story.TAKEN].stopped:
            findings.passed(rules.TAKEN_AWAY)
        if cases[Story.WITHDRAWN].stopped:
            findings.passed(rules.ENDED)
        if cases[Story.BLANKED].file.case.erased and cases[Story.BLANKED].answered:
            findings.passed(rules.BLANKED)
        if not cases[Story.CONFIDENTIAL].answered:
            findings.failed(rules.CONFIDENTIAL, "a confidential case was not answered")
        refused, reopened, asked = (
            cases[story] for story in (Story.REFUSED, Story.REOPENED, Story.ASKED)
        )
        if len(refused.said) > 1 and not refused.answered:
            findings.failed(
                rules.REFUSED,
                "an accept was refused as stale; the case, handed over again, was left alone",
            )
        if reopened.file.case.disputes and not findings.was_passed(rules.REOPENED):
            findings.failed(
                rules.REOPENED,
                f"no command that quotes version {_newest(reopened)} or later came for a case"
                " whose solution was disputed",
            )
        if asked.did(AskReporter.TYPE) and not findings.was_passed(rules.ANSWERED):
            findings.failed(
                rules.ANSWERED,
                f"no command that quotes version {_newest(asked)} or later came after the answer",
            )


def _over(held: Held) -> bool:
    """Whether a case has shown what it is there to show."""
    match held.story:
        case Story.TAKEN:
            return held.file.case.owner is None
        case Story.WITHDRAWN | Story.REOPENED:
            return held.file.case.ending in set(Ending) or held.file.case.owner is None
        case Story.BLANKED | Story.ASKED:
            return held.did(ResolveCase.TYPE) > 0 or held.file.case.owner is None
        case _:
            return held.answered


def _newest(held: Held) -> int:
    return held.file.others_version


def _now() -> datetime:
    return datetime.now(UTC)
