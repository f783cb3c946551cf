"""Each service, installed with what it declares and nothing else, starts every role.

A service's image is that installation: its build takes the locked dependencies of the one
package and installs the workspace's own packages with `--no-deps`. Without any setting a role
ends with 78 and names what it lacks; it gets so far only when everything that it imports is there.
"""

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.timeout(1500)  # the first test may build every image

FILE = Path(__file__).resolve().parents[2] / "docker-compose.yml"
COMPOSE = yaml.safe_load(FILE.read_text(encoding="utf-8"))
COMMON = {"ENVIRONMENT", "DATABASE_URL", "LISTEN"}
EVENTS = COMMON | {"KAFKA_BOOTSTRAP"}
STORE = {"VAULT_KEY", "ATTACHMENTS_URL"}
STAFF = {
    "TRACKING_KEY", "PUBLIC_URL", "WEB_URL", "CITY_PACK", "STAFF_URL", "SESSION_KEY",
    "OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_ROLES_CLAIM",
}  # fmt: skip
DESK = {
    "CITY_PACK", "DESK_URL", "SESSION_KEY", "INTERNAL_URL", "INTERNAL_TOKEN",
    "OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_ROLES_CLAIM",
}  # fmt: skip
# Settings without a default, by role: what `docker-compose.yml` must give each.
SERVICES: dict[str, tuple[str, dict[str, set[str]]]] = {
    "intake": (
        "MRK_INTAKE_",
        {
            "http": COMMON | STORE | {"TRACKING_KEY", "PUBLIC_URL", "CITY_PACK"},
            "web": COMMON | STORE | {"TRACKING_KEY", "PUBLIC_URL", "WEB_URL", "CITY_PACK"},
            "staff": COMMON | STORE | STAFF,
            "internal": COMMON | STORE | {"SERVICE_CREDENTIALS"},
            "worker": COMMON | STORE,
            "relay": EVENTS,
            "consumer": EVENTS | {"VAULT_KEY", "TRACKING_KEY", "CITY_PACK"},
        },
    ),
    "routing": (
        "MRK_ROUTING_",
        {
            "http": COMMON,
            "desk": COMMON | DESK,
            "relay": EVENTS | {"CITY_PACK"},
            "consumer": EVENTS | {"CITY_PACK"},
            "clock": COMMON | {"CITY_PACK"},
            "api": COMMON | {"CITY_PACK", "API_URL", "TOKEN_KEY"},
            "worker": COMMON | {"WEBHOOK_KEY"},
        },
    ),
    "spanlapor-bridge": (
        "MRK_BRIDGE_",
        {
            "consumer": EVENTS,
            "worker": COMMON | {"INTERNAL_URL", "INTERNAL_TOKEN", "LAPOR_URL"},
            "relay": EVENTS,
        },
    ),
    "notify": (
        "MRK_NOTIFY_",
        {
            "consumer": EVENTS,
            "worker": COMMON | {"INTERNAL_URL", "INTERNAL_TOKEN", "SMTP_HOST", "SMTP_PORT"},
            "relay": EVENTS,
        },
    ),
}
OTHERS = """
import importlib.metadata, json, os, pathlib
names = {each.name for each in importlib.metadata.distributions()}
tools = ("gcc", "cc", "g++", "make", "uv")
folders = [pathlib.Path(folder) for folder in os.environ["PATH"].split(":")]
found = [tool for tool in tools if any((folder / tool).exists() for folder in folders)]
print(json.dumps({"packages": sorted(names), "tools": found, "uid": os.getuid()}))
"""
each_service = pytest.mark.parametrize("service", SERVICES)


def image(service: str) -> str:
    return f"medan-rumah-kita/{service}:local"


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = ["docker", "run", "--rm", "--network", "none", "--read-only", *words]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("service", "role"), [(name, role) for name, (_, roles) in SERVICES.items() for role in roles]
)
def test_a_role_alone_names_every_missing_setting(
    variables: Mapping[str, str], service: str, role: str
) -> None:
    assert variables
    ended = run(image(service), role)
    assert ended.returncode == 78, ended.stderr
    prefix, roles = SERVICES[service]
    named = set(re.findall(rf"^  {prefix}(\w+): missing$", ended.stderr, re.MULTILINE))
    assert named >= roles[role], ended.stderr
    composed = COMPOSE["services"][f"{service}-{role}"]["environment"]
    given = {name.removeprefix(prefix).removesuffix("_FILE") for name in composed}
    assert named <= given, "docker-compose.yml does not give what the role cannot do without"


@each_service
def test_an_image_holds_one_service_no_compiler_and_no_root(
    variables: Mapping[str, str], service: str
) -> None:
    assert variables
    told = run("--entrypoint", "python", image(service), "-c", OTHERS)
    assert told.returncode == 0, told.stderr
    facts = json.loads(told.stdout)
    assert f"mrk-{service}" in facts["packages"]
    unwanted = {f"mrk-{other}" for other in SERVICES if other != service}
    unwanted |= {"mrk-cli", "mrk-local", "mrk-simulators", "pytest", "ruff", "mypy"}
    assert not unwanted & set(facts["packages"])
    assert facts["tools"] == []
    assert facts["uid"] == 10001


@each_service
def test_an_image_stops_on_sigterm_and_carries_no_secret(
    variables: Mapping[str, str], service: str
) -> None:
    assert variables
    told = subprocess.run(
        ["docker", "image", "inspect", image(service)], check=True, capture_output=True, text=True
    )
    settings = json.loads(told.stdout)[0]["Config"]
    assert settings["StopSignal"] == "SIGTERM"
    assert settings["User"] == "10001:10001"
    assert not any(entry.startswith("MRK_") for entry in settings["Env"])
