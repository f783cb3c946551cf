"""What the supervisor tells: values, so that a console, a log and a test read the same."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a notice says."""

    STEP_BEGUN = "step.begun"
    STEP_TOLD = "step.told"
    STEP_DONE = "step.done"
    ROLE_STARTED = "role.started"
    ROLE_READY = "role.ready"
    ROLE_DIED = "role.died"
    ROLE_REFUSED = "role.refused"
    STACK_READY = "stack.ready"
    STACK_FAILED = "stack.failed"
    STACK_STOPPING = "stack.stopping"
    STACK_STOPPED = "stack.stopped"


@dataclass(frozen=True)
class Notice:
    """One thing that happened.

    Args:
        kind: what.
        subject: to which step or role ("Kafka", "intake.http").
        text: more, for a person.
        facts: more, for a program (exit code, seconds until the restart).
    """

    kind: Kind
    subject: str = ""
    text: str = ""
    facts: dict[str, float | int | str | None] = field(default_factory=dict)

    def line(self) -> str:
        """As one line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def of_line(cls, line: str) -> "Notice":
        """The notice that `line` wrote."""
        found = json.loads(line)
        return cls(Kind(found["kind"]), found["subject"], found["text"], found["facts"])


Tell = Callable[[Notice], None]
