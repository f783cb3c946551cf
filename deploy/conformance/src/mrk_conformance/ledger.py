"""Routing's side of made-up cases: the very decisions of routing, kept in memory."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid4

from aiokafka.partitioner import murmur2

from mrk_delivery.events import Body, headers_of
from mrk_delivery.service import Service
from mrk_routing.domain.case_file import ROUTING, CaseFile, for_inbox
from mrk_routing.domain.due import DueDates
from mrk_routing.domain.reporter import hear
from mrk_schemas.agencies import CaseBlanked, CaseHandedOver, CaseTakenAway
from mrk_schemas.cases import Case, CaseState
from mrk_schemas.ids import AgencyCode, ComplaintId, TrackingNumber
from mrk_schemas.registry import MODELS
from mrk_schemas.reports import Kind, Locale, Place, Report, ReporterActed

MARK: Final = "UJI-KESESUAIAN"
"""What the tracking number of every made-up case begins with."""

_FIRST_BYTES: Final = b"\xc0\xf0" * 3
"""Of the id of every made-up case."""

SELF: Final = Service("conformance", "/medan/conformance", "case", MODELS)


class Story(StrEnum):
    """What a made-up case is there to show."""

    PROBE = "probe"
    TWICE = "twice"
    CONFIDENTIAL = "confidential"
    TAKEN = "taken"
    WITHDRAWN = "withdrawn"
    BLANKED = "blanked"
    REFUSED = "refused"
    REOPENED = "reopened"
    ASKED = "asked"
    NEW_FIELD = "new-field"


@dataclass(frozen=True, slots=True)
class Message:
    """A record for the inbox."""

    key: str
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


@dataclass(slots=True)
class Held:
    """One made-up case.

    Attributes:
        words: what nobody else writes: found again where an agency repeats the report's text.
        version: ``ce_sequence`` of the newest thing said about it.
        opened_at: when it was handed over (UTC).
        said: every message about it, in order; kept so that they can be said again.
        stopped: the agency has read that the case is no longer its own, or has ended.
        steps: what the agency did, by the command's type, counted where it took effect.
    """

    story: Story
    file: CaseFile
    words: str
    opened_at: datetime
    version: int = 1
    said: list[Message] = field(default_factory=list)
    stopped: bool = False
    steps: dict[str, int] = field(default_factory=dict)

    @property
    def id(self) -> ComplaintId:
        """The complaint's id."""
        return self.file.id

    @property
    def answered(self) -> bool:
        """Whether the agency accepted the case, or returned it."""
        return bool(self.steps)

    def did(self, type_: str) -> int:
        """How often a command of this type took effect."""
        return self.steps.get(type_, 0)


