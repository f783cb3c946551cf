"""`admin model corrections --out FILE`: labelled examples for `make model`."""

import argparse
import asyncio
import os
from pathlib import Path
from typing import Final

from mrk_delivery.admin import Command, Inside
from mrk_routing.store.corrections import export

_OWNER_ONLY: Final = 0o600


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, help="where the examples go")


async def _corrections(inside: Inside, given: argparse.Namespace) -> int:
    """Write the file: residents' masked words, so for its owner's eyes alone."""
    lines = ["category\tid\ttext\n"]
    async with inside.database() as pool, pool.acquire() as conn, conn.transaction():
        async for each in export(conn):
            text = " ".join(each.text.split())
            lines.append(f"{each.right}\tcorrection-{each.complaint_id}\t{text}\n")
    try:
        await asyncio.to_thread(_write, given.out, "".join(lines))
    except OSError as error:
        inside.complain(f"--out {given.out}: {error.strerror} — name a file that can be written")
        return 1
    inside.say(
        f"{len(lines) - 1} corrections in {given.out}; they are residents' words: "
        "delete the file when the model is made"
    )
    return 0


def _write(file: Path, text: str) -> None:
    opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY)
    with os.fdopen(opened, "w", encoding="utf-8") as out:
        out.write(text)


MODEL_COMMANDS: Final = (
    Command(
        ("model", "corrections"),
        "write what dispatchers corrected as labelled examples",
        _corrections,
        _arguments,
    ),
)
