"""A filing as it is queued: words and codes, and a reference to who reported. Pure."""

from typing import Any, Final

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from mrk_schemas.ids import ReporterRef
from mrk_spanlapor_bridge.domain.filing import Filing


@dataclass(frozen=True, slots=True)
class FilingTask:
    """What the worker needs to file.

    Attributes:
        reporter: resolved at the moment of filing; None files under the city's own account, as
            every anonymous report is.
    """

    filing: Filing
    reporter: ReporterRef | None


_TASK: Final = TypeAdapter(FilingTask)


def to_payload(task: FilingTask) -> dict[str, Any]:
    """As a work row keeps it."""
    payload: dict[str, Any] = _TASK.dump_python(task, mode="json")
    return payload


def of_payload(payload: dict[str, Any]) -> FilingTask:
    """The inverse of :func:`to_payload`.

    Raises:
        pydantic.ValidationError: the payload was blanked, or is none of ours.
    """
    return _TASK.validate_python(payload)
