"""The form with its files, as a browser without JavaScript sends them."""

import asyncio
import re
import secrets
from typing import Any

import httpx
import pytest
from test_attachments import document, photo
from web_visitors import OWN, Browser

from mrk_intake.domain.attachments import MAX_BYTES

File = tuple[str, bytes, str]
KEPT = r'name="unggahan" value="([\w-]{43}) ([^"]*)"'


class Sender:
    """Sends forms with files; beside it the files are examined."""

    def __init__(self, browser: Browser, intake: Any) -> None:
        self.browser = browser
        self.intake = intake

    async def send(self, form: dict[str, Any], *files: File, **headers: str) -> httpx.Response:
        parts: list[Any] = [("foto", each) for each in files or [("", b"", "")]]
        sending = asyncio.create_task(
            self.browser.client.post(
                "/lapor", data=form, files=parts, headers={**OWN, **headers}, timeout=30
            )
        )
        while not sending.done():
            await self.intake.worked()
            await asyncio.sleep(0.05)
        return await sending


@pytest.fixture
def sender(browser: Browser, intake: Any) -> Sender:
    return Sender(browser, intake)


def jpeg(name: str = "jalan.jpg", colour: int = 60) -> File:
    return (name, photo(colour), "image/jpeg")


async def test_photos_and_documents_go_with_the_form(sender: Sender, intake: Any) -> None:
    form = await sender.browser.fill()
    receipt = await sender.send(form, jpeg(), ("surat.pdf", document(), "application/pdf"))
    assert receipt.url.path.endswith("/tanda-terima"), receipt.text
    number = receipt.url.path.split("/")[2]
    event = await intake.event(await intake.id_of(number))
    assert len(event["report"]["photos"]) == 2
    page = (await sender.browser.open(f"/laporan/{number}")).text
    assert "/thumbnail" in page
    assert "Document 1 (PDF" in page


async def test_a_form_with_files_that_is_sent_again_is_the_same_report(
    sender: Sender, intake: Any
) -> None:
    form = await sender.browser.fill()
    files = (jpeg(), jpeg("dua.jpg", 90))
    first, again = await sender.send(form, *files), await sender.send(form, *files)
    assert first.url == again.url
    both = await asyncio.gather(*(sender.send(form, *files) for _ in range(2)))
    assert {each.url for each in both} == {first.url}
    assert await intake.count("report") == 1
    assert await intake.count("report_attachment") == 2
    other = await sender.send(form, jpeg("lain.jpg", 120))
    assert (other.status_code, "already sent" in other.text) == (422, True)


async def test_a_form_with_a_wrong_field_keeps_its_photos_and_lets_them_go(
    sender: Sender, intake: Any
) -> None:
    form = await sender.browser.fill(text="x")
    wrong = await sender.send(form, jpeg("<b>satu.jpg"), jpeg("dua.jpg", 90))
    assert wrong.status_code == 422
    assert "<b>satu" not in wrong.text
    kept = re.findall(KEPT, wrong.text)
    assert [name for _, name in kept] == ["&lt;b&gt;satu.jpg", "dua.jpg"]
    mended = {
        **form,
        "text": "Jalan berlubang besar di depan pasar.",
        "unggahan": [f"{token} {name}" for token, name in kept],
        "hapus": [kept[1][0]],
    }
    receipt = await sender.send(mended)
    assert receipt.url.path.endswith("/tanda-terima"), receipt.text
    assert await intake.count("report_attachment") == 1


async def test_every_wrong_file_is_named_with_its_mend(sender: Sender, intake: Any) -> None:
    form = await sender.browser.fill(text="x")
    page = await sender.send(
        form,
        ("gambar.svg", b"<svg/>", "image/svg+xml"),
        ("kosong.jpg", b"", "image/jpeg"),
        ("rusak.jpg", photo()[:300], "image/jpeg"),
        ("besar.jpg", photo() + bytes(MAX_BYTES), "image/jpeg"),
        ("catatan.txt", b"apa saja", "text/plain"),
        jpeg("baik.jpg"),
    )
    assert page.status_code == 422
    told = dict(re.findall(r"<li>([\w.]+): ([^<]+)</li>", page.text))
    assert set(told) == {"gambar.svg", "kosong.jpg", "rusak.jpg", "besar.jpg", "catatan.txt"}
    assert "Make it smaller" in told["besar.jpg"]
    assert "Upload it again from the original" in told["rusak.jpg"]
    assert 'id="text-wrong"' in page.text
    assert [name for _, name in re.findall(KEPT, page.text)] == ["baik.jpg"]
    # what was refused halfway is not kept
    assert await intake.pool.fetchval("select count(*) from attachment") == 2  # baik and rusak


