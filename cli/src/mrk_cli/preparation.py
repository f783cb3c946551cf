"""What must be done before roles start: tables and topics; skipped when nothing changed since."""

import asyncio
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from mrk_cli.stack import SERVICES, Plan, ServiceSpec, role_command, service_settings
from mrk_local.errors import LocalError
from mrk_local.folders import write_whole

_JOB_S = 180.0


def digest(files: Iterable[Path], *facts: str) -> str:
    """One value that changes when any of these files or facts does."""
    total = hashlib.sha256("\0".join(facts).encode())
    for file in sorted(files):
        total.update(str(file).encode())
        total.update(file.read_bytes())
    return total.hexdigest()


class Marks:
    """What was done already, by name; kept beside the data that it speaks of.

    Args:
        path: the file. It lies in the data folder of the server that was prepared, so that it
            goes when that data goes.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def stands(self, name: str, value: str) -> bool:
        """Whether this was done with this value."""
        return self._read().get(name) == value

    def set(self, name: str, value: str) -> None:
        """It is done now."""
        write_whole(self._path, json.dumps({**self._read(), name: value}))

    def _read(self) -> dict[str, str]:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}  # nothing was done yet, or nobody knows: do it again
        return found if isinstance(found, dict) else {}


def migrations_digest(spec: ServiceSpec) -> str:
    """Changes when a service's migrations, or the library tables that they create, do."""
    package, delivery = _package(spec.package), _package("mrk_delivery")
    own = [*package.glob("migrations/**/*"), *package.parents[1].glob("migrations/**/*")]
    library = [*delivery.glob("sql/*.sql"), delivery / "schema.py"]
    files = [file for file in (*own, *library) if file.suffix in {".py", ".sql", ".ini"}]
    return digest(file for file in files if file.is_file())


def topics_digest(plan: Plan, cluster: str) -> str:
    """Changes when the declared topics, the city's agencies or Kafka's data do."""
    schemas = _package("mrk_schemas")
    declared = [*schemas.glob("**/topics/*.yaml"), *schemas.parents[1].glob("topics/*.yaml")]
    return digest([*declared, *plan.options.city.glob("agencies*")], cluster)


async def migrate(plan: Plan, spec: ServiceSpec) -> None:
    """Bring one service's tables up to date.

    Raises:
        LocalError: the migration failed; carries the end of its output.
    """
    await _job(plan, spec, ["migrate"])


async def apply_topics(plan: Plan) -> None:
    """Create the topics that are declared and missing.

    Raises:
        LocalError: it failed; carries the end of its output.
    """
    await _job(plan, SERVICES["routing"], ["admin", "topics", "apply"])


def admin_environment(settings: Mapping[str, str], inherited: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a command inside a service."""
    return {**inherited, **settings}


async def _job(plan: Plan, spec: ServiceSpec, arguments: Sequence[str]) -> None:
    command = [*role_command(f"{spec.name}.x")[:-1], *arguments]
    environment = admin_environment(service_settings(plan, spec), plan.inherited)
    process = await asyncio.create_subprocess_exec(
        *command,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    words = f"{spec.package} {' '.join(arguments)}"
    try:
        async with asyncio.timeout(_JOB_S):
            output, _ = await process.communicate()
    except TimeoutError as error:
        raise LocalError(
            f"{words} did not end within {_JOB_S:g} s",
            "see whether the machine is overloaded, then run the same command again",
        ) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        tail = "\n".join(output.decode("utf-8", "replace").splitlines()[-15:])
        raise LocalError(
            f"{words} failed with code {process.returncode}; the end of its output:\n{tail}",
            "mend what the output names, then run the same command again",
        )


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise LocalError(f"the package {name} is not installed", "run make env")
    return Path(spec.origin).parent
