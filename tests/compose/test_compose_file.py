"""docker-compose.yml as data: what no service may be without."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from mrk_local.kafka_jars import VERSION as KAFKA_VERSION

ROOT = Path(__file__).resolve().parents[2]
FILE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
ROLES = {
    "intake": {"http", "web", "staff", "internal", "relay", "consumer", "worker"},
    "routing": {"http", "desk", "api", "relay", "consumer", "clock", "worker"},
    "spanlapor-bridge": {"consumer", "worker", "relay"},
    "notify": {"consumer", "worker", "relay"},
}
OWN_ROLES = sorted(f"{service}-{role}" for service, roles in ROLES.items() for role in roles)
JOBS = ["topics-apply", *(f"{service}-migrate" for service in ROLES)]
INFRASTRUCTURE = ["kafka", "postgres"]
SIMULATORS = ["lapor-simulator", "mail-simulator", "login-simulator"]
INTERNAL = {"internal": True}
DATABASE = {"spanlapor-bridge": "bridge"}
every_service = pytest.mark.parametrize("name", sorted(SERVICES))


def test_every_role_and_job_is_a_service_of_its_own() -> None:
    assert set(SERVICES) == {*OWN_ROLES, *JOBS, *INFRASTRUCTURE, *SIMULATORS}
    for name in OWN_ROLES:
        assert SERVICES[name]["command"] == [name.rpartition("-")[2]]
        assert SERVICES[name]["image"].startswith(f"medan-rumah-kita/{name.rpartition('-')[0]}:")


def test_broker_and_database_are_the_official_images() -> None:
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{KAFKA_VERSION}"
    assert SERVICES["postgres"]["image"] == "postgres:18"


@every_service
def test_a_service_can_do_no_more_than_it_must(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"]


@every_service
def test_a_port_is_published_on_the_loopback_address_alone(name: str) -> None:
    ports = SERVICES[name].get("ports", [])
    assert all(port.startswith("127.0.0.1:") for port in ports)
    reachable = {
        "intake-http",
        "intake-web",
        "intake-staff",
        "routing-http",
        "routing-desk",
        "routing-api",
        *SIMULATORS,
    }
    assert bool(ports) == (name in reachable)


def test_only_the_networks_edge_and_outside_touch_the_world() -> None:
    open_ones = {name for name, network in FILE["networks"].items() if network != INTERNAL}
    assert open_ones == {"edge", "outside"}
    # Published ports answer; no connection can be opened from there.
    options = FILE["networks"]["edge"]["driver_opts"]
    assert options == {"com.docker.network.bridge.enable_ip_masquerade": "false"}


@pytest.mark.parametrize("service", ROLES)
def test_a_database_network_belongs_to_one_service(service: str) -> None:
    network = f"{DATABASE.get(service, service)}-database"
    members = {name for name in SERVICES if network in SERVICES[name]["networks"]}
    own = {f"{service}-{role}" for role in ROLES[service]} | {f"{service}-migrate", "postgres"}
    assert members - {"topics-apply"} == own
    assert FILE["networks"][network] == INTERNAL


def test_only_workers_simulators_and_the_login_can_call_out() -> None:
    outside = {name for name, service in SERVICES.items() if "outside" in service["networks"]}
    assert outside == {
        "spanlapor-bridge-worker", "notify-worker", "routing-worker", "intake-staff",
        "routing-desk", *SIMULATORS,
    }  # fmt: skip


@pytest.mark.parametrize(
    "role", ["intake-http", "intake-web", "intake-staff", "routing-desk", "routing-api"]
)
def test_who_accepts_reports_cannot_reach_the_broker(role: str) -> None:
    assert "kafka" not in SERVICES[role]["networks"]
    assert "kafka" not in SERVICES[role]["depends_on"]


@pytest.mark.parametrize("name", [*OWN_ROLES, *INFRASTRUCTURE, *SIMULATORS])
def test_what_stays_up_is_checked_and_started_again(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", OWN_ROLES)
def test_a_roles_check_asks_whether_it_is_ready(name: str) -> None:
    assert "GET /readyz " in SERVICES[name]["healthcheck"]["test"][-1]


@pytest.mark.parametrize("name", OWN_ROLES)
def test_a_role_waits_for_its_tables_and_its_topics(name: str) -> None:
    service, needs = SERVICES[name], SERVICES[name]["depends_on"]
    done = {"condition": "service_completed_successfully"}
    assert needs[f"{name.rpartition('-')[0]}-migrate"] == done
    if "kafka" in service["networks"]:
        assert needs["topics-apply"] == done


@pytest.mark.parametrize("name", JOBS)
def test_a_job_runs_once(name: str) -> None:
    assert SERVICES[name]["restart"] == "no"


def test_every_secret_is_a_file_without_a_default() -> None:
    for name, secret in FILE["secrets"].items():
        assert secret == {"file": f"${{MRK_SECRETS:-./secrets}}/{name}"}


@every_service
def test_no_secret_stands_in_the_environment(name: str) -> None:
    secret_words = ("PASSWORD", "TOKEN", "KEY", "AUTH", "CREDENTIALS", "DATABASE_URL")
    for variable, value in SERVICES[name].get("environment", {}).items():
        if any(word in variable for word in secret_words):
            assert variable.endswith("_FILE"), variable
            file = value.removeprefix("/run/secrets/")
            assert file in SERVICES[name]["secrets"]


@every_service
def test_a_service_mounts_no_secret_that_it_does_not_name(name: str) -> None:
    service = SERVICES[name]
    named = f"{service.get('environment')} {service.get('command')}"
    inits = {f"{database}_database_password" for database in ("intake", "routing", "bridge")}
    inits |= {"notify_database_password"}
    for secret in service.get("secrets", []):
        assert f"/run/secrets/{secret}" in named or (name == "postgres" and secret in inits)


@pytest.mark.parametrize("name", OWN_ROLES)
def test_a_role_holds_the_database_of_its_own_service_alone(name: str) -> None:
    service = name.rpartition("-")[0]
    own = DATABASE.get(service, service)
    urls = {secret for secret in SERVICES[name]["secrets"] if secret.endswith("_database_url")}
    assert urls == {f"{own}_database_url"}
