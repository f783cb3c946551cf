"""A library is loaded without what it would use where that is installed."""

import subprocess
import sys

import pytest

from mrk_telemetry.lean import without


def test_it_is_absent_within_the_block_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "this", raising=False)
    with pytest.raises(ImportError), without("this"):
        import this  # noqa: F401, PLC0415  # the one that nobody loads
    assert "this" not in sys.modules


def test_what_is_loaded_already_stays() -> None:
    loaded = sys.modules["subprocess"]
    with without("subprocess"):
        assert sys.modules["subprocess"] is loaded
    assert sys.modules["subprocess"] is loaded


def test_logs_load_no_console_and_it_can_be_loaded_after() -> None:
    asks = (
        "import sys, mrk_telemetry.logs\n"
        "print([m for m in sys.modules if m.split('.')[0] in ('rich', 'pygments')])\n"
        "import rich.console\n"
    )
    done = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
