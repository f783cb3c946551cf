"""The cases of a transaction, and those that share their fate: all locked, all loaded.

Locks are taken in one sorted go: a consumer asks `kin` before it locks anything, and names it in
its `Subscription`. Who was merged in between is locked afterwards; should two transactions then
wait for each other, PostgreSQL ends one of them, and its batch is done again.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from mrk_delivery.events import Fact
from mrk_delivery.tx import Tx
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.standing import Pause, standing
from mrk_routing.store import cases

_KIN = """
with head as (
    select key from unnest($1::text[]) as key
    union
    select body ->> 'part_of' from case_file
    where complaint_id = any($1::text[]) and body ? 'part_of'
)
select key from head
union
select c.complaint_id from case_file c join head on c.body ->> 'part_of' = head.key
where c.body ? 'part_of'
"""


_LOCK_FREE = """
select key from stream where key = any($1::text[]) order by key for update skip locked
"""


async def kin(conn: Any, keys: Collection[str]) -> set[str]:
    """These, the cases that they are parts of, and all parts of both; locks nothing."""
    if not keys:
        return set()
    return {row["key"] for row in await conn.fetch(_KIN, list(keys))}


async def kin_of_facts(conn: Any, facts: Sequence[Fact]) -> set[str]:
    """What `Subscription.kin` asks: whose streams facts on existing cases need too."""
    return await kin(conn, {fact.key for fact in facts})


async def free(tx: Tx, keys: Sequence[str]) -> list[str]:
    """Of these, whose streams are locked, those whose kin nobody else holds; that is locked too.

    It waits for nobody: whoever chose by what is free must not hold that while waiting for more.
    """
    others = await kin(tx.conn, keys) - set(keys)
    if not others:
        return list(keys)
    held = others - {row["key"] for row in await tx.conn.fetch(_LOCK_FREE, list(others))}
    theirs = await kin(tx.conn, held)
    return [key for key in keys if key not in theirs]


@dataclass(slots=True)
class Family:
    """The cases that a transaction may touch.

    Attributes:
        files: by complaint id, as they are now.
        changed: ids of those that must be stored.
    """

    files: dict[str, CaseFile]
    changed: set[str] = field(default_factory=set)
    _parts: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Know who is part of what."""
        for file in self.files.values():
            self._join(file)

    def parts(self, key: str) -> list[CaseFile]:
        """The open cases that are part of this one, in the order of their ids."""
        if not self._parts:
            return []
        return list(self._open_parts(key))

    def keep(self, file: CaseFile) -> None:
        """A case after something happened to it."""
        former = self.files.get(file.id)
        if former is not None and former.case.part_of is not None:
            self._parts.get(former.case.part_of, set()).discard(file.id)
        self.files[file.id] = file
        self.changed.add(file.id)
        self._join(file)

    def to_store(self) -> list[CaseFile]:
        """What changed, in the order of the ids."""
        return [self.files[key] for key in sorted(self.changed)]

    def _join(self, file: CaseFile) -> None:
        if file.case.part_of is not None:
            self._parts.setdefault(file.case.part_of, set()).add(file.id)

    def _open_parts(self, key: str) -> Iterator[CaseFile]:
        for each in sorted(self._parts.get(key, ())):
            file = self.files[each]
            if standing(file.case) is Pause.MERGED:
                yield file


async def gather(tx: Tx, keys: Iterable[str]) -> Family:
    """The cases of these complaints with their kin, read under the locks of all their streams.

    Args:
        keys: of complaints; those without a case are absent.
    """
    wanted = set(keys)
    while True:
        found = await kin(tx.conn, wanted)
        if found <= tx.streams.keys():
            break
        # what has no stream has no case: it is left out
        await tx.lock(found, create=False)
        wanted = found & tx.streams.keys()
    return Family(await cases.load(tx.conn, found))
