"""The tree's own rules: what CONTRIBUTING.md promises of files and folders."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
LONGEST = 400
"""Lines of a source file; above 300 a second thing is looked for, above this it is refused."""
TRACKED = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    if name and (ROOT / name).is_file()
]
PACKAGES = sorted(
    file.parent for file in TRACKED if file.name == "pyproject.toml" and file.parent != ROOT
)
SERVICES = sorted(folder for folder in PACKAGES if folder.parent.name == "services")
SOURCES = [f for f in TRACKED if f.suffix == ".py" and "src" in f.relative_to(ROOT).parts]
ROLE_JOBS = {"migrate", "topics-apply"}


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_the_tree_is_found() -> None:
    assert len(SERVICES) == 4
    assert len(PACKAGES) >= 12
    assert len(SOURCES) > 150


def test_no_source_file_is_too_long_to_be_seen_whole() -> None:
    lengths = {named(file): len(file.read_text().splitlines()) for file in SOURCES}
    assert {name: n for name, n in lengths.items() if n > LONGEST} == {}


@pytest.mark.parametrize("package", PACKAGES, ids=named)
def test_a_folder_its_distribution_and_its_import_have_one_name(package: Path) -> None:
    project = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    name = package.name
    assert project["name"] == f"mrk-{name}"
    assert (package / "src" / f"mrk_{name.replace('-', '_')}" / "__init__.py").is_file()
    assert project["requires-python"].startswith(">=3.11")


@pytest.mark.parametrize("package", PACKAGES, ids=named)
def test_a_package_has_tests(package: Path) -> None:
    kinds = {"libs": "libs/", "services": "services/", "deploy": ""}
    below = kinds.get(package.parent.name, "")
    folders = [ROOT / "tests/unit" / below / package.name]
    folders += [ROOT / f"tests/{kind}" / package.name for kind in ("contract", "integration")]
    assert [folder for folder in folders if list(folder.glob("test_*.py"))]


@pytest.mark.parametrize("service", SERVICES, ids=named)
def test_a_service_has_its_parts(service: Path) -> None:
    package = service / "src" / f"mrk_{service.name.replace('-', '_')}"
    for part in ("Dockerfile", "migrations/versions"):
        assert (service / part).exists(), part
    for part in ("__main__.py", "roles.py", "settings.py", "domain/__init__.py", "store"):
        assert (package / part).exists(), part
    allowed = {"domain", "http", "consumers", "workers", "gateways", "store", "templates"}
    folders = {f.name for f in package.iterdir() if f.is_dir() and f.name != "__pycache__"}
    assert folders <= allowed


@pytest.mark.parametrize("service", SERVICES, ids=named)
def test_every_role_runs_in_compose(service: Path) -> None:
    package = service / "src" / f"mrk_{service.name.replace('-', '_')}"
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    roles = re.findall(r'"([a-z]+)": "mrk_\w+\.roles:', (package / "__main__.py").read_text())
    assert roles
    running = {name for name in compose if name.startswith(f"{service.name}-")}
    assert {f"{service.name}-{role}" for role in roles} == running - {
        f"{service.name}-{job}" for job in ROLE_JOBS
    }


def test_no_error_is_swallowed() -> None:
    wrong = [
        f"{named(file)}:{node.lineno}"
        for file in SOURCES
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or all(isinstance(each, ast.Pass) for each in node.body))
    ]
    assert wrong == []


def test_domain_asks_nobody_and_waits_for_nothing() -> None:
    wrong = []
    asks = {"datetime.now", "datetime.utcnow", "time.time", "time.monotonic", "uuid4", "uuid.uuid4"}
    for file in (f for f in SOURCES if "domain" in f.parts):
        for node in ast.walk(ast.parse(file.read_text())):
            waits = isinstance(node, ast.AsyncFunctionDef | ast.Await)
            if waits or (isinstance(node, ast.Call) and ast.unparse(node.func) in asks):
                wrong.append(f"{named(file)}:{node.lineno}")  # type: ignore[attr-defined]
    assert wrong == []


def test_no_secret_and_no_address_has_a_default() -> None:
    """A field that holds a secret, or says where something is, must be given or be absent."""
    wrong = []
    telling = re.compile(r"(_url|_host|_port|_key|_token|_auth|password|secret|listen|bootstrap)$")
    for file in (f for f in SOURCES if f.name == "settings.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
                continue
            secret = "SecretStr" in ast.unparse(node.annotation)
            if (secret or telling.search(node.target.id)) and _default(node) not in {None, "None"}:
                wrong.append(f"{named(file)}:{node.lineno} {node.target.id}")
    assert wrong == []


def _default(node: ast.AnnAssign) -> str | None:
    if node.value is None:
        return None
    if isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "Field":
        given = {word.arg: ast.unparse(word.value) for word in node.value.keywords}
        if node.value.args:
            return ast.unparse(node.value.args[0])
        return given.get("default")
    return ast.unparse(node.value)


def test_registries_are_named_in_the_lock_alone() -> None:
    """Whoever uses a mirror sets it for their tools; the project names none."""
    pattern = re.compile(
        r"https?://[^\s\"')]*(pypi|pythonhosted|maven|artifactory|nexus)[^\s\"')]*"
    )
    wrong = {
        named(file): found.group()
        for file in TRACKED
        if file.name != "uv.lock"
        and file.suffix in {".py", ".toml", ".md", ".yml", ".yaml", ".sh", ""}
        and file.resolve() != Path(__file__).resolve()
        and (found := pattern.search(file.read_text(errors="replace")))
    }
    assert wrong == {}
    lock = (ROOT / "uv.lock").read_text()
    hosts = set(re.findall(r'(?:registry|url) = "https?://([^/"]+)', lock))
    assert hosts <= {"pypi.org", "files.pythonhosted.org"}


def test_no_machine_path_stands_in_the_tree() -> None:
    pattern = re.compile(r"(?<![\w.])/(home|Users|root)/[a-z]")
    texts = {".py", ".toml", ".md", ".yml", ".yaml", ".json", ".sql", ".txt"}
    wrong = [
        named(file)
        for file in TRACKED
        if file.suffix in texts
        and file.resolve() != Path(__file__).resolve()
        and pattern.search(file.read_text(errors="replace"))
    ]
    assert wrong == []


def test_an_exception_from_a_rule_says_why() -> None:
    bare = re.compile(r"#\s*(noqa(?!: [A-Z0-9, ]+ +# \w)|type: ignore(?!\[[\w-]+(, ?[\w-]+)*\]))")
    wrong = [
        f"{named(file)}:{number}"
        for file in SOURCES
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if bare.search(line)
    ]
    assert wrong == []


def test_nothing_is_left_to_do_later() -> None:
    mark = re.compile(r"#.*\b(TODO|FIXME|XXX|HACK)\b")
    assert [named(f) for f in SOURCES if mark.search(f.read_text())] == []


def test_no_test_is_skipped() -> None:
    mark = re.compile(r"pytest\.(skip|xfail|importorskip)\(|mark\.(skip|skipif|xfail)\b")
    tests = [f for f in TRACKED if f.suffix == ".py" and "tests" in f.relative_to(ROOT).parts]
    assert [
        named(f) for f in tests if f.name != "test_tree.py" and mark.search(f.read_text())
    ] == []


def test_links_in_the_documents_lead_somewhere() -> None:
    link = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
    wrong = [
        f"{named(file)}: {target}"
        for file in TRACKED
        if file.suffix == ".md"
        for target in link.findall(file.read_text())
        if "://" not in target and not (file.parent / target).exists()
    ]
    assert wrong == []


def test_every_planted_mistake_finds_its_line() -> None:
    table = yaml.safe_load((ROOT / "tests/mutations/mutations.yaml").read_text())["mutations"]
    package = ROOT / "libs/delivery/src/mrk_delivery"
    lines = {m["name"]: (package / m["file"]).read_text().count(m["find"]) for m in table}
    assert {name: count for name, count in lines.items() if count != 1} == {}
