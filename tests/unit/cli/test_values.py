"""The supervisor's small decisions."""

import json
import os
from pathlib import Path

import pytest

from mrk_cli.console import _hidden
from mrk_cli.journey import table
from mrk_cli.layout import Layout
from mrk_cli.notices import Kind, Notice
from mrk_cli.preparation import Marks, digest
from mrk_cli.reasons import first_reason
from mrk_cli.role_process import Backoff, ending
from mrk_cli.samples import Sent
from mrk_cli.state import KafkaState, State, only_supervisor, require_running, running
from mrk_local.errors import LocalError
from mrk_local.processes import ProcessId


def _state(supervisor: ProcessId) -> State:
    return State(supervisor, "ready", KafkaState("127.0.0.1:1", "/log"), {"intake": "dsn"})


def _ourselves() -> ProcessId:
    found = ProcessId.of(os.getpid())
    assert found is not None
    return found


def test_the_back_off_doubles_up_to_its_cap() -> None:
    backoff = Backoff(first_s=0.5, cap_s=15)
    delays = [backoff.delay(deaths) for deaths in range(1, 9)]
    assert delays == [0.5, 1, 2, 4, 8, 15, 15, 15]
    assert backoff.delay(10_000) == 15


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "ended with code 0"), (78, "ended with code 78"), (-9, "ended by SIGKILL")],
)
def test_an_exit_code_is_told_in_words(code: int, words: str) -> None:
    assert ending(code) == words


def test_a_notice_survives_its_line() -> None:
    notice = Notice(
        Kind.ROLE_DIED, "intake.http", "ended\nby SIGKILL", {"code": -9, "again_s": 1.0}
    )
    assert "\n" not in notice.line()
    assert Notice.of_line(notice.line()) == notice


def test_the_reason_with_a_mend_is_shown_of_several() -> None:
    mend = LocalError("port 1 is taken", "choose another")
    group = BaseExceptionGroup("", [OSError(), BaseExceptionGroup("", [KeyError(), mend])])
    assert first_reason(group) is mend
    other = OSError()
    assert first_reason(BaseExceptionGroup("", [other])) is other


def test_a_mark_stands_for_one_value_only(tmp_path: Path) -> None:
    marks = Marks(tmp_path / "prepared.json")
    assert not marks.stands("intake", "a")
    marks.set("intake", "a")
    marks.set("notify", "b")
    assert marks.stands("intake", "a")
    assert not marks.stands("intake", "b")
    (tmp_path / "prepared.json").write_text("torn{")
    assert not marks.stands("intake", "a")


def test_a_digest_changes_with_content_and_facts(tmp_path: Path) -> None:
    file = tmp_path / "0001.py"
    file.write_text("one")
    first = digest([file], "cluster")
    assert digest([file], "cluster") == first
    assert digest([file], "other") != first
    file.write_text("two")
    assert digest([file], "cluster") != first


def test_a_state_counts_only_while_its_supervisor_lives(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    assert running(layout) is None
    state = _state(_ourselves())
    state.write(layout.state)
    assert running(layout) == state
    assert layout.state.stat().st_mode & 0o777 == 0o600
    stale = _state(ProcessId(os.getpid(), 1.0))  # the same id, given to another process since
    stale.write(layout.state)
    assert State.read(layout.state) == stale
    with pytest.raises(LocalError, match="no stack runs") as caught:
        require_running(layout)
    assert "make up" in caught.value.remedy


def test_a_torn_state_says_nothing(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    for text in ("", "{", "[]", json.dumps({"supervisor": {"pid": 1}})):
        layout.state.write_text(text)
        assert State.read(layout.state) is None


def test_one_supervisor_a_folder(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    with only_supervisor(layout):
        _state(_ourselves()).write(layout.state)
        with pytest.raises(LocalError, match=str(os.getpid())) as caught, only_supervisor(layout):
            pass
        assert "mrk down" in caught.value.remedy
    with only_supervisor(layout):
        pass


def test_a_shown_address_hides_its_password() -> None:
    shown = _hidden("postgresql://mrk_intake:pa%40ss@127.0.0.1:5432/mrk_intake")
    assert shown == "postgresql://mrk_intake@127.0.0.1:5432/mrk_intake"


def test_a_journey_shows_bahasa_indonesia_and_survives_odd_events() -> None:
    sent = [Sent("MDN-1", "/x", "Jalan berlubang " * 10), Sent("MDN-2", "/y", "Lampu mati")]
    events = [
        {"at": "2026-01-05T08:00:01Z", "type": "received", "text": {"id": "Diterima", "en": "R"}},
        {"at": "2026-01-05T08:00:02Z", "type": "assigned"},
    ]
    drawn = table(sent, {"MDN-1": {"events": events}})
    cells = [str(cell) for cell in drawn.columns[2].cells]
    assert cells == ["15:00:01 Diterima\n15:00:02 assigned", ""], "in Medan's time"
