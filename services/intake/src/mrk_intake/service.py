"""What the delivery library knows of intake."""

from typing import Final

from mrk_delivery.service import Service
from mrk_schemas.dead_letters import DeadLetterStored
from mrk_schemas.registry import MODELS, REPORTS

SERVICE: Final = Service("intake", "/medan/intake", "report", MODELS, DeadLetterStored)
ATTACHMENTS: Final = "attachments"
"""The queue of role `worker`: uploads to be examined."""
WRITES: Final = (REPORTS, SERVICE.dead_letter_topic)
"""Every topic that the relay sends to."""
