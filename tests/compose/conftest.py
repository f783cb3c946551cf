"""The images of this checkout, and one run of docker-compose.yml with its simulators."""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from testcontainers.compose import DockerCompose

from mrk_local.ports import free_ports

ROOT = Path(__file__).resolve().parents[2]
SIMULATORS = ROOT / "deploy" / "compose" / "simulators.env"
# A cold start of everything took under 60 s on two cores.
JOURNEY_SECONDS = 120.0
# Without its own: nothing of a test may outlive the test run and reap others' containers.
os.environ["TESTCONTAINERS_RYUK_DISABLED"] = "true"


@dataclass(frozen=True)
class Stack:
    """A running composition: the command that drives it and where it listens."""

    compose: DockerCompose
    secrets: Path
    intake: str
    routing: str
    lapor: str
    mail: str

    def run(self, *words: str, said: str = "") -> str:
        """Run `docker compose WORDS` on it with `said` as its input; return its output."""
        command = [*self.compose.compose_command_property, *words]
        done = subprocess.run(
            command, cwd=ROOT, check=True, capture_output=True, text=True, input=said
        )
        return done.stdout

    def containers(self) -> dict[str, Mapping[str, Any]]:
        """What `docker inspect` says of each service's container, stopped ones too."""
        ids = self.run("ps", "--all", "--quiet").split()
        told = subprocess.run(
            ["docker", "inspect", *ids], check=True, capture_output=True, text=True
        ).stdout
        service = "com.docker.compose.service"
        return {each["Config"]["Labels"][service]: each for each in json.loads(told)}


@pytest.fixture(scope="session")
def eventually() -> Callable[..., Any]:
    """Asks again until the answer is truthy; the last answer stands in the failure."""

    def ask(question: Callable[[], Any], what: str, seconds: float = JOURNEY_SECONDS) -> Any:
        deadline = time.monotonic() + seconds
        while not (answer := question()):
            if time.monotonic() > deadline:
                pytest.fail(f"not within {seconds:.0f} s: {what}; last answer: {answer!r}")
            time.sleep(0.2)
        return answer

    return ask


@pytest.fixture(scope="session")
def variables() -> Iterator[Mapping[str, str]]:
    """Images exist and the engine runs; the variables that docker-compose.yml is run with."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "deploy" / "images")}

    def images(command: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "mrk_images", command],
            env=environment,
            stdout=subprocess.PIPE,
            check=False,
            text=True,
        )
        assert done.returncode == 0, "see the message above"
        return done.stdout

    prepared = json.loads(images("prepare"))
    yield prepared["variables"]
    if prepared["engine_started"]:
        images("release")


@pytest.fixture(scope="session")
def stack(
    variables: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """docker-compose.yml with profile `simulators`, its own secrets, ports and project name."""
    folder = tmp_path_factory.mktemp("compose")
    make_secrets = [sys.executable, str(ROOT / "deploy" / "compose" / "make-secrets")]
    subprocess.run([*make_secrets, "--simulators", str(folder / "secrets")], check=True)
    ports = ("INTAKE", "WEB", "STAFF", "DESK", "ROUTING", "LAPOR_SIMULATOR", "MAIL_SIMULATOR")
    login = free_ports(1)[0]  # its port is a part of the issuer's name
    own = {
        **variables,
        # Never the name that the file gives: someone's real installation may run here.
        "COMPOSE_PROJECT_NAME": f"mrk-test-{secrets.token_hex(4)}",
        "MRK_SECRETS": str(folder / "secrets"),
        **{f"MRK_{name}_PORT": "0" for name in ports},
        "MRK_LOGIN_SIMULATOR_PORT": str(login),
        "MRK_OIDC_ISSUER": f"http://login.localhost:{login}",
    }
    settings = folder / "run.env"
    settings.write_text("".join(f"{name}={value}\n" for name, value in own.items()))
    compose = DockerCompose(
        ROOT,
        compose_file_name="docker-compose.yml",
        env_file=[str(SIMULATORS), str(settings)],
        profiles=["simulators"],
    )
    try:
        try:
            compose.start()
        except subprocess.CalledProcessError:
            sys.stdout.write(compose.get_logs()[0])
            raise

        def url(service: str) -> str:
            return f"http://127.0.0.1:{compose.get_service_port(service, 8080)}"

        yield Stack(
            compose,
            folder / "secrets",
            url("intake-http"),
            url("routing-http"),
            url("lapor-simulator"),
            url("mail-simulator"),
        )
    finally:
        _end(compose)


def _end(compose: DockerCompose) -> None:
    """End it, volumes and all.

    Docker removes a network while it may still be letting go of the last container in it, and then
    refuses: what is left goes with the second call.
    """
    try:
        compose.stop()
    except subprocess.CalledProcessError:
        compose.stop()


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    """A client that waits at most 15 s for an answer."""
    with httpx.Client(timeout=15) as client:
        yield client
