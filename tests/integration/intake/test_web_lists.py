"""The public list, its map and its feeds, as visitors and programs meet them."""

import itertools
import re
import secrets
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import feedparser
from list_readers import DAY, listed, numbers, owned, shown
from web_visitors import SITE, Browser, visitor, web_settings

from mrk_city import CityPack
from mrk_intake.applications import pages_for_residents, storing
from mrk_intake.domain.actions import Action
from mrk_intake.service import SERVICE
from mrk_intake.store import listing
from mrk_intake.store.erase import erase
from mrk_intake.workers.lister import Lister
from mrk_schemas.reports import Kind
from mrk_telemetry.health import Health


async def test_only_what_is_public_is_in_any_list(browser: Browser, intake: Any) -> None:
    public = set()
    for kind, confidential in itertools.product(Kind, (False, True)):
        sent = await intake.accepted(
            kind=kind, confidential=confidential, category="others", text="Kenari hilang di taman."
        )
        if kind is not Kind.WHISTLEBLOWING and not confidential:
            public.add(sent["tracking_number"])
    assert await listed(intake) == 3
    assert await listed(intake) == 0
    assert set(await numbers(browser)) == public
    for path in ("/laporan.atom", "/laporan.geojson"):
        answer = await browser.open(path)
        found = set(re.findall(r"/laporan/([0-9A-Z-]{11})", answer.text))
        assert found == public, path
    table = await browser.open("/laporan?tampilan=peta")
    assert "3 reports by place" in table.text
    assert await intake.count("listing_words") == 3


async def test_words_numbers_and_points_are_those_that_were_published(
    browser: Browser, intake: Any
) -> None:
    await intake.accepted(text="Lampu <b>mati</b>, hubungi 081234567890 segera.")
    await listed(intake)
    page = await browser.open("/laporan")
    assert "Lampu &lt;b&gt;mati&lt;/b&gt;, hubungi [nomor telepon] segera." in page.text
    for path in ("/laporan", "/laporan.atom", "/laporan.geojson"):
        answer = (await browser.open(path)).text
        assert "081234567890" not in answer
        assert "Butet" not in answer
        assert "butet@" not in answer
    # nor can it be found by what was masked
    assert await numbers(browser, "kata=081234567890") == []


async def test_an_entry_tells_where_a_report_stands(
    browser: Browser, intake: Any, told: Any
) -> None:
    sent = await intake.accepted(reporter={"name": "Butet", "locale": "en"})
    await owned(intake, told, sent)
    page = await browser.open("/laporan")
    for part in (
        "Damaged roads",
        "Petisah Tengah, Medan Petisah",
        "With the office, which has yet to accept it",
        "Water Resources",
        "since 2 Mar 2026",
        "Reported on 2 Mar 2026",
        "Due by 22 Mar 2026",
        "1 step",
        f'href="/laporan/{sent["tracking_number"]}"',
    ):
        assert part in unescape(page.text), part
    assert "Late" not in page.text
    intake.clock.advance(21 * DAY)
    page = await browser.open("/laporan")
    assert "Late: it was due on 22 Mar 2026" in page.text
    # told in the reader's language, whatever the reporter's
    page = await browser.open("/laporan", **{"Accept-Language": "id"})
    assert "Terlambat: tenggatnya 22 Mar 2026" in page.text
    assert "Dinas Sumber Daya Air" in page.text


