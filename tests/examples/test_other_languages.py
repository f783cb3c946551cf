"""The examples in Java and JavaScript, compiled and run as an agency would, pass the kit."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import example_kit as kit
import pytest

from mrk_conformance.findings import Outcome
from mrk_local.kafka import KafkaBroker
from mrk_local.kafka_jars import default_cache
from mrk_local.testing import Kafka

ECJ = "org.eclipse.jdt:ecj:3.42.0"
PASSED = {Outcome.PASSED}


@pytest.fixture(scope="session")
def java_classes(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command that runs the compiled example: Eclipse's compiler, the packaged Java."""
    import jgo  # noqa: PLC0415  # costs 0.3 s

    kafka = KafkaBroker.prepare()
    path = ":".join(map(str, kafka.jars))
    compiler = jgo.build(ECJ, cache_dir=default_cache() / "jgo")
    ecj = ":".join(str(jar) for jar in Path(compiler.path).glob("*/*.jar"))
    classes = tmp_path_factory.mktemp("classes")
    compile_ = ["-cp", ecj, "org.eclipse.jdt.internal.compiler.batch.Main"]
    options = ["-source", "17", "-target", "17", "-proc:none", "-cp", path, "-d", str(classes)]
    source = str(kit.EXAMPLES / "java/Agency.java")
    subprocess.run([str(kafka.java), *compile_, *options, source], check=True, timeout=120)
    return [str(kafka.java), "-Xmx256m", "-cp", f"{classes}:{path}", "Agency"]


@pytest.fixture(scope="session")
def javascript(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command that runs the example, with the client that its package.json names."""
    folder = tmp_path_factory.mktemp("javascript")
    for file in ("agency.js", "package.json"):
        shutil.copy(kit.EXAMPLES / "javascript" / file, folder)
    install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run(install, cwd=folder, check=True, timeout=240)
    return ["node", str(folder / "agency.js")]


async def test_the_java_example_passes(
    kafka: Kafka, unique: Callable[[str], str], tmp_path: Path, java_classes: list[str]
) -> None:
    found = await kit.outcomes(kafka.bootstrap, unique, tmp_path, java_classes)
    assert set(found.values()) == PASSED, found


async def test_the_javascript_example_passes(
    kafka: Kafka, unique: Callable[[str], str], tmp_path: Path, javascript: list[str]
) -> None:
    found = await kit.outcomes(kafka.bootstrap, unique, tmp_path, javascript)
    assert set(found.values()) == PASSED, found
