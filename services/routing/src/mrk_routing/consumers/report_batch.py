"""What one batch of reports touches, and what it did."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime

from mrk_delivery.events import Fact
from mrk_delivery.tx import Tx
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.duplicates import Trait
from mrk_routing.domain.fate import reopened
from mrk_routing.domain.standing import Pause, standing
from mrk_routing.store.families import Family
from mrk_routing.store.publishing import Publisher, publisher_of
from mrk_schemas.reports import ReporterActed, SolutionDisputed


@dataclass(slots=True)
class Batch:
    """The cases that one batch touches, and what it did with them."""

    tx: Tx
    now: datetime
    family: Family
    erasing: frozenset[str]
    new: set[str] = field(default_factory=set)
    traits: list[Trait] = field(default_factory=list)
    alike: int = 0
    assigned: list[CaseFile] = field(default_factory=list)
    triaged: list[CaseFile] = field(default_factory=list)
    heard: int = 0
    erased: int = 0

    def find(self, key: str) -> CaseFile | None:
        """The case of a complaint, as it is now."""
        return self.family.files.get(key)

    def keep(self, file: CaseFile) -> None:
        """A case, opened now or after something happened to it."""
        if file.id not in self.family.files:
            self.new.add(file.id)
        self.family.keep(file)

    def reopened(self, file: CaseFile, act: ReporterActed) -> CaseFile | None:
        """The solved parent of a disputed part, at work again; None where there is none."""
        parent = self.find(file.case.part_of or "")
        if not isinstance(act, SolutionDisputed) or standing(file.case) is not Pause.MERGED:
            return None
        return reopened(parent, self.now) if parent is not None else None

    def publishing(self, fact: Fact, name: str) -> AbstractContextManager[Publisher]:
        """What follows from a fact is told in its trace."""
        return publisher_of(self.tx, fact, self.now, name, self.family)
