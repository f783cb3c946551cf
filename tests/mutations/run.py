"""Plants one mistake at a time in a copy of libs/delivery; the test that it names must turn red.

`run.py [WORD …]` runs only mutations whose name holds a word. Exit code 1: a mistake that no test
saw, or a test that fails without any. Nothing of the checkout is changed.
"""

import contextlib
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Final

import yaml

from mrk_local import keeper

ROOT: Final = Path(__file__).parents[2]
PACKAGE: Final = ROOT / "libs/delivery/src/mrk_delivery"
LEAST: Final = 15
AT_ONCE: Final = 4
"""More than a small machine has cores: most of these tests wait: for a lease, a session, a poll."""
LIMIT_S: Final = 150
_STRANGER: Final = 97
_FAILED: Final = 1
# The installed package is an editable one: only its place proves that the copy was tested. As a
# worker of a run, pytest uses the servers of `MRK_TEST_RUN` and leaves them to their owner.
_PLUGIN: Final = f"""
import os, pytest, mrk_delivery.pipeline as tested

@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    config.workerinput = {{"workerid": os.environ["PYTEST_XDIST_WORKER"]}}
    if not tested.__file__.startswith(os.environ["MRK_MUTATED"]):
        pytest.exit(f"not the copy: {{tested.__file__}}", returncode={_STRANGER})
"""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One mistake: `find` becomes `replace`, and `test` must fail."""

    name: str
    file: str
    find: str
    replace: str
    test: str

    def plant(self, package: Path) -> None:
        """Change the copy.

        Raises:
            SystemExit: the line is not there exactly once; the table must follow the code.
        """
        path = package / self.file
        text = path.read_text()
        if text.count(self.find) != 1 or "\n" in self.find + self.replace:
            raise SystemExit(
                f"{self.name}: its line stands {text.count(self.find)} times in {self.file},"
                " once is wanted; mend tests/mutations/mutations.yaml"
            )
        path.write_text(text.replace(self.find, self.replace))


@dataclass(frozen=True, slots=True)
class Run:
    """How a pytest process ended."""

    code: int
    seconds: float
    output: str

    @property
    def red(self) -> bool:
        """A test failed: not an error of setup, collection or pytest."""
        return self.code == _FAILED and bool(re.search(r"\b\d+ failed", self.output))


@contextlib.contextmanager
def servers() -> Iterator[None]:
    """One broker and one database for all runs of pytest; the first that needs one starts it."""
    folder = Path(tempfile.mkdtemp(prefix="mrk-mutations-"))
    os.environ["MRK_TEST_RUN"] = str(folder)
    os.environ["MRK_TEST_OWNER"] = str(os.getpid())
    try:
        yield
    finally:
        for service in ("kafka", "postgres"):
            keeper.release(folder / service)
        shutil.rmtree(folder)


def copied(folder: Path) -> Path:
    """A copy of the package in the folder, with the plugin that proves its use."""
    target = folder / PACKAGE.name
    shutil.copytree(PACKAGE, target, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "mutated_plugin.py").write_text(_PLUGIN)
    return target


def tested(folder: Path, tests: Sequence[str], *, limit_s: float) -> Run:
    """Run tests with the folder's package before the installed one."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MRK_MUTATED": str(folder),
        "PYTEST_XDIST_WORKER": f"m{secrets.token_hex(3)}",  # databases of its own
    }
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "mutated_plugin",
        "-p",
        "no:cacheprovider",
    ]
    began = monotonic()
    ended = subprocess.run(
        [*command, "--no-header", "--tb=line", "--timeout", str(limit_s), *tests],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Run(ended.returncode, monotonic() - began, ended.stdout)


def tried(mutation: Mutation) -> Run:
    """Plant one mistake in a fresh copy and run its test."""
    with tempfile.TemporaryDirectory(prefix="mrk-mutation-") as name:
        folder = Path(name).resolve()
        mutation.plant(copied(folder))
        return tested(folder, [mutation.test], limit_s=LIMIT_S)


def unchanged(tests: Sequence[str]) -> Run:
    """Run tests on a copy without any mistake."""
    with tempfile.TemporaryDirectory(prefix="mrk-mutation-") as name:
        folder = Path(name).resolve()
        copied(folder)
        return tested(folder, tests, limit_s=LIMIT_S)


def baseline(mutations: Sequence[Mutation]) -> bool:
    """Every named test passes on an unchanged copy; every mistake finds its line."""
    tests = sorted({mutation.test for mutation in mutations})
    shares = [share for start in range(AT_ONCE) if (share := tests[start::AT_ONCE])]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs = list(pool.map(unchanged, shares))
    codes, longest = [run.code for run in runs], max(run.seconds for run in runs)
    print(f"without any mistake: {len(tests)} tests, exit {codes}, {longest:.0f} s", flush=True)
    for run in runs:
        if run.code:
            print(run.output)
    return not any(codes)


def main(words: Sequence[str]) -> int:
    """Read the table, see that it fits the code, and run it."""
    table = yaml.safe_load(Path(__file__).with_name("mutations.yaml").read_text())["mutations"]
    every = [Mutation(**row) for row in table]
    if len(every) < LEAST:
        print(f"{len(every)} mutations; at least {LEAST} are wanted")
        return 1
    chosen = [m for m in every if not words or any(word in m.name for word in words)]
    for mutation in chosen:  # before minutes are spent
        with tempfile.TemporaryDirectory(prefix="mrk-mutation-") as name:
            mutation.plant(copied(Path(name)))
    with servers():
        return tell(chosen)


def tell(chosen: Sequence[Mutation]) -> int:
    """Run the chosen ones, a line each; returns the exit code."""
    if not baseline(chosen):
        return 1
    survivors = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for mutation, run in zip(chosen, pool.map(tried, chosen), strict=True):
            survivors += not run.red
            verdict = "red" if run.red else f"SURVIVED (exit {run.code})"
            name = mutation.test.rpartition("::")[2]
            print(f"{verdict:<10} {run.seconds:4.0f} s  {mutation.name:<48} {name}", flush=True)
            if not run.red:
                print(run.output[-3000:])
    print(f"{len(chosen) - survivors} of {len(chosen)} mistakes were seen")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
