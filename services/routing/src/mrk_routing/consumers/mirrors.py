"""``complaint.mirrors.v1``: hand-overs and answers given at SP4N-LAPOR! take effect on cases."""

from collections.abc import Sequence

from mrk_delivery.clock import Clock
from mrk_delivery.events import Fact
from mrk_delivery.subscription import Subscription
from mrk_delivery.tx import Tx
from mrk_routing.domain.assign import Rules
from mrk_routing.domain.national import NationalFact, hear
from mrk_routing.store import cases, early, families
from mrk_routing.store.publishing import publisher_of
from mrk_schemas.mirrors import MirrorAnswered, MirrorHandedOver
from mrk_schemas.registry import MIRRORS, types_of
from mrk_telemetry.logs import get_logger

GROUP = "routing.mirrors"

_HANDLES = frozenset({MirrorHandedOver.TYPE, MirrorAnswered.TYPE})


class Mirrors:
    """Applies batches of what the bridge says.

    Args:
        rules: the city's.
        clock: the domain's.
    """

    def __init__(self, rules: Rules, clock: Clock) -> None:
        self._rules = rules
        self._clock = clock

    def subscription(self) -> Subscription:
        """The contract of this consumer; where the national copy itself stands is no case's."""
        return Subscription(
            group=GROUP,
            topics=(MIRRORS,),
            handles=_HANDLES,
            ignores=types_of(MIRRORS) - _HANDLES,
            kin=families.kin_of_facts,
            apply=self,
        )

    async def __call__(self, tx: Tx, facts: Sequence[Fact]) -> None:
        """Apply a batch; a fact whose report has not arrived yet waits for it."""
        now = self._clock.now()
        family = await families.gather(tx, {fact.key for fact in facts})
        heard: set[str] = set()
        waiting: list[tuple[str, int, NationalFact]] = []
        for fact in facts:
            file, body = family.files.get(fact.key), fact.body
            if tx.streams[fact.key].erased:
                continue
            if file is None:
                waiting.append((fact.key, fact.sequence, body))
                continue
            with publisher_of(tx, fact, now, "case.national", family) as publish:
                family.keep(publish.moved(hear(file, body, self._rules, now)))
            heard.add(fact.key)
        await early.keep(tx.conn, waiting)
        await cases.update(tx.conn, family.to_store(), self._rules.dues)
        if heard or waiting:
            tx.after_commit(
                lambda: get_logger().info("mirrors.heard", cases=len(heard), waiting=len(waiting))
            )
