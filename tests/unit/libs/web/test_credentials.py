from pathlib import Path

import pytest
from starlette.datastructures import Headers
from structlog.testing import capture_logs

from mrk_web.credentials import BadCredentialsFile, Caller, ServiceCredentials
from mrk_web.problems import ProblemError

NOTIFY, OLD, BRIDGE = "n" * 32, "o" * 32, "b" * 43


@pytest.fixture
def credentials() -> ServiceCredentials:
    return ServiceCredentials({"notify": [NOTIFY, OLD], "bridge": BRIDGE})


def headers(**given: str) -> Headers:
    return Headers({name.replace("_", "-"): value for name, value in given.items()})


def test_a_token_names_its_caller_also_while_it_is_rotated(credentials: ServiceCredentials) -> None:
    assert credentials.caller_of(f"Bearer {NOTIFY}") == "notify"
    assert credentials.caller_of(f"bearer {OLD}") == "notify"
    assert credentials.caller_of(f"Bearer {BRIDGE}") == "bridge"


@pytest.mark.parametrize(
    "value", [None, "", "Bearer", "Bearer ", NOTIFY, f"Basic {NOTIFY}", f"Bearer {NOTIFY}x",
              f"Bearer {NOTIFY[:-1]}", "Bearer \ud800", f"Bearer {NOTIFY} {NOTIFY}"],
)  # fmt: skip
def test_anything_else_names_nobody(credentials: ServiceCredentials, value: str | None) -> None:
    assert credentials.caller_of(value) is None


def test_a_call_is_logged_with_its_purpose(credentials: ServiceCredentials) -> None:
    with capture_logs() as lines:
        caller = credentials.authenticate(
            headers(authorization=f"Bearer {NOTIFY}", x_purpose="notify.send")
        )
    assert caller == Caller("notify", "notify.send")
    assert lines == [
        {"event": "service.called", "log_level": "info", "caller": "notify",
         "purpose": "notify.send"}
    ]  # fmt: skip


def test_without_a_token_it_is_401(credentials: ServiceCredentials) -> None:
    with capture_logs() as lines, pytest.raises(ProblemError) as refused:
        credentials.authenticate(headers(authorization="Bearer wrong", x_purpose="notify.send"))
    assert refused.value.problem.status == 401
    assert refused.value.headers == {"www-authenticate": "Bearer"}
    assert "wrong" not in str(lines)


@pytest.mark.parametrize("purpose", ["", "A", "Notify", "ab", "x" * 65, "budi@contoh.id", "a b c"])
def test_without_a_purpose_in_fixed_words_it_is_400(
    credentials: ServiceCredentials, purpose: str
) -> None:
    with pytest.raises(ProblemError) as refused:
        credentials.authenticate(headers(authorization=f"Bearer {NOTIFY}", x_purpose=purpose))
    assert refused.value.problem.status == 400


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"notify": 1}', '{"notify": ["short"]}', '{"No tify": "' + NOTIFY + '"}',
     '{"a1": "' + NOTIFY + '", "b1": "' + NOTIFY + '"}', '{"notify": "' + "n " * 20 + '"}',
     '{"notify": []}', '{"notify": {"a": 1}}'],
)  # fmt: skip
def test_credentials_that_cannot_be_used_are_refused_without_their_tokens(text: str) -> None:
    with pytest.raises(BadCredentialsFile) as refused:
        ServiceCredentials.from_json(text)
    assert NOTIFY not in str(refused.value)
    assert "short" not in str(refused.value)


def test_a_file_holds_them(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    path.write_text('{"notify": "' + NOTIFY + '"}')
    assert ServiceCredentials.from_file(path).caller_of(f"Bearer {NOTIFY}") == "notify"


def test_tokens_are_not_kept(credentials: ServiceCredentials) -> None:
    assert NOTIFY not in repr(vars(credentials))
