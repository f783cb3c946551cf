"""A broker of its own: kills, left-overs, and errors that say what to do."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from mrk_local import kafka as kafka_module
from mrk_local.errors import LocalError
from mrk_local.folders import require_room
from mrk_local.kafka import KafkaBroker
from mrk_local.ports import free_ports


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[KafkaBroker]:
    port, controller_port = free_ports(2)
    own = KafkaBroker(tmp_path / "kafka", port, controller_port)
    yield own
    await own.stop()


async def test_acknowledged_records_survive_sigkill_and_a_stale_record_of_the_process(
    broker: KafkaBroker,
) -> None:
    await broker.start()
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic("kept", num_partitions=1, replication_factor=1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap, acks="all") as producer:
        for number in range(5):
            await producer.send_and_wait("kept", str(number).encode())
    broker.kill()
    assert not broker.running
    # As if the machine had lost power, and another program had the process id since.
    (broker.data / "process.json").write_text(json.dumps({"pid": os.getpid(), "created": 1.0}))
    await broker.start()
    async with AIOKafkaConsumer(
        "kept", bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest"
    ) as consumer:
        values = [(await consumer.getone()).value for _ in range(5)]
    assert values == [b"0", b"1", b"2", b"3", b"4"]


async def test_a_paused_broker_does_not_answer_and_a_resumed_one_does(broker: KafkaBroker) -> None:
    await broker.start()
    broker.pause()
    assert broker.running
    assert not await kafka_module._answers(broker.port)
    broker.resume()
    await broker._answering(30)


async def test_a_broker_left_by_a_killed_owner_is_ended_at_the_next_start(
    broker: KafkaBroker,
) -> None:
    owner = (
        "import asyncio, os, signal\n"
        "from pathlib import Path\n"
        "from mrk_local.kafka import KafkaBroker\n"
        "async def run():\n"
        f"    broker = KafkaBroker(Path({str(broker.data)!r}), {broker.port}, "
        f"{broker.controller_port})\n"
        "    await broker.start()\n"
        "    print(broker.pid, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(run())\n"
    )
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", owner], capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    left = int(done.stdout)
    assert psutil.pid_exists(left)
    await broker.start()
    assert broker.pid != left
    assert not psutil.pid_exists(left) or psutil.Process(left).status() == psutil.STATUS_ZOMBIE


async def test_a_taken_port_names_the_port_the_holder_and_the_mend(broker: KafkaBroker) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", broker.port))
        holder.listen()
        with pytest.raises(LocalError) as caught:
            await broker.start()
    assert str(broker.port) in caught.value.problem
    assert f"process {os.getpid()}" in caught.value.problem
    assert "--port-base" in caught.value.remedy
    assert not broker.running


async def test_a_format_cut_short_is_done_again(broker: KafkaBroker) -> None:
    broker.log_dir.mkdir(parents=True)
    (broker.log_dir / "bootstrap.checkpoint").write_bytes(b"torn")
    await broker.start()
    assert broker.running


async def test_a_broker_that_cannot_be_formatted_says_why(tmp_path: Path) -> None:
    port, controller_port = free_ports(2)
    broken = KafkaBroker(
        tmp_path / "kafka", port, controller_port, overrides={"num.io.threads": "none"}
    )
    with pytest.raises(LocalError, match=r"num\.io\.threads"):
        await broken.start()


async def test_a_broker_that_ends_at_its_start_shows_the_end_of_its_log(
    broker: KafkaBroker,
) -> None:
    await broker.start()
    await broker.stop()
    meta = broker.log_dir / "meta.properties"
    meta.write_text(meta.read_text().replace("node.id=1", "node.id=7"))
    with pytest.raises(LocalError, match="ended at its start") as caught:
        await broker.start()
    assert "configured node id matches" in caught.value.problem


def test_a_full_disk_is_named_before_anything_starts(tmp_path: Path) -> None:
    require_room(tmp_path, 1, "Kafka")
    with pytest.raises(LocalError, match=r"Kafka needs \d+ MiB.*MiB free"):
        require_room(tmp_path, shutil.disk_usage(tmp_path).total * 2, "Kafka")


async def test_a_wiped_broker_counts_from_zero_with_other_topic_ids(broker: KafkaBroker) -> None:
    await broker.start()
    before = (broker.log_dir / "meta.properties").read_text()
    with pytest.raises(LocalError):
        broker.wipe()
    await broker.stop()
    broker.wipe()
    await broker.start()
    assert (broker.log_dir / "meta.properties").read_text() != before
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    assert await admin.list_topics() == []
    await admin.close()


async def test_an_unreachable_registry_says_so_and_leaves_nothing_half_fetched(
    tmp_path: Path,
) -> None:
    fetch = (
        "from pathlib import Path\n"
        "from mrk_local.kafka_jars import fetch\n"
        f"fetch(Path({str(tmp_path / 'cache')!r}))\n"
    )
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
    }
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", fetch],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "could not be fetched" in done.stderr
    assert "What to do: see that this machine reaches the registry" in done.stderr
    assert not list((tmp_path / "cache").glob("kafka-*/jars"))
