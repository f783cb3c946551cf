"""Bring a service's database to the newest shape.

A service's `migrations/` folder holds `versions/*.py` alone: plain SQL by `op.execute`. At head
already, nothing but asyncpg is imported and one query is asked.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import asyncpg

from mrk_delivery.database import connect
from mrk_telemetry.logs import get_logger
from mrk_telemetry.runtime import Stop

if TYPE_CHECKING:
    from sqlalchemy import Connection

VERSION_TABLE: Final = "alembic_version"
_LOCK: Final = 0x6D726B_6D6967  # "mrk" "mig": each service has its own database
_ENVIRONMENT: Final = Path(__file__).with_name("alembic_env")


class MigrationError(Exception):
    """The migrations or the database are not as they must be; the message says what to do."""

    log_safe = True


@dataclass(frozen=True, slots=True)
class Revision:
    """One file of `versions/`."""

    id: str
    down: frozenset[str]


async def migrate(package: str, dsn: str, *, stop: Stop | None = None) -> bool:
    """Apply what is missing. Several at once wait for each other.

    Args:
        package: the service's, such as `mrk_routing`.
        dsn: of its database, as a role that may create tables.
        stop: ends the waiting for a database that is away.

    Returns:
        Whether anything was applied.

    Raises:
        MigrationError: no migrations, several heads, or a database newer than this release.
        asyncpg.PostgresError: the database refuses.
    """
    folder = migrations_folder(package)
    revisions = read_revisions(folder / "versions")
    head = head_of(revisions)
    if await _current(dsn, revisions, stop) == head:
        get_logger().info("migrate.at_head", package=package, revision=head)
        return False
    await _upgrade(folder, dsn)
    get_logger().info("migrate.applied", package=package, revision=head)
    return True


def migrations_folder(package: str) -> Path:
    """Where a service's migrations lie: beside its `src`, or inside the package in a wheel.

    Raises:
        MigrationError: there are none, or there is no such package.
    """
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise MigrationError(f"the package {package} is not installed")
    inside = Path(spec.origin).parent / "migrations"
    beside = Path(spec.origin).parents[2] / "migrations"
    for folder in (inside, beside):
        if (folder / "versions").is_dir():
            return folder
    raise MigrationError(f"{package} has no migrations/versions: neither {inside} nor {beside}")


def read_revisions(versions: Path) -> dict[str, Revision]:
    """What the files of a folder say of themselves, without running them.

    Raises:
        MigrationError: a file names no revision, or one that another has too.
    """
    found: dict[str, Revision] = {}
    for file in sorted(versions.glob("*.py")):
        said = _constants(file)
        id_, down = said.get("revision"), said.get("down_revision")
        if not isinstance(id_, str):
            raise MigrationError(f"{file}: set `revision` to a text")
        if id_ in found:
            raise MigrationError(f"{file}: revision {id_} is another file's too")
        parents = [down] if isinstance(down, str) else list(down or ())
        found[id_] = Revision(id_, frozenset(parents))
    return found


def head_of(revisions: Mapping[str, Revision]) -> str:
    """The one revision that no other builds on.

    Raises:
        MigrationError: there is none, or there are several.
    """
    below = {down for revision in revisions.values() for down in revision.down}
    heads = sorted(revisions.keys() - below)
    if len(heads) != 1:
        raise MigrationError(
            f"migrations must have one head, found {heads or 'none'}: "
            "let each revision's down_revision name the one before it"
        )
    return heads[0]


def _constants(file: Path) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for node in ast.parse(file.read_text(encoding="utf-8"), str(file)).body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                pass
            case _:
                continue
        if name in {"revision", "down_revision"}:
            try:
                said[name] = ast.literal_eval(value)
            except ValueError as error:
                raise MigrationError(f"{file}: write {name} as a literal") from error
    return said


async def _current(dsn: str, revisions: Mapping[str, Revision], stop: Stop | None) -> str | None:
    conn = await connect(dsn, application_name="migrate", stop=stop)
    try:
        rows = await conn.fetch(f"select version_num from {VERSION_TABLE}")  # noqa: S608  # a constant
    except asyncpg.UndefinedTableError:
        return None
    finally:
        await conn.close()
    current = [row["version_num"] for row in rows]
    unknown = [each for each in current if each not in revisions]
    if unknown:
        raise MigrationError(
            f"the database is at {', '.join(unknown)}, which this release does not know: "
            "it was migrated by a newer one; run that one"
        )
    return current[0] if current else None


async def _upgrade(folder: Path, dsn: str) -> None:
    # 0.5 s and 30 MB that a database at head does not pay
    from alembic import command  # noqa: PLC0415  # as above
    from alembic.config import Config  # noqa: PLC0415  # as above
    from sqlalchemy import pool  # noqa: PLC0415  # as above
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415  # as above

    config = Config()
    config.set_main_option("script_location", str(_ENVIRONMENT).replace("%", "%%"))
    config.set_main_option("version_locations", str(folder / "versions").replace("%", "%%"))
    config.set_main_option("path_separator", "newline")

    def upgrade(connection: "Connection") -> None:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    async def connected() -> asyncpg.Connection:
        return await connect(dsn, application_name="migrate")

    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=connected, poolclass=pool.NullPool
    )
    try:
        async with engine.connect() as conn:
            # held by the session, until it ends: migrations commit one by one
            await conn.exec_driver_sql(f"select pg_advisory_lock({_LOCK})")
            await conn.commit()
            await conn.run_sync(upgrade)
    finally:
        await engine.dispose()
