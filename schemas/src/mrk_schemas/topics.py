"""The declared topics: ``schemas/topics/*.yaml``, expanded for a city's agencies and services."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

SERVICES = ("intake", "routing", "spanlapor-bridge", "notify")

_DAY_MS = 86_400_000


class Topic(BaseModel):
    """One topic, or a pattern with ``<code>`` or ``<service>`` that stands for several."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    meaning: str
    key: str
    partitions: int = Field(ge=1)
    retention_days: int = Field(ge=1)
    producers: tuple[str, ...]
    consumers: tuple[str, ...]

    @property
    def configs(self) -> dict[str, str]:
        """Kafka's settings of this topic.

        ``LogAppendTime``: under CreateTime a replayed old record is deleted within a minute.
        Never compacted: each event is a fact.
        """
        return {
            "cleanup.policy": "delete",
            "compression.type": "producer",
            "message.timestamp.type": "LogAppendTime",
            "retention.ms": str(self.retention_days * _DAY_MS),
            "segment.ms": str(_DAY_MS),
            "unclean.leader.election.enable": "false",
        }


def _folder() -> Path:
    packaged = Path(__file__).parent / "topics_data"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "topics"


@cache
def declared() -> tuple[Topic, ...]:
    """The topics as declared, patterns included.

    Raises:
        pydantic.ValidationError: a file says something that a topic doesn't have.
    """
    import yaml  # noqa: PLC0415  # roles that only name topics need no YAML

    found: list[Any] = []
    for file in sorted(_folder().glob("*.yaml")):
        found.extend(yaml.safe_load(file.read_text()))
    return tuple(Topic.model_validate(entry) for entry in found)


def expand(agencies: Iterable[str], services: Iterable[str] = SERVICES) -> tuple[Topic, ...]:
    """Every real topic of a city: patterns filled with its agencies' codes and the services."""
    codes, names = sorted(agencies), sorted(services)
    topics: list[Topic] = []
    for topic in declared():
        if "<code>" in topic.name:
            fill = [topic.name.replace("<code>", code) for code in codes]
        elif "<service>" in topic.name:
            fill = [topic.name.replace("<service>", service) for service in names]
        else:
            fill = [topic.name]
        topics.extend(topic.model_copy(update={"name": name}) for name in fill)
    return tuple(topics)
