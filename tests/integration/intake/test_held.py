"""Words and links for which a text waits: accepted and sent on, and not public until a look."""

import asyncio
import json
import os
import secrets
import sys
from pathlib import Path
from typing import Any

import pytest
from web_visitors import Browser

from mrk_telemetry import metrics

PACK = Path(__file__).resolve().parents[3] / "deploy/city/medan"

RUDE = "Jalan berlubang di depan pasar, dasar anjing kalian semua tak pernah kerja."
CALM = "Jalan berlubang besar di depan pasar, sudah dua motor jatuh minggu ini."


async def admin(dsn: str, *words: str) -> tuple[int, str, str]:
    environ = {
        "PATH": os.environ["PATH"],
        "MRK_INTAKE_ENVIRONMENT": "test",
        "MRK_INTAKE_DATABASE_URL": dsn,
        "MRK_INTAKE_CITY_PACK": str(PACK),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "mrk_intake", "admin", "held", *words,
        env=environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def listed(intake: Any, number: str) -> dict[str, Any]:
    answer = await intake.public.get(f"/open311/v2/requests/{number}.json?extensions=true")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()[0]
    return found


async def state_of(intake: Any, number: str) -> str | None:
    found: str | None = await intake.pool.fetchval(
        "select held from report where tracking_number = $1", number
    )
    return found


@pytest.mark.parametrize(
    "changes",
    [
        {"text": RUDE},
        {"text": "Lihat videonya di https://judi.example/x dan daftar sekarang juga."},
        {"address": "Jalan Ahmad Yani, kimak kau, Kesawan"},
        {"attributes": {"damage": "hole", "hole-width-cm": "12"}, "text": RUDE},
    ],
)
async def test_it_is_accepted_and_sent_on_and_the_public_reads_no_word_of_it(
    intake: Any, changes: dict[str, Any]
) -> None:
    sent = await intake.accepted(**changes)
    assert sent.keys() >= {"tracking_number", "tracking_secret"}
    number = sent["tracking_number"]
    # agencies, dispatchers and SP4N-LAPOR! read the event: every word is in it
    told = (await intake.event(sent["id"]))["report"]
    assert told["text"] == changes.get("text", CALM)
    assert await state_of(intake, number) == "waiting"
    shown = await listed(intake, number)
    assert shown["description"].startswith("(Teks laporan ini menunggu")
    assert shown["address"] is None
    assert shown["extended_attributes"]["attributes"] == []
    assert shown["service_code"] == "roads"
    assert shown["lat"] == 3.5897
    everything = (await intake.public.get("/open311/v2/requests.csv")).text
    for word in ("anjing", "judi.example", "kimak"):
        assert word not in everything
        assert word not in json.dumps(shown)


@pytest.mark.parametrize(
    "text",
    [
        CALM,
        "Anjing liar banyak sekali di lapangan, sudah ada yang digigit.",
        "Warga resah, togel dijual terang-terangan di simpang itu.",
        "Fotonya di https://maps.app.goo.gl/abc dan sudah ada di medan.go.id juga.",
        "Balas ke surel warga@contoh.com ya, terima kasih banyak.",
    ],
)
async def test_what_is_said_in_good_faith_does_not_wait(intake: Any, text: str) -> None:
    sent = await intake.accepted(text=text)
    assert await state_of(intake, sent["tracking_number"]) is None


@pytest.mark.parametrize("hidden", [{"confidential": True}, {"kind": "whistleblowing"}])
async def test_what_the_public_never_reads_does_not_wait(
    intake: Any, hidden: dict[str, Any]
) -> None:
    sent = await intake.accepted(text=RUDE, **hidden)
    assert await state_of(intake, sent["tracking_number"]) is None


async def test_the_reporter_is_told_and_sees_when_it_was_decided(
    browser: Browser, stranger: Browser, intake: Any
) -> None:
    number, _ = await browser.sent(text=RUDE)
    mine, others = [await each.open(f"/laporan/{number}") for each in (browser, stranger)]
    assert "somebody here looks at them" in mine.text
    assert "somebody here looks at them" not in others.text
    await intake.pool.execute("update report set held = 'hidden'")
    assert "the public does not read them" in (await browser.open(f"/laporan/{number}")).text


@pytest.mark.parametrize("text", [RUDE, CALM])
async def test_what_the_reporter_adds_is_held_with_the_report(intake: Any, text: str) -> None:
    sent = await intake.accepted(text=text)
    url = f"/api/v1/reports/{sent['tracking_number']}"
    proof = {"X-Tracking-Secret": sent["tracking_secret"]}
    added = await intake.public.post(
        f"{url}/information", json={"text": "Sekali lagi, dasar anjing."},
        headers={**proof, "Idempotency-Key": secrets.token_hex(16)},
    )  # fmt: skip
    assert added.status_code < 300, added.text
    assert "anjing" in (await intake.public.get(url, headers=proof)).text
    assert "anjing" not in (await intake.public.get(url)).text
    assert await state_of(intake, sent["tracking_number"]) == "waiting"
    assert "anjing" not in json.dumps(await listed(intake, sent["tracking_number"]))


async def test_somebody_looks_and_decides(intake: Any, dsn: str) -> None:
    first, second = [(await intake.accepted(text=RUDE))["tracking_number"] for _ in range(2)]
    _, waiting, _ = await admin(dsn, "list", "--json")
    assert {json.loads(line)["number"] for line in waiting.splitlines()} == {first, second}
    shown = json.loads((await admin(dsn, "show", first))[1])
    assert (shown["held"], shown["because_of"]) == ("waiting", ["dasar anjing"])
    assert RUDE in shown["words"]
    code, _, log = await admin(dsn, "release", first, "--who", "Rina", "--why", "kasar, benar")
    assert code == 0
    assert "kasar, benar" not in log
    assert (await listed(intake, first))["description"] == RUDE
    assert (await admin(dsn, "hide", second, "--who", "Rina", "--why", "menghina"))[0] == 0
    assert "anjing" not in json.dumps(await listed(intake, second))
    assert (await admin(dsn, "list", "--json"))[1] == ""
    decided = json.loads((await admin(dsn, "show", second))[1])["decisions"]
    assert [(d["decision"], d["who"], d["why"]) for d in decided] == [("hide", "Rina", "menghina")]


async def test_a_decision_is_taken_back_and_what_was_never_held_can_be_hidden(
    intake: Any, dsn: str
) -> None:
    number = (await intake.accepted(text=CALM))["tracking_number"]
    why = ("--who", "Togar", "--why", "menyebut nama orang")
    code, _, told = await admin(dsn, "release", number, *why)
    assert (code, "not held" in told) == (1, True)
    assert (await admin(dsn, "hide", number, *why))[0] == 0
    assert (await listed(intake, number))["description"].startswith("(Teks")
    assert (await admin(dsn, "release", number, *why))[0] == 0
    assert (await listed(intake, number))["description"] == CALM
    assert (await admin(dsn, "hide", "7K3-Q9W-XTD", *why))[0] == 1
    assert (await admin(dsn, "hide", number))[0] == 2


async def test_it_is_measured(intake: Any) -> None:
    await intake.accepted(text=RUDE)
    await intake.swept()
    assert metrics.REGISTRY.get_sample_value("mrk_held_waiting") == 1
