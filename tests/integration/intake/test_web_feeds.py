"""The map of a public list, its feed, and what search engines are told."""

import re
import xml.etree.ElementTree as ET
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import feedparser
from list_readers import listed, numbers, owned
from web_visitors import SITE, Browser, visitor

ATOM = "{http://www.w3.org/2005/Atom}"


async def test_the_map_counts_by_kecamatan_then_by_kelurahan(
    browser: Browser, intake: Any, told: Any
) -> None:
    for point in ((3.5897, 98.6738), (3.5897, 98.6738), (3.5480, 98.7050)):
        sent = await intake.accepted(location={"lat": point[0], "lon": point[1]})
    await owned(intake, told, sent, resolved=True)
    await intake.accepted(location=None, address="di sana")
    await listed(intake)
    page = await browser.open("/laporan?tampilan=peta&kategori=roads")
    rows = re.findall(r'<tr><th scope="row">(.*?)</th><td>(\d+)</td><td>(\d+)</td></tr>', page.text)
    told_rows = {re.sub("<[^>]+>", "", name): (int(a), int(b)) for name, a, b in rows}
    assert told_rows == {"Medan Petisah": (2, 2), "Medan Amplas": (1, 0), "Place not known": (1, 1)}
    link = re.search(r'href="([^"]+)">Medan Petisah', page.text)
    assert link is not None
    inside = await browser.open(unescape(link[1]))
    assert "kategori=roads" in str(inside.url)
    leaf = re.search(r'href="([^"]+)">Petisah Tengah</a></th><td>2</td>', inside.text)
    assert leaf is not None
    assert len(await numbers(browser, urlsplit(unescape(leaf[1])).query)) == 2
    shapes = await browser.open("/laporan.geojson?kategori=roads&bahasa=en")
    assert shapes.headers["content-type"] == "application/geo+json"
    spots = shapes.json()["features"]
    assert sorted(each["geometry"]["coordinates"] for each in spots) == [
        [98.6738, 3.5897], [98.6738, 3.5897], [98.7050, 3.5480],
    ]  # fmt: skip
    assert spots[0]["properties"]["category"] == "Damaged roads"


async def test_many_reports_are_one_marker_a_kelurahan(browser: Browser, intake: Any) -> None:
    await intake.accepted()
    await listed(intake)
    await intake.pool.execute("""
        insert into listing select gen_random_uuid(), 'N' || n, 'complaint', 'roads', '12.71.19',
            '12.71.19.1001', $1, 'solved', null from generate_series(1, 300) n
    """, intake.clock.now())  # fmt: skip
    (cluster,) = (await browser.open("/laporan.geojson")).json()["features"]
    assert cluster["properties"] | {"place": ""} == {
        "place": "", "href": "/laporan?kelurahan=12.71.19.1001", "reports": 301, "open": 1,
    }  # fmt: skip


async def test_the_feed_is_valid_and_goes_on(browser: Browser, intake: Any, told: Any) -> None:
    sent = []
    for _ in range(60):
        sent.append(await intake.accepted())
        intake.clock.advance(timedelta(minutes=1))
    await owned(intake, told, sent[-1])
    await listed(intake)
    page = await browser.open("/laporan?kecamatan=12.71.19&urut=tenggat")
    link = re.search(
        r'<link rel="alternate" type="application/atom\+xml" [^>]*href="([^"]+)"', page.text
    )
    assert link is not None
    assert unescape(link[1]) == "/laporan.atom?kecamatan=12.71.19&bahasa=en"
    first = await browser.open(unescape(link[1]))
    assert first.headers["content-type"] == "application/atom+xml; charset=utf-8"
    _is_atom(first.text)
    feed = feedparser.parse(first.text)
    assert not feed.bozo
    assert feed.version == "atom10"
    assert "Medan Petisah" in feed.feed.title
    assert feed.feed.id.startswith("tag:lapor.example,2026:laporan.atom?kecamatan=")
    links = {each.rel: each.href for each in feed.feed.links}
    assert links["self"] == SITE + unescape(link[1])
    assert links["alternate"] == f"{SITE}/laporan?kecamatan=12.71.19"
    second = await browser.open(links["next"].removeprefix(SITE))
    _is_atom(second.text)
    rest = feedparser.parse(second.text)
    ids = [each.id for each in (*feed.entries, *rest.entries)]
    assert ids == [
        f"tag:lapor.example,2026:laporan/{each['tracking_number']}" for each in sent[::-1]
    ]
    assert "next" not in {each.rel for each in rest.feed.links}
    assert rest.feed.id == feed.feed.id
    newest = feed.entries[0]
    assert newest.link == f"{SITE}/laporan/{sent[-1]['tracking_number']}"
    assert newest.updated >= newest.published
    assert feed.feed.updated == max(each.updated for each in feed.entries)
    assert "Water Resources" in newest.summary
    empty = await browser.open("/laporan.atom?kecamatan=12.71.01")
    _is_atom(empty.text)
    assert not feedparser.parse(empty.text).bozo


