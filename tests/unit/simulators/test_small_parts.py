import json
from pathlib import Path

import pytest
from starlette.datastructures import Headers

from mrk_simulators.clock import wib_without_zone
from mrk_simulators.lapor.credentials import Credentials, load_credentials
from mrk_simulators.lapor.middleware import group_of
from mrk_simulators.process import Address, StartupError


def test_local_time_is_seven_hours_ahead_and_has_no_zone() -> None:
    assert wib_without_zone("2026-12-31T20:15:30.5+00:00") == "01-01-2027 03:15:30"


@pytest.mark.parametrize(
    ("method", "path", "group"),
    [
        ("POST", "/complaints/complaint", "complaint"),
        ("POST", "/api/stream/addstream", "complaint"),
        ("POST", "/complaints/complaint/file", "file"),
        ("POST", "/complaints/followup/add", "followup"),
        ("POST", "/complaints/process/7/reject", "followup"),
        ("GET", "/complaints/complaint/search", "lookup"),
        ("GET", "/complaints/complaint", "poll"),
        ("GET", "/complaints/7/complaint", "poll"),
        ("GET", "/complaints/7/followups", "poll"),
        ("GET", "/masters/institutions/external", "masters"),
        ("GET", "/_sim/records", None),
        ("PUT", "/_sim/faults", None),
        ("POST", "/admin/complaints", None),
    ],
)
def test_every_route_that_clients_use_has_its_group(
    method: str, path: str, group: str | None
) -> None:
    assert group_of(method, path) == group


@pytest.mark.parametrize(
    ("text", "address"),
    [("127.0.0.1:80", Address("127.0.0.1", 80)), ("[::1]:0", Address("::1", 0))],
)
def test_addresses(text: str, address: Address) -> None:
    assert Address.parse(text) == address
    assert str(address) == text


@pytest.mark.parametrize("text", ["", "80", ":80", "host:", "host:x", "host:70000"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        Address.parse(text)


@pytest.mark.parametrize(
    ("headers", "admitted"),
    [
        ({"Authorization": "Bearer a", "token": "b"}, True),
        ({"auth": "bearer a", "token": "b"}, True),
        ({"auth": "a", "token": "b"}, True),
        ({"Authorization": "Bearer a"}, False),
        ({"token": "b"}, False),
        ({"Authorization": "Bearer x", "auth": "Bearer a", "token": "b"}, False),
    ],
)
def test_credentials(headers: dict[str, str], *, admitted: bool) -> None:
    assert Credentials(bearer="a", token="b").admits_splp(Headers(headers)) is admitted


def test_a_token_file_is_one_line_or_json(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("a\n")
    assert load_credentials(file) == Credentials(bearer="a", stream="a")
    file.write_text(json.dumps({"bearer": "a", "token": "b"}))
    assert load_credentials(file) == Credentials(bearer="a", token="b")


@pytest.mark.parametrize("text", ["", "{", '{"baerer": "rahasia"}'])
def test_a_token_file_of_another_form_is_refused_without_showing_it(
    tmp_path: Path, text: str
) -> None:
    file = tmp_path / "token"
    file.write_text(text)
    with pytest.raises(StartupError) as error:
        load_credentials(file)
    assert "rahasia" not in str(error.value)
