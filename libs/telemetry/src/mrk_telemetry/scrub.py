"""What may be told of an error or of a library's line: never a payload, never personal data."""

import re
import traceback
from collections.abc import Iterator
from typing import Final

MAX_TEXT: Final = 240
MAX_FRAMES: Final = 12
MAX_CAUSES: Final = 4

_QUOTED: Final = re.compile(r"""'[^']*'|"[^"]*"|`[^`]*`""")
_ADDRESS: Final = re.compile(r"[^\s<>()\[\],;:]+@[^\s<>()\[\],;:]+")
_LONG_NUMBER: Final = re.compile(r"\+?\d(?:[\s.-]?\d){8,}")


def without_personal_data(text: str) -> str:
    """The first line of `text`, shortened, without e-mail addresses and numbers of 9+ digits."""
    first = text.partition("\n")[0]
    return _LONG_NUMBER.sub("#", _ADDRESS.sub("<address>", first))[:MAX_TEXT]


def without_payload(text: str) -> str:
    """As `without_personal_data`, and without anything quoted: that is where values stand."""
    return without_personal_data(_QUOTED.sub("<…>", text.partition("\n")[0]))


def error_fields(error: BaseException) -> dict[str, object]:
    """An exception as fields for a log line.

    Args:
        error: any exception. One whose class sets `log_safe = True` vouches that its message
            holds no payload; its first line is kept as it is.

    Returns:
        `type`, `message` (scrubbed), `frames` (innermost last, `file:line function`, without
        locals or source), and where there are any: `sqlstate` with the table and constraint,
        `fields` (a validation's places and kinds), `errno`, `caused_by` (a list of the same).
    """
    fields = _one(error)
    causes = [_one(cause) for cause in _causes(error)]
    if causes:
        fields["caused_by"] = causes
    return fields


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen = {id(error)}
    current: BaseException | None = error
    for _ in range(MAX_CAUSES):
        if current is None:
            return
        current = current.__cause__ or (
            None if current.__suppress_context__ else current.__context__
        )
        if current is None or id(current) in seen:
            return
        seen.add(id(current))
        yield current


def _one(error: BaseException) -> dict[str, object]:
    kind = type(error)
    fields: dict[str, object] = {"type": f"{kind.__module__}.{kind.__qualname__}"}
    fields |= _message(error)
    frames = traceback.extract_tb(error.__traceback__)[-MAX_FRAMES:]
    if frames:
        fields["frames"] = [f"{_short(f.filename)}:{f.lineno} {f.name}" for f in frames]
    if isinstance(error, BaseExceptionGroup):
        fields["group"] = [_one(each) for each in error.exceptions[:MAX_CAUSES]]
    return fields


def _message(error: BaseException) -> dict[str, object]:
    if getattr(type(error), "log_safe", False):
        return {"message": str(error).partition("\n")[0][:MAX_TEXT]}
    sqlstate = getattr(error, "sqlstate", None)
    if isinstance(sqlstate, str):  # a server's error: its message and detail quote row values
        told = {"sqlstate": sqlstate}
        for name in ("table_name", "column_name", "constraint_name"):
            value = getattr(error, name, None)
            if isinstance(value, str):
                told[name] = value
        return dict(told)
    if type(error).__name__ == "ValidationError" and callable(getattr(error, "errors", None)):
        # pydantic's text quotes the input; places and kinds are enough to find the cause
        problems = error.errors(include_url=False, include_context=False, include_input=False)  # type: ignore[attr-defined]  # duck-typed: pydantic must not be imported for it
        return {"fields": [f"{_place(p['loc'])}: {p['type']}" for p in problems[:20]]}
    if isinstance(error, OSError) and error.errno is not None:
        return {"errno": error.errno, "message": without_payload(error.strerror or "")}
    return {"message": without_payload(str(error))}


def _place(loc: tuple[int | str, ...]) -> str:
    # a place may be a key that the sender chose: numbers and addresses are scrubbed there too
    return without_personal_data(".".join(str(part) for part in loc))


def _short(path: str) -> str:
    for marker in ("/site-packages/", "/src/", "/lib/python"):
        head, found, tail = path.rpartition(marker)
        if found and head:
            return tail
    return path.rpartition("/")[2]
