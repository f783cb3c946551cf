"""What the library knows of the service that it works for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Service:
    """A service's name, its CloudEvents source, its event table and the bodies it may hold.

    Attributes:
        name: such as ``routing``; also the prefix of ``<name>.dead-letters.v1``.
        source: CloudEvents ``source``, such as ``/medan/routing``.
        aggregate: the append-only event table is ``<aggregate>_event``.
        models: by CloudEvents type; used to read records and to blank stored events.
        dead_letter: makes the body of a dead letter's copy, or None to publish no copies.
    """

    name: str
    source: str
    aggregate: str
    models: Mapping[str, type[Any]]
    dead_letter: type[BaseModel] | None = None

    @property
    def event_table(self) -> str:
        """The append-only table of this service's events."""
        return f"{self.aggregate}_event"

    @property
    def dead_letter_topic(self) -> str:
        """The topic of copies, for watching."""
        return f"{self.name}.dead-letters.v1"
