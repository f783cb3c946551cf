"""What a fuzzer must know beside the description: forms of our own, a real report, real files."""

import os
import re
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import schemathesis
from hypothesis import strategies as st

from mrk_intake.domain.attachments import MAX_BYTES
from mrk_intake.http.uploads import VERSION, VERSION_FORM

_NUMBER, _SECRET = os.environ["MRK_TEST_NUMBER"], os.environ["MRK_TEST_SECRET"]
_FILE, _UPLOAD = os.environ["MRK_TEST_FILE"], os.environ["MRK_TEST_UPLOAD"]
_tokens = os.environ["MRK_TEST_TOKENS"].split()
_KEY, _VERSION, _LENGTH = "Idempotency-Key", "Tus-Resumable", "Upload-Length"
_seen: set[str] = set()
_turn = 0

tokens = st.from_regex(r"\A[A-Za-z0-9_-]{43}\Z")
schemathesis.openapi.format("upload-token", tokens)
schemathesis.openapi.format(
    "upload-metadata",
    st.sampled_from(["filetype aW1hZ2UvanBlZw==", "filetype YXBwbGljYXRpb24vcGRm,filename YQ=="]),
)
keys = st.uuids(version=4).map(str).filter(lambda key: len(set(key)) > 7)
schemathesis.openapi.format("idempotency-key", keys)
schemathesis.openapi.format("phone", st.from_regex(r"\A08(11|12|13|21|22)[0-9]{8}\Z"))
schemathesis.openapi.format(
    "email", st.from_regex(r"\A[a-z]{1,20}(\.[a-z]{1,9})?@[a-z]{1,20}\.(org|id)\Z")
)
schemathesis.openapi.format(
    "past-date-time",
    st.datetimes(max_value=datetime(2026, 1, 1), timezones=st.just(UTC)).map(datetime.isoformat),  # noqa: DTZ001  # the zone is added
)


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Each request has a key of its own; every second one about a report is about a real one."""
    global _turn  # noqa: PLW0603  # hooks are functions of a module
    del context, kwargs
    key = (case.headers or {}).get(_KEY)
    if key in _seen:
        case.headers[_KEY] = str(uuid4())
    elif key is not None:
        _seen.add(key)
    _agreed(case.headers)
    if not case.meta.generation.mode.is_positive:
        return
    _real_files(case)
    numbered = (case.path_parameters or {}).get("tracking_number")
    if isinstance(numbered, str) and case.method != "DELETE":
        _turn += 1
        if _turn % 2:
            case.path_parameters["tracking_number"] = _NUMBER
            case.headers["X-Tracking-Secret"] = _SECRET


def _agreed(headers: Any) -> None:
    """What is well formed is not yet agreed upon: the version that is spoken, a size that is taken.

    Tus has statuses of its own where it is not, which tests of uploads ask for.
    """
    if headers and re.fullmatch(VERSION_FORM, str(headers.get(_VERSION, ""))):
        headers[_VERSION] = VERSION
    if headers and re.fullmatch("[1-9][0-9]{0,11}", str(headers.get(_LENGTH, ""))):
        headers[_LENGTH] = str(min(int(headers[_LENGTH]), MAX_BYTES))


def _real_files(case: Any) -> None:
    """Files that are there; a report takes uploads that are ready, and none once there are none."""
    parts = case.path_parameters or {}
    if case.method == "GET" and "name" in parts:
        parts["name"] = _FILE
    if case.method in {"GET", "HEAD"} and "token" in parts:
        parts["token"] = _UPLOAD
    if isinstance(case.body, dict) and case.body.get("attachments"):
        case.body["attachments"] = [_tokens.pop()] if _tokens else []


@schemathesis.serializer("application/offset+octet-stream")
def _piece(context: Any, value: Any) -> Any:
    """A piece of a file is sent as it is."""
    del context
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