def _is_atom(text: str) -> None:
    """What RFC 4287, 4.1 demands of a feed and its entries, and that ids are IRIs and unique."""
    root = ET.fromstring(text)  # noqa: S314  # our own
    assert root.tag == f"{ATOM}feed"
    ids = []
    for element in (root, *root.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            (child,) = element.findall(f"{ATOM}{name}")
            assert child.text
        ids.append(element.findtext(f"{ATOM}id"))
        at = datetime.fromisoformat(str(element.findtext(f"{ATOM}updated")))
        assert at.tzinfo is not None
        alternates = [
            each for each in element.findall(f"{ATOM}link") if each.get("rel") == "alternate"
        ]
        assert len(alternates) == 1
    assert all(re.fullmatch(r"tag:[a-z.]+,\d{4}:\S+", str(each)) for each in ids)
    assert len(set(ids)) == len(ids)
    assert root.findtext(f"{ATOM}author/{ATOM}name")
    assert len([each for each in root.findall(f"{ATOM}link") if each.get("rel") == "self"]) == 1


async def test_a_reader_that_has_the_feed_is_told_so(app: Any, intake: Any) -> None:
    await intake.accepted()
    await listed(intake)
    async with visitor(app) as client:
        browser = Browser(client)
        for path in ("/laporan.atom", "/laporan.geojson"):
            first = await browser.open(path)
            tag, since = first.headers["etag"], first.headers["last-modified"]
            assert first.headers["cache-control"].startswith("public, max-age=")
            for has in ({"If-None-Match": tag}, {"If-Modified-Since": since}):
                again = await browser.open(path, **has)
                assert (again.status_code, again.content) == (304, b"")
                assert again.headers["etag"] == tag
            for has in (
                {"If-None-Match": 'W/"other"', "If-Modified-Since": since},
                {"If-Modified-Since": "Mon, 02 Mar 2020 03:04:05 GMT"},
                {"If-Modified-Since": "gestern"},
            ):
                assert (await browser.open(path, **has)).status_code == 200


async def test_search_engines_are_told_what_to_find(browser: Browser) -> None:
    robots = await browser.open("/robots.txt")
    assert "Disallow: /lacak" in robots.text
    assert f"Sitemap: {SITE}/sitemap.xml" in robots.text
    sitemap = ET.fromstring((await browser.open("/sitemap.xml")).text)  # noqa: S314  # our own
    places = [str(each.text) for each in sitemap.iter() if each.tag.endswith("loc")]
    assert f"{SITE}/laporan?kecamatan=12.71.19" in places
    assert len(places) == 4 + 21
    for place in places:
        page = await browser.open(place.removeprefix(SITE))
        assert page.status_code == 200
        assert 'name="robots" content="index' in page.text or place == f"{SITE}/", place
    assert 'content="noindex, follow"' in (await browser.open("/laporan?kata=lubang")).text
