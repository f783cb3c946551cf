"""The resident's pages over a real database, as a browser without JavaScript meets them."""

import re
import secrets
from typing import Any

import httpx
import pytest
from web_visitors import OWN, SITE, Browser, visitor, web_settings

from mrk_city import CityPack
from mrk_delivery.errors import Transient
from mrk_intake.applications import pages_for_residents, storing
from mrk_schemas.cases import Case, CaseAssigned, CaseState, ClockName, Deadline
from mrk_schemas.mirrors import Mirror, MirrorFiled, MirrorStatus
from mrk_schemas.registry import CASES, MIRRORS


def assigned(number: str, complaint: object, at: Any) -> CaseAssigned:
    due = Deadline(clock=ClockName.RESOLUTION, due_at=at, derivation="14 hari kerja sejak Senin")
    case = Case.model_validate(
        {
            "complaint_id": str(complaint), "tracking_number": number, "kind": "complaint",
            "state": CaseState.ASSIGNED, "owner": "sdabmbk", "owner_name": "Dinas SDABMBK",
            "deadlines": (due,), "anonymous": False, "confidential": False,
            "received_at": at, "changed_at": at,
        }
    )  # fmt: skip
    return CaseAssigned(case=case, by="routing")


async def test_a_form_becomes_a_report_with_a_receipt(browser: Browser, intake: Any) -> None:
    form = await browser.fill()
    receipt = await browser.send(form)
    assert receipt.history[0].status_code == 303
    number, proof = receipt.url.path.split("/")[2], receipt.history[0].headers["set-cookie"]
    assert receipt.url.path == f"/laporan/{number}/tanda-terima"
    for part in ("HttpOnly", "Secure", "SameSite=lax", f"Path=/laporan/{number}"):
        assert part in proof
    assert "Max-Age" not in proof
    secret = proof.partition("=")[2].partition(";")[0]
    assert f"{SITE}/laporan/{number}#{secret}" in receipt.text
    assert secret not in str(receipt.url)
    assert "content-encoding" not in receipt.headers  # BREACH
    event = await intake.event(await intake.id_of(number))
    assert event["report"]["text"] == form["text"]
    assert event["report"]["locale"] == "en"
    assert event["report"]["place"]["address"] == form["address"]
    # the API shows the same report to whoever has the secret that the page gave
    shown = await intake.public.get(
        f"/api/v1/reports/{number}", headers={"X-Tracking-Secret": secret}
    )
    assert shown.status_code == 200


async def test_sending_a_form_again_makes_no_second_report(browser: Browser, intake: Any) -> None:
    form = await browser.fill()
    first, again = await browser.send(form), await browser.send(form)
    assert first.url == again.url
    assert await intake.count("report") == 1
    other = await browser.send({**form, "text": "Sampah menumpuk di depan sekolah."})
    assert other.status_code == 422
    assert "already sent" in other.text
    fresh = re.search(r'name="kunci" value="([\w-]{32})"', other.text)
    assert fresh is not None
    assert fresh[1] != form["kunci"]
    assert "Sampah menumpuk" in other.text
    assert await intake.count("report") == 1


async def test_every_wrong_field_is_told_beside_it_and_what_was_typed_stays(
    browser: Browser, intake: Any
) -> None:
    form = await browser.fill(
        text="<b>x", address="", phone="12", email="salah", name='A"><script>', anonymous="1"
    )
    page = await browser.send(form)
    assert page.status_code == 422
    for field in ("text", "address", "phone", "email"):
        assert f'id="{field}-wrong"' in page.text
        assert f'<a href="#{field}">' in page.text
    assert 'value="salah"' in page.text
    assert "&lt;b&gt;x" in page.text
    assert "A&#34;&gt;&lt;script&gt;" in page.text
    assert "<script>" not in page.text
    assert re.search(r'name="anonymous"[^>]* checked', page.text)
    assert f'value="{form["kunci"]}"' in page.text
    assert 'id="name-wrong"' not in page.text
    assert await intake.count("report") == 0


async def test_both_languages_by_the_browser_and_by_choice(browser: Browser) -> None:
    first = await browser.open("/", **{"Accept-Language": "de"})
    assert '<html lang="id">' in first.text
    assert "Kirim laporan" in first.text
    switched = await browser.open("/bahasa/en?dari=/lacak", **{"Accept-Language": "id"})
    assert switched.url.path == "/lacak"
    assert '<html lang="en">' in switched.text
    choice = switched.history[0].headers["set-cookie"]
    for part in ("bahasa=en", "HttpOnly", "Secure", "SameSite=lax"):
        assert part in choice
    assert (await browser.open("/bahasa/id?dari=//evil.example")).url == f"{SITE}/"


async def test_another_sites_form_is_refused(browser: Browser, intake: Any) -> None:
    form = await browser.fill()
    for path in ("/lapor", "/lacak", "/bantu/kategori", "/bantu/tempat"):
        headers = {"Sec-Fetch-Site": "cross-site", "Accept-Language": "en"}
        refused = await browser.client.post(path, data=form, headers=headers)
        assert refused.status_code == 403, path
    assert await intake.count("report") == 0


