"""How well a city's thresholds tell duplicates: pairs of reports that a person labelled."""

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mrk_city import CityPack, load_pack
from mrk_routing.domain.duplicates import Trait, likeness, trait_of
from mrk_schemas.cases import Case, CaseState
from mrk_schemas.ids import ComplaintId
from mrk_schemas.reports import Kind, Place, Report

COLUMNS = (
    "same", "category", "other_category", "metres", "days", "photo",
    "address", "other_address", "text", "other_text",
)  # fmt: skip
_AT = (3.59, 98.67)
_DEGREES_PER_M = 1 / 111_195
_RECEIVED = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
_PHOTO = "9f" * 32
_SUBDISTRICT = "12.71.01.1001"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two reports, and whether they tell of one thing; the line of the file."""

    same: bool
    one: Trait
    other: Trait
    line: int


@dataclass(frozen=True, slots=True)
class Measured:
    """How a threshold does: of the pairs above it, and of those of one thing.

    Attributes:
        precision: 1 where none is above it.
        recall: 0 to 1.
    """

    threshold: float
    precision: float
    recall: float
    wrong: tuple[int, ...]


def read_pairs(path: Path, pack: CityPack) -> list[Pair]:
    """The rows of a file with tabs.

    Raises:
        ValueError: a line that is no such row; it is named.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        return list(_pairs(enumerate(lines, 1), pack))


def measure(pairs: Sequence[Pair], pack: CityPack, threshold: float) -> Measured:
    """Precision and recall of what is at least so alike."""
    said = [pair for pair in pairs if score(pair, pack) >= threshold]
    right = sum(pair.same for pair in said)
    every = sum(pair.same for pair in pairs)
    return Measured(
        threshold,
        right / len(said) if said else 1.0,
        right / every if every else 0.0,
        tuple(pair.line for pair in said if not pair.same),
    )


def score(pair: Pair, pack: CityPack) -> float:
    """How alike the two are; 0 where they are not compared."""
    found = likeness(pair.one, pair.other, pack.duplicates)
    return found.score if found is not None else 0.0


def _pairs(lines: Iterable[tuple[int, str]], pack: CityPack) -> Iterator[Pair]:
    header = False
    for number, line in lines:
        if line.startswith("#"):
            continue
        values = next(csv.reader([line.rstrip("\n")], delimiter="\t", quoting=csv.QUOTE_NONE))
        if not header:
            if tuple(values) != COLUMNS:
                raise ValueError(f"line {number}: the columns are not {', '.join(COLUMNS)}")
            header = True
            continue
        if len(values) != len(COLUMNS):
            raise ValueError(f"line {number}: {len(values)} values for {len(COLUMNS)} columns")
        yield _pair(dict(zip(COLUMNS, values, strict=True)), number, pack)


def _pair(row: dict[str, str], line: int, pack: CityPack) -> Pair:
    points = row["metres"] != "-"
    north = float(row["metres"]) * _DEGREES_PER_M if points else 0.0
    photos = (_PHOTO,) if row["photo"] == "1" else ()
    traits = []
    sides = (("", 0.0, 0), ("other_", north, int(row["days"])))
    for side, (prefix, moved, days) in enumerate(sides):
        place = Place(
            lat=_AT[0] + moved if points else None,
            lon=_AT[1] if points else None,
            address=row[f"{prefix}address"] or None,
        )
        report = Report(
            complaint_id=ComplaintId(f"01933a7e-5b1c-7a30-8f00-2b6f4c1d9e0{side}"),
            tracking_number="7K3-Q9W-XTC",
            kind=Kind.COMPLAINT,
            category=row[f"{prefix}category"],
            text=row[f"{prefix}text"] or None,
            place=place,
            photos=photos,
            anonymous=False,
            confidential=False,
            received_at=_RECEIVED + timedelta(days=days),
        )
        trait = trait_of(report, _case(report), pack)
        if trait is None:
            raise ValueError(f"line {line}: category '{report.category}' is never compared")
        traits.append(trait)
    return Pair(row["same"] == "1", traits[0], traits[1], line)


def _case(report: Report) -> Case:
    return Case(
        complaint_id=report.complaint_id,
        tracking_number=report.tracking_number,
        kind=report.kind,
        state=CaseState.TRIAGE,
        category=report.category,
        subdistrict=_SUBDISTRICT,
        anonymous=False,
        confidential=False,
        received_at=report.received_at,
        changed_at=report.received_at,
    )


def told(pairs: Sequence[Pair], pack: CityPack) -> Iterator[str]:
    """What the city's two thresholds do, and which pairs are wrongly above them, as lines."""
    same = sum(pair.same for pair in pairs)
    yield f"{len(pairs)} pairs, {same} of one thing"
    named = (("suggest", pack.duplicates.suggest), ("link", pack.duplicates.link))
    for name, threshold in named:
        found = measure(pairs, pack, threshold)
        wrong = f"; wrong: lines {', '.join(map(str, found.wrong))}" if found.wrong else ""
        yield (
            f"{name} {threshold:.2f}: precision {found.precision:.3f},"
            f" recall {found.recall:.3f}{wrong}"
        )


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "deploy/city/medan")
    city = load_pack(folder)
    rows = read_pairs(folder / "duplicates.tsv", city)
    sys.stdout.writelines(f"{line}\n" for line in told(rows, city))
