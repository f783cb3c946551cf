"""``<service>.dead-letters.v1``: copies for watching; the rows in the service are the truth."""

from typing import ClassVar

from mrk_schemas.base import EventBody, Instant, Text


class DeadLetterStored(EventBody):
    """A record could not be processed. The copy names it and carries none of its content."""

    TYPE: ClassVar[str] = "id.go.medan.dead-letter.stored.v1"
    group: Text
    topic: Text
    partition: int
    offset: int
    record_key: Text | None = None
    record_type: Text | None = None
    reason: Text
    stored_at: Instant
