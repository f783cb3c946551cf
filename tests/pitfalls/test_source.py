"""Traps that are avoided by what the source does not do."""

import ast
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka.partitioner import murmur2

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    file
    for pattern in ("libs/*/src", "services/*/src", "services/*/migrations", "schemas/src")
    for folder in ROOT.glob(pattern)
    for file in folder.rglob("*")
    if file.suffix in {".py", ".sql"}
)


def code(file: Path) -> str:
    """A file's code and SQL without docstrings: texts may name what the code must not do."""
    text = file.read_text()
    if file.suffix != ".py":
        return text
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = ""
    return ast.unparse(tree)


def using(pattern: str) -> Iterator[str]:
    found = re.compile(pattern, re.IGNORECASE)
    return (file.relative_to(ROOT).as_posix() for file in SOURCES if found.search(code(file)))


def test_the_search_finds_what_is_there() -> None:
    assert "libs/delivery/src/mrk_delivery/subscribe.py" in using(r"\.subscriber\(")
    assert len(SOURCES) > 100


def test_no_transaction_notifies() -> None:
    assert list(using(r"pg_notify|\bnotify\s+[a-z_]+\s*(,|;|'|\")|add_listener")) == []


def test_subscribers_are_made_in_one_place() -> None:
    makers = set(using(r"KafkaRouter|\.subscriber\(|AIOKafkaConsumer\("))
    assert makers <= {
        "libs/delivery/src/mrk_delivery/subscribe.py",
        "libs/delivery/src/mrk_delivery/gaps.py",  # reads offsets, never records
    }
    assert list(using("max_workers")) == []


def test_only_the_relay_produces() -> None:
    """A redrive or a handler that produced would go round the outbox, its order and its ids."""
    producers = set(using(r"AIOKafkaProducer|\.publisher\(|broker\.publish"))
    assert producers == {"libs/delivery/src/mrk_delivery/producer.py"}


def test_no_process_of_a_service_is_asked_by_a_ping() -> None:
    assert list(using(r"AsgiFastStream|make_ping_asgi|broker\.ping")) == []


def test_requests_are_served_without_fastapi() -> None:
    assert list(using(r"\bfastapi\b")) == []


def test_no_library_with_another_partitioner_is_installed() -> None:
    manifests = [*ROOT.glob("*/pyproject.toml"), *ROOT.glob("*/*/pyproject.toml")]
    assert manifests
    for name in ("confluent-kafka", "confluent_kafka", "librdkafka", "kafka-python"):
        assert name not in (ROOT / "uv.lock").read_text()
        assert not [m for m in manifests if name in m.read_text()]


@pytest.mark.parametrize(
    ("key", "value"),
    # from Kafka's own UtilsTest.testMurmur2
    [
        ("21", -973932308),
        ("foobar", -790332482),
        ("a-little-bit-long-string", -985981536),
        ("a-little-bit-longer-string", -1486304829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        ("abc", 479470107),
    ],
)
def test_keys_are_hashed_as_the_java_client_does(key: str, value: int) -> None:
    assert murmur2(key.encode()) & 0xFFFFFFFF == value & 0xFFFFFFFF


def test_the_other_partitioner_would_split_a_key() -> None:
    """What the ban above is for: CRC32 puts most keys elsewhere."""
    keys = [f"complaint-{n}".encode() for n in range(120)]
    apart = [k for k in keys if zlib.crc32(k) % 12 != (murmur2(k) & 0x7FFFFFFF) % 12]
    assert len(apart) > 60


def test_the_relay_does_not_compress() -> None:
    """The search for personal data reads log segments; compressed ones would hide it."""
    assert "compression_type" not in code(ROOT / "libs/delivery/src/mrk_delivery/producer.py")
    topics = "".join(f.read_text() for f in (ROOT / "schemas/topics").glob("*.yaml"))
    assert "compression" not in topics
