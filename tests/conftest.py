"""What all tests share: a real broker, a real database, fresh databases, unique names.

One Kafka and one PostgreSQL serve a whole run, all xdist workers together; a keeper process owns
each and ends with the run. A test that cannot have them fails.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_socket
from hypothesis import settings

from mrk_local import keeper
from mrk_local.folders import in_memory
from mrk_local.postgres import PostgresServer
from mrk_local.testing import Databases, Kafka

_UNIT = Path(__file__).parent / "unit"
_ROOM = 2 * 2**30
"""What a whole run may write, with room to spare."""

# a busy machine is slow, not wrong
settings.register_profile("mrk", deadline=None)
settings.load_profile("mrk")


def pytest_configure(config: pytest.Config) -> None:
    """The run's folder is made by its main process and known to its workers."""
    if not hasattr(config, "workerinput"):
        folder = tempfile.mkdtemp(prefix="mrk-tests-", dir=in_memory(_ROOM))
        os.environ["MRK_TEST_RUN"] = folder
        os.environ["MRK_TEST_OWNER"] = str(os.getpid())


def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends the run's broker and database, and removes their data."""
    if not hasattr(config, "workerinput"):
        folder = Path(os.environ["MRK_TEST_RUN"])
        for service in ("kafka", "postgres"):
            keeper.release(folder / service)
        shutil.rmtree(folder)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A unit test that opens a network socket fails (asyncio's own pair is a Unix socket)."""
    if _UNIT in item.path.parents:
        pytest_socket.disable_socket(allow_unix_socket=True)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Other tests use the network again."""
    if _UNIT in item.path.parents:
        pytest_socket.enable_socket()


@pytest.fixture(scope="session")
def run_folder() -> Path:
    """A folder of this run; removed at its end."""
    return Path(os.environ["MRK_TEST_RUN"])


@pytest.fixture(scope="session")
def kafka(run_folder: Path) -> Kafka:
    """The run's Kafka: `bootstrap` and `log_dir`. Never stop it; start your own for faults."""
    facts = keeper.shared("kafka", run_folder / "kafka", int(os.environ["MRK_TEST_OWNER"]))
    return Kafka(facts["bootstrap"], Path(facts["log_dir"]))


@pytest.fixture(scope="session")
def postgres(run_folder: Path) -> PostgresServer:
    """The run's PostgreSQL, for `create_database` and `admin_dsn`. Never stop it."""
    facts = keeper.shared("postgres", run_folder / "postgres", int(os.environ["MRK_TEST_OWNER"]))
    return PostgresServer(Path(facts["data"]), int(facts["port"]))


@pytest.fixture(scope="session")
def databases_of_run(postgres: PostgresServer) -> Databases:
    """The worker's maker of databases; tests take `databases`, which drops what they made."""
    return Databases(postgres, os.environ.get("PYTEST_XDIST_WORKER", "main"))


@pytest.fixture
async def databases(databases_of_run: Databases) -> AsyncIterator[Databases]:
    """Makes fresh databases for this test: `await databases.fresh("intake", migrate)`."""
    yield databases_of_run
    await databases_of_run.drop_made()


@pytest.fixture
async def database(databases: Databases) -> str:
    """The address of a fresh empty database, with an owner role of its own."""
    return await databases.fresh()


@pytest.fixture
def topic_prefix() -> str:
    """A prefix that no other test of any run uses, ending in a dot."""
    return f"t{secrets.token_hex(5)}."


@pytest.fixture
def unique() -> Callable[[str], str]:
    """Makes names that no other test uses: `unique("group")`."""
    mark = secrets.token_hex(5)
    count = 0

    def name(stem: str) -> str:
        nonlocal count
        count += 1
        return f"{stem}-{mark}-{count}"

    return name
