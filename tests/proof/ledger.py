"""What the load client knows: one fsynced line before each request and one after it."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TextIO

Word = Literal["invoke", "ok", "fail", "info"]


@dataclass
class Entry:
    """All that is known of one idempotency key.

    Attributes:
        number: which report it is; None for requests that must be refused.
        words: what happened, in order. `info`: nobody knows whether it took effect.
        tracking: the numbers that were answered; more than one is a violation.
    """

    key: str
    number: int | None
    words: list[Word] = field(default_factory=list)
    tracking: set[str] = field(default_factory=set)

    @property
    def state(self) -> Word:
        """The strongest word: an `ok` stays one."""
        if "ok" in self.words:
            return "ok"
        if "fail" in self.words:
            return "fail"
        return self.words[-1]


class Ledger:
    """Entries by key, and the file that survives whoever writes it.

    Args:
        file: opened for appending.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.entries: dict[str, Entry] = {}

    def write(self, key: str, word: Word, number: int | None = None, **facts: Any) -> Entry:
        """One line, on the disk when this returns."""
        entry = self.note(key, word, number, **facts)
        self.sync()
        return entry

    def note(self, key: str, word: Word, number: int | None = None, **facts: Any) -> Entry:
        """One line, on the disk after the next `sync`: many of a moment share one."""
        line = {"key": key, "word": word, "number": number, **facts}
        self._file.write(json.dumps(line) + "\n")
        entry = self.entries.setdefault(key, Entry(key, number))
        entry.words.append(word)
        if "tracking" in facts:
            entry.tracking.add(facts["tracking"])
        return entry

    def sync(self) -> None:
        """All lines until now are on the disk when this returns."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def by_tracking(self) -> dict[str, Entry]:
        """Accepted entries by the tracking number that was answered."""
        return {number: e for e in self.entries.values() for number in e.tracking}

    def of_state(self, *states: Word) -> list[Entry]:
        """Entries that ended so."""
        return [entry for entry in self.entries.values() if entry.state in states]


@contextmanager
def open_ledger(path: Path) -> Iterator[Ledger]:
    """A ledger in this file."""
    with path.open("a", encoding="utf-8") as file:
        yield Ledger(file)
