"""The legacy dialect against the real process."""

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

REPORT = (
    '<lapor token="{token}"><pelapor><email>warga@example.id</email><telpon>0812</telpon>'
    "<namadepan>Warga</namadepan><namabelakang>Medan</namabelakang></pelapor>"
    '<laporan rahasia="{secret}" anonim="{anonymous}">'
    "<isi>Lampu jalan mati &lt;b&gt;\n\nReferensi: MRK-9XYZ-A1</isi></laporan></lapor>"
)
XML = {"content-type": "text/xml; charset=utf-8"}


async def _add(lapor: Any, token: str = "", secret: int = 0, anonymous: int = 0) -> Any:
    body = REPORT.format(token=token, secret=secret, anonymous=anonymous)
    return await lapor.client.post("/api/stream/addstream", content=body, headers=XML)


async def test_a_report_is_stored_and_answered_with_its_ids(lapor: Any) -> None:
    answer = ET.fromstring((await _add(lapor)).content)  # noqa: S314  # our own answer
    (record,) = await lapor.records()
    assert answer.findtext("trackingid") == str(record["id"])
    assert answer.findtext("transaksiid") == record["transaksiid"]
    assert record["reference"] == "MRK-9XYZ-A1"
    assert record["reporter"]["name"] == "Warga Medan"
    assert record["dialect"] == "stream"


async def test_the_public_page_hides_what_is_secret_and_who_is_anonymous(lapor: Any) -> None:
    for secret, anonymous in ((0, 0), (0, 1), (1, 0)):
        await _add(lapor, secret=secret, anonymous=anonymous)
    ids = [record["id"] for record in await lapor.records()]
    pages = [await lapor.client.get(f"/pengaduan/{number}") for number in ids]
    assert "Warga Medan" in pages[0].text
    assert "&lt;b&gt;" in pages[0].text
    assert "Warga Medan" not in pages[1].text
    assert pages[2].status_code == 404


async def test_what_is_not_a_report_is_refused(lapor: Any) -> None:
    for body in ("<lapor>", "<other/>", '<!DOCTYPE a [<!ENTITY b "c">]><lapor>&b;</lapor>'):
        answer = await lapor.client.post("/api/stream/addstream", content=body, headers=XML)
        assert answer.status_code == 400
    assert await lapor.records() == []


async def test_the_token_is_asked_for(start: Any, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("rahasia\n")
    lapor = await start("lapor", "--store", tmp_path / "l.db", "--token-file", secret)
    topics = "/api/services/f01/gettopics"
    assert (await _add(lapor, token="salah")).status_code == 401
    assert (await _add(lapor, token="rahasia")).status_code == 200
    assert (await lapor.client.post(topics, data={"KEYTOKEN": "x"})).status_code == 401
    listed = (await lapor.client.post(topics, data={"KEYTOKEN": "rahasia"})).json()
    assert {"id", "parent", "topic_name"} == set(listed[0])
