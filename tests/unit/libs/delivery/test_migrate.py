from pathlib import Path

import pytest

from mrk_delivery.migrate import (
    MigrationError,
    Revision,
    head_of,
    migrations_folder,
    read_revisions,
)


def files(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text)
    return folder


def test_revisions_are_read_without_running_them(tmp_path: Path) -> None:
    files(
        tmp_path,
        a='revision = "0001"\ndown_revision = None\nraise SystemExit',
        b='revision: str = "0002"\ndown_revision: str | None = "0001"',
        c='revision = "0003"\ndown_revision = ("0001", "0002")',
    )
    found = read_revisions(tmp_path)
    assert found["0003"] == Revision("0003", frozenset({"0001", "0002"}))
    assert head_of(found) == "0003"


@pytest.mark.parametrize(
    "text", ["down_revision = None", "revision = 5", 'revision = "a"', "revision = name()"]
)
def test_a_file_that_does_not_say_its_revision_is_named(tmp_path: Path, text: str) -> None:
    files(tmp_path, a='revision = "a"', b=text)
    with pytest.raises(MigrationError, match=r"b\.py"):
        read_revisions(tmp_path)


def test_two_heads_are_refused_by_name() -> None:
    three = [Revision("1", frozenset()), *(Revision(n, frozenset({"1"})) for n in ("2", "3"))]
    with pytest.raises(MigrationError, match="'2', '3'"):
        head_of({each.id: each for each in three})
    with pytest.raises(MigrationError, match="none"):
        head_of({})


def test_migrations_lie_beside_src_or_inside_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "src" / "tiny_package"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(package.parent))
    with pytest.raises(MigrationError, match="tiny_package has no migrations"):
        migrations_folder("tiny_package")
    beside = tmp_path / "migrations"
    (beside / "versions").mkdir(parents=True)
    assert migrations_folder("tiny_package") == beside
    inside = package / "migrations"
    (inside / "versions").mkdir(parents=True)
    assert migrations_folder("tiny_package") == inside
    with pytest.raises(MigrationError, match="not installed"):
        migrations_folder("no_such_package_here")