async def test_a_sixth_file_is_left_out_and_named(sender: Sender) -> None:
    form = await sender.browser.fill()
    page = await sender.send(form, *(jpeg(f"{n}.jpg", n * 20) for n in range(1, 7)))
    assert page.status_code == 422
    assert "6.jpg: Left out: a report has 5 files at most." in page.text
    assert len(re.findall(KEPT, page.text)) == 5


async def test_a_form_without_a_key_or_torn_keeps_no_file(sender: Sender, intake: Any) -> None:
    form = await sender.browser.fill()
    assert (await sender.send({**form, "kunci": ""}, jpeg())).status_code == 400
    torn = b'--x\r\ncontent-disposition: form-data; name="foto"; filename="a.jpg"\r\n\r\nabc'
    kind = {"content-type": "multipart/form-data; boundary=x"}
    begun = b'--x\r\ncontent-disposition: form-data; name="kunci"\r\n\r\n'
    for body in (torn, begun + form["kunci"].encode() + b"\r\n" + torn, b"", b"--y\r\n"):
        answer = await sender.browser.client.post("/lapor", content=body, headers={**OWN, **kind})
        assert answer.status_code == 400
    assert await intake.count("attachment") == 0
    assert await intake.count("report") == 0


async def test_a_script_is_told_number_secret_and_what_is_wrong(
    sender: Sender, intake: Any
) -> None:
    ask = {**OWN, "Accept": "application/json"}
    form = await sender.browser.fill(bahasa="id")
    post = sender.browser.client.post
    first, again = [await post("/lapor", data=form, headers=ask) for _ in range(2)]
    assert (first.status_code, first.json()) == (201, again.json())
    told = first.json()
    assert told["receipt"] == f"/laporan/{told['number']}/tanda-terima"
    page = await sender.browser.open(told["receipt"])
    assert told["secret"] in page.text
    event = await intake.event(await intake.id_of(told["number"]))
    # the form's language, whatever the browser speaks when it is sent at last
    assert event["report"]["locale"] == "id"
    other = await post("/lapor", data={**form, "text": "Sampah di depan."}, headers=ask)
    assert (other.status_code, "already sent" in other.json()["notice"]) == (422, True)
    gone = {
        **form,
        "kunci": secrets.token_urlsafe(24),
        "phone": "12",
        "unggahan": f"{'x' * 43} a.jpg",
    }
    wrong = (await post("/lapor", data=gone, headers=ask)).json()
    assert [each["field"] for each in wrong["errors"]] == ["phone"]
    assert "0812" in wrong["errors"][0]["message"]
    assert [(p["code"], p["name"]) for p in wrong["photos"]] == [("gone", "a.jpg")]
    refused = await post("/lapor", data={**form, "kunci": "x"}, headers=ask)
    assert refused.headers["content-type"] == "application/problem+json"


async def test_the_pages_take_pieces_as_the_api_does(sender: Sender, intake: Any) -> None:
    data = photo()
    tus = {"Tus-Resumable": "1.0.0"}
    begun = await sender.browser.client.post(
        "/api/v1/uploads", headers={**tus, "Upload-Length": str(len(data))}
    )
    assert begun.status_code == 201
    token = begun.headers["location"].rpartition("/")[2]
    url = f"/api/v1/uploads/{token}"
    more = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    sent = await sender.browser.client.patch(url, content=data, headers={**tus, **more})
    assert sent.status_code == 204
    form = await sender.browser.fill(unggahan=f"{token} jalan.jpg")
    early = await sender.browser.client.post(
        "/lapor", data=form, headers={**OWN, "Accept": "application/json"}
    )
    assert early.json()["photos"][0]["code"] == "examining"
    await intake.worked()
    assert (await sender.browser.client.get(url)).json()["state"] == "ready"
    receipt = await sender.send(form)
    assert receipt.url.path.endswith("/tanda-terima"), receipt.text
