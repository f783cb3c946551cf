"""Every metric of the platform, declared in this one place.

Labels are bounded: topics are declared in files, routes are templates, stages, queues, reasons
and outcomes are fixed words of the code. No label holds an id, an address or a person.
"""

import platform
from collections.abc import Mapping
from functools import cache
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

REGISTRY: Final = CollectorRegistry(auto_describe=True)
ProcessCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_REQUEST_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_STAGE_S: Final = (
    *(0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
    *(300, 1800, 7200, 43200, 86400),
)
_SIZES: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)

BUILD: Final = Gauge(
    "mrk_build_info", "This process: always 1", ["service", "role", "version", "python"],
    registry=REGISTRY,
)  # fmt: skip
REQUESTS: Final = Counter(
    "mrk_http_requests", "Requests answered", ["route", "method", "status"], registry=REGISTRY
)
REQUEST_S: Final = Histogram(
    "mrk_http_request_seconds", "Seconds from headers to the last byte", ["route"],
    buckets=_REQUEST_S, registry=REGISTRY,
)  # fmt: skip
IN_FLIGHT: Final = Gauge("mrk_http_in_flight", "Requests being worked on", registry=REGISTRY)
REFUSED: Final = Counter(
    "mrk_http_refused", "Requests refused by a limit", ["reason"], registry=REGISTRY
)
EVENTS_IN: Final = Counter("mrk_events_in", "Records consumed", ["topic"], registry=REGISTRY)
EVENTS_OUT: Final = Counter("mrk_events_out", "Records acknowledged", ["topic"], registry=REGISTRY)
DUPLICATES: Final = Counter(
    "mrk_duplicates_dropped", "Records whose fact was handled before", ["topic"], registry=REGISTRY
)
OUTBOX_DEPTH: Final = Gauge("mrk_outbox_depth", "Rows waiting to be sent", registry=REGISTRY)
OUTBOX_AGE: Final = Gauge("mrk_outbox_age_seconds", "Age of the oldest row", registry=REGISTRY)
OUTBOX_DEAD: Final = Gauge("mrk_outbox_dead", "Rows that cannot be sent", registry=REGISTRY)
RELAY_ACTIVE: Final = Gauge("mrk_relay_active", "1 while this relay holds the lock",
                            registry=REGISTRY)  # fmt: skip
RELAY_BATCHES: Final = Counter("mrk_relay_batches", "Batches by outcome", ["outcome"],
                               registry=REGISTRY)  # fmt: skip
LAG_RECORDS: Final = Gauge(
    "mrk_consumer_lag_records", "Records not yet committed", ["topic"], registry=REGISTRY
)
LAG_S: Final = Gauge(
    "mrk_consumer_lag_seconds", "Age of the oldest record not yet committed", ["topic"],
    registry=REGISTRY,
)  # fmt: skip
WORK_DEPTH: Final = Gauge(
    "mrk_work_depth", "Unfinished rows of a work table", ["queue", "state"], registry=REGISTRY
)
WORK_AGE: Final = Gauge(
    "mrk_work_age_seconds", "Age of the oldest unfinished row", ["queue"], registry=REGISTRY
)
DEAD_LETTERS: Final = Counter(
    "mrk_dead_letters", "Dead letters stored", ["topic", "reason"], registry=REGISTRY
)
DEAD_LETTERS_OPEN: Final = Gauge(
    "mrk_dead_letters_open", "Dead letters not yet redriven or dropped", ["topic", "state"],
    registry=REGISTRY,
)  # fmt: skip
PARKED_KEYS: Final = Gauge(
    "mrk_parked_keys", "Keys waiting behind a dead letter", ["topic"], registry=REGISTRY
)
ATTEMPTS: Final = Counter(
    "mrk_attempts", "Calls outside by outcome", ["stage", "outcome"], registry=REGISTRY
)
ATTEMPT_S: Final = Histogram(
    "mrk_attempt_seconds", "Seconds that a call outside took", ["stage"],
    buckets=_REQUEST_S, registry=REGISTRY,
)  # fmt: skip
STAGE_S: Final = Histogram(
    "mrk_stage_seconds", "Seconds from received to this stage", ["stage"],
    buckets=_STAGE_S, registry=REGISTRY,
)  # fmt: skip
BATCH: Final = Histogram(
    "mrk_batch_size", "Items that one transaction or send took together", ["stage"],
    buckets=_SIZES, registry=REGISTRY,
)  # fmt: skip
FILES_EXAMINED: Final = Counter(
    "mrk_files_examined", "Uploaded files by outcome: ready, or why they were refused", ["outcome"],
    registry=REGISTRY,
)  # fmt: skip
OBJECTS_REMOVED: Final = Counter(
    "mrk_objects_removed", "Objects that the sweep removed from the store", ["reason"],
    registry=REGISTRY,
)  # fmt: skip
OBJECTS_WAITING: Final = Gauge(
    "mrk_objects_waiting", "Objects that wait for their removal", registry=REGISTRY
)
ALARMS: Final = Counter(
    "mrk_alarms", "Due times that were acted on, by what was due", ["reason"], registry=REGISTRY
)
LIKENESSES: Final = Counter(
    "mrk_likenesses",
    "Two reports of one thing: suggested, linked by itself or left, merged or unmerged by hand",
    ["outcome"],
    registry=REGISTRY,
)
EMERGENCIES: Final = Counter(
    "mrk_emergencies", "Emergencies by outcome: paged (the owner), handed-on, triage (no owner)",
    ["outcome"], registry=REGISTRY,
)  # fmt: skip
ALARMS_LATE: Final = Gauge(
    "mrk_alarms_late_seconds", "How long ago the oldest due time passed that waits to be acted on",
    registry=REGISTRY,
)  # fmt: skip
COMMANDS: Final = Counter(
    "mrk_commands", "Commands by outcome: done, or the rule that refused them",
    ["topic", "outcome"], registry=REGISTRY,
)  # fmt: skip
WEBHOOK_ENDPOINTS: Final = Gauge(
    "mrk_webhook_endpoints", "Endpoints by how sending to them goes: well, failing, stopped",
    ["state"], registry=REGISTRY,
)  # fmt: skip

