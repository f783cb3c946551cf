"""One phone number may be named so many times a day, by whichever interface and process."""

import asyncio
import secrets
from datetime import timedelta
from typing import Any

import httpx
from web_visitors import Browser, visitor, web_settings

from mrk_city import CityPack
from mrk_intake.applications import pages_for_residents, storing
from mrk_intake.store import api_keys

KIOSK = "0812 3456 7890"
SAME = "+62-812-3456-7890"


async def named(intake: Any, phone: str = KIOSK, **more: Any) -> httpx.Response:
    answer: httpx.Response = await intake.send(reporter={"phone": phone}, **more)
    return answer


async def test_the_limit_names_the_field_and_the_mend_and_ends_with_the_citys_day(
    dsn: str, pack: CityPack, start: Any
) -> None:
    async with start(dsn, pack, phone_reports_per_day=2) as intake:
        assert [(await named(intake, p)).status_code for p in (KIOSK, SAME)] == [201, 201]
        refused = await named(intake, headers={"Accept-Language": "en"})
        assert refused.status_code == 429
        told = refused.json()
        assert told["type"] == "/problems/phone-limit"
        assert told["errors"][0]["field"] == "/reporter/phone"
        assert "without the phone number" in told["errors"][0]["mend"]
        # 10:04:05 in Medan: the day has 13 hours, 55 minutes and 55 seconds left
        assert refused.headers["retry-after"] == str(13 * 3600 + 55 * 60 + 55)
        assert (await named(intake, "0812 3456 7891")).status_code == 201
        assert (await intake.send()).status_code == 201
        assert await intake.count("report") == 4
        intake.clock.advance(timedelta(hours=14))
        assert (await named(intake)).status_code == 201


async def test_what_was_accepted_before_is_answered_beyond_the_limit(
    dsn: str, pack: CityPack, start: Any
) -> None:
    async with start(dsn, pack, phone_reports_per_day=1) as intake:
        key = secrets.token_hex(16)
        first = await named(intake, key=key)
        assert (await named(intake)).status_code == 429
        again = await named(intake, key=key)
        assert (again.status_code, again.json()) == (201, first.json())
        assert again.headers["idempotent-replayed"] == "true"


async def test_another_process_and_a_restart_know_the_count(
    dsn: str, pack: CityPack, start: Any
) -> None:
    limit = {"phone_reports_per_day": 3}
    async with start(dsn, pack, **limit) as one, start(dsn, pack, **limit) as other:
        for _ in range(3):
            assert (await named(one)).status_code == 201
        # the other one learns with the report that it takes
        assert [(await named(other)).status_code for _ in range(3)] == [201, 429, 429]
    async with start(dsn, pack, **limit) as later:
        assert [(await named(later)).status_code for _ in range(2)] == [201, 429]


async def test_reports_of_one_batch_count_each(dsn: str, pack: CityPack, start: Any) -> None:
    async with start(dsn, pack, phone_reports_per_day=4) as intake:
        answers = await asyncio.gather(*(named(intake) for _ in range(4)))
        assert {answer.status_code for answer in answers} == {201}
        assert (await named(intake)).status_code == 429


async def test_open311_and_the_page_have_the_same_limit(
    dsn: str, pack: CityPack, start: Any
) -> None:
    async with start(dsn, pack, phone_reports_per_day=1) as intake:
        key = secrets.token_urlsafe(32)
        await api_keys.add(intake.pool, "kiosk", key, intake.clock.now())
        form = {
            "api_key": key, "service_code": "roads", "phone": KIOSK,
            "description": "Jalan berlubang besar di depan pasar.",
            "address_string": "Jalan Ahmad Yani, Kesawan",
            "attribute[damage]": "hole",
        }  # fmt: skip
        url = "/open311/v2/requests.json"
        first = await intake.public.post(url, data=form)
        assert first.status_code == 201, first.text
        second = await intake.public.post(url, data=form)
        assert second.status_code == 429
        assert "/reporter/phone" in second.json()[0]["description"]
        settings = web_settings(intake)
        coalescer = storing(settings, pack, intake.acceptance.write)
        async with coalescer.running():
            app = pages_for_residents(settings, pack, intake.pool, intake.clock, coalescer.submit)
            async with visitor(app) as client:
                browser = Browser(client)
                await browser.sent(phone=SAME)  # tells this process of the first one
                page = await browser.send(await browser.fill(phone=KIOSK))
                assert page.status_code == 429
                assert 'id="phone-wrong"' in page.text
                assert "very many reports today" in page.text
                assert "Jalan berlubang" in page.text
                assert int(page.headers["retry-after"]) > 3600
                await browser.sent()


async def test_a_number_is_told_apart_on_its_day_alone_and_gone_with_its_report(
    intake: Any,
) -> None:
    sent = (await named(intake)).json()
    first, proof = sent["tracking_number"], {"X-Tracking-Secret": sent["tracking_secret"]}
    await named(intake, SAME)
    intake.clock.advance(timedelta(days=1))
    await named(intake)
    await intake.send()
    rows = await intake.pool.fetch("select phone from report order by received_at")
    today, again, tomorrow, none = [row["phone"] for row in rows]
    assert today == again != tomorrow
    assert len(today) == 16
    assert none is None
    complaint = await intake.id_of(first)
    answer = await intake.public.delete(f"/api/v1/reports/{first}", headers=proof)
    assert answer.status_code == 202
    assert await intake.pool.fetchval("select phone from report where id = $1", complaint) is None


async def test_digests_are_forgotten_and_whistle_blowing_leaves_none(
    dsn: str, pack: CityPack, start: Any
) -> None:
    async with start(dsn, pack, phone_reports_per_day=2) as intake:
        await named(intake)
        await named(intake, kind="whistleblowing")
        assert (await named(intake)).status_code == 429  # it counts all the same
        kept = "select count(*) from report where phone is not null"
        assert await intake.pool.fetchval(kept) == 1
        await intake.pool.execute("update report set received_at = now() - interval '47 hours'")
        await intake.swept()
        assert await intake.pool.fetchval(kept) == 1
        await intake.pool.execute("update report set received_at = now() - interval '49 hours'")
        await intake.swept()
        assert await intake.pool.fetchval(kept) == 0
