"""Topics as declared against topics as they are: created, compared, required at start."""

import asyncio
import contextlib
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from mrk_telemetry.health import Beat
from mrk_telemetry.logs import get_logger
from mrk_telemetry.runtime import Stop

BACK_OFF_S: Final = (0.2, 1.0)
"""Seconds: a role that starts beside its broker is ready soon after it."""

_REQUEST_MS: Final = 15_000
_LOOKS: Final = 3
_BETWEEN_LOOKS_S: Final = 0.5
_SET_ON_TOPIC: Final = 1  # DescribeConfigs' source DYNAMIC_TOPIC_CONFIG


class MissingTopicsError(Exception):
    """Topics that a role needs are not there; the message names each one."""

    log_safe = True

    def __init__(self, names: Collection[str]) -> None:
        self.names = tuple(sorted(names))
        super().__init__(
            f"missing topics: {', '.join(self.names)}; create them with `admin topics apply`"
        )


class Declared(Protocol):
    """What must be known of a topic."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def partitions(self) -> int:
        """Its partitions, never changed later."""
        ...

    @property
    def configs(self) -> Mapping[str, str]:
        """Its settings, as Kafka names them."""
        ...


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as declared.

    Attributes:
        replication: copies; None takes the broker's `default.replication.factor`.
        key: what its records' key is, in words.
    """

    name: str
    partitions: int
    configs: Mapping[str, str] = field(default_factory=dict)
    replication: int | None = None
    key: str = ""
    producers: tuple[str, ...] = ()
    consumers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """One setting that differs; `found` is None where the broker does not tell it."""

    setting: str
    declared: str
    found: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """How one topic differs from its declaration.

    Attributes:
        missing: it is not there.
        partitions: (declared, found) where they differ. It is never mended: keys would move to
            other partitions, and with them their order.
        configs: settings that differ; settings that are not declared are let be.
    """

    name: str
    missing: bool = False
    partitions: tuple[int, int] | None = None
    configs: tuple[Changed, ...] = ()

    def lines(self) -> list[str]:
        """The difference in words, a line each."""
        told = [f"{self.name}: missing"] if self.missing else []
        if self.partitions is not None:
            declared, found = self.partitions
            told.append(f"{self.name}: {found} partitions, declared {declared}")
        told += [f"{self.name}: {c.setting} is {c.found}, declared {c.declared}"
                 for c in self.configs]  # fmt: skip
        return told


@dataclass(frozen=True, slots=True)
class Applied:
    """What `apply` did, and what it must not do."""

    created: tuple[str, ...]
    altered: tuple[str, ...]
    left: tuple[Difference, ...]


async def diff(options: Mapping[str, Any], specs: Iterable[Declared]) -> list[Difference]:
    """How the broker's topics differ from their declarations; empty when they don't.

    Args:
        options: aiokafka's connection options, as of `KafkaSettings.kafka_options`.
        specs: every declared topic.

    Raises:
        aiokafka.errors.KafkaError: the broker is away or refuses.
    """
    async with _admin(options) as admin:
        return await _differences(admin, list(specs))


async def apply(options: Mapping[str, Any], specs: Iterable[Declared]) -> Applied:
    """Create what is missing and set settings that differ. May be repeated at any time.

    Args:
        options: as for `diff`.
        specs: every declared topic.

    Raises:
        aiokafka.errors.KafkaError: the broker is away or refuses.
    """
    declared = {spec.name: spec for spec in specs}
    async with _admin(options) as admin:
        differences = await _differences(admin, list(declared.values()))
        missing = [declared[each.name] for each in differences if each.missing]
        changed = [declared[each.name] for each in differences if each.configs]
        if missing:
            await _create(admin, missing)
        if changed:
            await _alter(admin, changed)
        left = await _seen(admin, list(declared.values())) if missing or changed else differences
    return Applied(
        created=tuple(spec.name for spec in missing),
        altered=tuple(spec.name for spec in changed),
        left=tuple(left),
    )


