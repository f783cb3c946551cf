"""How a service's process starts: `python -m mrk_<service> ROLE | migrate | admin …`.

Imports one role's module alone, so that a role never pays for, nor depends on, what another uses.
"""

import asyncio
import contextlib
import gc
import importlib
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from importlib import metadata
from typing import Any, Final, Never

import asyncpg
from pydantic_settings import SettingsConfigDict

from mrk_delivery import hooks
from mrk_delivery.database import Stopped, closing, open_pool
from mrk_delivery.settings import DatabaseSettings, DeliverySettings
from mrk_telemetry import metrics
from mrk_telemetry.health import Health
from mrk_telemetry.logs import configure_logging, get_logger
from mrk_telemetry.runtime import Stop, run_role, settle_memory
from mrk_telemetry.settings import load_settings, read_environment
from mrk_telemetry.traces import setup_tracing, shutdown_tracing

EX_USAGE: Final = 64  # sysexits.h: the command was used incorrectly
_LOADING_S: Final = 30.0

Role = Callable[[Stop, Health], Awaitable[int | None]]

_LEVELS: Final = frozenset({"DEBUG", "INFO", "WARNING", "ERROR"})


def main(
    package: str,
    roles: Mapping[str, str],
    *,
    prefix: str,
    admin: str | None = None,
    arguments: Sequence[str] | None = None,
) -> Never:
    """Run what the command line names, and exit with its code.

    Args:
        package: such as `mrk_routing`; the service's name is derived from it.
        roles: by name, `module:function`; the function is called with `Stop` and `Health`,
            loads its own settings, and decides what it serves.
        prefix: of the service's settings, such as `MRK_ROUTING_`.
        admin: `module:name` of the service's `mrk_delivery.admin.Admin`.
        arguments: of the command line; the process's own when None.

    Raises:
        SystemExit: always; 64 when the command line names nothing known, 78 when settings are
            missing or wrong.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    service = service_name(package)
    match given:
        case [role] if role in roles:
            _run_role(package, role, roles[role], prefix)
        case ["migrate"]:
            gc.enable()
            _run_migrate(package, prefix)
        case ["admin", *rest] if admin is not None:
            gc.enable()
            configure_logging(service, "admin", "WARNING")
            module = importlib.import_module("mrk_delivery.admin.run")
            sys.exit(module.run(load(admin), settings_of(prefix), package, rest))
        case _:
            known = [*sorted(roles), "migrate", *(["admin"] if admin else [])]
            said = f"{' '.join(given)!r} is no role of {service}" if given else "name a role"
            sys.stderr.write(f"{said}; python -m {package} takes one of: {', '.join(known)}\n")
            sys.exit(EX_USAGE)


def service_name(package: str) -> str:
    """`spanlapor-bridge` for `mrk_spanlapor_bridge`."""
    return package.removeprefix("mrk_").replace("_", "-")


def load(target: str) -> Any:
    """What `module:name` names; imports the module.

    Raises:
        ImportError, AttributeError: there is no such thing.
    """
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def settings_of(prefix: str) -> type[DatabaseSettings]:
    """The settings that every process of a service shares, under its prefix."""

    class ServiceSettings(DatabaseSettings):
        model_config = SettingsConfigDict(env_prefix=prefix)

    return ServiceSettings


@contextlib.asynccontextmanager
async def ops(settings: DeliverySettings, health: Health) -> AsyncIterator[None]:
    """Serve `/livez`, `/readyz` and `/metrics` at `listen` while the block runs.

    Raises:
        mrk_telemetry.serving.CannotListen: the address cannot be bound.
    """
    from mrk_telemetry.ops import serve_ops  # noqa: PLC0415  # jobs serve nothing

    async with serve_ops(health, settings.listen_host, settings.listen_port) as listening:
        get_logger().info("role.listening", host=listening.host, port=listening.port)
        settle_memory()
        yield


@contextlib.asynccontextmanager
async def standing(
    settings: DeliverySettings, name: str, stop: Stop, health: Health, *, max_size: int = 5
) -> AsyncIterator[asyncpg.Pool]:
    """What roles without their own HTTP stand on: the operations address, then a pool.

    Args:
        settings: the role's.
        name: `<service>.<role>`, shown in `pg_stat_activity`.
        stop: ends the waiting for the database.
        health: told while the database is waited for.
        max_size: connections at most.

    Raises:
        Stopped: told to end before the database answered; `main` ends the process with 0.
        asyncpg.PostgresError: the database refuses.
    """
    async with ops(settings, health):
        starting = health.progress("database", stall_after_s=60)
        pool = await open_pool(
            settings.dsn, max_size=max_size, application_name=name, stop=stop, beat=starting
        )
        starting.retire()
        async with closing(pool):
            yield pool


def _run_role(package: str, role: str, target: str, prefix: str) -> Never:
    service = service_name(package)
    given, _ = read_environment(settings_of(prefix), os.environ)
    level = str(given.get("log_level", "INFO"))
    # what is wrong here is named by the role itself, with all the rest, when it loads its settings
    configure_logging(service, role, level if level in _LEVELS else "INFO")
    hooks.arm(service, role)
    metrics.build_info(service, role, metadata.version(package.replace("_", "-")))
    function: Role = load(target)

    async def life(stop: Stop) -> int | None:
        _trace(service, role, given)
        # a role that waits for its database has loaded what it loads
        asyncio.get_running_loop().call_later(_LOADING_S, gc.enable)
        try:
            return await function(stop, Health())
        except Stopped:
            return 0
        finally:
            shutdown_tracing()

    run_role(life)


def _trace(service: str, role: str, given: Mapping[str, Any]) -> None:
    endpoint = str(given.get("otlp_endpoint") or "")
    try:
        ratio = float(given.get("trace_sample_ratio", 1.0))
    except ValueError:
        return
    if endpoint.startswith(("http://", "https://")) and 0 <= ratio <= 1:
        setup_tracing(service, role, endpoint, ratio)


def _run_migrate(package: str, prefix: str) -> Never:
    from mrk_delivery.migrate import MigrationError, migrate  # noqa: PLC0415  # roles don't migrate

    settings = load_settings(settings_of(prefix))
    configure_logging(service_name(package), "migrate", settings.log_level)

    async def job(stop: Stop) -> int:
        try:
            await migrate(package, settings.dsn, stop=stop)
        except MigrationError as error:
            sys.stderr.write(f"migrate: {error}\n")
            return 1
        except Stopped:
            return 1
        return 0

    run_role(job)
