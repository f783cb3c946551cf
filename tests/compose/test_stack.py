"""The running composition: everything up as declared, and nothing reachable that should not be."""

import subprocess
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.timeout(1500)  # the first test may build every image

JOBS = {"topics-apply", "intake-migrate", "routing-migrate", "notify-migrate"}
JOBS |= {"spanlapor-bridge-migrate"}
CALL = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 3)"

MAY_CONNECT = """
SELECT has_database_privilege(:'owner', :'database', 'CONNECT'),
       rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls
FROM pg_roles WHERE rolname = :'owner';
"""


@pytest.fixture(scope="module")
def containers(stack: Any) -> dict[str, Any]:
    found: dict[str, Any] = stack.containers()
    return found


def test_jobs_ended_well_and_everything_else_is_healthy(containers: dict[str, Any]) -> None:
    states = {name: each["State"] for name, each in containers.items()}
    assert {name for name, state in states.items() if state["Status"] == "exited"} == JOBS
    assert {states[name]["ExitCode"] for name in JOBS} == {0}
    healthy = {name for name, each in states.items() if each.get("Health", {}).get("Status")}
    assert healthy == set(states) - JOBS
    assert {states[name]["Health"]["Status"] for name in healthy} == {"healthy"}
    assert {each["RestartCount"] for each in containers.values()} == {0}


def test_broker_database_and_contacts_have_no_port_on_the_host(
    containers: dict[str, Any],
) -> None:
    for name in ("kafka", "postgres", "intake-internal"):
        assert not any((containers[name]["NetworkSettings"]["Ports"] or {}).values())
    addresses = {
        binding["HostIp"]
        for each in containers.values()
        for bindings in (each["NetworkSettings"]["Ports"] or {}).values()
        for binding in bindings or []
    }
    assert addresses == {"127.0.0.1"}


@pytest.mark.parametrize(
    ("service", "host", "port", "reached"),
    [
        ("routing-relay", "kafka", "9092", True),
        ("routing-relay", "intake-internal", "8080", False),
        ("routing-relay", "mail-simulator", "2525", False),
        ("intake-relay", "routing-http", "8080", False),
        ("intake-http", "kafka", "9092", False),
        ("intake-http", "postgres", "5432", True),
        ("notify-worker", "intake-internal", "8080", True),
        ("notify-worker", "kafka", "9092", False),
        ("lapor-simulator", "postgres", "5432", False),
        ("lapor-simulator", "intake-internal", "8080", False),
    ],
)
def test_a_service_reaches_its_own_networks_alone(
    containers: dict[str, Any], service: str, host: str, port: str, *, reached: bool
) -> None:
    command = ["docker", "exec", containers[service]["Id"], "python", "-c", CALL, host, port]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode == 0) is reached, done.stderr


@pytest.mark.parametrize("owner", ["intake", "routing", "bridge", "notify"])
@pytest.mark.parametrize(
    "database", ["intake", "routing", "bridge", "notify", "postgres", "template1"]
)
def test_a_database_role_enters_its_own_database_alone(
    stack: Any, owner: str, database: str
) -> None:
    told = stack.run(
        *("exec", "-T", "postgres", "psql", "-U", "postgres", "-h", "/var/run/postgresql", "-qtA"),
        *("-v", f"owner={owner}", "-v", f"database={database}", "-f", "-"),
        said=MAY_CONNECT,
    )
    enters = "t" if owner == database else "f"
    assert told.strip() == f"{enters}|f"


@pytest.mark.parametrize("service", ["kafka", "postgres", "intake-http", "notify-worker"])
def test_a_container_is_not_root_and_cannot_write_its_image(
    containers: dict[str, Any], service: str
) -> None:
    command = ["docker", "exec", containers[service]["Id"], "bash", "-c", "id -u; : > /opt/x"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert int(done.stdout) > 0
    assert "Read-only file system" in done.stderr


def test_no_secret_stands_in_an_environment_or_a_log(
    stack: Any, containers: dict[str, Any]
) -> None:
    secrets = {path.name: path.read_text() for path in stack.secrets.glob("[a-z]*")}
    # The account at the simulated mail server stands in its login too; both are looked for.
    logs = stack.run("logs", "--no-color")
    assert "Kafka Server started" in logs  # the search sees what is there
    environments = {name: "\n".join(each["Config"]["Env"]) for name, each in containers.items()}
    for secret, value in secrets.items():
        assert value not in logs, secret
        assert [name for name, text in environments.items() if value in text] == [], secret


def test_residents_reach_intake(stack: Any, http: httpx.Client) -> None:
    answer = http.get(f"{stack.intake}/openapi.json")
    assert answer.status_code == 200
    assert "/api/v1/reports" in answer.json()["paths"]
