"""The AsyncAPI document and its page: generated, official, and true of every example.

The official schema is npm's `@asyncapi/specs`, pinned by its digest and kept outside the checkout.
"""

import base64
import hashlib
import json
import os
import re
import subprocess
import tarfile
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator

from mrk_schemas import asyncapi, asyncapi_page
from mrk_schemas.registry import MODELS, TOPICS

ARCHIVE = "specs-6.8.1.tgz"
INTEGRITY = (
    "czHoAk3PeXTLR+X8IUaD+IpT+g+zUvkcgMDJVothBsan+oHN3jfcFcFUNdOPAAFoUCQN1hXF1dWuphWy05THlA=="
)
DOCUMENT = asyncapi.document()
RENEW = "run `python -m mrk_schemas` and commit"


@pytest.fixture(scope="module")
def official() -> dict[str, Any]:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    path = Path(base) / "medan-rumah-kita" / "npm" / ARCHIVE
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        with tempfile.TemporaryDirectory(dir=path.parent) as fetched:
            command = ["npm", "pack", "@asyncapi/specs@6.8.1", "--pack-destination", fetched]
            subprocess.run(command, check=True, capture_output=True, timeout=240)
            next(Path(fetched).glob("*.tgz")).replace(path)
    digest = base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
    assert digest == INTEGRITY, f"{path} is not what the registry published"
    with tarfile.open(path) as tar:
        file = tar.extractfile("package/schemas/3.0.0-without-$id.json")
        assert file is not None
        found: dict[str, Any] = json.load(file)
        return found


def test_the_committed_document_and_page_are_the_generated_ones() -> None:
    assert asyncapi.FILE.read_text(encoding="utf-8") == asyncapi.text(), RENEW
    assert yaml.safe_load(asyncapi.text()) == DOCUMENT
    assert asyncapi_page.FILE.read_text(encoding="utf-8") == asyncapi_page.page(DOCUMENT), RENEW


def test_the_document_is_asyncapi_by_the_official_schema(official: dict[str, Any]) -> None:
    validator = Draft7Validator(official)
    assert [error.message for error in validator.iter_errors(DOCUMENT)] == []
    broken = json.loads(json.dumps(DOCUMENT))
    broken["channels"]["complaint.cases.v1"]["adress"] = "typo"
    assert list(validator.iter_errors(broken))


def test_every_topic_and_every_type_is_in_it() -> None:
    addresses = {channel["address"] for channel in DOCUMENT["channels"].values()}
    assert addresses == {re.sub("<(.*?)>", r"{\1}", name) for name in TOPICS}
    assert {m["name"] for m in DOCUMENT["components"]["messages"].values()} == set(MODELS)


@pytest.mark.parametrize("name", DOCUMENT["components"]["messages"])
def test_every_example_is_valid_for_its_message(name: str) -> None:
    message = DOCUMENT["components"]["messages"][name]
    schema = {**message["payload"], "components": DOCUMENT["components"]}
    assert message["examples"]
    for example in message["examples"]:
        Draft202012Validator(schema).validate(example["payload"])
    assert list(Draft202012Validator(schema).iter_errors({"nothing": "of it"}))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        found = dict(attrs)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        self.links += [str(found[name]) for name in ("href", "src") if found.get(name)]


def test_the_page_leads_only_within_itself_and_to_what_is_there() -> None:
    reader = _Reader()
    reader.feed(asyncapi_page.page(DOCUMENT))
    assert len(reader.ids) == len(set(reader.ids))
    assert {link.removeprefix("#") for link in reader.links} <= set(reader.ids)
    assert not reader.tags & {"script", "link", "img", "iframe"}
    assert {"main", "nav", "h1", "title"} <= reader.tags
