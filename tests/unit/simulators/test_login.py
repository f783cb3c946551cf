"""The development provider: strict where a real one is, and never in production."""

import base64
import hashlib
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
import structlog
from joserfc import jwt
from joserfc.jwk import KeySet

from mrk_simulators.__main__ import main
from mrk_simulators.login.app import build_app
from mrk_simulators.login.issuer import Issuer, Registered
from mrk_simulators.login.people import PEOPLE
from mrk_simulators.login.run import SCHEMA
from mrk_simulators.process import ExitCode
from mrk_simulators.store import GroupCommitStore

URL = "http://login.example"
BACK = "http://staff.example/masuk/kembali"
BYE = "http://staff.example/keluar/selesai"
SECRET = "a secret: with / and +"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
ASKED = {
    "response_type": "code", "client_id": "us", "redirect_uri": BACK, "scope": "openid profile",
    "state": "st", "nonce": "no", "code_challenge": CHALLENGE.decode(),
    "code_challenge_method": "S256",
}  # fmt: skip


class Provider:
    def __init__(self, client: httpx.AsyncClient, issuer: Issuer) -> None:
        self.client = client
        self.issuer = issuer
        self.now = 1_700_000_000.0

    async def code(self, person: str = "dev-counter", **changes: str) -> str:
        answer = await self.client.post("/authorize", data={**ASKED, **changes, "person": person})
        assert answer.status_code == 303, answer.text
        told = parse_qs(urlsplit(answer.headers["location"]).query)
        assert (told["state"], told["iss"]) == (["st"], [URL])
        return told["code"][0]

    async def token(self, code: str, /, **changes: Any) -> httpx.Response:
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": BACK,
            "code_verifier": VERIFIER, "client_id": "us", "client_secret": SECRET, **changes,
        }  # fmt: skip
        return await self.client.post("/token", data=form)


@pytest.fixture
async def provider(tmp_path: Path) -> AsyncIterator[Provider]:
    made: list[Provider] = []
    issuer = Issuer(URL, Registered("us", SECRET, (BACK,), (BYE,)), now=lambda: made[0].now)
    store = GroupCommitStore(tmp_path / "login.sqlite", SCHEMA)
    transport = httpx.ASGITransport(build_app(issuer, store))
    async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
        made.append(Provider(client, issuer))
        yield made[0]
    await store.close()


async def test_a_code_is_redeemed_once_for_a_token_that_its_keys_verify(
    provider: Provider,
) -> None:
    code = await provider.code("dev-112")
    answer = await provider.token(code)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    keys = KeySet.import_key_set((await provider.client.get("/jwks")).json())
    assert all(not key.is_private for key in keys)
    claims = jwt.decode(answer.json()["id_token"], keys, algorithms=["RS256"]).claims
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (URL, "us", "no")
    assert claims["roles"] == ["operator:call_centre_112"]
    assert (await provider.token(code)).json() == {"error": "invalid_grant"}
    records = (await provider.client.get("/_sim/records")).json()
    assert [each["what"] for each in records] == ["login", "token", "refused code"]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"code_verifier": "w" * 43}, 400),
        ({"redirect_uri": BACK + "/"}, 400),
        ({"code": "another"}, 400),
        ({"grant_type": "password"}, 400),
        ({"client_secret": "wrong"}, 401),
        ({"client_id": "them"}, 401),
    ],
)
async def test_a_code_is_worth_nothing_to_others(
    provider: Provider, changes: dict[str, str], status: int
) -> None:
    assert (await provider.token(await provider.code(), **changes)).status_code == status


async def test_a_code_ends_soon_and_basic_is_read_as_it_is_written(provider: Provider) -> None:
    code = await provider.code()
    provider.now += 60
    assert (await provider.token(code)).status_code == 400
    encoded = urlencode({"": SECRET})[1:]
    basic = base64.b64encode(f"us:{encoded}".encode()).decode()
    form = {
        "grant_type": "authorization_code", "code": await provider.code(), "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    }  # fmt: skip
    headers = {"Authorization": f"Basic {basic}"}
    answer = await provider.client.post("/token", data=form, headers=headers)
    assert answer.status_code == 200, answer.text
    assert (await provider.client.post("/token", data=form, headers={"Authorization": "Basic x"})
            ).status_code == 401  # fmt: skip


@pytest.mark.parametrize(
    "changes", [{"client_id": "them"}, {"redirect_uri": BACK + "?x"}, {"redirect_uri": ""}]
)
async def test_nobody_is_sent_to_an_address_that_is_not_registered(
    provider: Provider, changes: dict[str, str]
) -> None:
    answer = await provider.client.get("/authorize", params={**ASKED, **changes})
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
    ],
)
async def test_what_is_asked_wrongly_is_told_to_the_client(
    provider: Provider, changes: dict[str, str], error: str
) -> None:
    answer = await provider.client.get("/authorize", params={**ASKED, **changes})
    assert parse_qs(urlsplit(answer.headers["location"]).query)["error"] == [error]


async def test_the_page_lists_people_of_each_role_and_repeats_nothing_unescaped(
    provider: Provider,
) -> None:
    page = await provider.client.get("/authorize", params={**ASKED, "state": "'><script>"})
    assert all(each.name in page.text for each in PEOPLE)
    assert not re.search("<script", page.text)


async def test_an_access_token_is_no_id_token_and_the_other_way_round(provider: Provider) -> None:
    told = (await provider.token(await provider.code())).json()
    for name, status in (("access_token", 200), ("id_token", 401)):
        headers = {"Authorization": f"Bearer {told[name]}"}
        answer = await provider.client.get("/userinfo", headers=headers)
        assert answer.status_code == status, name
    provider.now += 301
    headers = {"Authorization": f"Bearer {told['access_token']}"}
    assert (await provider.client.get("/userinfo", headers=headers)).status_code == 401


async def test_a_logout_leads_to_a_registered_address_alone(provider: Provider) -> None:
    for to, status in ((BYE, 303), ("http://evil.example/", 200)):
        asked = {"client_id": "us", "post_logout_redirect_uri": to}
        answer = await provider.client.get("/logout", params=asked)
        assert answer.status_code == status


@pytest.fixture
def own_log() -> Iterator[None]:
    """The simulator's log is this test's: what it writes to is closed after it."""
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("own_log")
def test_it_refuses_production(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s" * 32)
    arguments = [
        "login", "--listen=127.0.0.1:0", f"--store={tmp_path / 'x'}", f"--issuer={URL}",
        "--client-id=us", f"--client-secret-file={secret}", f"--redirect={BACK}",
        "--environment=production",
    ]  # fmt: skip
    assert main(arguments) == ExitCode.USAGE
    assert "the city's own provider" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
