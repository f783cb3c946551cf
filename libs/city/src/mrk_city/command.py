"""``mrk city``: tells what is wrong with a pack, and which of its rules decides a report."""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, cast

from mrk_city.classify import classifier_of
from mrk_city.explain import Question, explain
from mrk_city.ids import CategoryCode
from mrk_city.pack import examine, load_pack
from mrk_city.problems import PackError, Problem
from mrk_city.rules import RULE_KINDS

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_MISUSED = 2
_ORDER = ("owner", "copies", "rule", "category", "confidence", "words", "district", "subdistrict")
"""What is told first."""
_VALUED = ("--text", "--at", "--address")


def run_check(path: Path, *, as_json: bool, out: TextIO) -> int:
    """Write the problems of the pack in ``path`` to ``out``, and what is worth a look.

    Returns:
        The exit code: 0 when the pack is sound, 1 when it has problems; notes change nothing.
    """
    found = examine(path)
    problems, notes = found.sorted(), sorted(set(found.notes))
    if as_json:
        told = [("problem", each) for each in problems] + [("note", each) for each in notes]
        listed = [asdict(each) | {"severity": severity} for severity, each in told]
        json.dump(listed, out, indent=2, ensure_ascii=False)
        out.write("\n")
        return 1 if problems else 0
    out.writelines(f"{_line(path, problem)}\n" for problem in problems)
    out.writelines(f"note: {_line(path, note)}\n" for note in notes)
    if not problems:
        out.write(f"{path}: the pack is sound\n")
    return 1 if problems else 0


def _line(path: Path, problem: Problem) -> str:
    return f"{path / problem.file}{str(problem)[len(problem.file) :]}"


def run_explain(asked: Namespace, out: TextIO) -> int:
    """Write which rule decides a report, and why, to ``out``.

    Returns:
        The exit code: 0 with an answer, triage too; 1 for a pack with problems; 2 for a category
        that it does not know.
    """
    path: Path = asked.city
    try:
        pack = load_pack(path)
    except PackError as error:
        sys.stderr.writelines(f"{_line(path, problem)}\n" for problem in error.problems)
        return 1
    category = CategoryCode(asked.category) if asked.category is not None else None
    if category is not None and category not in pack.categories:
        known = ", ".join(pack.categories)
        sys.stderr.write(f"--category: '{category}' is not known — use one of: {known}\n")
        return _MISUSED
    on, moment = _when(asked.on, pack.calendar.zone)
    question = Question(
        text=asked.text,
        on=on,
        moment=moment,
        at=asked.at,
        address=asked.address,
        category=category,
        kind=asked.kind,
    )
    answer = explain(pack, question, classifier_of(pack), verbose=asked.verbose)
    first = {key: answer.pop(key) for key in _ORDER}
    _tell(first | answer, as_json=asked.json, out=out)
    return 0


def _when(on: datetime | date | None, zone: "ZoneInfo") -> tuple[date, datetime | None]:
    """The city's date and the moment; a date alone leaves the hour unknown."""
    if on is None:
        on = datetime.now(UTC)
    if not isinstance(on, datetime):
        return on, None
    moment = on.replace(tzinfo=zone) if on.tzinfo is None else on
    return moment.astimezone(zone).date(), moment


def _tell(answer: dict[str, object], *, as_json: bool, out: TextIO) -> None:
    if as_json:
        json.dump(answer, out, indent=2, ensure_ascii=False)
        out.write("\n")
        return
    considered = cast("list[dict[str, object]]", answer.pop("considered", []))
    for key, value in answer.items():
        print(f"{key.replace('_', ' '):16} {_said(value)}", file=out)
    for each in considered:
        print(f"not {each['rule']} (line {each['line']}): {each['why_not']}", file=out)


def _said(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    if isinstance(value, dict):
        return ", ".join(f"{key} {each}" for key, each in value.items() if each not in {None, ""})
    return "-" if value is None else str(value)


def _point(value: str) -> tuple[float, float]:
    try:
        lat, lon = (float(part) for part in value.split(","))
    except ValueError:
        raise ArgumentTypeError(f"'{value}' is no point: write 3.5952,98.6722") from None
    if not (abs(lat) <= 90 and abs(lon) <= 180):  # degrees
        raise ArgumentTypeError(f"'{value}' is no point on Earth: latitude first, then longitude")
    return lat, lon


def _moment(value: str) -> datetime | date:
    try:
        if len(value) == len("2026-12-31"):
            return date.fromisoformat(value)
        return datetime.fromisoformat(value)
    except ValueError:
        told = f"'{value}' is no date: write 2026-12-31 or 2026-12-31T18:30"
        raise ArgumentTypeError(told) from None


def _glued(arguments: Sequence[str]) -> list[str]:
    """Options and their values as one word each: a southern latitude begins with a hyphen."""
    found: list[str] = []
    for word in arguments:
        if found and found[-1] in _VALUED:
            found[-1] += f"={word}"
        else:
            found.append(word)
    return found


def _parser() -> ArgumentParser:
    parser = ArgumentParser("mrk city", description="City packs (docs/city-packs.md).")
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="what is wrong with a pack")
    check.add_argument("path", type=Path)
    check.add_argument("--json", action="store_true", help="for programs")
    asks = commands.add_parser("explain", help="which rule decides a report, and why")
    asks.add_argument("--city", type=Path, required=True, metavar="DIR", help="the pack's folder")
    asks.add_argument("--text", default="", help="what the report says")
    asks.add_argument("--at", type=_point, metavar="LAT,LON", help="its point, in degrees")
    asks.add_argument("--address", help="its place in words")
    asks.add_argument("--category", metavar="CODE", help="as chosen; without it the text tells")
    asks.add_argument("--kind", choices=RULE_KINDS, default="complaint")
    asks.add_argument(
        "--on",
        type=_moment,
        metavar="DATE",
        help="when it is received, in the city's time: 2026-12-31 (the hour unknown) or "
        "2026-12-31T18:30; now, without it",
    )
    asks.add_argument("--json", action="store_true", help="for programs")
    asks.add_argument("--verbose", action="store_true", help="also why each earlier rule did not")
    return parser


def main(arguments: Sequence[str]) -> int:
    """``python -m mrk_city check PATH [--json]`` or ``explain``; 2 when called wrongly."""
    try:
        asked = _parser().parse_args(_glued(arguments))
    except SystemExit as end:  # argparse has said what is wrong
        return int(end.code or 0)
    if asked.command == "check":
        return run_check(asked.path, as_json=asked.json, out=sys.stdout)
    return run_explain(asked, sys.stdout)
