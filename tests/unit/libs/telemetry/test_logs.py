import json
import logging
from collections.abc import Iterator
from string import ascii_lowercase

import pytest
import structlog

from mrk_telemetry.logs import LibraryLines, configure_logging, get_logger
from mrk_telemetry.traces import start_span

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def configured() -> Iterator[None]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    configure_logging("routing", "consumer")
    yield
    for handler in [h for h in root.handlers if h not in before]:
        root.removeHandler(handler)
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


@pytest.fixture
def lines() -> list[dict[str, object]]:
    return []


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def library(lines: list[dict[str, object]], clock: Clock) -> Iterator[logging.Logger]:
    handler = LibraryLines({"service": "s"}, clock, lambda text: lines.append(json.loads(text)))
    logger = logging.getLogger("aiokafka.test")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    yield logger
    logger.removeHandler(handler)


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.usefixtures("configured")
def test_a_line_is_one_json_object_with_the_fixed_fields(
    capsys: pytest.CaptureFixture[str],
) -> None:
    get_logger().info("case.assigned", agency="dlh")
    (line,) = told(capsys)
    assert str(line.pop("ts")).endswith("Z")
    assert line == {
        "level": "info", "event": "case.assigned", "service": "routing", "role": "consumer",
        "agency": "dlh",
    }  # fmt: skip


@pytest.mark.usefixtures("configured")
def test_the_level_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    get_logger().debug("quiet")
    assert told(capsys) == []


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="LOUD"):
        configure_logging("s", "r", "LOUD")


@pytest.mark.usefixtures("configured")
def test_a_current_span_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with start_span("batch", traceparent=PARENT):
        get_logger().info("x")
    assert told(capsys)[0]["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.usefixtures("configured")
def test_an_error_is_told_as_fields_without_what_it_quotes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    try:
        int("Budi Santoso")
    except ValueError:
        get_logger().exception("x.failed")
    text = capsys.readouterr().out
    assert "Budi" not in text
    error = json.loads(text)["error"]
    assert error["type"] == "builtins.ValueError"
    assert error["frames"][-1].endswith("test_an_error_is_told_as_fields_without_what_it_quotes")


@pytest.mark.usefixtures("configured")
def test_bytes_are_told_by_their_length(capsys: pytest.CaptureFixture[str]) -> None:
    get_logger().info("x", body=b"secret")
    assert told(capsys)[0]["body"] == "<6 bytes>"


@pytest.mark.usefixtures("configured")
def test_library_lines_go_through_the_same_renderer(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("aiokafka.cluster").warning("lag of %s", 12)
    (line,) = told(capsys)
    assert (line["event"], line["logger"], line["message"], line["role"]) == (
        "library.line", "aiokafka.cluster", "lag of 12", "consumer",
    )  # fmt: skip


@pytest.mark.usefixtures("configured")
def test_libraries_that_tell_urls_are_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("httpx").info("HTTP Request: GET http://x/contacts/1")
    logging.getLogger("uvicorn.access").warning("GET /reports/AB12")
    assert told(capsys) == []


def test_a_template_is_limited_and_the_rest_is_counted(
    library: logging.Logger, lines: list[dict[str, object]], clock: Clock
) -> None:
    for attempt in range(1000):
        library.warning("retry %s", attempt)
    assert len(lines) == 5
    clock.now += 10
    library.warning("retry %s", 1000)
    assert lines[5]["suppressed"] == 995


def test_other_templates_and_loggers_have_their_own_limit(
    library: logging.Logger, lines: list[dict[str, object]]
) -> None:
    for attempt in range(9):
        library.warning("one %s", attempt)
        library.warning("other %s", attempt)
        library.getChild("child").warning("one %s", attempt)
    assert len(lines) == 15


def test_a_line_formatted_by_its_caller_is_limited_without_its_numbers(
    library: logging.Logger, lines: list[dict[str, object]]
) -> None:
    for attempt in range(100):
        library.warning(f"retry {attempt}")  # as some libraries do
    assert len(lines) == 5


def test_the_end_tells_what_was_suppressed(
    library: logging.Logger, lines: list[dict[str, object]]
) -> None:
    for attempt in range(7):
        library.warning("retry %s", attempt)
    library.handlers[0].flush()
    library.handlers[0].flush()
    assert [(line["event"], line.get("suppressed")) for line in lines[5:]] == [
        ("library.suppressed", 2)
    ]


def test_memory_is_bounded_when_every_template_is_new(
    library: logging.Logger, lines: list[dict[str, object]]
) -> None:
    for first in ascii_lowercase:
        for second in ascii_lowercase:
            library.warning(first + second)
    handler = library.handlers[0]
    assert isinstance(handler, LibraryLines)
    assert len(handler._windows) == 512
    assert len(lines) == 26 * 26


def test_a_line_whose_arguments_do_not_fit_is_told_without_them(
    library: logging.Logger, lines: list[dict[str, object]]
) -> None:
    record = logging.LogRecord("aiokafka.test", logging.WARNING, "", 1, "%s %s", ("Budi",), None)
    library.handlers[0].emit(record)
    assert lines == [{"level": "error", "event": "library.unprintable", "logger": "aiokafka.test"}]


def test_personal_data_is_taken_out_of_library_lines(
    library: logging.Logger, lines: list[dict[str, object]]
) -> None:
    library.warning("no route for budi@contoh.id and %s", "081234567890")
    assert lines[0]["message"] == "no route for <address> and #"
