from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from mrk_pages.assets import Assets, accepts_gzip


def request(**headers: str) -> Request:
    raw = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    return Request({"type": "http", "headers": raw, "path": "/", "method": "GET"})


@pytest.mark.parametrize(
    ("header", "taken"),
    [("gzip, br", True), ("br", False), ("gzip;q=0", False), ("*", True), ("GZIP; q=1", True)],
)
def test_gzip_is_sent_to_whoever_takes_it(header: str, *, taken: bool) -> None:
    assert accepts_gzip(request(accept_encoding=header)) is taken


def test_an_address_of_a_file_changes_with_any_file(tmp_path: Any) -> None:
    (tmp_path / "a.js").write_text("1")
    (tmp_path / "b.js").write_text("2")
    before = Assets(tmp_path).url("a.js")
    (tmp_path / "b.js").write_text("3")
    assert Assets(tmp_path).url("a.js") != before
    with pytest.raises(KeyError):
        Assets(tmp_path).url("c.js")


def test_a_style_sheet_that_asks_for_the_common_look_is_sent_with_it(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text('@import "look.css";\n.own { color: red; }\n')
    (tmp_path / "b.css").write_text(".own { color: red; }\n")
    files = Assets(tmp_path)
    plain = {name: files._files[name].plain.decode() for name in files.names()}  # what is sent
    assert "@import" not in plain["a.css"]
    assert "--brand" in plain["a.css"]
    assert plain["a.css"].endswith(".own { color: red; }\n")
    assert "--brand" not in plain["b.css"]
