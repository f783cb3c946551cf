"""JSON lines on stdout: one object a line, fixed event names, ids, never payloads.

structlog's loggers and the standard library's (aiokafka, uvicorn, asyncio, faststream) share one
renderer. Lines of the standard library are limited per logger and template, because aiokafka
writes thousands of retry lines while a broker restarts.
"""

import atexit
import json
import logging
import re
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, cast

from opentelemetry import trace

from mrk_telemetry.lean import without

with without("rich"):  # for a console that no role has: a fifth of a role's start
    import structlog
    from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

from mrk_telemetry.scrub import error_fields, without_payload, without_personal_data

LIBRARY_LINES: Final = 5
LIBRARY_WINDOW_S: Final = 10.0
_MAX_TEMPLATES: Final = 512
_DIGITS: Final = re.compile(r"\d+")

# These write request lines: raw paths and full URLs, where ids and more may stand.
_ONLY_WARNINGS: Final = ("uvicorn", "httpx", "httpcore", "urllib3", "opentelemetry")
_SILENT: Final = ("uvicorn.access",)

Sink = Callable[[str], None]


def get_logger() -> FilteringBoundLogger:
    """A logger whose calls look like `log.info("outbox.sent", rows=12)`: fixed name, then ids."""
    return cast("FilteringBoundLogger", structlog.get_logger())


def configure_logging(service: str, role: str, level: str = "INFO") -> None:
    """Send every log line of this process to stdout as JSON.

    Args:
        service: the deployable's name, on every line.
        role: the process's role, on every line.
        level: the least level that is written: DEBUG, INFO, WARNING or ERROR.

    Raises:
        ValueError: `level` is not a level's name.
    """
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise ValueError(f"{level!r} is no log level: use DEBUG, INFO, WARNING or ERROR")
    constant = {"service": service, "role": role}
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            lambda _logger, _name, line: _complete(line, constant),
            _render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=_StdoutLogger,
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, LibraryLines):
            root.removeHandler(handler)
            handler.close()
    handler = LibraryLines(constant)
    root.addHandler(handler)
    root.setLevel(max(number, logging.INFO))  # libraries' DEBUG lines hold payloads
    for name in _ONLY_WARNINGS:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in _SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    logging.captureWarnings(capture=True)
    atexit.register(handler.flush)


def _complete(line: EventDict, constant: Mapping[str, str]) -> EventDict:
    """Order the fixed fields first, add service, role and trace, and turn errors into fields."""
    whole: EventDict = {
        "ts": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": line.pop("level", "info"),
        "event": line.pop("event", ""),
        **constant,
    }
    span = trace.get_current_span().get_span_context()
    if span.is_valid:
        whole["trace_id"] = trace.format_trace_id(span.trace_id)
        whole["span_id"] = trace.format_span_id(span.span_id)
    error = _error(line.pop("exc_info", None))
    whole.update(line)
    if error is not None:
        whole["error"] = error_fields(error)
    return whole


def _error(given: object) -> BaseException | None:
    match given:
        case BaseException():
            return given
        case (_, BaseException() as error, _):
            return error
        case True:
            return sys.exc_info()[1]
        case _:
            return None


def _plain(value: object) -> object:
    if isinstance(value, BaseException):
        return error_fields(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"  # bytes are payload
    return str(value)


def _dumps(line: MutableMapping[str, object]) -> str:
    return json.dumps(line, default=_plain, ensure_ascii=False, separators=(",", ":"))


def _render(_logger: WrappedLogger, _name: str, line: EventDict) -> str:
    return _dumps(line)


def _write(text: str) -> None:
    # looked up at each line: a test or a supervisor may replace stdout
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class _StdoutLogger:
    """What structlog calls with the finished line."""

    def __init__(self, *_args: object) -> None:
        pass

    def msg(self, text: str) -> None:
        _write(text)

    debug = info = warning = warn = error = critical = fatal = exception = log = failure = msg


class LibraryLines(logging.Handler):
    """Standard-library records as JSON lines, at most some per logger and template and window.

    Args:
        constant: fields of every line (service, role).
        clock: monotonic seconds.
        sink: takes one finished line without its newline.
    """

    def __init__(
        self,
        constant: Mapping[str, str],
        clock: Callable[[], float] = time.monotonic,
        sink: Sink = _write,
    ) -> None:
        super().__init__()
        self._constant = constant
        self._clock = clock
        self._sink = sink
        self._windows: OrderedDict[tuple[str, str], _Window] = OrderedDict()

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, or count it as suppressed."""
        try:
            suppressed = self._admit((record.name, _template(record)))
            if suppressed is not None:
                self._sink(_dumps(self._line(record, suppressed)))
        except Exception:  # noqa: BLE001  # a log line must never break its caller: logging's rule
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        """Say that a record could not be rendered, without its arguments."""
        self._sink(
            _dumps({"level": "error", "event": "library.unprintable", "logger": record.name})
        )

    def flush(self) -> None:
        """Tell what was suppressed and not yet told."""
        for (name, template), window in self._windows.items():
            if window.suppressed:
                line: EventDict = {
                    "level": "info",
                    "event": "library.suppressed",
                    "logger": name,
                    "template": without_payload(template),
                    "suppressed": window.suppressed,
                }
                window.suppressed = 0
                self._sink(_dumps(_complete(line, self._constant)))

    def _admit(self, key: tuple[str, str]) -> int | None:
        """How many were suppressed before this one; None when this one is suppressed too."""
        now = self._clock()
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = _Window(now)
            if len(self._windows) > _MAX_TEMPLATES:
                self._windows.popitem(last=False)
        self._windows.move_to_end(key)
        before = 0
        if now - window.since >= LIBRARY_WINDOW_S:
            before, window.since, window.written, window.suppressed = window.suppressed, now, 0, 0
        if window.written >= LIBRARY_LINES:
            window.suppressed += 1
            return None
        window.written += 1
        return before

    def _line(self, record: logging.LogRecord, suppressed: int) -> EventDict:
        # asyncio names the failed task with the repr of its exception: that quotes values
        clean = without_payload if record.name == "asyncio" else without_personal_data
        line: EventDict = {
            "level": record.levelname.lower(),
            "event": "library.line",
            "logger": record.name,
            "message": clean(record.getMessage()),
        }
        if suppressed:
            line["suppressed"] = suppressed
        if record.exc_info:
            line["exc_info"] = cast(
                "tuple[type[BaseException], BaseException, TracebackType | None]", record.exc_info
            )
        return _complete(line, self._constant)


class _Window:
    """One template's lines since a moment."""

    __slots__ = ("since", "suppressed", "written")

    def __init__(self, since: float) -> None:
        self.since = since
        self.written = 0
        self.suppressed = 0


def _template(record: logging.LogRecord) -> str:
    text = str(record.msg)
    # without arguments the text was formatted by the caller: its numbers are not the template
    return text if record.args else _DIGITS.sub("#", text)[:200]
