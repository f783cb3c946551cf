"""Sending: contact, letter, channel, receipt."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, assert_never

from jinja2 import TemplateError

from mrk_delivery.clock import Clock
from mrk_delivery.tx import Tx
from mrk_delivery.work import (
    Done,
    Held,
    Job,
    LookUp,
    Outcome,
    Refused,
    Resend,
    Skipped,
    Told,
    Unknown,
)
from mrk_notify.domain.letter import Letters, message_id
from mrk_notify.domain.messages import RECEIPTS, Notice
from mrk_notify.gateways.channel import Channel, Deferred
from mrk_notify.gateways.contacts import Contacts, Nobody
from mrk_notify.store.receipts import erased, receipt
from mrk_schemas.deliveries import DeliveryStatus
from mrk_telemetry import metrics

GIVE_UP_AFTER: Final = timedelta(days=5)
"""RFC 5321, 4.5.4.1: at least four to five days. What fails on our side is tried for ever."""


class NotWrittenError(Exception):
    """A row that makes no letter: a defect of ours. Nothing has left."""

    log_safe = True


def _about(notice: Notice, payload: Mapping[str, Any]) -> str:
    """What makes one message: a fact, and a follower where it is for one of several."""
    about: str = payload["about"]
    return about if notice.follower is None else f"{about} {notice.follower}"


class Sender:
    """The handler of the queue of one channel.

    Args:
        sender: our own address; its domain stands in each Message-ID.
    """

    def __init__(
        self, contacts: Contacts, channel: Channel, letters: Letters, sender: str, clock: Clock
    ) -> None:
        self._contacts = contacts
        self._channel = channel
        self._letters = letters
        self._sender = sender
        self._clock = clock

    async def perform(self, job: Job) -> Outcome:
        """Find the contact, write the letter, send it.

        Raises:
            NotWrittenError: the row or its template is wrong; it waits for a better release.
            Transient: intake gave no answer that can be trusted.
        """
        try:
            notice = Notice.of_payload(job.payload)
        except (KeyError, ValueError) as error:
            raise NotWrittenError(f"the row of a {job.kind}: {type(error).__name__}") from None
        contact = await self._contacts.find(notice.reporter)
        if isinstance(contact, Nobody):
            return Skipped(contact.reason)
        if contact.email is None:
            return Skipped("no e-mail address")
        try:
            letter = self._letters.write(notice, contact.name, contact.follow_secret)
        except TemplateError as error:
            raise NotWrittenError(f"the template of {job.kind}: {type(error).__name__}") from None
        outcome = await self._channel.send(
            contact.email, letter, message_id(_about(notice, job.payload), self._sender)
        )
        if isinstance(outcome, Deferred) and self._clock.now() - job.created_at > GIVE_UP_AFTER:
            return Refused(f"put off for {GIVE_UP_AFTER.days} days: {outcome.reason}")
        return outcome

    def may_have_left(self, job: Job, error: Exception) -> bool:
        """Whether an unexpected error came after the letter was on its way, as far as we know."""
        del job
        return not isinstance(error, NotWrittenError)

    async def look_up(self, job: Job) -> LookUp:
        """A mail server can't be asked; twice, with one Message-ID, is better than not at all."""
        del job
        return Resend()

    async def settled(self, tx: Tx, job: Job, outcome: Told) -> None:
        """Publish the receipt of a message that came to its end."""
        now = self._clock.now()
        match outcome:
            case Done():
                status, reason = DeliveryStatus.SENT, "repeated" if job.repeated else None
            case Refused(why):
                status, reason = DeliveryStatus.FAILED, why
            case Skipped(why):
                status, reason = DeliveryStatus.SKIPPED, why
            case Unknown() | Held():
                return
            case _:
                assert_never(outcome)
        tx.emit(
            receipt(job.payload, status, key=job.key, attempts=job.attempts, reason=reason, now=now)
        )
        received = job.payload.get("received_at")
        if status is DeliveryStatus.SENT and received and job.kind in RECEIPTS:
            waited = (now - datetime.fromisoformat(received)).total_seconds()
            tx.after_commit(lambda: metrics.since_received("notified", waited))

    async def drained(self, tx: Tx, key: str) -> None:
        """The last message in flight of an erased report has ended."""
        tx.emit(await erased(tx, key, self._clock.now()))
