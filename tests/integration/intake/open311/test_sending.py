"""`POST /requests`: as API v1 takes a report, for those who hold a key."""

import json
import secrets
from typing import Any

import asyncpg
import pytest
import xmltodict

from mrk_intake.store import api_keys

HOME = {
    "first_name": "Butet",
    "last_name": "Simanjuntak",
    "email": "butet@warga.example",
    "phone": "0812 3456 7890",
}


async def test_a_request_is_a_report(open311: Any) -> None:
    answer = await open311.post(
        **HOME,
        service_code="street-lights",
        description="Lampu mati, hubungi 081234567890 ya.",
        address_string="Jalan Ahmad Yani, Kesawan",
        device_id="a-device",
        account_id="an-account",
        **{"attribute[fault]": "dead", "attribute[pole-number]": "A-17"},
    )
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    (request,) = answer.json()
    assert request.keys() == {"service_request_id", "service_notice", "account_id"}
    assert request["account_id"] is None
    intake = open311.intake
    report = (await intake.event(await intake.id_of(request["service_request_id"])))["report"]
    assert (report["kind"], report["channel"]) == ("complaint", "open311")
    assert report["text"] == "Lampu mati, hubungi [nomor telepon] ya."
    assert report["attributes"] == [
        {"code": "fault", "value": "dead"},
        {"code": "pole-number", "value": "A-17"},
    ]
    assert report["place"]["district"] == "12.71.19"
    told = await intake.contact("notify", report["reporter"])
    assert (told.json()["name"], told.json()["phone"]) == ("Butet Simanjuntak", "+6281234567890")
    for secret in ("Butet", "0812", "warga.example", "a-device", "an-account"):
        assert secret not in json.dumps(report)


async def test_both_interfaces_carry_the_same(open311: Any) -> None:
    number = await open311.sent(
        service_code="drainage", **{"attribute[fault][]": ["shallow", "blocked"]}
    )
    intake = open311.intake
    sent = await intake.accepted(
        category="drainage",
        text="Jalan berlubang besar di depan pasar, dua motor jatuh.",
        address=None,
        reporter=None,
        attributes={"fault": ["shallow", "blocked"]},
    )
    first = (await intake.event(await intake.id_of(number)))["report"]
    second = (await intake.event(sent["id"]))["report"]
    own = {"complaint_id", "tracking_number", "channel"}
    assert {k: v for k, v in first.items() if k not in own} == {
        k: v for k, v in second.items() if k not in own
    }
    assert first["attributes"] == [
        {"code": "fault", "value": "blocked"},
        {"code": "fault", "value": "shallow"},
    ]


async def test_xml_answers_the_same(open311: Any) -> None:
    answer = await open311.post("/requests.xml", description="Ada kebakaran di pasar ini!")
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    request = xmltodict.parse(answer.content)["service_requests"]["request"]
    assert request["service_request_id"]
    assert "112" in request["service_notice"]
    assert request["account_id"] is None


async def test_an_emergency_names_112_first_and_outside_is_told(open311: Any) -> None:
    answer = await open311.post(
        description="Ada kebakaran di pasar ini!", lat="3.3", long="99.1",
        media_url="https://example.org/a.jpg", headers={"Accept-Language": "en"},
    )  # fmt: skip
    (request,) = answer.json()
    notice = request["service_notice"]
    assert notice.startswith("If anybody is in danger, call 112 now.")
    assert "outside the city" in notice
    assert "media_url was not fetched" in notice
    event = await open311.intake.event(await open311.intake.id_of(request["service_request_id"]))
    assert "example.org" not in json.dumps(event)
    assert event["report"]["photos"] == []


@pytest.mark.parametrize("format_", ["json", "xml"])
async def test_without_a_valid_key_it_is_forbidden(open311: Any, errors: Any, format_: str) -> None:
    path = f"/requests.{format_}"
    other = secrets.token_urlsafe(32)
    for key in (None, "", "x", other, [open311.key, other], "x" * 300):
        answer = await open311.post(path, api_key=key, lat="x", description="y" * 5000)
        assert answer.status_code == 403
        ((code, description),) = errors(answer)
        assert code == 403
        assert description.startswith("api_key: ")
    in_address = await open311.post(f"{path}?api_key={open311.key}", api_key=None)
    assert in_address.status_code == 403
    assert await open311.intake.count("report") == 0


async def test_a_revoked_key_lets_nobody_in(open311: Any) -> None:
    await open311.sent()
    intake = open311.intake
    assert await api_keys.revoke(intake.pool, "city-app", intake.clock.now())
    assert not await api_keys.revoke(intake.pool, "city-app", intake.clock.now())
    assert (await open311.post()).status_code == 403
    assert [(each.name, each.revoked_at) for each in await api_keys.listed(intake.pool)] == [
        ("city-app", intake.clock.now())
    ]
    again = secrets.token_urlsafe(32)
    assert await api_keys.add(intake.pool, "city-app", again, intake.clock.now())
    assert not await api_keys.add(intake.pool, "city-app", other_key(), intake.clock.now())
    assert (await open311.post(api_key=again)).status_code == 201


def other_key() -> str:
    return secrets.token_urlsafe(32)


async def test_no_key_is_kept(open311: Any) -> None:
    rows = await open311.intake.pool.fetch("select * from api_key")
    assert open311.key.encode() not in b"".join(row["digest"] for row in rows)
    assert open311.key not in str([tuple(row) for row in rows])