@dataclass(slots=True)
class Ledger:
    """Every made-up case of one run.

    Args:
        agency: whose cases they are.
        dues: the city's due dates.
        partitions: of the inbox; every case lands in the first, so that what is sent later is
            read later.
    """

    agency: AgencyCode
    dues: DueDates
    partitions: int = 1
    cases: dict[str, Held] = field(default_factory=dict)

    def open(self, story: Story, now: datetime, extra: Mapping[str, Any] | None = None) -> Message:
        """A case, handed over.

        Args:
            story: what it is there for.
            now: when (UTC).
            extra: fields that no schema knows, put into the message.
        """
        id_ = self._new_id()
        words = f"Uji kesesuaian {secrets.token_hex(6)}: lubang di depan pasar, mohon ditambal."
        confidential = story is Story.CONFIDENTIAL
        case = Case(
            complaint_id=id_,
            tracking_number=TrackingNumber(f"{MARK}-{secrets.token_hex(4)}"),
            kind=Kind.COMPLAINT,
            state=CaseState.ASSIGNED,
            owner=self.agency,
            deadlines=self.dues.deadlines(Kind.COMPLAINT, None, now, Locale.ID),
            rule="conformance",
            anonymous=confidential,
            confidential=confidential,
            received_at=now,
            changed_at=now,
        )
        place = None if confidential or story is Story.ASKED else _PLACE
        file = CaseFile(case, words, place, handed_to=(self.agency,), others_version=1)
        held = self.cases[id_] = Held(story, file, words, now)
        return self._handed_over(held, now, extra)

    def say(
        self, held: Held, body: Body, now: datetime, extra: Mapping[str, Any] | None = None
    ) -> Message:
        """A message about a case; its version is one higher."""
        held.version += 1
        message = message_of(held.id, body, held.version, now, extra)
        held.said.append(message)
        return message

    def took_effect(self, held: Held, file: CaseFile, events: int) -> None:
        """A command moved the case: its events on the cases' own topic raise the version too."""
        held.file = file
        held.version += events

    def take_away(self, held: Held, now: datetime) -> Message:
        """A dispatcher gives the case to another owner."""
        case = held.file.case.model_copy(
            update={"owner": None, "state": CaseState.TRIAGE, "changed_at": now}
        )
        self._turned(held, case)
        told = CaseTakenAway(case=for_inbox(case), reason="Uji kesesuaian: pemilik lain.")
        return self.say(held, told, now)

    def give_back(self, held: Held, now: datetime) -> Message:
        """A dispatcher gives the case to the agency again."""
        case = held.file.case.model_copy(
            update={"owner": self.agency, "state": CaseState.ASSIGNED, "changed_at": now}
        )
        self._turned(held, case)
        return self._handed_over(held, now)

    def blank(self, held: Held, now: datetime) -> Message:
        """The report is erased."""
        held.file = held.file.blanked(now)
        held.version += 1
        return self.say(held, CaseBlanked(case=for_inbox(held.file.case)), now)

    def reporter(
        self, held: Held, act: type[ReporterActed], now: datetime, **more: object
    ) -> Message:
        """The reporter does something, as routing would hear it."""
        case = held.file.case
        report = Report(
            complaint_id=held.id,
            tracking_number=case.tracking_number,
            kind=case.kind,
            anonymous=case.anonymous,
            confidential=case.confidential,
            received_at=case.received_at,
        )
        values = {"report": report, "note": "Uji kesesuaian: kata pelapor.", **more}
        heard = hear(held.file, act.model_validate(values), held.version, now, self.dues)
        self._turned(held, heard.file.case, heard.file)
        return self.say(held, heard.event, now)

    def _new_id(self) -> ComplaintId:
        while True:
            id_ = str(UUID(bytes=_FIRST_BYTES + secrets.token_bytes(10), version=4))
            if (murmur2(id_.encode()) & 0x7FFFFFFF) % self.partitions == 0:
                return ComplaintId(id_)

    def _turned(self, held: Held, case: Case, file: CaseFile | None = None) -> None:
        held.version += 1
        held.file = replace(file or held.file, case=case).turned_by_others(held.version, ROUTING)

    def _handed_over(
        self, held: Held, now: datetime, extra: Mapping[str, Any] | None = None
    ) -> Message:
        told = CaseHandedOver(
            case=for_inbox(held.file.case), text=held.file.words, place=held.file.place
        )
        return self.say(held, told, now, extra)


_PLACE: Final = Place(
    lat=3.5676,
    lon=98.6601,
    address="Jl. Contoh 1 (uji kesesuaian)",
    subdistrict="12.71.21.1002",
    district="12.71.21",
)


def message_of(
    key: str, body: Body, version: int, now: datetime, extra: Mapping[str, Any] | None = None
) -> Message:
    """A message as routing's relay sends it."""
    headers = headers_of(
        SELF,
        id_=uuid4(),
        type_=body.TYPE,
        time=now,
        subject=key,
        sequence=version,
        traceparent=None,
        correlation_id=None,
    )
    value = body.to_json()
    if extra:
        value = json.dumps({**json.loads(value), **extra}).encode()
    return Message(key, value, tuple(headers))
