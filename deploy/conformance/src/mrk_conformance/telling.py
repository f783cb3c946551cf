"""Verdicts for people and for programs."""

import json
from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mrk_conformance.findings import Outcome, Verdict

_STYLE: Final = {Outcome.PASSED: "green", Outcome.FAILED: "bold red", Outcome.NOT_SHOWN: "yellow"}


def table(console: Console, title: str, verdicts: Sequence[Verdict]) -> None:
    """A row a rule; below what failed: what was seen, and the mend."""
    drawn = Table(title=title, expand=True)
    drawn.add_column("rule", no_wrap=True)
    drawn.add_column("what must hold", ratio=2)
    drawn.add_column("outcome", no_wrap=True)
    drawn.add_column("seen, and the mend", ratio=3)
    for verdict in verdicts:
        style = _STYLE[verdict.outcome]
        failed = verdict.outcome is Outcome.FAILED
        more = [*verdict.seen, f"→ {verdict.rule.mend}"] if failed else []
        drawn.add_row(
            verdict.rule.code,
            verdict.rule.holds,
            Text(verdict.outcome.value, style=style),
            Text("\n").join(Text(line) for line in more),
        )
    console.print(drawn)


def as_json(agency: str, played: str, verdicts: Sequence[Verdict]) -> str:
    """The same for programs."""
    return json.dumps(
        {
            "agency": agency,
            "played": played,
            "rules": [
                {
                    "rule": verdict.rule.code,
                    "holds": verdict.rule.holds,
                    "outcome": verdict.outcome.value,
                    "seen": list(verdict.seen),
                    "mend": verdict.rule.mend,
                }
                for verdict in verdicts
            ],
        },
        indent=1,
        ensure_ascii=False,
    )
