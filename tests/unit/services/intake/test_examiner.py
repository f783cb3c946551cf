"""The examination: what is kept is clean and ours, what is refused is so by name, in bounds."""

import io
import resource
import subprocess
import sys
import zlib
from datetime import datetime
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from mrk_intake.domain.attachments import (
    MAX_BYTES,
    MAX_EDGE,
    MAX_PAGES,
    THUMBNAIL_EDGE,
    MediaType,
    Offer,
    Refusal,
    RefusedError,
)
from mrk_intake.workers import examiner
from mrk_intake.workers.examination import Died, Examined, examined
from mrk_intake.workers.examiner import examine


def refused(data: bytes, hint: MediaType | None = None) -> Refusal:
    with pytest.raises(RefusedError) as caught:
        examine(data, hint)
    return caught.value.why


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_a_photo_is_written_anew_without_a_word_about_it(files: Any, kind: str) -> None:
    data = files.image(kind, size=(400, 300), exif=files.exif())
    clean, offer, kept, thumbnail = examine(data, None)
    assert (clean.media_type, clean.width, clean.height) == (MediaType.JPEG, 400, 300)
    assert clean.size == len(kept)
    assert offer == Offer(3.589700, 98.673800, datetime.fromisoformat("2026-03-01T08:15:00+07:00"))
    for made in (kept, thumbnail):
        assert made is not None
        with Image.open(io.BytesIO(made)) as image:
            assert (image.format, image.mode) == ("JPEG", "RGB")
            assert len(image.getexif()) == 0
            assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert b"Butet" not in made
        assert b"Exif" not in made
    assert max(Image.open(io.BytesIO(thumbnail or b"")).size) == THUMBNAIL_EDGE


def test_a_photo_is_turned_as_it_was_held(files: Any) -> None:
    data = files.image(size=(400, 300), exif=files.exif(orientation=6))
    clean, _, kept, _ = examine(data, MediaType.JPEG)
    assert (clean.width, clean.height) == (300, 400)
    red, _, _ = Image.open(io.BytesIO(kept)).getpixel((280, 20))
    assert red > 150


def test_a_large_photo_becomes_smaller_and_a_clear_one_gets_a_ground(files: Any) -> None:
    clean, _, _, _ = examine(files.image(size=(5000, 2500)), None)
    assert (clean.width, clean.height) == (MAX_EDGE, MAX_EDGE // 2)
    data = files.image("PNG", mode="RGBA", colour=(0, 0, 0, 0), size=(40, 40))
    _, _, kept, _ = examine(data, None)
    assert min(Image.open(io.BytesIO(kept)).getpixel((35, 35))) > 240


@pytest.mark.parametrize("kind", ["JPEG", "HEIF"])
def test_colours_are_kept_without_their_profile(files: Any, kind: str) -> None:
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # a profile in which red and blue are each other's
    other = made.replace(b"rXYZ", b"TEMP", 1).replace(b"bXYZ", b"rXYZ", 1)
    other = other.replace(b"TEMP", b"bXYZ", 1)
    for profile, expected in ((other, "blue"), (made, "red"), (b"no profile", "red")):
        data = files.image(kind, size=(64, 64), colour=(250, 10, 10), icc_profile=profile)
        _, _, kept, _ = examine(data, None)
        assert b"ICC_PROFILE" not in kept
        red, _, blue = Image.open(io.BytesIO(kept)).getpixel((50, 50))
        assert (blue > 150 > red) == (expected == "blue"), (profile[:10], red, blue)


def test_a_photo_that_tells_nothing_offers_nothing(files: Any) -> None:
    _, offer, _, _ = examine(files.image(), None)
    assert not offer


def test_bombs_other_types_and_large_files_are_refused(files: Any) -> None:
    assert refused(files.bomb()) is Refusal.TOO_MANY_PIXELS
    assert refused(files.bomb(side=6_500)) is Refusal.TOO_MANY_PIXELS
    assert refused(files.bomb(side=6_000)) is Refusal.DAMAGED
    assert refused(files.image(), MediaType.PNG) is Refusal.OTHER_TYPE
    assert refused(bytes(MAX_BYTES + 1)) is Refusal.TOO_LARGE
    assert refused(b"") is Refusal.EMPTY
    assert refused(files.zip()) is Refusal.UNKNOWN_TYPE


def test_a_document_is_written_anew(files: Any) -> None:
    document = files.pdf()
    document.docinfo["/Author"] = "Butet Simanjuntak"
    with document.open_metadata() as told:
        told["dc:creator"] = ["Butet Simanjuntak"]
    photo = files.image(exif=files.exif())
    document.pages[0].obj["/Resources"] = pikepdf.Dictionary(
        XObject=pikepdf.Dictionary(
            Im=pikepdf.Stream(
                document, photo, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=64,
                Height=48, ColorSpace=pikepdf.Name.DeviceRGB, BitsPerComponent=8,
                Filter=pikepdf.Name.DCTDecode,
            )
        )
    )  # fmt: skip
    document.pages[0].contents_add(b"/Im Do")
    clean, offer, kept, thumbnail = examine(files.saved(document), MediaType.PDF)
    assert (clean.media_type, clean.width, thumbnail) == (MediaType.PDF, None, None)
    assert not offer
    with pikepdf.open(io.BytesIO(kept)) as again:
        assert len(again.pages) == 1
        assert "/Info" not in again.trailer
        assert "/Metadata" not in again.Root
        image = again.pages[0].Resources.XObject.Im
        assert image.read_raw_bytes().startswith(b"\xff\xd8")
        assert b"Exif" not in image.read_raw_bytes()
    assert b"Butet" not in kept


def active(files: Any, how: str) -> pikepdf.Pdf:
    document: pikepdf.Pdf = files.pdf()
    action = pikepdf.Dictionary
    match how:
        case "javascript":
            document.Root.OpenAction = action(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        case "launch":
            document.Root.OpenAction = action(S=pikepdf.Name.Launch, F="cmd.exe")
        case "submit":
            document.pages[0].obj["/Annots"] = pikepdf.Array(
                [action(Type=pikepdf.Name.Annot, A=action(S=pikepdf.Name.SubmitForm, F="x"))]
            )
        case "additional":
            document.pages[0].obj["/AA"] = action(O=action(S=pikepdf.Name.URI))
        case "files":
            document.attachments["run.js"] = b"alert(1)"
        case "forms":
            document.Root.AcroForm = action(XFA=pikepdf.Array([]), Fields=pikepdf.Array([]))
    return document


@pytest.mark.parametrize("how", ["javascript", "launch", "submit", "additional", "files", "forms"])
def test_a_document_that_acts_is_refused(files: Any, how: str) -> None:
    assert refused(files.saved(active(files, how))) is Refusal.PDF_ACTIVE


def test_a_document_that_bursts_in_its_reader_is_refused(files: Any) -> None:
    once = zlib.compress(bytes(600 * 1024 * 1024), 1)
    assert len(once) < MAX_BYTES
    for data, filters in (
        (once, pikepdf.Name.FlateDecode),
        (zlib.compress(once), pikepdf.Array([pikepdf.Name.FlateDecode] * 2)),
    ):
        document = files.pdf()
        stream = pikepdf.Stream(document, b"")
        stream.write(data, filter=filters)
        document.pages[0].obj["/Contents"] = document.make_indirect(stream)
        saved = files.saved(document, stream_decode_level=pikepdf.StreamDecodeLevel.none)
        assert refused(saved) is Refusal.TOO_HEAVY


def test_an_encrypted_a_long_and_a_broken_document_are_refused(files: Any) -> None:
    for user in ("secret", ""):
        locked = files.saved(files.pdf(), encryption=pikepdf.Encryption(owner="o", user=user))
        assert refused(locked) is Refusal.PDF_ENCRYPTED
    assert refused(files.saved(files.pdf(MAX_PAGES + 1))) is Refusal.PDF_TOO_LONG
    assert refused(b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF") is Refusal.DAMAGED


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    at=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), min_size=1, max_size=8),
    kind=st.sampled_from(["JPEG", "PNG", "WEBP", "HEIF", "PDF"]),
)
def test_no_changed_bytes_make_it_raise_anything_else(
    files: Any, at: list[tuple[int, int]], kind: str
) -> None:
    whole = files.saved(files.pdf()) if kind == "PDF" else files.image(kind, exif=files.exif())
    data = bytearray(whole)
    for place, byte in at:
        data[place % len(data)] = byte
    try:
        clean, _, kept, _ = examine(bytes(data), None)
    except RefusedError:
        return
    assert clean.size == len(kept) <= MAX_BYTES + 1024


