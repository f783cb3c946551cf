"""How often a matter was reported counts in how urgent each of its cases is."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from mrk_routing.domain.assign import Rules
from mrk_routing.domain.priority import rated
from mrk_routing.store import cases, duplicates
from mrk_routing.store.families import Family


async def recount(conn: Any, family: Family, keys: Iterable[str], rules: Rules) -> None:
    """Count what tells of the same thing as these cases, rate them anew, and store both.

    Nothing is told of it, and no command becomes stale: it moves no state and no due date.

    Args:
        conn: in a transaction in which all that is linked or parted is stored.
        family: holds the cases; those that ended or were erased stay as they are.
        keys: whose number may have changed.
        rules: the city's.
    """
    known = (family.files.get(key) for key in sorted(set(keys)))
    files = [file for file in known if file and not (file.case.erased or file.case.ending)]
    counted = await duplicates.repeats(conn, [file.id for file in files]) if files else {}
    after = [rated(replace(f, repeats=counted.get(f.id, 0)), rules.pack) for f in files]
    changed = [now for now, before in zip(after, files, strict=True) if now != before]
    for file in changed:
        family.keep(file)
    await cases.update(conn, changed, rules.dues)
