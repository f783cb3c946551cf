"""What the delivery library knows of the bridge."""

from typing import Final

from mrk_delivery.service import Service
from mrk_schemas.dead_letters import DeadLetterStored
from mrk_schemas.registry import MIRRORS, MODELS

SERVICE: Final = Service("spanlapor-bridge", "/medan/spanlapor-bridge", "mirror", MODELS,
                         DeadLetterStored)  # fmt: skip
WRITES: Final = (MIRRORS, SERVICE.dead_letter_topic)
"""Every topic that the relay sends to."""
QUEUE: Final = "lapor"
FILE: Final = "file"
FOLLOW_UP: Final = "follow-up"
