"""An agency's system as a process, judged by the conformance kit over the run's broker."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from mrk_city import load_pack
from mrk_conformance.against_agency import AgainstAgency
from mrk_conformance.findings import Outcome
from mrk_conformance.line import open_line
from mrk_delivery.topics import apply
from mrk_routing.domain.due import DueDates
from mrk_schemas.ids import AgencyCode
from mrk_schemas.registry import inbox_of, outbox_of
from mrk_schemas.topics import expand

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs/examples"


@asynccontextmanager
async def running(command: Sequence[str], **env: str) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(*command, env={**os.environ, **env})
    try:
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(30):
            await process.wait()


async def outcomes(
    bootstrap: str,
    unique: Callable[[str], str],
    folder: Path,
    command: Sequence[str],
    patience: float = 30,
) -> dict[str, Outcome]:
    """What the kit says of a system: the outcome of each rule."""
    agency = AgencyCode(re.sub(r"[^a-z0-9-]", "", unique("uji")))
    kafka = {"bootstrap_servers": bootstrap}
    wanted = (inbox_of(agency), outbox_of(agency))
    await apply(kafka, [each for each in expand([agency]) if each.name in wanted])
    dues = DueDates(load_pack(ROOT / "deploy/city/medan"))
    told: list[str] = []
    async with (
        open_line(kafka, *wanted) as line,
        running(command, KAFKA_BOOTSTRAP=bootstrap, AGENCY=agency, STATE=str(folder / "state")),
    ):
        verdicts = await AgainstAgency(line, agency, dues, patience, told.append).run()
    print(*told, *(v for v in verdicts if v.outcome is Outcome.FAILED), sep="\n")
    return {verdict.rule.code: verdict.outcome for verdict in verdicts}
