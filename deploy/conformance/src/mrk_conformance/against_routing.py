"""The agency's side: right and wrong commands are sent, and routing's answers are compared."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from mrk_conformance import routing_rules as rules
from mrk_conformance.findings import Findings, Verdict
from mrk_conformance.line import Line
from mrk_conformance.routing_rules import ROUTING_RULES
from mrk_delivery.events import Record
from mrk_schemas.agencies import (
    AcceptCase,
    CommandDone,
    CommandRefused,
    ReportProgress,
    ResolveCase,
)
from mrk_schemas.ids import AgencyCode

_NOTE: Final = "Uji kesesuaian."
_TOO_LONG: Final = 4001
Headers = list[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class Sent:
    """A command as it is sent; tests of what is wrong change one part of it."""

    id: str
    key: bytes | None
    headers: Headers
    value: bytes


@dataclass(slots=True)
class AgainstRouting:
    """One run against routing.

    Args:
        line: writes the outbox, reads the inbox.
        agency: whose they are.
        complaint: a case that was handed over to it and not accepted yet; None: only what needs
            no case is tried.
        patience: how long an answer may take, seconds.
        tell: told what happens, a line each.
    """

    line: Line
    agency: AgencyCode
    complaint: str | None
    patience: float
    tell: Callable[[str], None]
    _findings: Findings = field(default_factory=lambda: Findings(ROUTING_RULES))
    _answers: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)

    async def run(self) -> tuple[Verdict, ...]:
        """Every rule's verdict."""
        self.tell("sending what needs no case")
        await self._without_a_case()
        if self.complaint is not None:
            self.tell(f"working on case {self.complaint}")
            await self._with_a_case(self.complaint)
        return self._findings.verdicts()

    async def _without_a_case(self) -> None:
        stranger = str(uuid4())
        plain = self._command(AcceptCase.TYPE, stranger, 1)
        await self._expect(rules.UNKNOWN_CASE, plain, "not-the-owner")
        await self._write(plain)
        await self._expect(
            rules.ID_REUSED, self._command(AcceptCase.TYPE, stranger, 2, id_=plain.id), "unreadable"
        )
        for what, wrong in self._unreadable(stranger).items():
            await self._expect(rules.UNREADABLE, wrong, "unreadable", what)
        # everything before it was answered by now: the outbox has one partition
        first = [a for a in self._answers[plain.id] if a["rule"] == "not-the-owner"]
        self._judge(rules.ONCE, len(first) == 1, f"{len(first)} answers to one command")

    async def _with_a_case(self, complaint: str) -> None:
        accept, progress, resolve = AcceptCase.TYPE, ReportProgress.TYPE, ResolveCase.TYPE
        other = self._command(accept, complaint, 1)
        wrong_key = Sent(other.id, str(uuid4()).encode(), other.headers, other.value)
        await self._expect(rules.WRONG_KEY, wrong_key, "wrong-key")
        # a command quotes what was read; without reading the past, 1 is what every case has passed
        for rule, type_, version, expected in (
            (rules.ACCEPT_FIRST, progress, 2, "accept-first"),
            (rules.NO_SUCH_VERSION, accept, 1_000_000, "no-such-version"),
            (rules.DONE, accept, 2, None),
            (rules.ALREADY, accept, 2, "already-accepted"),
            (rules.DONE, progress, 2, None),
            (rules.DONE, resolve, 2, None),
            (rules.ALREADY, progress, 2, "already-resolved"),
        ):
            await self._expect(rule, self._command(type_, complaint, version), expected)

    def _unreadable(self, complaint: str) -> dict[str, Sent]:
        """One wrong thing each."""

        def changed(**more: object) -> Sent:
            return self._command(AcceptCase.TYPE, complaint, 1, None, **more)

        good = [changed() for _ in range(5)]
        return {
            "an unknown field": changed(owner="somebody"),
            "a note that is too long": changed(note="x" * _TOO_LONG),
            "an unknown type": self._command("id.go.medan.case.sing.v1", complaint, 1),
            "no key": Sent(good[0].id, None, good[0].headers, good[0].value),
            "no JSON": Sent(good[1].id, good[1].key, good[1].headers, b"{"),
            "a null header": Sent(
                good[2].id, good[2].key, [*good[2].headers, ("traceparent", None)], good[2].value
            ),
            "structured mode": Sent(
                good[3].id,
                good[3].key,
                _with(good[3].headers, "content-type", b"application/cloudevents+json"),
                good[3].value,
            ),
            "no time": Sent(
                good[4].id, good[4].key, _with(good[4].headers, "ce_time", b""), good[4].value
            ),
        }

    def _command(
        self, type_: str, complaint: str, version: int, id_: str | None = None, **more: object
    ) -> Sent:
        id_ = id_ or str(uuid4())
        body: dict[str, object] = {"complaint_id": complaint, "case_version": version}
        body |= {"note": _NOTE, **more}
        headers: Headers = [
            ("ce_specversion", b"1.0"),
            ("ce_id", id_.encode()),
            ("ce_type", type_.encode()),
            ("ce_source", f"/medan/agencies/{self.agency}".encode()),
            ("ce_time", datetime.now(UTC).isoformat().encode()),
            ("ce_subject", complaint.encode()),
            ("content-type", b"application/json"),
        ]
        return Sent(id_, complaint.encode(), headers, json.dumps(body).encode())

    async def _write(self, sent: Sent) -> None:
        await self.line.write(sent.key, sent.value, sent.headers)

    async def _expect(self, rule: str, sent: Sent, expected: str | None, what: str = "") -> None:
        """Send it, and compare the answer: the rule that refuses it, or None where it is done."""
        known = len(self._answers.get(sent.id, ()))
        await self._write(sent)
        loop = asyncio.get_running_loop()
        until = loop.time() + self.patience
        while len(self._answers.get(sent.id, ())) <= known and loop.time() < until:
            for record in await self.line.read():
                self._keep(record)
        answers = self._answers.get(sent.id, [])[known:]
        told = answers[-1].get("rule", "done") if answers else "nothing"
        wanted = expected or "done"
        self._judge(rule, told == wanted, f"{what or 'a command'}: {told} instead of {wanted}")

    def _keep(self, record: Record) -> None:
        type_ = next((v for name, v in record.headers if name == "ce_type"), None)
        if type_ in {CommandDone.TYPE.encode(), CommandRefused.TYPE.encode()} and record.value:
            body = json.loads(record.value)
            self._answers.setdefault(body.get("command_id", ""), []).append(body)

    def _judge(self, rule: str, holds: bool, seen: str) -> None:  # noqa: FBT001  # what was seen
        if holds:
            self._findings.passed(rule)
        else:
            self._findings.failed(rule, seen)


def _with(headers: Headers, name: str, value: bytes) -> Headers:
    return [(each, value if each == name else old) for each, old in headers]
