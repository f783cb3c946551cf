"""A file's type comes from its content; what is none of ours is refused by name."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mrk_intake.domain.attachments import MediaType, Refusal, RefusedError, media_type
from mrk_intake.domain.sniff import HEAD, sniff
from mrk_intake.http.refusals import TEXTS


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("JPEG", MediaType.JPEG),
        ("PNG", MediaType.PNG),
        ("WEBP", MediaType.WEBP),
        ("HEIF", MediaType.HEIC),
    ],
)
def test_photos_are_known_by_their_content(files: Any, kind: str, expected: MediaType) -> None:
    assert sniff(files.image(kind)[:HEAD]) is expected


def test_a_document_is_known_by_its_content(files: Any) -> None:
    assert sniff(files.saved(files.pdf())[:HEAD]) is MediaType.PDF


@pytest.mark.parametrize(
    ("head", "why"),
    [
        (b"", Refusal.EMPTY),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Refusal.SVG),
        (b"<?xml version='1.0'?><!-- x --><SVG onload=alert(1)>", Refusal.SVG),
        (b"\xef\xbb\xbf <?xml version='1.0'?>", Refusal.SVG),
        (b"GIF89a" + bytes(20), Refusal.UNKNOWN_TYPE),
        (b"MZ" + bytes(20), Refusal.UNKNOWN_TYPE),
        (b"PK\x03\x04" + bytes(20), Refusal.UNKNOWN_TYPE),
        (b"<!doctype html><script>alert(1)</script>", Refusal.UNKNOWN_TYPE),
        (b"GIF89a/*\n%PDF-1.4", Refusal.POLYGLOT),
        (b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", Refusal.UNKNOWN_TYPE),
        (b"\0\0\0\x18ftypisom\0\0\0\0mp41isom", Refusal.UNKNOWN_TYPE),
        (b"\0\0\0\x18ftyphevc\0\0\0\0hevcmsf1", Refusal.ANIMATED),
    ],
)
def test_everything_else_is_refused_by_name(head: bytes, why: Refusal) -> None:
    with pytest.raises(RefusedError) as caught:
        sniff(head)
    assert caught.value.why is why


def test_every_refusal_is_told_in_both_languages_with_its_mend() -> None:
    assert set(TEXTS) == set(Refusal)
    for text in TEXTS.values():
        assert text.id != text.en
        assert text.id.endswith(".")
        assert text.en.endswith(".")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("image/jpeg", MediaType.JPEG),
        ("IMAGE/JPG", MediaType.JPEG),
        ("image/heif; x=1", MediaType.HEIC),
        ("image/svg+xml", None),
        ("", None),
    ],
)
def test_names_of_types_are_read_leniently(written: str, expected: MediaType | None) -> None:
    assert media_type(written) is expected


@settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine draws slowly
@given(st.binary(max_size=64) | st.binary(max_size=40).map(lambda data: b"\0\0\0\x18ftyp" + data))
def test_no_bytes_make_it_raise_anything_else(data: bytes) -> None:
    with suppress(RefusedError):
        assert sniff(data) in set(MediaType)