async def test_each_filter_narrows_the_list(browser: Browser, intake: Any, told: Any) -> None:
    sent = []
    for category, kind, point, text in (
        ("roads", "complaint", (3.5897, 98.6738), "Jalan berlubang di depan pasar."),
        ("floods", "aspiration", (3.5480, 98.7050), "Tolong saluran dikeruk."),
        ("roads", "information", (3.5897, 98.6738), "Kapan lubang ditambal?"),
        ("roads", "complaint", (3.5897, 98.6738), "Trotoar pecah, lubang besar."),
    ):
        location = {"lat": point[0], "lon": point[1]}
        sent.append(
            await intake.accepted(
                category=category, kind=kind, location=location, text=text, address="Jl. Karya 7"
            )
        )
        intake.clock.advance(DAY)
    await owned(intake, told, sent[0], due=intake.clock.now() + DAY)
    await owned(intake, told, sent[1], due=intake.clock.now() - DAY)
    await owned(intake, told, sent[3], resolved=True)
    await listed(intake)
    one, two, three, four = (each["tracking_number"] for each in sent)
    for query, found in {
        "": [four, three, two, one],
        "kategori=floods": [two],
        "kecamatan=12.71.19": [four, three, one],
        "kelurahan=12.71.19.1001": [four, three, one],
        "kecamatan=12.71.19&kelurahan=12.71.19.1001": [four, three, one],
        "jenis=informasi": [three],
        "status=terbuka": [three, two, one],
        "status=menunggu": [three],
        "status=dikerjakan": [two, one],
        "status=terlambat": [two],
        "status=selesai": [four],
        "urut=tenggat": [two, one],
        "urut=terlama": [one, two, three],
        "kata=lubang": [four, three, one],
        "kata=LUBANG+besar": [four],
        "kata=karya": [four, three, two, one],
        "kata=kereta": [],
        "dari=2026-03-03&sampai=2026-03-04": [three, two],
        "dari=2026-03-05": [four],
        "kata=lubang&status=terbuka&kategori=roads&urut=terlama": [one, three],
    }.items():
        assert await numbers(browser, query) == found, query
        feed = await browser.open(f"/laporan.atom?{query}")
        if "urut" not in query:
            assert [
                each["id"].rpartition("/")[2] for each in feedparser.parse(feed.text).entries
            ] == found


async def test_wrong_filters_are_told_with_their_mend(browser: Browser, intake: Any) -> None:
    await intake.accepted()
    await listed(intake)
    for query, told in {
        "kategori=roda": "Choose one from the list",
        "kecamatan=Medan": "Choose one from the list",
        "kelurahan=1": "Choose one from the list",
        "kecamatan=12.71.01&kelurahan=12.71.19.1001": "is in Medan Petisah",
        "status=hilang": "terbuka, menunggu, dikerjakan, terlambat, selesai",
        "jenis=wbs": "pengaduan, aspirasi, informasi",
        "urut=acak": "terbaru, tenggat, terlama",
        "tampilan=3d": "daftar, peta",
        "dari=kemarin": "Write the day like 2026-03-02",
        "dari=20260302": "Write the day like 2026-03-02",
        "sampai=2026-02-30": "Write the day like 2026-03-02",
        "dari=2026-03-09": "still to come",
        "dari=2026-03-02&sampai=2026-03-01": "before the first one",
        "kata=%21%3F": "letters or numbers",
        "kata=a%00b": "cannot be kept",
        f"kata={'x' * 101}": "at most 100",
        "kategori=roads&kategori=floods": "Give it once",
        "sesudah=1": "Begin at the first page",
        "sesudah=1.7K3-Q9W-XTA": "Begin at the first page",
        "sesudah=99999999999999999999.7K3-Q9W-XTC": "Begin at the first page",
        "urut=tenggat&status=selesai": "Choose the newest first",
        "tampilan=peta&urut=tenggat": "neither order nor pages",
    }.items():
        page = await browser.open(f"/laporan?{query}")
        assert page.status_code == 400, query
        assert told in unescape(page.text), query
        assert 'role="alert"' in page.text
        assert shown(page) == []
        if not query.startswith(("urut", "tampilan")):
            feed = await browser.open(f"/laporan.atom?{query}")
            assert feed.status_code == 400, query
            assert feed.headers["content-type"] == "application/problem+json"
            wrong = feed.json()["errors"][0]
            assert wrong["field"] in query
            assert wrong["mend"]
    # what no list knows is said and left out: sites that pass addresses on add such
    page = await browser.open("/laporan?fbclid=abc&kategori=roads")
    assert page.status_code == 200
    assert "<code>fbclid</code>" in page.text
    assert len(shown(page)) == 1
    for path in ("/laporan.atom", "/laporan.geojson"):
        assert (await browser.open(f"{path}?fbclid=abc")).json()["errors"][0]["field"] == "fbclid"
    assert (await browser.open("/laporan.atom?bahasa=jv")).status_code == 400


async def test_a_form_that_was_left_open_makes_a_short_address(browser: Browser) -> None:
    page = await browser.open("/laporan?kata=&kategori=roads&kecamatan=&dari=&urut=terbaru")
    assert [each.status_code for each in page.history] == [303]
    assert str(page.url) == f"{SITE}/laporan?kategori=roads&urut=terbaru"
    # the other language keeps the filters
    switch = re.search(r'href="(/bahasa/id[^"]+)"', page.text)
    assert switch is not None
    other = await browser.open(unescape(switch[1]))
    assert str(other.url) == str(page.url)
    assert '<html lang="id">' in other.text


