"""How well places are found: labelled words against what the pack says of them."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from mrk_city.models import Place
from mrk_city.pack import CityPack, load_pack

ENOUGH = 0.5
"""The certainty from which a place found in words decides who owns a case."""

_NOWHERE = "-"


@dataclass(frozen=True, slots=True)
class Labelled:
    """Words, and the kelurahan or kecamatan that a person who knows the city says they name.

    Attributes:
        free: a report's text, and no address.
        where: a name of the pack; None where the words must not be placed.
    """

    words: str
    free: bool
    where: str | None


def read_labelled(path: Path) -> list[Labelled]:
    """The rows of a file with tabs: ``a`` (address) or ``t`` (text), the words, the name or ``-``.

    Raises:
        ValueError: a line that is no such row.
    """
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        kind, words, where = line.split("\t")
        if kind not in {"a", "t"}:
            told = f"'{kind}' is neither a nor t: {line}"
            raise ValueError(told)
        rows.append(Labelled(words, kind == "t", None if where == _NOWHERE else where))
    return rows


@dataclass(frozen=True, slots=True)
class Result:
    """How it went with one row.

    Attributes:
        found: the name that the pack gives, None where it places it nowhere.
        outcome: ``right``; ``coarse`` (only the right kecamatan); ``finer`` (a kelurahan of the
            right kecamatan, where people would not say which); ``wrong``; ``missed``.
    """

    row: Labelled
    place: Place | None
    found: str | None
    outcome: str


def judge(pack: CityPack, rows: Iterable[Labelled]) -> list[Result]:
    """Each row against the pack; a place that is not certain enough counts as none."""
    return [_judged(pack, row) for row in rows]


def _judged(pack: CityPack, row: Labelled) -> Result:
    place = (pack.locate_text if row.free else pack.locate_words)(row.words)
    if place is None or place.certainty < ENOUGH:
        return Result(row, place, None, "missed" if row.where else "right")
    district = pack.districts[place.district_code].name
    code = place.subdistrict_code
    found = pack.subdistricts[code].name if code else district
    if found == row.where:
        return Result(row, place, found, "right")
    wanted = {s.name: pack.districts[s.district].name for s in pack.subdistricts.values()}
    if code is None and row.where is not None and wanted.get(row.where) == district:
        return Result(row, place, found, "coarse")
    return Result(row, place, found, "finer" if row.where == district else "wrong")


def main(arguments: Sequence[str], out: TextIO) -> int:
    """``python -m mrk_city.labelled PACK FILE``: the figures, and every row that is not right."""
    if len(arguments) != 2:  # the two named above
        sys.stderr.write("usage: python -m mrk_city.labelled PACK FILE\n")
        return 2
    results = judge(load_pack(Path(arguments[0])), read_labelled(Path(arguments[1])))
    for each in results:
        if each.outcome != "right":
            told = each.row.where or "nowhere"
            out.write(f"{each.outcome}: {each.row.words!r}: {told}, found {each.found}\n")
    for outcome in ("right", "coarse", "finer", "missed", "wrong"):
        count = sum(each.outcome == outcome for each in results)
        out.write(f"{outcome:>7} {count:4} {count / len(results):7.1%}\n")
    out.write(f"  words {len(results):4}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdout))
