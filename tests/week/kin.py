"""Cases that are part of others: what is done with one of a family is done with others of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tests.week.deeds import SHARED, Done
from tests.week.hearing import Heard


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which a case was part of another one.

    Attributes:
        until: None: at the end it still was.
    """

    part: str
    parent: str
    since: datetime
    until: datetime | None

    def covers(self, done: Done) -> bool:
        """Whether something was done in that time."""
        return self.since <= done.began and (self.until is None or done.began < self.until)


class Kin:
    """All families of a play.

    Args:
        cases: what is told of each case, in order.
        done: what was done with each, in order.
    """

    def __init__(
        self, cases: Mapping[str, Sequence[Heard]], done: Mapping[str, Sequence[Done]]
    ) -> None:
        self._cases = cases
        self._done = done
        self.spans = [span for facts in cases.values() for span in _spans(facts)]

    def shared(self, complaint: str) -> list[Done]:
        """What was done with others of its family, and so with this case."""
        found: list[Done] = []
        for mine in (span for span in self.spans if span.part == complaint):
            theirs = self._done.get(mine.parent, ())
            found += [d for d in theirs if d.deed.what in SHARED and mine.covers(d)]
            found += [d for d in self._disputed(mine.parent, complaint) if mine.covers(d)]
        return found + list(self._disputed(complaint, complaint))

    def parents(self, complaint: str) -> dict[str, Sequence[Heard]]:
        """What is told of the cases of which it was part, by their ids."""
        mine = (span.parent for span in self.spans if span.part == complaint)
        return {parent: self._cases[parent] for parent in mine}

    def _disputed(self, parent: str, but: str) -> Iterable[Done]:
        """Whoever reported a part opens all again."""
        for span in self.spans:
            if span.parent == parent and span.part != but:
                told = self._done.get(span.part, ())
                yield from (d for d in told if d.deed.what == "dispute" and span.covers(d))


def _spans(facts: Sequence[Heard]) -> Iterable[Span]:
    since: Heard | None = None
    for fact in facts:
        if since is not None and (fact.kind in {"merged", "unmerged"} or "ending" in fact.case):
            yield Span(fact.complaint, since.case["part_of"], since.at, fact.at)
            since = None
        if fact.kind == "merged":
            since = fact
    if since is not None:
        yield Span(since.complaint, since.case["part_of"], since.at, None)
