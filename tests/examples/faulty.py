"""The Python example with one fault planted: `python faulty.py FAULT`, settings as the example's.

Each fault is one that agencies' systems have; the kit must find it by the rule beside it.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).parents[2] / "docs/examples/python"))

from agency import Agency  # found by the line above

FAULTS = {
    "keys by the agency": "key",
    "leaves out the time": "headers",
    "adds a field": "schema",
    "one id for a case": "command-id",
    "never answers": "accepts-in-time",
    "resolves before it accepts": "accept-first",
    "acts on duplicates": "acts-once",
    "makes up a case": "own-cases",
    "counts versions itself": "version",
    "needs an address": "confidential",
    "forgets what was taken away": "taken-away",
    "forgets what ended": "ended",
    "keeps the words": "blanked",
    "gives up a refused case": "refused",
    "is deaf to disputes": "reopened",
    "is deaf to answers": "answered",
    "dies at a new field": "unknown-field",
    "dies at a new type": "unknown-type",
}


class Faulty(Agency):
    fault = ""

    def is_news(self, id_: str, complaint: str, version: int) -> bool:
        careless = {"acts on duplicates", "forgets what was taken away", "forgets what ended"}
        return self.fault in careless or super().is_news(id_, complaint, version)

    def react(  # noqa: C901, PLR0911  # one branch a fault
        self, type_: str, body: dict
    ) -> tuple[str, dict] | None:
        complaint = body.get("case", {}).get("complaint_id", "")
        known = set(body.get("case", {}))
        match self.fault:
            case "never answers":
                return None
            case "resolves before it accepts" if type_ == "case.handed-over":
                return "resolve", {"note": "Sudah."}
            case "needs an address" if type_ == "case.handed-over" and "place" not in body:
                return None
            case "gives up a refused case" if type_ == "case.handed-over":
                row = self.db.execute("select words from cases where id = ?", [complaint])
                if row.fetchone()[0] is not None:
                    return None  # it had the case before
            case "is deaf to disputes" if type_ == "case.reopened":
                return None
            case "is deaf to answers" if type_ == "case.answered":
                return None
            case "dies at a new field" if known and set(body) - KNOWN:
                raise SystemExit(1)
            case "dies at a new type" if type_.endswith("next-year"):
                raise SystemExit(1)
            case "keeps the words" if type_ == "case.blanked":
                return None
        found = super().react(type_, body)
        if found and found[0] == "progress" and self.fault == "keeps the words":
            row = self.db.execute("select words from cases where id = ?", [complaint])
            return "progress", {"note": f"Tentang: {row.fetchone()[0]}"}
        return found

    def keep(  # as the example's
        self,
        complaint: str,
        words: str | None,
        unclear: bool = False,  # noqa: FBT001, FBT002  # as the example's
    ) -> None:
        if not (self.fault == "gives up a refused case" and words is None):
            super().keep(complaint, words, unclear)

    def command(self, what: str, complaint: str, version: int, words: dict) -> dict:
        command = super().command(what, complaint, version, words)
        match self.fault:
            case "keys by the agency":
                command["key"] = self.code
            case "leaves out the time":
                del command["headers"]["ce_time"]
            case "adds a field":
                command["body"]["officer"] = "somebody"
            case "one id for a case":
                command["headers"]["ce_id"] = complaint
            case "acts on duplicates" | "forgets what was taken away" | "forgets what ended":
                command["headers"]["ce_id"] = str(uuid4())
            case "makes up a case" if what == "progress":
                made_up = str(uuid4())
                command = super().command(what, made_up, version, words)
            case "counts versions itself":
                command["body"]["case_version"] += 100
        return command


KNOWN = {
    *("case", "text", "place", "details", "reason", "by", "note", "answer"),
    *("command_id", "command_type", "remark"),
    *("agency", "complaint_id", "rule", "mend"),
    "page",
}

if __name__ == "__main__":
    Faulty.fault = sys.argv[1]
    assert Faulty.fault in FAULTS, json.dumps(sorted(FAULTS))
    agency = Faulty(os.environ["AGENCY"], os.environ["STATE"])
    asyncio.run(agency.run(os.environ["KAFKA_BOOTSTRAP"]))
