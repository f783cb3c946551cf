"""Group `intake.imports`: what began at SP4N-LAPOR! becomes a report, once."""

import os
from collections.abc import Sequence
from typing import Final

from mrk_city import CityPack
from mrk_delivery.errors import Poison
from mrk_delivery.events import Fact
from mrk_delivery.subscription import Subscription
from mrk_delivery.tx import Tx
from mrk_intake.domain.imported import (
    CHANNEL,
    ENTROPY_BYTES,
    ids_of,
    number_of,
    receive_import,
)
from mrk_intake.domain.keys import Keys
from mrk_intake.store import imports
from mrk_intake.store.accept import event_of
from mrk_intake.store.vault import Vault
from mrk_schemas.ids import TrackingNumber
from mrk_schemas.mirrors import ComplaintImported
from mrk_schemas.registry import IMPORTS
from mrk_telemetry.logs import get_logger

GROUP: Final = "intake.imports"


class Imports:
    """Applies imports.

    Args:
        pack: the city.
        keys: mint numbers, and name the import as a request is named.
        vault: seals the words, and what a hidden report's event must not carry.
    """

    def __init__(self, pack: CityPack, keys: Keys, vault: Vault) -> None:
        self._pack = pack
        self._keys = keys
        self._vault = vault

    def subscription(self) -> Subscription:
        """The contract of this consumer."""
        return Subscription(
            group=GROUP,
            topics=(IMPORTS,),
            handles=frozenset({ComplaintImported.TYPE}),
            apply=self,
            poll_ms=250,
        )

    async def __call__(self, tx: Tx, facts: Sequence[Fact]) -> None:
        """Take the imports of a batch; one whose report is known has no effect.

        Raises:
            Poison: an import under another's key.
        """
        for fact in facts:
            body: ComplaintImported = fact.body
            if fact.key != body.complaint_id:
                raise Poison("the record's key is not the complaint id in its body")
            if not tx.streams[fact.key].erased:
                await self._take(tx, fact, body)

    async def _take(self, tx: Tx, fact: Fact, body: ComplaintImported) -> None:
        number = await self._free_number(tx, body)
        ids = ids_of(body, os.urandom(ENTROPY_BYTES), number)
        if await imports.is_known(tx.conn, ids.complaint, body.national_id):
            return
        received = receive_import(body, self._pack, ids)
        sealed = self._vault.seal(ids.reporter, None, received.original)
        request = self._keys.request(CHANNEL, body.national_id)
        await imports.add(tx.conn, received, sealed, request)
        tx.emit(event_of(received, fact.traceparent))
        tx.after_commit(lambda: get_logger().info("report.imported", complaint=fact.key))

    async def _free_number(self, tx: Tx, body: ComplaintImported) -> TrackingNumber:
        attempt = 0
        number = number_of(body, self._keys.numbers)
        while await imports.is_taken(tx.conn, number):
            attempt += 1
            number = number_of(body, self._keys.numbers, attempt)
        return number
