"""The mail server over real SMTP."""

import asyncio
import smtplib
import ssl
import subprocess
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest


def _message(identifier: str = "<1@medan.example>") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Medan Rumah Kita <kota@medan.example>"
    message["To"] = "warga@example.id"
    message["Subject"] = "Laporan Anda diterima - résumé"
    message["Message-ID"] = identifier
    message["Date"] = "Wed, 01 Jul 2026 08:00:00 +0700"
    message["Auto-Submitted"] = "auto-generated"
    message["Received"] = "not in the subset"
    message.set_content("Terima kasih.\nThank you - ✓\n")
    message.add_alternative("<p>Terima kasih</p>", subtype="html")
    return message


def _connect(mail: Any) -> smtplib.SMTP:
    host, _, port = mail.started["smtp"].rpartition(":")
    return smtplib.SMTP(host, int(port), timeout=10)


async def _send(mail: Any, *recipients: str) -> dict[str, tuple[int, bytes]]:
    def send() -> dict[str, tuple[int, bytes]]:
        with _connect(mail) as smtp:
            return smtp.send_message(_message(), to_addrs=list(recipients or ["warga@example.id"]))

    return await asyncio.to_thread(send)


async def test_a_message_is_kept_and_decoded(mail: Any) -> None:
    await _send(mail, "warga@example.id", "camat@example.id")
    (record,) = await mail.records()
    assert record["from"] == "kota@medan.example"
    assert record["to"] == ["warga@example.id", "camat@example.id"]
    assert record["subject"] == "Laporan Anda diterima - résumé"
    assert record["message_id"] == "<1@medan.example>"
    assert record["date"] == "Wed, 01 Jul 2026 08:00:00 +0700"
    assert record["body"] == "Terima kasih.\nThank you - ✓\n"
    assert record["headers"]["Auto-Submitted"] == "auto-generated"
    assert "Received" not in record["headers"]
    assert record["repeats"] == 1


async def test_the_pages_show_messages_escaped(mail: Any) -> None:
    await _send(mail)
    (record,) = await mail.records()
    assert "Laporan Anda diterima" in (await mail.client.get("/?q=warga")).text
    assert "Laporan Anda diterima" not in (await mail.client.get("/?q=nobody")).text
    page = (await mail.client.get(f"/messages/{record['id']}")).text
    assert "&lt;p&gt;Terima kasih" in page
    assert "<p>Terima kasih" not in page
    raw = await mail.client.get(f"/messages/{record['id']}/raw")
    assert "Received: not in the subset" in raw.text
    assert (await mail.client.get("/messages/99")).status_code == 404


async def test_temporary_trouble_then_success(mail: Any) -> None:
    await mail.faults(next=[{"group": "message", "kind": "temporary"}])
    with pytest.raises(smtplib.SMTPDataError) as refused:
        await _send(mail)
    assert refused.value.smtp_code == 451
    assert await mail.records() == []
    await _send(mail)
    assert len(await mail.records()) == 1


async def test_one_recipient_is_refused_the_other_is_served(mail: Any) -> None:
    await mail.faults(rates={"recipient": {"reject": {"rate": 1, "contains": "gone@"}}})
    refused = await _send(mail, "gone@example.id", "warga@example.id")
    assert refused["gone@example.id"][0] == 550
    assert [record["to"] for record in await mail.records()] == [["warga@example.id"]]


@pytest.mark.parametrize(("kind", "stored"), [("drop_before", 0), ("drop_after", 1)])
async def test_the_connection_drops_before_the_250(mail: Any, kind: str, stored: int) -> None:
    await mail.faults(next=[{"kind": kind}])
    with pytest.raises(smtplib.SMTPServerDisconnected):
        await _send(mail)
    assert [record["fault"] for record in await mail.records()] == [kind] * stored
    await _send(mail)
    records = await mail.records()
    assert [record["repeats"] for record in records] == [stored + 1] * (stored + 1)


async def test_a_new_connection_is_dropped_or_refused(mail: Any) -> None:
    await mail.faults(next=[{"group": "connection", "kind": "drop"}])
    # the reset may arrive while the client is still inside connect()
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        await _send(mail)
    await mail.faults(refuse_connections=True)
    with pytest.raises(ConnectionRefusedError):
        await _send(mail)
    await mail.client.delete("/_sim/faults")
    await _send(mail)
    assert len(await mail.records()) == 1


async def test_latency_delays_the_250(mail: Any) -> None:
    await mail.faults(rates={"message": {"latency": {"rate": 1, "ms": 300}}})
    begun = asyncio.get_running_loop().time()
    await _send(mail)
    assert asyncio.get_running_loop().time() - begun >= 0.3


async def test_an_idle_client_does_not_hold_up_a_stop(mail: Any) -> None:
    smtp = await asyncio.to_thread(_connect, mail)
    # far below the minutes for which a server waits for an idle client
    assert await asyncio.wait_for(mail.stop(), 30) == 0
    smtp.close()


async def test_login_over_starttls_when_it_is_demanded(start: Any, tmp_path: Path) -> None:
    key, certificate, login = (tmp_path / name for name in ("key.pem", "cert.pem", "login"))
    login.write_text("kota:rahasia\n")
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    await asyncio.to_thread(subprocess.run, [*make, *files], check=True, capture_output=True)
    mail = await start(
        "mail",
        *("--smtp", "127.0.0.1:0", "--store", tmp_path / "m.db", "--auth-file", login),
        *("--tls-certificate", certificate, "--tls-key", key),
    )
    trusted = ssl.create_default_context(cafile=str(certificate))
    trusted.check_hostname = False

    def send(password: str) -> None:
        with _connect(mail) as smtp:
            smtp.starttls(context=trusted)
            smtp.login("kota", password)
            smtp.send_message(_message())

    with pytest.raises(smtplib.SMTPSenderRefused):
        await _send(mail)
    with pytest.raises(smtplib.SMTPAuthenticationError):
        await asyncio.to_thread(send, "salah")
    await asyncio.to_thread(send, "rahasia")
    assert len(await mail.records()) == 1
