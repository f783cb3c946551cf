"""deploy/compose/make-secrets: new values, never over old ones."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
MAKE = ROOT / "deploy" / "compose" / "make-secrets"


def make(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(MAKE), *words]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def read(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.name != ".gitignore"}


def test_every_secret_of_the_compose_file_is_made(tmp_path: Path) -> None:
    assert make("--simulators", str(tmp_path / "s")).returncode == 0
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    assert set(compose["secrets"]) <= set(read(tmp_path / "s"))


def test_what_others_issue_is_asked_for_and_not_invented(tmp_path: Path) -> None:
    done = make(str(tmp_path / "s"))
    issued = {"lapor_auth", "lapor_token", "smtp_username", "smtp_password"}
    assert not issued & set(read(tmp_path / "s"))
    assert all(name in done.stdout for name in issued)


def test_existing_secrets_are_never_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    make(str(folder))
    before = read(folder)
    again = make("--simulators", str(folder))
    assert again.returncode == 1
    assert "intake_vault_key" in again.stderr
    assert read(folder) == before


def test_one_remaining_file_is_enough_to_refuse(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    folder.mkdir()
    (folder / "intake_vault_key").write_text("kept")
    assert make(str(folder)).returncode == 1
    assert read(folder) == {"intake_vault_key": "kept"}


def test_no_value_is_shown_and_no_two_installations_share_one(tmp_path: Path) -> None:
    outputs = [make("--simulators", str(tmp_path / name)).stdout for name in ("a", "b")]
    first, second = read(tmp_path / "a"), read(tmp_path / "b")
    assert all(first[name] != second[name] for name in first)
    assert not any(value in output for value in first.values() for output in outputs)


def test_other_users_are_shut_out_and_git_ignores_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    make(str(folder))
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / ".gitignore").read_text() == "*\n"
    assert {path.stat().st_mode & 0o222 for path in folder.glob("[a-z]*")} == {0}


def test_both_sides_of_a_shared_secret_agree(tmp_path: Path) -> None:
    make("--simulators", str(tmp_path / "s"))
    made = read(tmp_path / "s")
    assert json.loads(made["intake_service_credentials"]) == {
        "notify": made["notify_internal_token"],
        "spanlapor-bridge": made["bridge_internal_token"],
        "routing": made["routing_internal_token"],
    }
    for name in ("intake", "routing", "bridge", "notify"):
        assert f":{made[f'{name}_database_password']}@" in made[f"{name}_database_url"]
    assert len(base64.b64decode(made["intake_vault_key"], validate=True)) == 32
    tokens = {"bearer": made["lapor_auth"], "token": made["lapor_token"]}
    assert json.loads(made["simulator_lapor_tokens"]) == tokens
