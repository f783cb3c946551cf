"""One real Kafka broker (KRaft, combined with its controller) on 127.0.0.1.

Several of them with the same `cluster_id` and voters in `overrides` make a real cluster.
"""

import asyncio
import os
import shutil
import signal
import struct
import tempfile
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic

from mrk_local.errors import LocalError
from mrk_local.folders import make_folder, require_room, write_whole
from mrk_local.kafka_jars import (
    KafkaDistribution,
    default_cache,
    fetch,
    lock,
    mark_untrainable,
    run_tool,
    untrainable,
)
from mrk_local.ports import LOOPBACK, free_ports, require_free
from mrk_local.processes import Child, end_leftovers

_ROOM = 256 * 2**20
_STOP_S = 25.0
"""A broker under load needs a few seconds to flush; then it is killed."""
_POLL_S = 0.05
_OFFSETS_RETENTION_MINUTES = 60 * 24 * 60
"""60 days: a consumer that is down for longer than Kafka's week must not start from nothing."""


class KafkaBroker:
    """One broker with its data folder.

    Args:
        data: everything it owns: `log/` (segments), `server.properties`, `server.log`.
        port: where clients connect, on 127.0.0.1.
        controller_port: where controllers talk, on 127.0.0.1.
        overrides: further or other lines of `server.properties`.
        distribution: from `prepare`; None prepares with the user's cache at start.
        cluster_id: the same for all brokers of a cluster; None makes one.
    """

    def __init__(  # noqa: PLR0913  # two of six are for clusters of several brokers
        self,
        data: Path,
        port: int,
        controller_port: int,
        *,
        overrides: Mapping[str, str] | None = None,
        distribution: KafkaDistribution | None = None,
        cluster_id: str | None = None,
    ) -> None:
        self.data = data.absolute()
        self.port = port
        self.controller_port = controller_port
        self._overrides = dict(overrides or {})
        self._distribution = distribution
        self._cluster_id = cluster_id or _cluster_id()
        self._child = Child("Kafka", self.data / "server.log", self.data / "process.json")

    @classmethod
    def prepare(
        cls, cache: Path | None = None, progress: Callable[[str], None] | None = None
    ) -> KafkaDistribution:
        """Fetch Kafka and train its start, both once per machine; afterwards immediate.

        Args:
            cache: the folder that keeps both; None is the user's cache.
            progress: told what takes long, in one line.

        Raises:
            LocalError: the registry cannot be reached, or the disk is full.
        """
        distribution = fetch(cache or default_cache(), progress)
        if not distribution.aot_cache.exists() and not untrainable(distribution).exists():
            with lock(distribution.aot_cache.with_suffix(".lock")):
                if not distribution.aot_cache.exists():
                    if progress:
                        progress("training Kafka's start (10 s, once)")
                    asyncio.run(_train(distribution))
        return distribution

    @property
    def bootstrap(self) -> str:
        """The address for clients."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def log_dir(self) -> Path:
        """Where the segments lie."""
        return self.data / "log"

    @property
    def pid(self) -> int | None:
        """The process id while it runs, paused or not."""
        return self._child.pid

    @property
    def running(self) -> bool:
        """Whether the process exists."""
        return self._child.running

    async def start(self, wait_s: float = 60) -> None:
        """Start it and return when it answers requests. Does nothing when it runs.

        Args:
            wait_s: how long it may take, in seconds.

        Raises:
            LocalError: the port is taken, the disk is full, the data folder is unusable, or it
                ended or did not answer in time; carries the end of its log.
        """
        if self.running:
            return
        if self._distribution is None:
            self._distribution = await asyncio.to_thread(self.prepare, None)
        distribution = self._distribution
        properties = await asyncio.to_thread(self._lay_out, distribution)
        self._child.spawn(distribution.command("kafka.Kafka", str(properties)))
        await self._answering(wait_s)

    async def stop(self) -> None:
        """End it in order (SIGTERM), or kill it after 25 s."""
        await self._child.end(signal.SIGTERM, grace_s=_STOP_S)

    def kill(self) -> None:
        """SIGKILL: what was acknowledged is in the page cache, as after a crash of the process."""
        self._child.kill()

    def pause(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        self._child.send(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        self._child.send(signal.SIGCONT)

    async def restart(self) -> None:
        """Stop in order and start again, on the same port and data."""
        await self.stop()
        await self.start()

    def wipe(self) -> None:
        """Throw its records away, as after the loss of its disk. It must not run.

        Raises:
            LocalError: it runs.
        """
        if self.running:
            raise LocalError("Kafka runs on the data that shall be wiped", "stop it first")
        shutil.rmtree(self.log_dir, ignore_errors=True)
        self._cluster_id = _cluster_id()

    def end_leftover(self) -> None:
        """End the broker that a killed owner left running on this data."""
        end_leftovers([self.data / "process.json"], grace_s=_STOP_S)

    def _lay_out(self, distribution: KafkaDistribution) -> Path:
        make_folder(self.data)
        require_room(self.data, _ROOM, "Kafka")
        self.end_leftover()
        require_free(self.port, "Kafka")
        require_free(self.controller_port, "Kafka's controller")
        properties = self.data / "server.properties"
        write_whole(properties, _render(self._properties()))
        # Formatting writes meta.properties last: without it an earlier run was cut short before
        # the broker ever ran, and nothing can be lost.
        if not (self.log_dir / "meta.properties").exists():
            shutil.rmtree(self.log_dir, ignore_errors=True)
            arguments = ("format", f"--cluster-id={self._cluster_id}", f"--config={properties}")
            run_tool(distribution, "kafka.tools.StorageTool", *arguments)
        return properties

    def _properties(self) -> dict[str, str]:
        return {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@{LOOPBACK}:{self.controller_port}",
            "listeners": (
                f"PLAINTEXT://{self.bootstrap},CONTROLLER://{LOOPBACK}:{self.controller_port}"
            ),
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": str(self.log_dir),
            "auto.create.topics.enable": "false",
            "log.message.timestamp.type": "LogAppendTime",
            "default.replication.factor": "1",
            "min.insync.replicas": "1",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "offsets.retention.minutes": str(_OFFSETS_RETENTION_MINUTES),
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "transaction.state.log.num.partitions": "2",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "share.coordinator.state.topic.num.partitions": "2",
            "group.initial.rebalance.delay.ms": "0",
            "unclean.leader.election.enable": "false",
            # Sized for one laptop: fewer threads, and no metadata record each half second.
            "num.network.threads": "2",
            "num.io.threads": "4",
            "background.threads": "4",
            "metadata.max.idle.interval.ms": "10000",
            # After SIGKILL the controller refuses the new process until the old one's session
            # ends: 9 s by default.
            "broker.session.timeout.ms": "3000",
            "broker.heartbeat.interval.ms": "1000",
            **self._overrides,
        }

    async def _answering(self, wait_s: float) -> None:
        deadline = monotonic() + wait_s
        while not await _answers(self.port):
            if not self.running:
                code, tail = self._child.exit_code, self._child.tail()
                raise LocalError(
                    f"Kafka ended at its start with code {code}; the end of {self._child.log}:\n"
                    f"{tail}",
                    "mend what the log names; mrk up with another --data DIR starts afresh",
                )
            if monotonic() > deadline:
                tail = self._child.tail()
                await self._child.end(grace_s=5)
                raise LocalError(
                    f"Kafka did not answer within {wait_s:g} s; the end of {self._child.log}:\n"
                    f"{tail}",
                    "see whether the machine is overloaded, then run the same command again",
                )
            await asyncio.sleep(_POLL_S)


def _render(properties: Mapping[str, str]) -> str:
    return "".join(f"{key}={value}\n" for key, value in properties.items())


def _cluster_id() -> str:
    return urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()


async def _answers(port: int) -> bool:
    """Whether a broker answers ApiVersions (key 18, version 0), not only accepts connections."""
    client = b"mrk-local"
    body = struct.pack(">hhih", 18, 0, 1, len(client)) + client
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            try:
                writer.write(struct.pack(">i", len(body)) + body)
                await writer.drain()
                _size, correlation, error = struct.unpack(">iih", await reader.readexactly(10))
                return (correlation, error) == (1, 0)
            finally:
                writer.close()
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return False


async def _train(distribution: KafkaDistribution) -> None:
    """Run a throw-away broker once, so that Java keeps its loaded and linked classes on disk.

    Seen once on 2 cores: a start took 1.4 s of CPU trained, 2.4 to 3.1 s untrained. A Java that
    can't be trained only starts slower, so that failure is remembered and not raised.
    """
    partial = distribution.aot_cache.with_name(f"{distribution.aot_cache.name}.{os.getpid()}")
    trainee = KafkaDistribution(distribution.version, distribution.jars, distribution.java, partial)
    with tempfile.TemporaryDirectory(prefix="mrk-train-") as folder:
        port, controller_port = free_ports(2)
        broker = KafkaBroker(Path(folder), port, controller_port, distribution=trainee)
        properties = broker._lay_out(trainee)  # noqa: SLF001  # the same class
        child = broker._child  # noqa: SLF001  # the same class
        child.spawn(trainee.training_command(properties))
        try:
            await broker._answering(60)  # noqa: SLF001  # the same class
            await child.end(grace_s=120)
            partial.replace(distribution.aot_cache)
        except (LocalError, FileNotFoundError) as error:
            mark_untrainable(distribution, f"{error}\n{child.tail()}")
