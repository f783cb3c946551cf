"""A way to reach a resident. E-mail is the one there is; others implement the same."""

from dataclasses import dataclass
from typing import Protocol

from mrk_delivery.work import Outcome, Retry
from mrk_notify.domain.letter import Letter


@dataclass(frozen=True, slots=True)
class Deferred(Retry):
    """The other side put off this one message: its recipient or its text, not us."""


class Channel(Protocol):
    """Takes a letter to one address."""

    async def send(self, address: str, letter: Letter, message_id: str) -> Outcome:
        """Send it. The address and the text are neither kept nor logged.

        Args:
            message_id: the same for every attempt at the same message.
        """
        ...