async def require(
    options: Mapping[str, Any],
    names: Iterable[str],
    stop: Stop,
    beat: Beat | None = None,
    meanwhile: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Return when all topics are there. A broker that is away is waited for, until `stop`.

    Args:
        options: as for `diff`.
        names: every topic that the role reads or writes.
        stop: ends the waiting; then it returns without having looked.
        beat: told at each attempt.
        meanwhile: done after each attempt that the broker did not answer.

    Raises:
        MissingTopicsError: the broker answers, and topics are not there.
    """
    wanted = set(names)
    pause = BACK_OFF_S[0]
    while not stop.is_set():
        if beat is not None:
            beat.beat()
        try:
            missing = await _still_missing(options, wanted, stop)
        except (KafkaError, OSError, TimeoutError) as error:
            get_logger().warning("topics.broker_unreachable", error=type(error).__name__)
            if meanwhile is not None:
                await meanwhile()
            await stop.sleep(pause)
            pause = min(pause * 2, BACK_OFF_S[1])
            continue
        if missing and not stop.is_set():
            raise MissingTopicsError(missing)
        return


async def _still_missing(options: Mapping[str, Any], wanted: set[str], stop: Stop) -> set[str]:
    async with _admin(options) as admin:
        for look in range(_LOOKS):
            # a topic made a moment ago may not be known to this broker yet
            if look and await stop.sleep(_BETWEEN_LOOKS_S):
                break
            missing = wanted - set(await admin.list_topics())
            if not missing:
                break
        return missing


@contextlib.asynccontextmanager
async def _admin(options: Mapping[str, Any]) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**options, request_timeout_ms=_REQUEST_MS)
    try:
        await admin.start()
        yield admin
    except TimeoutError as error:
        raise KafkaError("the broker did not answer in time") from error
    finally:
        await admin.close()


async def _differences(admin: AIOKafkaAdminClient, specs: Sequence[Declared]) -> list[Difference]:
    there = set(await admin.list_topics())
    found = [spec for spec in specs if spec.name in there]
    partitions: dict[str, int] = {}
    configs: dict[str, dict[str, str]] = {}
    if found:
        names = [spec.name for spec in found]
        for topic in await admin.describe_topics(names):
            _check(topic["error_code"], topic["topic"])
            partitions[topic["topic"]] = len(topic["partitions"])
        configs = await _configs(admin, {s.name: list(s.configs) for s in found if s.configs})
    differences = []
    for spec in specs:
        if spec.name not in there:
            differences.append(Difference(spec.name, missing=True))
            continue
        count = partitions[spec.name]
        changed = tuple(
            Changed(setting, value, configs[spec.name].get(setting))
            for setting, value in sorted(spec.configs.items())
            if configs[spec.name].get(setting) != value
        )
        wrong = None if count == spec.partitions else (spec.partitions, count)
        if changed or wrong:
            differences.append(Difference(spec.name, partitions=wrong, configs=changed))
    return differences


async def _seen(admin: AIOKafkaAdminClient, specs: Sequence[Declared]) -> list[Difference]:
    """What still differs once the change has reached the broker that we ask."""
    for _ in range(_LOOKS):
        left = await _differences(admin, specs)
        if not any(each.missing or each.configs for each in left):
            break
        await asyncio.sleep(_BETWEEN_LOOKS_S)
    return left


async def _create(admin: AIOKafkaAdminClient, specs: Sequence[Declared]) -> None:
    default = await _default_replication(admin)
    answer = await admin.create_topics(
        [
            NewTopic(
                spec.name,
                spec.partitions,
                getattr(spec, "replication", None) or default,
                topic_configs=dict(spec.configs),
            )
            for spec in specs
        ]
    )
    for name, code, *_ in answer.topic_errors:
        with contextlib.suppress(TopicAlreadyExistsError):  # somebody else made it meanwhile
            _check(code, name)


async def _alter(admin: AIOKafkaAdminClient, specs: Sequence[Declared]) -> None:
    # the request replaces all of a topic's settings: what operators set by hand stays
    kept = await _configs(admin, {spec.name: None for spec in specs}, set_on_topic=True)
    resources = [
        ConfigResource(ConfigResourceType.TOPIC, spec.name, {**kept[spec.name], **spec.configs})
        for spec in specs
    ]
    for answer in await admin.alter_configs(resources):
        for code, _, _, name in answer.resources:
            _check(code, name)


async def _default_replication(admin: AIOKafkaAdminClient) -> int:
    brokers = (await admin.describe_cluster())["brokers"]
    resource = ConfigResource(
        ConfigResourceType.BROKER, str(brokers[0]["node_id"]), {"default.replication.factor": ""}
    )
    for answer in await admin.describe_configs([resource]):
        for code, _, _, name, entries in answer.resources:
            _check(code, name)
            return int(entries[0][1])
    raise KafkaError("the broker does not tell its default.replication.factor")


async def _configs(
    admin: AIOKafkaAdminClient,
    wanted: Mapping[str, Sequence[str] | None],
    *,
    set_on_topic: bool = False,
) -> dict[str, dict[str, str]]:
    """Settings by topic; `set_on_topic`: only those that differ from the broker's own."""
    found: dict[str, dict[str, str]] = {name: {} for name in wanted}
    if not wanted:
        return found
    resources = [
        ConfigResource(
            ConfigResourceType.TOPIC, name, None if keys is None else dict.fromkeys(keys, "")
        )
        for name, keys in wanted.items()
    ]
    for answer in await admin.describe_configs(resources):
        for code, _, _, name, entries in answer.resources:
            _check(code, name)
            for setting, value, _, source, *_ in entries:
                if not set_on_topic or source == _SET_ON_TOPIC:
                    found[name][setting] = value
    return found


def _check(code: int, name: str) -> None:
    if code:
        raise for_code(code)(name)
