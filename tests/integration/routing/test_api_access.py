"""Who may call role `api`: client credentials, tokens, shares, and one agency alone."""

import base64
from collections.abc import AsyncIterator
from datetime import timedelta

import api_kit
import asyncpg
import httpx
import pytest
import routing_records as kit

from mrk_city import CityPack
from mrk_delivery.clock import FixedClock
from mrk_routing.http.api import LIMITS, Shares
from mrk_routing.http.api import api as application
from mrk_routing.http.inside import Door
from mrk_routing.store import agency_clients
from mrk_web.server import harden

FORM = {"grant_type": "client_credentials"}
SECRET = api_kit.SECRETS["road-desk"][1]


@pytest.fixture
async def api(
    routing: kit.Routing, pool: asyncpg.Pool, pack: CityPack, clock: FixedClock
) -> AsyncIterator[api_kit.Api]:
    await routing.reports(kit.received())
    async with api_kit.serving(pool, pack, clock) as api:
        yield api


async def issued(api: api_kit.Api, secret: str = SECRET) -> httpx.Response:
    return await api.client.post("/oauth2/token", data=FORM, auth=("road-desk", secret))


async def test_a_client_proves_itself_by_basic_or_in_the_form(api: api_kit.Api) -> None:
    basic = await issued(api)
    form = {**FORM, "client_id": "road-desk", "client_secret": SECRET, "scope": "agency:sdabmbk"}
    posted = await api.client.post("/oauth2/token", data=form)
    for answer in (basic, posted):
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        told = answer.json()
        assert (told["token_type"], told["expires_in"]) == ("Bearer", 600)
        assert told["scope"] == "agency:sdabmbk"
        read = await api.get("sdabmbk/cases", told["access_token"])
        assert read.status_code == 200
        assert read.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("form", "auth", "status", "error"),
    [
        (FORM, None, 401, "invalid_client"),
        (FORM, ("road-desk", "wrong"), 401, "invalid_client"),
        (FORM, ("nobody", SECRET), 401, "invalid_client"),
        (FORM, ("green-desk", SECRET), 401, "invalid_client"),
        (FORM, ("road\x00desk", SECRET), 401, "invalid_client"),
        ({}, ("road-desk", SECRET), 400, "invalid_request"),
        ({"grant_type": "password"}, ("road-desk", SECRET), 400, "unsupported_grant_type"),
        (FORM | {"scope": "agency:dlh"}, ("road-desk", SECRET), 400, "invalid_scope"),
        (FORM | {"client_secret": SECRET}, ("road-desk", SECRET), 400, "invalid_request"),
        (FORM | {"client_id": "green-desk"}, ("road-desk", SECRET), 400, "invalid_request"),
    ],
)
async def test_who_does_not_gets_the_error_of_the_rfc(
    api: api_kit.Api,
    form: dict[str, str],
    auth: tuple[str, str] | None,
    status: int,
    error: str,
) -> None:
    answer = await api.client.post("/oauth2/token", data=form or {"x": "y"}, auth=auth)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert ("www-authenticate" in answer.headers) == (status == 401)
    assert SECRET not in answer.text


