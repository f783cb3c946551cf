"""Reports that an operator takes for somebody else."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from staff_kit import Staff, staffed
from test_attachments import photo
from test_uploads import TUS
from web_visitors import OWN

from mrk_city import CityPack
from mrk_intake.service import SERVICE
from mrk_intake.store import erase


@pytest.fixture
async def staff(intake: Any, pack: CityPack) -> AsyncIterator[Staff]:
    async with staffed(intake, pack) as started:
        yield started


async def _report(intake: Any, number: str) -> dict[str, Any]:
    event = await intake.event(await intake.id_of(number))
    found: dict[str, Any] = event["report"]
    return found


async def test_a_report_carries_its_channel_and_intake_alone_knows_the_operator(
    staff: Staff, intake: Any
) -> None:
    post = "https://sosial.example/butet/status/1"
    async with staff.logged_in("dev-operator") as browser:
        form = await browser.open("/lapor")
        assert form.status_code == 200
        for channel in ("counter", "call_centre_112", "social_media"):
            assert f'value="{channel}"' in form.text
        number, secret = await browser.taken(channel="social_media", reference=post)
    report = await _report(intake, number)
    assert (report["channel"], report["locale"]) == ("social_media", "id")
    assert report["reporter"] is not None  # messages go to the person as always
    row = await intake.pool.fetchrow(
        "select b.*, p.subject from taken_on_behalf b join report r using (request)"
        " join staff_person p on p.id = b.operator where r.tracking_number = $1", number,
    )  # fmt: skip
    assert (row["subject"], row["channel"]) == ("dev-operator", "social_media")
    assert post.encode() not in row["reference"]
    events = await intake.pool.fetch("select body from report_event")
    outside = b"".join(bytes(each["body"]) for each in events)
    for private in (str(row["operator"]), "dev-operator", post):
        assert private.encode() not in outside
    # number and secret are the person's, at the residents' own pages
    shown = await intake.public.get(
        f"/api/v1/reports/{number}", headers={"X-Tracking-Secret": secret}
    )
    assert shown.status_code == 200


async def test_the_receipt_is_for_the_phone_and_the_printer(staff: Staff) -> None:
    async with staff.logged_in("dev-counter") as browser:
        answer = await browser.post("/lapor", **await browser.form())
        receipt = await browser.open(answer.headers["location"])
        assert "letter by letter" in receipt.text
        assert 'href="/lapor"' in receipt.text
        assert 'id="keep"' not in receipt.text  # the browser is not the person's
        assert "https://lapor.example/laporan/" in receipt.text
        assert receipt.headers["cache-control"] == "no-store"
    async with staff.logged_in("dev-inspektorat") as browser:
        assert (await browser.open(answer.headers["location"])).status_code == 403


async def test_its_files_come_with_it_once_however_often_it_is_sent(
    staff: Staff, intake: Any
) -> None:
    async with staff.logged_in("dev-operator") as browser:
        form = await browser.form(channel="counter")
        files = [("foto", ("jalan.jpg", photo(), "image/jpeg"))]

        async def send() -> httpx.Response:
            sent = asyncio.create_task(
                browser.client.post("/lapor", data=form, files=files, headers=OWN, timeout=30)
            )
            while not sent.done():
                await intake.worked()
                await asyncio.sleep(0.05)
            return await sent

        first, again = await send(), await send()
        assert (first.status_code, again.status_code) == (303, 303), first.text
        assert first.headers["location"] == again.headers["location"]
    number = first.headers["location"].split("/")[2]
    assert len((await _report(intake, number))["photos"]) == 1
    assert await intake.count("report_attachment") == 1


async def test_pieces_of_a_file_are_taken_of_operators_alone(staff: Staff, intake: Any) -> None:
    path, begin = "/api/v1/uploads", {**TUS, "Upload-Length": "5", "Accept-Language": "en"}
    async with staff.browser() as nobody:
        refused = await nobody.client.post(path, headers={**begin, **OWN})
        assert (refused.status_code, refused.json()["type"]) == (401, "/problems/unauthorized")
        assert (await nobody.client.get(f"{path}/{'x' * 43}")).status_code == 401
    async with staff.logged_in("dev-inspektorat") as other:
        assert (await other.client.post(path, headers={**begin, **OWN})).status_code == 403
    async with staff.logged_in("dev-operator") as browser:
        elsewhere = {**begin, "Sec-Fetch-Site": "cross-site"}
        assert (await browser.client.post(path, headers=elsewhere)).status_code == 403
        assert await intake.count("attachment") == 0
        begun = await browser.client.post(path, headers={**begin, **OWN})
        assert begun.status_code == 201
        assert begun.headers["location"].startswith("https://petugas.example/api/v1/uploads/")


async def test_a_form_that_is_sent_again_is_one_report(staff: Staff, intake: Any) -> None:
    async with staff.logged_in("dev-operator") as browser:
        form = await browser.form(channel="call_centre_112")
        first, again = await browser.post("/lapor", **form), await browser.post("/lapor", **form)
        assert first.headers["location"] == again.headers["location"]
        changed = {**form, "channel": "counter"}
        assert (await browser.post("/lapor", **changed)).status_code == 303
    # another operator's form with the same key is another report
    async with staff.logged_in("dev-counter") as other:
        theirs = await other.post("/lapor", **{**form, "channel": "counter"})
        assert theirs.headers["location"] != first.headers["location"]
    channels = await intake.pool.fetch("select channel from taken_on_behalf order by at")
    assert [each["channel"] for each in channels] == ["call_centre_112", "counter"]
    assert await intake.count("report") == 2


async def test_an_operator_takes_reports_on_their_own_channels(staff: Staff, intake: Any) -> None:
    async with staff.logged_in("dev-112") as browser:
        form = await browser.open("/lapor")
        assert 'value="call_centre_112" checked' in form.text
        assert "social_media" not in form.text
        for channel in ("counter", "", "web", "fax"):
            wrong = await browser.post("/lapor", **await browser.form(channel=channel))
            assert wrong.status_code == 422
            assert 'id="channel-wrong"' in wrong.text
            assert "Jalan berlubang" in wrong.text
    assert await intake.count("report") == 0
    assert await intake.count("taken_on_behalf") == 0


async def test_every_wrong_field_is_told_at_once(staff: Staff) -> None:
    async with staff.logged_in("dev-operator") as browser:
        wrong = await browser.post(
            "/lapor", **await browser.form(text="x", phone="12", reference="https://post.example/1")
        )
        assert wrong.status_code == 422
        for name in ("text", "phone", "reference"):
            assert f'id="{name}-wrong"' in wrong.text
        long = await browser.form(channel="social_media", reference="x" * 301)
        assert 'id="reference-wrong"' in (await browser.post("/lapor", **long)).text


@pytest.mark.parametrize(
    "how", [{"anonymous": "1"}, {"confidential": "1"}, {"kind": "whistleblowing"}]
)
async def test_hidden_reports_stay_hidden(staff: Staff, intake: Any, how: dict[str, str]) -> None:
    async with staff.logged_in("dev-counter") as browser:
        number, _ = await browser.taken(**how)
    report = await _report(intake, number)
    assert report["channel"] == "counter"
    assert report["anonymous"] is ("anonymous" in how)
    if how == {"anonymous": "1"}:
        return
    assert "Ahmad Yani" not in json.dumps(report)
    assert (await intake.public.get(f"/api/v1/reports/{number}")).status_code == 404


async def test_another_sites_form_takes_no_report(staff: Staff, intake: Any) -> None:
    async with staff.logged_in("dev-counter") as browser:
        form = await browser.form()
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
            answer = await browser.client.post("/lapor", data=form, headers=headers)
            assert answer.status_code == 403
        key_less = {**form, "kunci": ""}
        assert (await browser.client.post("/lapor", data=key_less, headers=OWN)).status_code == 400
    assert await intake.count("report") == 0


async def test_an_erasure_takes_the_reference_along(staff: Staff, intake: Any) -> None:
    async with staff.logged_in("dev-operator") as browser:
        number, _ = await browser.taken(channel="social_media", reference="@butet")
    complaint: UUID = await intake.id_of(number)
    assert await intake.pool.fetchval("select reference from taken_on_behalf") is not None
    await erase.erase(intake.pool, SERVICE, complaint, intake.clock.now())
    assert await intake.pool.fetchval("select reference from taken_on_behalf") is None