async def test_a_request_without_a_key_is_no_report(browser: Browser, intake: Any) -> None:
    form = await browser.fill(kunci="")
    assert (await browser.send(form)).status_code == 400
    assert await intake.count("report") == 0


async def test_a_timeline_says_who_has_it_what_is_due_and_why(
    browser: Browser, stranger: Browser, intake: Any, told: Any
) -> None:
    number, _ = await browser.sent()
    complaint = await intake.id_of(number)
    at = intake.clock.now()
    await told.by(CASES, (1, at, assigned(number, complaint, at), str(complaint)))
    mirror = Mirror(
        complaint_id=str(complaint), status=MirrorStatus.FILED, national_id="9001",
        received_at=at, changed_at=at,
    )  # fmt: skip
    await told.by(MIRRORS, (1, at, MirrorFiled(mirror=mirror), str(complaint)))
    for visitor_, own in ((browser, True), (stranger, False)):
        page = await visitor_.open(f"/laporan/{number}")
        assert page.status_code == 200
        for words in (
            "Dinas SDABMBK",
            "14 hari kerja sejak Senin",
            "9001",
            "Monday, 2 March 2026",
        ):
            assert words in page.text, words
        assert ("You see what is public." in page.text) is not own
        assert "butet@warga.example" not in page.text


@pytest.mark.parametrize(
    "hidden", [{"confidential": "1"}, {"kind": "whistleblowing"}], ids=["rahasia", "wbs"]
)
async def test_a_hidden_report_without_its_secret_is_not_there(
    browser: Browser, stranger: Browser, hidden: dict[str, str]
) -> None:
    number, secret = await browser.sent(**hidden)
    assert (await browser.open(f"/laporan/{number}")).status_code == 200
    absent = "ZZZ-ZZZ-ZZP"

    def without(page: httpx.Response, number: str) -> str:
        return page.text.replace(number, "")

    there = await stranger.open(f"/laporan/{number}")
    nowhere = await stranger.open(f"/laporan/{absent}")
    assert (there.status_code, nowhere.status_code) == (404, 404)
    assert without(there, number) == without(nowhere, absent)
    receipt = await stranger.open(f"/laporan/{number}/tanda-terima")
    assert receipt.status_code == 404
    wrong = {"number": number, "secret": "x" * 22}
    refused = await stranger.client.post("/lacak", data=wrong, headers=OWN)
    assert refused.status_code == 404
    assert secret not in refused.text
    found = await stranger.client.post(
        "/lacak", data={"number": number.lower().replace("-", ""), "secret": secret}, headers=OWN
    )
    assert found.status_code == 200
    assert found.url.path == f"/laporan/{number}"
    assert secret not in found.text


async def test_a_public_report_is_shown_by_its_number_and_a_wrong_secret_is_told(
    browser: Browser, stranger: Browser
) -> None:
    number, secret = await browser.sent()
    public = await stranger.client.post(
        "/lacak", data={"number": number, "secret": ""}, headers=OWN
    )
    assert public.url.path == f"/laporan/{number}"
    assert not stranger.client.cookies
    wrong = {"number": number, "secret": secret[:-1]}
    told = await stranger.client.post("/lacak", data=wrong, headers=OWN)
    assert told.status_code == 422
    assert 'id="secret-wrong"' in told.text
    misread = await stranger.client.post("/lacak", data={"number": "7K3"}, headers=OWN)
    assert misread.status_code == 422
    assert 'id="number-wrong"' in misread.text
    written = number.lower().replace("-", "")
    assert (await stranger.open(f"/laporan/{written}")).url.path == f"/laporan/{number}"


async def test_an_erased_report_is_gone(browser: Browser, intake: Any) -> None:
    number, _ = await browser.sent()
    await intake.pool.execute("update report set erased_at = now()")
    assert (await browser.open(f"/laporan/{number}")).status_code == 410


async def test_emergency_words_bring_up_the_number_to_call(browser: Browser) -> None:
    receipt = await browser.send(await browser.fill(text="Kebakaran di rumah tetangga, tolong!"))
    assert '<div class="emergency" id="emergency" role="alert">' in receipt.text
    assert "tel:112" in receipt.text
    again = await browser.send(await browser.fill(text="Kebakaran!!!", address=""))
    assert '<div class="emergency" id="emergency" role="alert">' in again.text
    hint = await browser.client.post("/bantu/kategori", json={"text": "ada longsor"}, headers=OWN)
    assert hint.json()["emergency"] is True
    calm = await browser.open("/")
    assert '<div class="emergency" id="emergency" role="alert" hidden>' in calm.text


async def test_the_receipt_tells_what_the_reporter_should_know(browser: Browser) -> None:
    receipt = await browser.send(await browser.fill(name="", email="", lat="-6.2", lon="106.8"))
    assert "outside the city" in receipt.text
    assert "keep the tracking number" in receipt.text


