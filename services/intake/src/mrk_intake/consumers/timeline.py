"""Group `intake.timeline`: what the other services say becomes the public timeline.

Facts of the three topics come in no common order, and may come before anything else is known of
their complaint: each is a row of its own, found by the complaint's id.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final
from uuid import UUID

from mrk_delivery.events import Fact
from mrk_delivery.subscription import Subscription
from mrk_delivery.tx import Tx
from mrk_intake.domain.erasure import Acknowledgement, acknowledgement_of, nothing_left
from mrk_intake.domain.following import LAST
from mrk_intake.domain.timeline import Placed, step_of
from mrk_intake.store import followers, timeline
from mrk_schemas.base import EventBody
from mrk_schemas.cases import CaseErased, CaseReminded
from mrk_schemas.deliveries import DeliveryErased, DeliveryEvent, MessageSent
from mrk_schemas.mirrors import (
    MirrorAnswered,
    MirrorBecameUnknown,
    MirrorErased,
    MirrorFiled,
    MirrorFollowedUp,
    MirrorHandedOver,
)
from mrk_schemas.registry import CASES, DELIVERIES, MIRRORS, types_of
from mrk_telemetry import metrics

GROUP: Final = "intake.timeline"
TOPICS: Final = (CASES, MIRRORS, DELIVERIES)

_ERASED: Final = frozenset({CaseErased.TYPE, MirrorErased.TYPE, DeliveryErased.TYPE})
# a follow-up repeats what the timeline shows; an unclear answer is for those who run the services;
# what was done at the national system is told as routing took it up; a reminder changes nothing
_IGNORED: Final = frozenset(
    model.TYPE
    for model in (
        MirrorFollowedUp,
        MirrorBecameUnknown,
        MirrorHandedOver,
        MirrorAnswered,
        CaseReminded,
    )
)
_FIRST_MESSAGE: Final = "received"


async def apply(
    tx: Tx, facts: Sequence[Fact], left_behind: Callable[[], None] = nothing_left
) -> None:
    """Add what the facts say, all in two statements; end follows that have served their purpose."""
    steps: list[tuple[str, Placed]] = []
    acknowledged: list[tuple[str, Acknowledgement]] = []
    for fact in facts:
        told_last = _told_last(fact.body)
        if told_last is not None:
            await followers.end(tx.conn, UUID(fact.key), fact.time, "over", [told_last])
            tx.after_commit(left_behind)
        step = step_of(fact.body, fact.time)
        if step is not None:
            steps.append((fact.key, Placed(fact.topic, fact.sequence, step)))
        given = acknowledgement_of(fact.body, fact.time)
        if given is not None:
            acknowledged.append((fact.key, given))
    await timeline.add(tx.conn, steps)
    await timeline.acknowledge(tx.conn, acknowledged)

    def measure() -> None:
        for fact in facts:
            _measure(fact)

    tx.after_commit(measure)


def subscription(left_behind: Callable[[], None] = nothing_left) -> Subscription:
    """The contract of this consumer; `left_behind` is told once a contact is destroyed."""
    return Subscription(
        group=GROUP,
        topics=TOPICS,
        handles=frozenset().union(*(types_of(topic) for topic in TOPICS)) - _IGNORED,
        ignores=_IGNORED,
        apply=partial(apply, left_behind=left_behind),
        passes=_ERASED,
    )


def _told_last(body: EventBody) -> UUID | None:
    """The follower whom this receipt says that notify has nothing more to tell."""
    if isinstance(body, DeliveryEvent):
        told = body.delivery
        if told.follower is not None and told.message in LAST:
            return UUID(told.follower)
    return None


def _measure(fact: Fact) -> None:
    """Seconds from received to this stage, by the domain's clock on both ends."""
    match fact.body:
        case MirrorFiled(mirror=mirror) if mirror.received_at is not None:
            metrics.since_received("mirrored", (fact.time - mirror.received_at).total_seconds())
        case MessageSent(delivery=told) if told.received_at is not None:
            # later messages wait for people; how long is no measure of this system
            if told.message == _FIRST_MESSAGE:
                metrics.since_received("notified", (fact.time - told.received_at).total_seconds())
        case _:
            pass
