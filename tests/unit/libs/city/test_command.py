import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from mrk_city.command import main, run_check

Edit = Callable[[str, str, str], Path]


def test_a_sound_pack_exits_0(medan: Path) -> None:
    out = io.StringIO()
    assert run_check(medan, as_json=False, out=out) == 0
    assert out.getvalue() == f"{medan}: the pack is sound\n"


def test_problems_exit_1_with_file_line_and_mend(edit: Edit) -> None:
    folder = edit("city.yaml", "Asia/Jakarta", "Nowhere")
    out = io.StringIO()
    assert run_check(folder, as_json=False, out=out) == 1
    assert out.getvalue() == (
        f"{folder}/city.yaml:5: 'Nowhere' is no time zone — use an IANA name such as Asia/Jakarta\n"
    )


def test_json_is_for_machines(edit: Edit) -> None:
    folder = edit("city.yaml", "Asia/Jakarta", "Nowhere")
    out = io.StringIO()
    assert run_check(folder, as_json=True, out=out) == 1
    (problem,) = json.loads(out.getvalue())
    assert problem == {
        "file": "city.yaml",
        "line": 5,
        "message": "'Nowhere' is no time zone",
        "mend": "use an IANA name such as Asia/Jakarta",
        "severity": "problem",
    }


def test_wrong_words_exit_2() -> None:
    assert main([]) == 2
    assert main(["check"]) == 2


def test_it_runs_as_a_module_and_loads_nothing_heavy(medan: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "mrk_city", "check", str(medan)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, f"{medan}: the pack is sound\n")
    imported = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert "yaml" in imported
    assert not imported & {"pydantic", "holidays", "mrk_schemas"}