async def test_words_and_points_get_hints(browser: Browser) -> None:
    async def ask(path: str, **question: Any) -> Any:
        return (await browser.client.post(path, json=question, headers=OWN)).json()

    found = await ask("/bantu/kategori", text="Jalan berlubang besar di depan pasar")
    assert found == {"category": {"code": "roads", "name": "Damaged roads"}, "emergency": False}
    place = await ask("/bantu/tempat", words="Jalan Ahmad Yani, Kesaw")
    assert place["places"] == ["Kesawan, Medan Barat"]
    point = await ask("/bantu/tempat", point={"lat": 3.5897, "lon": 98.6738})
    assert ", Medan " in point["found"]
    centres = (await browser.open("/bantu/kelurahan")).json()
    assert len(centres) == 151
    wrong = await browser.client.post("/bantu/kategori", json={"words": 1}, headers=OWN)
    assert (wrong.status_code, wrong.headers["content-type"]) == (422, "application/problem+json")


async def test_pages_are_guarded(browser: Browser) -> None:
    number, _ = await browser.sent()
    for path in ("/", "/lacak", "/tentang", f"/laporan/{number}", "/nowhere"):
        page = await browser.open(path)
        # the empty form alone is kept for the button "back"
        kept = "private, max-age=0" if path == "/" else "no-store"
        assert page.headers["cache-control"] == kept, path
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["referrer-policy"] == "same-origin"
        assert "script-src 'self'" in page.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert " style=" not in page.text
        assert not re.search(r"<script(?![^>]* src=)|<style| on[a-z]+=", page.text), path
    missing = await browser.open("/nowhere")
    assert (missing.status_code, "There is nothing here" in missing.text) == (404, True)


async def test_the_first_load_is_below_100_kb_and_is_kept_for_long(browser: Browser) -> None:
    total, seen = 0, set()
    page = await browser.open("/", **{"Accept-Encoding": "gzip"})
    assert page.headers["content-encoding"] == "gzip"
    total += int(page.headers["content-length"])
    wanted = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text))
    while wanted:
        path = wanted.pop()
        seen.add(path)
        file = await browser.open(path, **{"Accept-Encoding": "gzip"})
        assert "immutable" in file.headers["cache-control"]
        total += int(file.headers["content-length"])
        folder = path.rpartition("/")[0]
        wanted |= {
            f"{folder}/{name}" for name in re.findall(r'from "\./([\w.]+)"', file.text)
        } - seen
    assert len(seen) >= 8
    assert total < 100_000, total
    assert total < 40_000, total  # where it stands: what makes it grow should be meant
    old = re.sub(r"/static/\w+/", "/static/0123456789abcdef/", path)
    assert (await browser.open(old)).headers["cache-control"] == "no-cache"
    assert (await browser.open("/static/0/../../app.py")).status_code == 404


async def test_when_the_database_is_slow_the_form_is_kept(intake: Any, pack: CityPack) -> None:
    async def never(drafts: Any) -> Any:
        raise Transient(f"{len(drafts)} wait: the database is away")

    settings = web_settings(intake)
    coalescer = storing(settings, pack, never, deadline_s=0.2)
    async with coalescer.running():
        app = pages_for_residents(settings, pack, intake.pool, intake.clock, coalescer.submit)
        async with visitor(app) as client:
            browser = Browser(client)
            form = await browser.fill()
            busy = await browser.send(form)
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "2")
    assert form["kunci"] in busy.text
    assert "Jalan berlubang" in busy.text


async def test_an_unforeseen_error_is_a_page_that_tells_nothing_of_itself(
    intake: Any, pack: CityPack
) -> None:
    async def fails(_asked: Any) -> Any:
        raise ZeroDivisionError("the secret of the house")

    settings = web_settings(intake)
    app = pages_for_residents(settings, pack, intake.pool, intake.clock, fails)
    async with visitor(app) as client:
        browser = Browser(client)
        failed = await browser.send(await browser.fill())
    assert (failed.status_code, "That did not work" in failed.text) == (500, True)
    assert "secret of the house" not in failed.text


async def test_an_address_may_send_so_many_and_no_more(intake: Any, pack: CityPack) -> None:
    settings = web_settings(intake, address_rate_per_second=0.001, address_rate_burst=2)
    coalescer = storing(settings, pack, intake.acceptance.write)
    async with coalescer.running():
        app = pages_for_residents(settings, pack, intake.pool, intake.clock, coalescer.submit)
        async with visitor(app) as client:
            browser = Browser(client)
            statuses = []
            for _ in range(3):
                form = await browser.fill()
                statuses.append((await browser.send(form)).status_code)
            refused = await browser.send({**form, "kunci": secrets.token_urlsafe(24)})
    assert statuses == [200, 200, 429]
    assert "Not sent yet" in refused.text
    assert int(refused.headers["retry-after"]) > 1
