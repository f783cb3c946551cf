"""``mrk city check``: tells what is wrong with a pack, as text or as JSON."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from mrk_city.pack import check


def run_check(path: Path, *, as_json: bool, out: TextIO) -> int:
    """Write the problems of the pack in ``path`` to ``out``.

    Returns:
        The exit code: 0 when the pack is sound, 1 when it has problems.
    """
    problems = check(path)
    if as_json:
        json.dump([asdict(problem) for problem in problems], out, indent=2, ensure_ascii=False)
        out.write("\n")
    elif problems:
        out.writelines(
            f"{path / problem.file}{str(problem)[len(problem.file) :]}\n" for problem in problems
        )
    else:
        out.write(f"{path}: the pack is sound\n")
    return 1 if problems else 0


def main(arguments: Sequence[str]) -> int:
    """``python -m mrk_city check PATH [--json]``; 2 when called wrongly."""
    words = [word for word in arguments if word != "--json"]
    match words:
        case ["check", path]:
            return run_check(Path(path), as_json="--json" in arguments, out=sys.stdout)
        case _:
            sys.stderr.write("usage: python -m mrk_city check PATH [--json]\n")
            return 2
