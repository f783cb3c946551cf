"""`python -m tests.bench [--only a,b] [--quick] [--json PATH]`: speed, side by side."""

import argparse
import asyncio
import json
import os
import platform
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from rich.console import Console
from tests.bench import accept, clock, footprint, latency, photos, relay, routing
from tests.bench.figures import Figure, show
from tests.bench.world import World, world

ROUNDS = 3
Part = Callable[[World, bool], Awaitable[list[Figure]]]


async def _accept(made: World, quick: bool) -> list[Figure]:  # noqa: FBT001  # one of seven alike
    return await accept.measure(made, 1 if quick else ROUNDS, 1.5 if quick else 2.0)


async def _relay(made: World, quick: bool) -> list[Figure]:  # noqa: FBT001  # one of seven alike
    if quick:
        return await relay.measure(made, 1, 2_000, 200)
    return await relay.measure(made, ROUNDS, 4_000, 400)


async def _routing(made: World, quick: bool) -> list[Figure]:  # noqa: FBT001  # one of seven alike
    if quick:
        return await routing.measure(made, 1, 2_000, 200)
    return await routing.measure(made, ROUNDS, 3_000, 300)


async def _latency(made: World, quick: bool) -> list[Figure]:  # noqa: FBT001  # one of seven alike
    return await latency.measure(made, 3 if quick else 10)


async def _footprint(made: World, quick: bool) -> list[Figure]:  # noqa: FBT001  # one of seven alike
    return await footprint.measure(made, 5 if quick else 20)


async def _photos(made: World, quick: bool) -> list[Figure]:  # noqa: FBT001  # one of seven alike
    return await photos.measure(made, 1 if quick else ROUNDS, 2.0 if quick else 5.0)


async def _clock(made: World, quick: bool) -> list[Figure]:  # noqa: FBT001  # one of seven alike
    if quick:
        return await clock.measure(made, 1, 100_000, 5_000, 200)
    return await clock.measure(made, ROUNDS, 1_000_000, 20_000, 500)


PARTS: dict[str, Part] = {
    "a": _accept,
    "b": _relay,
    "c": _routing,
    "d": _latency,
    "e": _footprint,
    "f": _photos,
    "g": _clock,
}


async def measure(chosen: list[str], console: Console, *, quick: bool) -> list[Figure]:
    """Every chosen part's figures, in order."""
    figures: list[Figure] = []
    async with world() as made:
        for name in chosen:
            begun = monotonic()
            console.print(f"measuring {name} …")
            figures += await PARTS[name](made, quick)
            console.print(f"measured {name} in {monotonic() - begun:.0f} s")
    return figures


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS), help="parts, such as a,c")
    parser.add_argument("--quick", action="store_true", help="one short round: does it work?")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    given = parser.parse_args()
    chosen = given.only.split(",")
    unknown = sorted(set(chosen) - PARTS.keys())
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    console = Console(width=None if Console().is_terminal else 170)
    figures = asyncio.run(measure(chosen, console, quick=given.quick))
    show(figures, console)
    if given.json:
        told = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
            "figures": [figure.to_json() for figure in figures],
        }
        given.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
