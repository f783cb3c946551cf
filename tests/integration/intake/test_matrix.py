"""Role by field by flag: every cell of `privacy_matrix.yaml`, in what each reader really gets."""

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import matrix_readers as kit
import pytest
import yaml
from matrix_services import Services
from staff_kit import staffed

from mrk_city import CityPack
from mrk_delivery.database import closing, open_pool
from mrk_delivery.migrate import migrate
from mrk_local.testing import Databases
from mrk_schemas.reports import Kind

MATRIX = yaml.safe_load(kit.MATRIX.read_text())
FLAGS = list(itertools.product((Kind.COMPLAINT, Kind.WHISTLEBLOWING), (False, True), (False, True)))

# whistle-blowing, anonymous, confidential
WHEN: dict[str, Callable[[bool, bool, bool], bool]] = {
    "all": lambda whistle, anonymous, confidential: True,  # noqa: ARG005  # a column of the table
    "never": lambda whistle, anonymous, confidential: False,  # noqa: ARG005  # as above
    "case": lambda whistle, anonymous, confidential: not whistle,  # noqa: ARG005  # as above
    "open": lambda whistle, anonymous, confidential: not whistle and not confidential,  # noqa: ARG005  # as above
    "confidential": lambda whistle, anonymous, confidential: not whistle and confidential,  # noqa: ARG005  # as above
    "whistle": lambda whistle, anonymous, confidential: whistle,  # noqa: ARG005  # as above
    "known whistle": lambda whistle, anonymous, confidential: whistle and not anonymous,  # noqa: ARG005  # as above
    "named": lambda whistle, anonymous, confidential: not whistle and not anonymous,  # noqa: ARG005  # as above
}


@pytest.fixture
async def services(intake: Any, pack: CityPack, databases: Databases) -> AsyncIterator[Services]:
    async with AsyncExitStack() as kept:
        pools: dict[str, asyncpg.Pool] = {}
        for module in ("mrk_routing", "mrk_spanlapor_bridge", "mrk_notify"):

            async def prepare(dsn: str, module: str = module) -> None:
                await migrate(module, dsn)

            dsn = await databases.fresh(module, prepare)
            pools[module] = await kept.enter_async_context(closing(await open_pool(dsn)))
        yield Services(intake, pack, *pools.values())


@pytest.mark.parametrize(("kind", "anonymous", "confidential"), FLAGS)
async def test_each_reader_sees_what_the_matrix_allows_and_nothing_else(  # the axes, and who reads
    intake: Any,
    services: Services,
    pack: CityPack,
    browser: Any,
    stranger: Any,
    capsys: pytest.CaptureFixture[str],
    kind: Kind,
    anonymous: bool,  # noqa: FBT001  # the matrix' axis
    confidential: bool,  # noqa: FBT001  # as above
) -> None:
    sent = await kit.send(intake, kind, anonymous=anonymous, confidential=confidential)
    # what the services heard first: the pages and lists show it then
    read = await services.heard(sent)
    read |= await kit.from_api(intake, sent)
    read |= await kit.from_pages(browser, stranger, sent)
    read |= await kit.from_internal(intake, sent)
    async with staffed(intake, pack) as staff:
        read |= await kit.from_others(intake, staff, stranger, sent)
    said = capsys.readouterr()
    read["logs"] = said.out + said.err
    assert set(read) == set(MATRIX["readers"])
    assert set(sent.words) == set(MATRIX["fields"])
    leaked, missing = [], []
    for field, cells in MATRIX["fields"].items():
        assert set(cells) <= set(read), field
        for reader, text in read.items():
            found = any(word in text for word in sent.words[field])
            allowed = WHEN[cells.get(reader, "never")](
                kind is Kind.WHISTLEBLOWING, anonymous, confidential
            )
            if found and not allowed:
                leaked.append((field, reader))
            elif allowed and not found:
                missing.append((field, reader))
    assert (leaked, missing) == ([], [])
    assert "report.received" not in read["metrics"]