LOGINS: Final = Counter(
    "mrk_logins", "Logins by outcome: done, refused, no-rights, away", ["outcome"],
    registry=REGISTRY,
)  # fmt: skip
PRIVATE_READS: Final = Counter(
    "mrk_private_reads", "Readings by people of what the vault holds", ["what"], registry=REGISTRY
)
HELD_WAITING: Final = Gauge(
    "mrk_held_waiting", "Texts that wait for a look before they are public", registry=REGISTRY
)
HELD_AGE: Final = Gauge(
    "mrk_held_age_seconds", "How long the oldest of them waits", registry=REGISTRY
)


def build_info(service: str, role: str, version: str) -> None:
    """Say once what this process is."""
    BUILD.labels(service, role, version, platform.python_version()).set(1)


def request(route: str, method: str, status: int, seconds: float) -> None:
    """An answered request. `route` is the template, never the path."""
    count, timing = _request(route, method if method in _METHODS else "OTHER", status)
    count.inc()
    timing.observe(seconds)


@cache  # routes are templates: the combinations are few, and a look-up by labels costs more
def _request(route: str, method: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(route, method, str(status)), REQUEST_S.labels(route)


def request_started() -> None:
    """A request is being worked on."""
    IN_FLIGHT.inc()


def request_ended() -> None:
    """A request is no longer being worked on."""
    IN_FLIGHT.dec()


def request_refused(reason: str) -> None:
    """A request refused by a limit; `reason` is a fixed word: rate, overload, size, slow, …."""
    REFUSED.labels(reason).inc()


def events_in(topic: str, count: int = 1) -> None:
    """Records consumed and committed."""
    EVENTS_IN.labels(topic).inc(count)


def events_out(topic: str, count: int = 1) -> None:
    """Records acknowledged by the broker."""
    EVENTS_OUT.labels(topic).inc(count)


def duplicates(topic: str, count: int = 1) -> None:
    """Records dropped because their fact was handled before."""
    DUPLICATES.labels(topic).inc(count)


def outbox(depth: int, age_seconds: float, dead: int | None = None) -> None:
    """The outbox as measured now; `dead` are rows moved aside, None when not measured."""
    OUTBOX_DEPTH.set(depth)
    OUTBOX_AGE.set(max(0.0, age_seconds))
    if dead is not None:
        OUTBOX_DEAD.set(dead)


def relay_active(active: bool) -> None:  # noqa: FBT001  # the one fact there is to tell
    """Whether this relay holds the lock."""
    RELAY_ACTIVE.set(1 if active else 0)


def relay_batch(size: int, outcome: str = "sent") -> None:
    """A batch that the relay tried to send; `outcome` is a fixed word."""
    RELAY_BATCHES.labels(outcome).inc()
    BATCH.labels("relay").observe(size)


def lag(topic: str, records: int, seconds: float) -> None:
    """The consumer's lag over all its partitions of the topic."""
    LAG_RECORDS.labels(topic).set(max(0, records))
    LAG_S.labels(topic).set(max(0.0, seconds))


def work(queue: str, depth_by_state: Mapping[str, int], age_seconds: float) -> None:
    """A work table as measured now; states that are not given count 0."""
    known = {labels[1] for labels in _children(WORK_DEPTH) if labels[0] == queue}
    for state in known | set(depth_by_state):
        WORK_DEPTH.labels(queue, state).set(depth_by_state.get(state, 0))
    WORK_AGE.labels(queue).set(max(0.0, age_seconds))


def dead_letter(topic: str, reason: str, count: int = 1) -> None:
    """Dead letters stored now; `reason` is the class of the reason, never the error's text."""
    DEAD_LETTERS.labels(topic, reason).inc(count)


def dead_letters_open(open_: Mapping[tuple[str, str], int]) -> None:
    """All open dead letters by (topic, state: bad or queued); pairs not given count 0."""
    for pair in set(_children(DEAD_LETTERS_OPEN)) | set(open_):
        DEAD_LETTERS_OPEN.labels(*pair).set(open_.get((pair[0], pair[1]), 0))


def parked(topic: str, keys: int) -> None:
    """Keys of the topic that wait behind a dead letter."""
    PARKED_KEYS.labels(topic).set(keys)


def attempt(stage: str, outcome: str, seconds: float | None = None) -> None:
    """A call outside: `outcome` is a fixed word such as accepted, refused, unknown, transient."""
    ATTEMPTS.labels(stage, outcome).inc()
    if seconds is not None:
        ATTEMPT_S.labels(stage).observe(max(0.0, seconds))


def since_received(stage: str, seconds: float) -> None:
    """Seconds from received to `stage` (assigned, mirrored, notified)."""
    STAGE_S.labels(stage).observe(max(0.0, seconds))


def batch(stage: str, size: int) -> None:
    """How many items one transaction took together."""
    BATCH.labels(stage).observe(size)


def file_examined(outcome: str) -> None:
    """A file was examined; `outcome` is `ready` or the fixed word of a refusal."""
    FILES_EXAMINED.labels(outcome).inc()


def objects_removed(reason: str, count: int) -> None:
    """Objects were removed from a store; `reason` is a fixed word: given-up, orphan."""
    OBJECTS_REMOVED.labels(reason).inc(count)


def objects_waiting(count: int) -> None:
    """How many objects wait for their removal now."""
    OBJECTS_WAITING.set(count)


def alarm(reason: str) -> None:
    """A due time was acted on; `reason` is a fixed word for what was due."""
    ALARMS.labels(reason).inc()


def emergency(outcome: str) -> None:
    """A case was opened for an emergency; `outcome` is `paged`, `handed-on` or `triage`."""
    EMERGENCIES.labels(outcome).inc()


def command(topic: str, outcome: str) -> None:
    """A command was answered; `outcome` is `done` or the fixed word of the rule that refused it."""
    COMMANDS.labels(topic, outcome).inc()


def likeness(outcome: str, count: int = 1) -> None:
    """Two reports are alike; `outcome` is `suggested`, `linked`, `left`, `merged` or `unmerged`."""
    LIKENESSES.labels(outcome).inc(count)


def alarms_late(seconds: float) -> None:
    """How long ago the oldest due time passed that waits to be acted on; 0 where none does."""
    ALARMS_LATE.set(max(0.0, seconds))


def webhook_endpoints(by_state: Mapping[str, int]) -> None:
    """How many endpoints there are now; each state is a fixed word: well, failing, stopped."""
    for state, count in by_state.items():
        WEBHOOK_ENDPOINTS.labels(state).set(count)


def held(waiting: int, age_seconds: float) -> None:
    """Texts that wait for a look now, and how long the oldest waits."""
    HELD_WAITING.set(waiting)
    HELD_AGE.set(max(0.0, age_seconds))


def expose() -> tuple[bytes, str]:
    """Everything in Prometheus' text format, and its content type."""
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST


def _children(metric: Gauge) -> list[tuple[str, ...]]:
    samples = [sample for family in metric.collect() for sample in family.samples]
    return [tuple(sample.labels[name] for name in metric._labelnames) for sample in samples]  # noqa: SLF001  # the library offers no other way to list label values


def login(outcome: str) -> None:
    """A login that ended; `outcome` is a fixed word: done, refused, no-rights, away."""
    LOGINS.labels(outcome).inc()


def private_read(what: str) -> None:
    """Somebody read what the vault holds; `what` is a fixed word: content, contact, attachment."""
    PRIVATE_READS.labels(what).inc()
