"""Events to publish, records as they arrive, and facts: records that were understood."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Protocol, Self
from uuid import UUID, uuid4

from mrk_delivery.service import Service
from mrk_telemetry.traces import current_traceparent

CONTENT_TYPE = "application/json"


class Body(Protocol):
    """What an event's body must be able to do."""

    TYPE: ClassVar[str]

    def to_json(self) -> bytes:
        """The body as UTF-8 JSON."""
        ...

    def blanked(self) -> Self:
        """The body without any person's words."""
        ...


@dataclass(frozen=True, slots=True)
class Event:
    """A fact to publish.

    Attributes:
        time: when it happened, UTC.
        passes: it leaves even where earlier rows of its key wait (erasures).
    """

    topic: str
    key: str
    body: Body
    time: datetime
    id: UUID = field(default_factory=uuid4)
    traceparent: str | None = field(default_factory=current_traceparent)
    correlation_id: str | None = None
    passes: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it arrived, not yet understood. `topic_id` names this life of the topic."""

    topic: str
    topic_id: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    logged_at: datetime


@dataclass(frozen=True, slots=True)
class Fact:
    """A record that was understood.

    Attributes:
        sequence: ``ce_sequence``: the version of its stream, 0 where the guard is by id.
        body: the model's instance, blanked where the key is erased here.
        newest: no later version of its (topic, key) was seen before; state may be overwritten
            by the newest alone.
        logged_at: when the broker stored it, UTC.
    """

    topic: str
    partition: int
    offset: int
    key: str
    type: str
    id: str
    sequence: int
    time: datetime
    body: Any
    newest: bool
    traceparent: str | None
    correlation_id: str | None
    logged_at: datetime


def headers_of(  # noqa: PLR0913  # CloudEvents has so many attributes
    service: Service,
    *,
    id_: UUID,
    type_: str,
    time: datetime,
    subject: str,
    sequence: int,
    traceparent: str | None,
    correlation_id: str | None,
) -> list[tuple[str, bytes]]:
    """CloudEvents 1.0 in binary mode. An absent value is no header, never null."""
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(id_).encode()),
        ("ce_type", type_.encode()),
        ("ce_source", service.source.encode()),
        ("ce_time", time.astimezone(UTC).isoformat().replace("+00:00", "Z").encode()),
        ("ce_subject", subject.encode()),
        ("ce_sequence", str(sequence).encode()),
        ("content-type", CONTENT_TYPE.encode()),
    ]
    if traceparent:
        headers.append(("traceparent", traceparent.encode()))
    if correlation_id:
        headers.append(("correlation_id", correlation_id.encode()))
    return headers
