"""What a log line tells of another's error: where and what kind, never its words."""

from collections.abc import Mapping
from typing import Any, Final

from mrk_telemetry.scrub import error_fields

_WORDS: Final = frozenset({"message"})


def without_words(error: BaseException) -> dict[str, Any]:
    """An error as fields for a log line: type, frames, codes and causes without any message.

    A handler's error may quote the payload that it failed on, and quotation marks are no rule.
    """
    return _stripped(error_fields(error))


def _stripped(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: [_stripped(each) if isinstance(each, Mapping) else each for each in value]
        if isinstance(value, list)
        else value
        for name, value in fields.items()
        if name not in _WORDS
    }