async def test_pages_go_on_and_back(browser: Browser, intake: Any) -> None:
    sent = []
    for _ in range(45):
        sent.append((await intake.accepted(category="roads"))["tracking_number"])
        intake.clock.advance(timedelta(minutes=1))
    await listed(intake)
    page = await browser.open("/laporan?kategori=roads")
    assert "45 reports" in page.text
    walked = shown(page)
    assert 'rel="prev"' not in page.text
    while (link := re.search(r'rel="next" href="([^"]+)"', page.text)) is not None:
        page = await browser.open(unescape(link[1]))
        assert "kategori=roads" in str(page.url)
        walked += shown(page)
    assert walked == sent[::-1]
    for expected in (walked[20:40], walked[:20]):
        back = re.search(r'rel="prev" href="([^"]+)"', page.text)
        assert back is not None
        page = await browser.open(unescape(back[1]))
        assert shown(page) == expected
    assert 'rel="prev"' not in page.text


async def test_what_is_erased_or_taken_back_leaves_every_list_at_once(
    app: Any, intake: Any, told: Any
) -> None:
    for how in ("erased", "withdrawn"):
        sent = await intake.accepted(text=f"Pohon tumbang {how} di jalan.")
        await owned(intake, told, sent)
        async with visitor(app) as client:
            browser = Browser(client)
            assert await numbers(browser, f"kata={how}") == [sent["tracking_number"]]
            if how == "erased":
                await erase(intake.pool, SERVICE, sent["id"], intake.clock.now())
            else:
                answer = await intake.public.post(
                    f"/api/v1/reports/{sent['tracking_number']}/{Action.WITHDRAWAL.value}",
                    headers={
                        "X-Tracking-Secret": sent["tracking_secret"],
                        "Idempotency-Key": secrets.token_hex(16),
                    },
                )
                assert answer.status_code in {200, 201}, answer.text
            # a late fact, and the next look, bring it back nowhere
            await owned(intake, told, sent)
            await listed(intake)
            assert await numbers(browser) == []
            assert "No report" in (await browser.open("/laporan?tampilan=peta")).text
    rows = await intake.pool.fetch("select phase from listing")
    assert [row["phase"] for row in rows] == ["withdrawn"]
    assert await intake.count("listing_words") == 1


async def test_no_index_of_the_list_holds_a_word(intake: Any) -> None:
    await intake.accepted(text="Kenarikuning hilang di taman kota.", address="Jl. Kenarihijau 4")
    await listed(intake)
    for table in ("listing", "listing_words"):
        for row in await intake.pool.fetch(f"select t::text as said from {table} t"):  # noqa: S608  # our own word
            assert "kenari" not in row["said"].lower()


async def test_an_address_reads_so_many_rows(intake: Any, pack: CityPack) -> None:
    settings = web_settings(intake, read_rows_per_second=0.001, read_rows_burst=1000)
    coalescer = storing(settings, pack, intake.acceptance.write)
    app = pages_for_residents(settings, pack, intake.pool, intake.clock, coalescer.submit)
    async with visitor(app) as client:
        browser = Browser(client)
        answers = [await browser.open("/laporan") for _ in range(51)]
        assert [each.status_code for each in answers] == [200] * 50 + [429]
        assert int(answers[-1].headers["retry-after"]) > 0
        assert (await browser.open("/laporan.atom")).status_code == 429
        # whoever reads much still may report
        assert (await browser.open("/")).status_code == 200


async def test_the_list_of_before_is_filled_once(intake: Any) -> None:
    for _ in range(3):
        await intake.accepted()
    await intake.pool.execute(
        "update report set received_at = $1", datetime(2024, 1, 1, tzinfo=UTC)
    )
    lister = Lister(intake.pool, intake.clock, Health().progress("listing", 60))
    assert (await lister.once(), await lister.once()) == (3, 0)
    await intake.accepted()
    assert await lister.once() == 1
    filters = listing.Filters()
    assert await listing.count(intake.pool, filters, intake.clock.now(), 10) == 4
    assert await listing.count(intake.pool, filters, intake.clock.now(), 2) == 3
