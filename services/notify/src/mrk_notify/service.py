"""What the delivery library knows of notify."""

from typing import Final

from mrk_delivery.service import Service
from mrk_schemas.dead_letters import DeadLetterStored
from mrk_schemas.registry import DELIVERIES, MODELS

SERVICE: Final = Service("notify", "/medan/notify", "delivery", MODELS, DeadLetterStored)
WRITES: Final = (DELIVERIES, SERVICE.dead_letter_topic)
"""Every topic that the relay sends to."""
QUEUE: Final = "email"
"""The work queue of the one channel that there is; another channel brings a queue of its own."""