@pytest.mark.parametrize("format_", ["json", "xml"])
async def test_every_wrong_field_is_named_at_once(open311: Any, errors: Any, format_: str) -> None:
    answer = await open311.post(
        f"/requests.{format_}",
        service_code="street-lights", lat="x", long="181", email="e", phone="112",
        media_url="nowhere", description="x" * 4001,
        **{"attribute[more]": "1", "attribute[lights-out]": "many"},
    )  # fmt: skip
    assert answer.status_code == 400
    told = errors(answer)
    assert {code for code, _ in told} == {400}
    assert {description.split(": ")[0] for _, description in told} == {
        "lat", "long", "email", "phone", "media_url", "description", "attribute[more]",
        "attribute[lights-out]", "attribute[fault]",
    }  # fmt: skip
    assert await open311.intake.count("report") == 0


@pytest.mark.parametrize(
    ("content", "type_"),
    [
        (b'{"service_code": "roads"}', "application/json"),
        (b"service_code=roads", "multipart/form-data; boundary=x"),
        (b"", ""),
        (b"description=%ff%fe", "application/x-www-form-urlencoded"),
        (b"description=\xff", "application/x-www-form-urlencoded"),
        (b"&".join(b"a=1" for _ in range(201)), "application/x-www-form-urlencoded"),
    ],
)
async def test_what_is_no_form_is_refused(
    open311: Any, errors: Any, content: bytes, type_: str
) -> None:
    answer = await open311.intake.public.post(
        "/open311/v2/requests.json", content=content, headers={"Content-Type": type_}
    )
    assert answer.status_code == 400
    ((code, _),) = errors(answer)
    assert code == 400


async def test_an_idempotency_key_is_honoured_where_it_is_sent(open311: Any, errors: Any) -> None:
    intake = open311.intake
    headers = {"Idempotency-Key": secrets.token_hex(16)}
    first = await open311.post(headers=headers)
    again = await open311.post(headers=headers)
    assert (first.json(), first.status_code) == (again.json(), again.status_code)
    assert again.headers["idempotent-replayed"] == "true"
    assert await intake.count("report") == 1
    other_body = await open311.post(headers=headers, description="Lubang lain di jalan lain.")
    assert other_body.status_code == 400
    assert errors(other_body)[0][1].startswith("Idempotency-Key: ")
    malformed = await open311.post(headers={"Idempotency-Key": "1"})
    assert malformed.status_code == 400
    assert errors(malformed)[0][1].startswith("Idempotency-Key: ")
    # another caller's, and a device's, are other keys
    second = other_key()
    assert await api_keys.add(intake.pool, "other-app", second, intake.clock.now())
    assert (await open311.post(headers=headers, api_key=second)).status_code == 201
    assert (await intake.send(key=headers["Idempotency-Key"])).status_code == 201
    assert await intake.count("report") == 3
    # without one, each is a report of its own
    await open311.sent()
    await open311.sent()
    assert await intake.count("report") == 5


async def test_a_key_has_a_limit_of_its_own(dsn: str, pack: Any, start: Any, errors: Any) -> None:
    async with start(
        dsn, pack, integrator_rate_per_second=0.001, integrator_rate_burst=2
    ) as intake:
        keys = {"one-app": other_key(), "two-app": other_key()}
        for name, key in keys.items():
            await api_keys.add(intake.pool, name, key, intake.clock.now())
        form = {"service_code": "roads", "lat": "3.58", "long": "98.67"}

        async def post(name: str) -> Any:
            return await intake.public.post(
                "/open311/v2/requests.xml", data={**form, "api_key": keys[name]}
            )

        assert [(await post("one-app")).status_code for _ in range(3)] == [201, 201, 429]
        refused = await post("one-app")
        assert int(refused.headers["retry-after"]) > 0
        assert errors(refused)[0][0] == 429
        assert (await post("two-app")).status_code == 201


async def test_updates_from_outside_are_refused_with_why(open311: Any, errors: Any) -> None:
    number = await open311.sent()
    update = {
        "service_request_id": number,
        "update_id": "1",
        "status": "closed",
        "updated_datetime": "2026-03-02T10:00:00+07:00",
        "description": "Selesai",
    }
    keyless = await open311.post("/servicerequestupdates.json", **{**update, "api_key": None})
    assert (keyless.status_code, errors(keyless)[0][0]) == (403, 403)
    refused = await open311.post(
        "/servicerequestupdates.xml", headers={"Accept-Language": "en"}, **update
    )
    assert refused.status_code == 400
    assert "nothing was recorded" in errors(refused)[0][1]
    assert await open311.intake.count("timeline") == 0


async def test_a_database_that_is_away_is_503(dsn: str, pack: Any, start: Any, errors: Any) -> None:
    async with start(dsn, pack) as intake:
        await intake.pool.close()
        answer = await intake.public.get("/open311/v2/requests.json")
        assert (answer.status_code, errors(answer)[0][0]) == (503, 503)
        assert int(answer.headers["retry-after"]) > 0
        form = {"api_key": other_key(), "service_code": "roads"}
        posted = await intake.public.post("/open311/v2/requests.xml", data=form)
        assert (posted.status_code, errors(posted)[0][0]) == (503, 503)
        with pytest.raises(asyncpg.InterfaceError):
            await intake.pool.fetchval("select 1")
