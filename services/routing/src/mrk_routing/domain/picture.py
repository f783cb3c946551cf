"""The table of a case drawn as a picture, for docs/: `python -m mrk_routing.domain.picture`."""

import sys
from collections.abc import Iterable, Iterator

from mrk_routing.domain.machine import TRANSITIONS, Action, Back, Role, Transition, allowed
from mrk_routing.domain.standing import STANDINGS, Start
from mrk_schemas.cases import Ending


def mermaid() -> str:
    """A Mermaid state diagram: each arrow with who goes it, and how.

    Left out are what stays, and the two ways by which a reporter ends any open case.
    """
    arrows: dict[tuple[str, str], dict[str, list[str]]] = {}
    for row in TRANSITIONS:
        ends = row.role is Role.REPORTER and isinstance(row.to, Ending)
        if not isinstance(row.to, Back) and row.to != row.at and not ends:
            ways = arrows.setdefault((row.at.value, row.to.value), {})
            ways.setdefault(row.role.value, []).append(_named(row))
    return "\n".join(
        (
            "stateDiagram-v2",
            f"    [*] --> {Start.RECEIVED.value}",
            *(f"    {at} --> {to}: {_ways(ways)}" for (at, to), ways in arrows.items()),
            "    merged --> [*]: dispatcher unmerge, back to where it stood",
            *(f"    {ending.value} --> [*]" for ending in Ending),
        )
    )


def table() -> str:
    """A Markdown table: what each role may do where a case stands."""
    return "\n".join(_rows())


def _rows() -> Iterator[str]:
    roles = [role for role in Role if role is not Role.RULES]
    yield f"| stands | {' | '.join(roles)} |"
    yield f"| --- {'| --- ' * len(roles)}|"
    for where in STANDINGS:
        cells = (_cell(allowed(where, role)) for role in roles)
        yield f"| {where.value} | {' | '.join(cells)} |"


def _cell(actions: Iterable[Action]) -> str:
    return ", ".join(action.value.replace("_", " ") for action in actions) or "-"


def _named(row: Transition) -> str:
    return row.action.value.replace("_", " ")


def _ways(ways: dict[str, list[str]]) -> str:
    return "; ".join(f"{role} {'/'.join(dict.fromkeys(names))}" for role, names in ways.items())


if __name__ == "__main__":
    sys.stdout.write(f"```mermaid\n{mermaid()}\n```\n\n{table()}\n")
