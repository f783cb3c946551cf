"""An agency's system, whole: reads its inbox, accepts, asks, reports progress, resolves.

    pip install aiokafka
    KAFKA_BOOTSTRAP=127.0.0.1:9092 AGENCY=sdabmbk STATE=agency.db python agency.py

What it does at once, people do in yours. What must stay: every message is acted on once, nothing
older than what was read is acted on, and the id of a command says which command it is.
"""

import asyncio
import json
import os
import sqlite3
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

PREFIX, SUFFIX = "id.go.medan.", ".v1"


class Agency:
    """One agency. `case` holds the newest version read, and the words for as long as we may."""

    def __init__(self, code: str, state: str) -> None:
        self.code = code
        self.db = sqlite3.connect(state)
        self.db.execute("create table if not exists seen (id text primary key)")
        self.db.execute(
            "create table if not exists cases"
            " (id text primary key, version int, words text, unclear int default 0)"
        )

    def react(self, type_: str, body: dict) -> tuple[str, dict] | None:
        """What one new message makes us do: a command and its words, or nothing."""
        case = body.get("case", {})
        match type_:
            case "case.handed-over":
                # every part of a place may be absent: of a confidential case, all but the kelurahan
                unclear = not body.get("place", {}).get("address") and not case["confidential"]
                self.keep(case["complaint_id"], body.get("text"), unclear)
                return "accept", {"note": "Laporan kami terima."}
            case "command.done" if body["command_type"].endswith("case.accept.v1"):
                if self.is_unclear(case["complaint_id"]):
                    return "ask", {"question": "Di sebelah mana tepatnya? Mohon patokannya."}
                return "progress", {"note": "Petugas menuju lokasi."}
            case "command.done" if body["command_type"].endswith("case.progress.v1"):
                return "resolve", {"note": "Pekerjaan selesai. Terima kasih."}
            case "case.answered" | "case.resumed" | "case.reopened":
                return "progress", {"note": "Petugas melanjutkan pekerjaan."}
            case "case.taken-away" | "case.withdrawn" | "case.confirmed" | "case.blanked":
                self.keep(case["complaint_id"], None)  # delete the words that we hold
            case "command.refused":
                print("refused:", body["rule"], body["reason"], body["mend"])  # for a person
        return None  # a type that we don't know is no error: it is new

    def keep(self, complaint: str, words: str | None, unclear: bool = False) -> None:
        self.db.execute(
            "update cases set words = ?, unclear = ? where id = ?", [words, unclear, complaint]
        )

    def is_unclear(self, complaint: str) -> bool:
        row = self.db.execute("select unclear from cases where id = ?", [complaint]).fetchone()
        return bool(row and row[0])

    def is_news(self, id_: str, complaint: str, version: int) -> bool:
        """Whether we neither read this message before nor a newer one about the same case."""
        if self.db.execute("select 1 from seen where id = ?", [id_]).fetchone():
            return False
        row = self.db.execute("select version from cases where id = ?", [complaint]).fetchone()
        return row is None or version > row[0]

    def note(self, id_: str, complaint: str, version: int) -> None:
        self.db.execute("insert or ignore into seen values (?)", [id_])
        self.db.execute(
            "insert into cases (id, version) values (?, ?)"
            " on conflict (id) do update set version = excluded.version",
            [complaint, version],
        )

    def command(self, what: str, complaint: str, version: int, words: dict) -> dict:
        """A record for the outbox. The id is made of what the command is: sent twice, it is one."""
        type_ = f"{PREFIX}case.{what}{SUFFIX}"
        headers = {
            "ce_specversion": "1.0",
            "ce_id": str(uuid5(NAMESPACE_URL, f"{self.code}/{complaint}/{version}/{type_}")),
            "ce_type": type_,
            "ce_source": f"/medan/agencies/{self.code}",
            "ce_time": datetime.now(UTC).isoformat(),
            "ce_subject": complaint,
            "content-type": "application/json",
        }
        body = {"complaint_id": complaint, "case_version": version, **words}
        return {"key": complaint, "headers": headers, "body": body}

    def handle(self, headers: dict, body: dict) -> dict | None:
        """One message: the command that follows from it, if any. Commit `db` once it is sent."""
        type_ = headers["ce_type"].removeprefix(PREFIX).removesuffix(SUFFIX)
        complaint, version = headers["ce_subject"], int(headers["ce_sequence"])
        if not self.is_news(headers["ce_id"], complaint, version):
            return None
        self.note(headers["ce_id"], complaint, version)
        found = self.react(type_, body)
        return self.command(found[0], complaint, version, found[1]) if found else None

    async def run(self, bootstrap: str) -> None:
        consumer = AIOKafkaConsumer(
            f"agency.{self.code}.inbox.v1",
            bootstrap_servers=bootstrap,
            group_id=f"agency-{self.code}",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap, acks="all", enable_idempotence=True
        )
        async with consumer, producer:
            async for record in consumer:
                headers = {name: value.decode() for name, value in record.headers}
                command = self.handle(headers, json.loads(record.value))
                if command:  # 1. the command is safe at the broker
                    await producer.send_and_wait(
                        f"agency.{self.code}.outbox.v1",
                        json.dumps(command["body"]).encode(),
                        key=command["key"].encode(),
                        headers=[
                            (name, value.encode()) for name, value in command["headers"].items()
                        ],
                    )
                self.db.commit()  # 2. what we did is kept
                await consumer.commit()  # 3. and the message is done: after a crash it comes again


if __name__ == "__main__":
    asyncio.run(
        Agency(os.environ["AGENCY"], os.environ["STATE"]).run(os.environ["KAFKA_BOOTSTRAP"])
    )
