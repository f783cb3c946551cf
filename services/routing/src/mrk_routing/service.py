"""What the delivery library knows of routing."""

from collections.abc import Iterable
from typing import Final

from mrk_delivery.service import Service
from mrk_schemas.dead_letters import DeadLetterStored
from mrk_schemas.registry import CASES, MODELS, inbox_of

SERVICE: Final = Service("routing", "/medan/routing", "case", MODELS, DeadLetterStored)


def writes(agencies: Iterable[str]) -> tuple[str, ...]:
    """Every topic that the relay sends to, in a city with these agencies."""
    return (CASES, SERVICE.dead_letter_topic, *sorted(map(inbox_of, agencies)))