async def test_the_process_answers_and_leaves_its_files(files: Any, tmp_path: Path) -> None:
    (tmp_path / examiner.GIVEN).write_bytes(files.image(exif=files.exif()))
    found = await examined(tmp_path, MediaType.JPEG)
    assert isinstance(found, Examined)
    assert found.offer.lat == 3.5897
    assert found.clean.size == (tmp_path / examiner.CLEAN).stat().st_size
    assert (tmp_path / examiner.THUMBNAIL).exists()


async def test_the_process_refuses_by_name(files: Any, tmp_path: Path) -> None:
    (tmp_path / examiner.GIVEN).write_bytes(files.bomb())
    assert await examined(tmp_path, None) is Refusal.TOO_MANY_PIXELS


async def test_a_process_that_dies_condemns_nothing_by_itself(tmp_path: Path) -> None:
    assert isinstance(await examined(tmp_path, None), Died)  # there is no file


def test_the_largest_picture_stays_within_the_memory_that_is_promised(
    files: Any, tmp_path: Path
) -> None:
    (tmp_path / examiner.GIVEN).write_bytes(files.image("PNG", size=(6300, 6300), mode="RGBA",
                                                       colour=(1, 2, 3, 4)))  # fmt: skip
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    done = subprocess.run(
        [sys.executable, "-m", "mrk_intake.workers.examiner", str(tmp_path), ""],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert '"width": 4096' in done.stdout, done.stdout
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert used < max(before + 1, examiner.MEMORY_BYTES // 1024)


def test_a_file_that_would_take_more_memory_is_refused_not_killed(
    files: Any, tmp_path: Path
) -> None:
    (tmp_path / examiner.GIVEN).write_bytes(files.image("PNG", size=(3000, 3000)))
    code = (
        "import sys, json; from pathlib import Path\n"
        "from mrk_intake.workers import examiner, images\n"
        "examiner.MEMORY_BYTES = int(Path('/proc/self/statm').read_text().split()[0]) * 4096"
        " + 30_000_000; examiner.confine();"
        "print(json.dumps(examiner._said(Path(sys.argv[1]), None)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True, text=True
    )
    assert Refusal.TOO_HEAVY.value in done.stdout, done.stdout