async def test_a_form_that_cannot_be_read_is_refused(api: api_kit.Api) -> None:
    twice = "grant_type=client_credentials&grant_type=client_credentials"
    kind = {"content-type": "application/x-www-form-urlencoded"}
    basic = {"authorization": "Basic " + base64.b64encode(f"road-desk:{SECRET}".encode()).decode()}
    for content, headers in (
        (twice.encode(), kind | basic),
        (b"{}", {"content-type": "application/json"} | basic),
        (b"\xff\xfe", kind | basic),
        (b"a&" * 30, kind | basic),
    ):
        answer = await api.client.post("/oauth2/token", content=content, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_no_secret_is_kept(api: api_kit.Api, pool: asyncpg.Pool) -> None:
    await issued(api)
    rows = await pool.fetch("select * from agency_client")
    assert SECRET not in str([dict(row) for row in rows])
    assert SECRET.encode().hex() not in str([dict(row) for row in rows])


async def test_a_rotated_secret_and_its_former_one_until_then(
    api: api_kit.Api, pool: asyncpg.Pool, clock: FixedClock
) -> None:
    until = clock.now() + timedelta(hours=1)
    assert await agency_clients.rotate(pool, "road-desk", "n" * 43, clock.now(), until)
    assert (await issued(api)).status_code == 200
    assert (await issued(api, "n" * 43)).status_code == 200
    clock.advance(timedelta(hours=2))
    assert (await issued(api)).status_code == 401
    assert (await issued(api, "n" * 43)).status_code == 200


async def test_a_revoked_client_is_out_at_once_with_its_tokens(
    api: api_kit.Api, pool: asyncpg.Pool, clock: FixedClock
) -> None:
    token = (await issued(api)).json()["access_token"]
    assert (await api.get("sdabmbk/cases", token)).status_code == 200
    assert await agency_clients.revoke(pool, "road-desk", clock.now())
    assert (await api.get("sdabmbk/cases", token)).status_code == 401
    assert (await issued(api)).status_code == 401
    assert not await agency_clients.create(pool, "road-desk", "dlh", "z" * 43, clock.now())


async def test_a_token_ends(api: api_kit.Api, clock: FixedClock) -> None:
    token = (await issued(api)).json()["access_token"]
    clock.advance(timedelta(minutes=11))
    refused = await api.get("sdabmbk/cases", token)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == 'Bearer error="invalid_token"'


PATHS = ("cases", f"cases/{kit.complaint(1)}", "inbox")


@pytest.mark.parametrize("path", PATHS)
async def test_nobody_reads_without_a_token(api: api_kit.Api, path: str) -> None:
    answer = await api.client.get(f"/api/v1/agencies/sdabmbk/{path}")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    for header in ("Basic eDp5", "Bearer", "Bearer x", f"bearer {SECRET}"):
        headers = {"authorization": header}
        refused = await api.client.get(f"/api/v1/agencies/sdabmbk/{path}", headers=headers)
        assert refused.status_code == 401


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("code", ["dlh", "nobody"], ids=["another", "none"])
async def test_another_agencys_paths_are_forbidden_whether_there_is_one_or_not(
    api: api_kit.Api, path: str, code: str
) -> None:
    answer = await api.get(f"{code}/{path}")
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")
    command = await api.command(kit.complaint(1), "accept", {"case_version": 2}, agency=code)
    assert command.status_code == 403


async def test_another_agencys_case_is_not_there(api: api_kit.Api, routing: kit.Routing) -> None:
    await routing.reports(kit.received(2, category="pollution"))
    foreign = await api.get(f"sdabmbk/cases/{kit.complaint(2)}")
    unknown = await api.get(f"sdabmbk/cases/{kit.complaint(77)}")
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json() == unknown.json()
    listed = (await api.get("sdabmbk/cases")).json()["cases"]
    assert [each["case"]["complaint_id"] for each in listed] == [kit.complaint(1)]
    events = (await api.get("sdabmbk/inbox")).json()["events"]
    assert {event["subject"] for event in events} == {kit.complaint(1)}


async def test_a_client_has_a_share_of_requests(
    pool: asyncpg.Pool, pack: CityPack, clock: FixedClock
) -> None:
    async with api_kit.serving(pool, pack, clock, Shares(0.001, 3, 2)) as api:
        answers = [await api.get("sdabmbk/cases") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert int(answers[-1].headers["retry-after"]) >= 1
        # another client is not slowed down by it
        green = api.token("green-desk", "dlh")
        assert (await api.get("dlh/cases", green)).status_code == 200
        tokens = [await issued(api) for _ in range(3)]
        assert [answer.status_code for answer in tokens] == [200, 200, 429]


async def test_while_the_database_is_away_everything_says_when_to_ask_again() -> None:
    app = harden(application(Door(), api_kit.KEY, api_kit.URL, Shares(10, 10, 10)), LIMITS)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # an ASGI app
    async with httpx.AsyncClient(transport=transport, base_url=api_kit.URL) as client:
        token = await client.post("/oauth2/token", data=FORM, auth=("road-desk", SECRET))
        bearer = {"authorization": "Bearer x.y.z"}
        read = await client.get("/api/v1/agencies/sdabmbk/cases", headers=bearer)
        for answer in (token, read):
            assert (answer.status_code, answer.json()["status"]) == (503, 503)
            assert int(answer.headers["retry-after"]) >= 1
        assert (await client.get("/openapi.json")).status_code == 200
