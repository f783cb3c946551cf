"""The collector is off while a process loads, and on when it works."""

import gc
from collections.abc import Iterator

import pytest

from mrk_delivery import entry, start
from mrk_telemetry.runtime import settle_memory


@pytest.fixture(autouse=True)
def _collecting() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)
    gc.enable()


def test_what_is_loaded_is_not_collected(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def run(*_: object, **__: object) -> None:
        seen.append(gc.isenabled())

    monkeypatch.setattr(entry, "main", run)
    start.main("mrk_tiny", {"http": "mrk_tiny.roles:http"}, prefix="MRK_TINY_")
    assert seen == [False]
    settle_memory()
    assert gc.isenabled()


def test_a_job_collects_from_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    monkeypatch.setattr(entry, "_run_migrate", lambda *_: seen.append(gc.isenabled()))
    monkeypatch.setattr("sys.argv", ["mrk_tiny", "migrate"])
    start.main("mrk_tiny", {}, prefix="MRK_TINY_")
    assert seen == [True]
