"""A file ends where its structure says, whole, with nothing of another kind behind it."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mrk_intake.domain.attachments import MediaType, Refusal, RefusedError
from mrk_intake.domain.containers import jpeg_without_metadata, whole

KINDS = {
    "JPEG": MediaType.JPEG, "PNG": MediaType.PNG, "WEBP": MediaType.WEBP, "HEIF": MediaType.HEIC,
}  # fmt: skip
BEHIND = {
    "zip": b"",
    "pdf": b"%PDF-1.4\n%%EOF",
    "script": b"<script>alert(1)</script>",
    "words": b"hidden words of somebody",
}


def refused(data: bytes, kind: MediaType) -> Refusal | None:
    try:
        whole(data, kind)
    except RefusedError as error:
        return error.why
    return None


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_photo_passes(files: Any, kind: str) -> None:
    assert refused(files.image(kind), KINDS[kind]) is None
    assert refused(files.image(kind) + bytes(64), KINDS[kind]) in {None, Refusal.POLYGLOT}


@pytest.mark.parametrize("behind", BEHIND)
@pytest.mark.parametrize("kind", KINDS)
def test_something_behind_the_end_is_refused(files: Any, kind: str, behind: str) -> None:
    data = files.image(kind) + (BEHIND[behind] or files.zip())
    assert refused(data, KINDS[kind]) in {Refusal.POLYGLOT, Refusal.TRUNCATED}
    if behind == "zip":
        assert refused(data, KINDS[kind]) is Refusal.POLYGLOT


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.3, 0.7, 0.98])
def test_a_cut_photo_is_refused(files: Any, kind: str, share: float) -> None:
    data = files.image(kind, size=(640, 480))
    assert refused(data[: int(len(data) * share)], KINDS[kind]) in {
        Refusal.TRUNCATED,
        Refusal.POLYGLOT,
        Refusal.DAMAGED,
    }


def test_an_archive_in_a_jpegs_comment_is_refused(files: Any) -> None:
    jpeg, archive = files.image(), files.zip()
    comment = b"\xff\xfe" + (len(archive) + 2).to_bytes(2) + archive
    assert refused(jpeg[:2] + comment + jpeg[2:], MediaType.JPEG) is Refusal.POLYGLOT


def test_a_document_or_markup_in_a_photos_head_is_refused(files: Any) -> None:
    for inside in (b"%PDF-1.4", b"<script>alert(1)</script>", b"<?php system('x');"):
        jpeg = files.image()
        comment = b"\xff\xfe" + (len(inside) + 2).to_bytes(2) + inside
        assert refused(jpeg[:2] + comment + jpeg[2:], MediaType.JPEG) is Refusal.POLYGLOT


def test_what_cameras_put_behind_a_photo_passes(files: Any) -> None:
    jpeg = files.image()
    samsung = b"\0\0\x01\x0aImage_UTC_Data1646000000000SEFHk\0\0\0\x01\0\0\0\x18\0\0\0SEFT"
    film = b"\0\0\0\x18ftypmp42\0\0\0\0isommp42" + bytes(200)
    assert refused(jpeg + samsung, MediaType.JPEG) is None
    assert refused(jpeg + film, MediaType.JPEG) is None
    several = files.image("MPO", save_all=True, append_images=[])
    assert refused(several, MediaType.JPEG) is None
    assert refused(jpeg + files.image(), MediaType.JPEG) is Refusal.POLYGLOT
    assert refused(jpeg + film + b"<script>", MediaType.JPEG) is Refusal.POLYGLOT


def test_moving_pictures_are_refused(files: Any) -> None:
    from PIL import Image  # noqa: PLC0415  # only here

    more = [Image.new("RGB", (64, 48), (n * 40, 0, 0)) for n in range(3)]
    for kind in ("PNG", "WEBP"):
        moving = files.image(kind, save_all=True, append_images=more)
        assert refused(moving, KINDS[kind]) is Refusal.ANIMATED


def test_a_document_ends_with_its_mark(files: Any) -> None:
    pdf = files.saved(files.pdf())
    assert refused(pdf, MediaType.PDF) is None
    assert refused(pdf + b"\r\n\0", MediaType.PDF) is None
    assert refused(pdf[:-20], MediaType.PDF) is Refusal.TRUNCATED
    assert refused(pdf + files.zip(), MediaType.PDF) is Refusal.POLYGLOT
    assert refused(pdf + b"words", MediaType.PDF) is Refusal.POLYGLOT
    assert refused(b"%PDF-1.4 <script>alert(1)</script>\n%%EOF", MediaType.PDF) is (
        Refusal.POLYGLOT
    )


def test_a_photo_inside_a_document_loses_its_words_and_keeps_its_pixels(files: Any) -> None:
    jpeg = files.image(exif=files.exif(), comment=b"Rumah Pak Budi")
    bare = jpeg_without_metadata(jpeg)
    assert b"Exif" not in bare
    assert b"Budi" not in bare
    assert bare[bare.index(b"\xff\xdb") :] == jpeg[jpeg.index(b"\xff\xdb") :]


@settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine draws slowly
@given(data=st.binary(max_size=300), kind=st.sampled_from(MediaType))
def test_no_bytes_make_it_raise_anything_else(data: bytes, kind: MediaType) -> None:
    heads = {
        MediaType.JPEG: b"\xff\xd8\xff", MediaType.PNG: b"\x89PNG\r\n\x1a\n",
        MediaType.WEBP: b"RIFF" + len(data).to_bytes(4, "little") + b"WEBP",
        MediaType.HEIC: b"\0\0\0\x18ftypheic", MediaType.PDF: b"%PDF-1.7\n",
    }  # fmt: skip
    refused(heads[kind] + data, kind)
    refused(data, kind)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(at=st.integers(0, 2000), byte=st.integers(0, 255), kind=st.sampled_from(sorted(KINDS)))
def test_no_changed_byte_makes_it_raise_anything_else(
    files: Any, at: int, byte: int, kind: str
) -> None:
    data = bytearray(files.image(kind))
    data[at % len(data)] = byte
    refused(bytes(data), KINDS[kind])
