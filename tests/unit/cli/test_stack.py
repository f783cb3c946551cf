import json
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from mrk_cli import secret_store
from mrk_cli.layout import Layout
from mrk_cli.stack import (
    PARTS,
    ROLES,
    SERVICES,
    SIMULATORS,
    Options,
    Plan,
    database_url_file,
    needs_kafka,
    role_command,
    role_environment,
    service_settings,
    simulator_command,
)

_INHERITED = {"PATH": "/bin"}


def _plan(tmp_path: Path, extra: Mapping[str, Mapping[str, str]] | None = None) -> Plan:
    ports = {part: 20_000 + place for place, part in enumerate(PARTS)}
    options = Options(tmp_path / "city", extra=extra or {})
    return Plan(Layout(tmp_path), ports, options, _INHERITED)


def test_every_role_of_the_architecture_is_there_once() -> None:
    assert len(ROLES) == 20
    assert set(SERVICES) == {"intake", "routing", "spanlapor-bridge", "notify"}
    assert len(set(PARTS)) == len(PARTS)
    assert set(ROLES) <= set(PARTS)


def test_roles_that_must_live_without_kafka_are_not_told_where_it_is(tmp_path: Path) -> None:
    for role in ROLES:
        environment = role_environment(_plan(tmp_path), role)
        told = [name for name in environment if name.endswith("KAFKA_BOOTSTRAP")]
        assert bool(told) == needs_kafka(role), role
    assert not needs_kafka("intake.http")
    assert not needs_kafka("intake.web")
    assert not needs_kafka("routing.clock")
    assert not needs_kafka("intake.staff")
    assert not needs_kafka("routing.desk")
    assert not needs_kafka("routing.api")
    assert not needs_kafka("routing.worker")
    assert needs_kafka("intake.relay")


def test_a_role_gets_its_own_services_settings_and_its_own_port(tmp_path: Path) -> None:
    plan = _plan(tmp_path)
    for role in ROLES:
        prefix = SERVICES[role.partition(".")[0]].prefix
        ours = {name for name in role_environment(plan, role) if name.startswith("MRK_")}
        assert all(name.startswith(prefix) for name in ours), role
        assert role_environment(plan, role)[f"{prefix}LISTEN"] == f"127.0.0.1:{plan.ports[role]}"


def test_no_secret_stands_in_an_environment_or_a_command(tmp_path: Path) -> None:
    plan = _plan(tmp_path)
    secret_store.ensure(plan.layout)
    values = set()
    for file in plan.layout.secrets.iterdir():
        text = file.read_text()
        values |= set(json.loads(text).values()) if text.startswith("{") else {text}
    assert len(values) > 8
    shown = [json.dumps(role_environment(plan, role)) for role in ROLES]
    shown += [json.dumps(service_settings(plan, spec)) for spec in SERVICES.values()]
    shown += [json.dumps(simulator_command(plan, name)) for name in SIMULATORS]
    for text in shown:
        assert not any(value in text for value in values)


def test_every_secret_file_that_a_setting_names_is_made_with_mode_600(tmp_path: Path) -> None:
    plan = _plan(tmp_path)
    secret_store.ensure(plan.layout)
    urls = {str(database_url_file(plan.layout, spec)) for spec in SERVICES.values()}
    for spec in SERVICES.values():
        for name, value in service_settings(plan, spec).items():
            if name.endswith("_FILE") and value not in urls:
                assert stat.S_IMODE(Path(value).stat().st_mode) == 0o600, name
    assert len(urls) == 4


def test_secrets_differ_between_stacks_and_stay_within_one(tmp_path: Path) -> None:
    one, other = Layout(tmp_path / "one"), Layout(tmp_path / "other")
    for layout in (one, other, one):
        secret_store.ensure(layout)
    first = {file.name: file.read_text() for file in one.secrets.iterdir()}
    secret_store.ensure(one)
    assert first == {file.name: file.read_text() for file in one.secrets.iterdir()}
    for file in other.secrets.iterdir():
        assert file.read_text() != first[file.name]


def test_both_sides_of_a_shared_secret_agree(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    secret_store.ensure(layout)
    read = {file.name: file.read_text() for file in layout.secrets.iterdir()}
    credentials = json.loads(read["intake_service_credentials"])
    assert credentials["notify"] == read["notify_internal_token"]
    assert credentials["spanlapor-bridge"] == read["bridge_internal_token"]
    lapor = json.loads(read["simulator_lapor_tokens"])
    assert lapor == {"bearer": read["lapor_auth"], "token": read["lapor_token"]}
    login = f"{read['smtp_username']}:{read['smtp_password']}"
    assert read["simulator_mail_login"] == login


def test_the_narrower_extra_setting_wins(tmp_path: Path) -> None:
    extra = {
        "": {"MRK_HOOKS_DIR": "/all"},
        "intake": {"MRK_INTAKE_LOG_LEVEL": "DEBUG", "MRK_INTAKE_CLOCK_MOVABLE": "false"},
        "intake.http": {"MRK_INTAKE_LOG_LEVEL": "ERROR"},
    }
    plan = _plan(tmp_path, extra)
    http, relay = (role_environment(plan, role) for role in ("intake.http", "intake.relay"))
    assert http["MRK_INTAKE_LOG_LEVEL"] == "ERROR"
    assert relay["MRK_INTAKE_LOG_LEVEL"] == "DEBUG"
    assert relay["MRK_INTAKE_CLOCK_MOVABLE"] == "false"
    assert role_environment(plan, "notify.worker")["MRK_HOOKS_DIR"] == "/all"
    assert "MRK_INTAKE_LOG_LEVEL" not in role_environment(plan, "notify.worker")


def test_a_role_runs_as_in_its_image(tmp_path: Path) -> None:
    assert role_command("spanlapor-bridge.worker")[1:] == ["-m", "mrk_spanlapor_bridge", "worker"]
    with pytest.raises(KeyError):
        role_command("nobody.http")
    assert "--token-file" in " ".join(simulator_command(_plan(tmp_path), "lapor"))
