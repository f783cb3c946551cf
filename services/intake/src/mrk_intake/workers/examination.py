"""Runs the examiner on one file, and believes nothing that it does but its answer."""

import asyncio
import json
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mrk_intake.domain import offered
from mrk_intake.domain.attachments import Clean, MediaType, Offer, Refusal

WALL_S: Final = 40.0
"""Seconds that an examination may take in all; a busy machine needs more than `CPU_S`."""

_TOO_HEAVY: Final = frozenset({signal.SIGXCPU, signal.SIGXFSZ})
_LONGEST_ANSWER: Final = 4096


@dataclass(frozen=True, slots=True)
class Examined:
    """The file is clean; its bytes lie in the folder."""

    clean: Clean
    offer: Offer


@dataclass(frozen=True, slots=True)
class Died:
    """The examiner ended without an answer.

    Attributes:
        code: below 0 the signal that ended it: the file's doing, or that of a machine without
            memory or time. Above 0 it could not do its work: nothing is said of the file.
    """

    code: int


async def examined(folder: Path, hint: MediaType | None) -> Examined | Refusal | Died:
    """Examine `folder/given`.

    The examiner gets an environment of its own: no setting and no secret of ours is in it.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "mrk_intake.workers.examiner", str(folder), hint or "",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PATH": os.defpath, "MALLOC_ARENA_MAX": "2"},
        cwd=folder,
        start_new_session=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(WALL_S):
            answer, _ = await process.communicate()
    except TimeoutError:
        return Died(-signal.SIGALRM)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    code = process.returncode or 0
    if code == 0:
        return _read(answer[:_LONGEST_ANSWER])
    if -code in _TOO_HEAVY:
        return Refusal.TOO_HEAVY
    return Died(code)


def _read(answer: bytes) -> Examined | Refusal:
    said: dict[str, Any] = json.loads(answer)
    if "refused" in said:
        return Refusal(said["refused"])
    return Examined(
        Clean(
            MediaType(said["media_type"]),
            said["size"],
            bytes.fromhex(said["sha256"]),
            said["width"],
            said["height"],
            said["thumbnail"],
        ),
        offered.from_json(json.dumps(said["offer"]).encode()),
    )
