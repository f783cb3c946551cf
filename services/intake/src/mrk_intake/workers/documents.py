"""Documents: nothing that acts, nothing that is hidden, written anew.

Runs in the examiner's process alone (`mrk_intake.workers.examiner`).
"""

import io
import zlib
from collections.abc import Iterator
from typing import Final

import pikepdf

from mrk_intake.domain import containers
from mrk_intake.domain.attachments import MAX_BYTES, MAX_PAGES, MIB, Refusal, RefusedError

# ISO 32000-1: 12.6.4 (actions), 7.11.4 (embedded files), 12.7.8 (XFA), 13 (multimedia)
_ACTIVE_KEYS: Final = frozenset(
    {
        "/JS", "/JavaScript", "/AA", "/EmbeddedFiles", "/EmbeddedFile", "/XFA", "/RichMedia",
        "/RichMediaContent", "/Launch",
    }
)  # fmt: skip
_ACTIVE_NAMES: Final = frozenset(
    {
        "/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/Rendition",
        "/RichMedia", "/RichMediaExecute", "/Movie", "/Sound", "/Screen", "/3D", "/FileAttachment",
        "/EmbeddedFile",
    }
)  # fmt: skip
_NAMING: Final = ("/S", "/Type", "/Subtype")
_TELLING: Final = ("/Metadata", "/PieceInfo", "/LastModified")
_DEEPEST: Final = 40
_MOST_OBJECTS: Final = 50_000
_MOST_UNPACKED: Final = 512 * MIB
"""Bytes that a document may become in a reader: fifty scanned pages in colour are 400 MiB."""
_AT_ONCE: Final = 1 * MIB
_FLATE: Final = "/FlateDecode"


def cleaned(data: bytes) -> bytes:
    """A document as it is kept: without metadata, and without those of the photos inside.

    Args:
        data: a whole file (`mrk_intake.domain.containers.whole`).

    Raises:
        RefusedError: `PDF_ENCRYPTED`, `PDF_ACTIVE`, `PDF_TOO_LONG`, `TOO_LARGE`, `TOO_HEAVY` or
            `DAMAGED`.
        MemoryError: it needs more than the process may take.
    """
    try:
        with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as document:
            return _rewritten(document)
    except pikepdf.PasswordError:
        raise RefusedError(Refusal.PDF_ENCRYPTED) from None
    except (RefusedError, MemoryError):
        raise
    except Exception:  # noqa: BLE001  # the library raises what it likes on hostile bytes
        raise RefusedError(Refusal.DAMAGED) from None


def _rewritten(document: pikepdf.Pdf) -> bytes:
    if document.is_encrypted:
        raise RefusedError(Refusal.PDF_ENCRYPTED)
    if len(document.objects) > _MOST_OBJECTS:
        raise RefusedError(Refusal.TOO_HEAVY)
    pages = len(document.pages)
    if pages > MAX_PAGES:
        raise RefusedError(Refusal.PDF_TOO_LONG)
    if pages < 1:
        raise RefusedError(Refusal.DAMAGED)
    unpacked = 0
    for each in document.objects:
        for part in _parts(each):
            _quiet(part)
            unpacked += _unpacked(part, _MOST_UNPACKED - unpacked)
    if "/Info" in document.trailer:
        del document.trailer["/Info"]
    out = io.BytesIO()
    document.remove_unreferenced_resources()
    document.save(
        out,
        static_id=True,
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
        fix_metadata_version=False,
    )
    if out.tell() > MAX_BYTES:
        raise RefusedError(Refusal.TOO_LARGE)
    return out.getvalue()


def _parts(found: pikepdf.Object, depth: int = 0) -> Iterator[pikepdf.Object]:
    """The dictionaries of an object, those that stand directly inside it too."""
    if depth > _DEEPEST:
        raise RefusedError(Refusal.TOO_HEAVY)
    if isinstance(found, pikepdf.Array):
        inside: list[pikepdf.Object] = list(found)
    elif isinstance(found, pikepdf.Dictionary | pikepdf.Stream):
        yield found
        inside = [found[key] for key in found.keys()]  # noqa: SIM118  # it has no other iteration
    else:
        return
    for each in inside:
        # what stands elsewhere comes by itself
        if isinstance(each, pikepdf.Object) and not each.is_indirect:
            yield from _parts(each, depth + 1)


def _unpacked(found: pikepdf.Object, most: int) -> int:
    """How many bytes a compressed stream becomes in a reader; nothing of them is held here.

    Raises:
        RefusedError: `TOO_HEAVY`; more than `most`, or compressed twice, as bombs are.
    """
    if not isinstance(found, pikepdf.Stream):
        return 0
    given = found.get("/Filter")
    filters = list(given) if isinstance(given, pikepdf.Array) else [given]
    if [str(each) for each in filters].count(_FLATE) > 1:
        raise RefusedError(Refusal.TOO_HEAVY)
    if str(filters[0]) != _FLATE:
        return 0
    unpacking, total, rest = zlib.decompressobj(), 0, found.read_raw_bytes()
    while rest and not unpacking.eof:
        total += len(unpacking.decompress(rest, _AT_ONCE))
        rest = unpacking.unconsumed_tail
        if total > most:
            raise RefusedError(Refusal.TOO_HEAVY)
    return total


def _quiet(found: pikepdf.Object) -> None:
    """See that it does nothing, and take out what it tells of its making."""
    if _ACTIVE_KEYS & set(found.keys()):
        raise RefusedError(Refusal.PDF_ACTIVE)
    for key in _NAMING:
        if key in found and str(found[key]) in _ACTIVE_NAMES:
            raise RefusedError(Refusal.PDF_ACTIVE)
    for key in _TELLING:
        if key in found:
            del found[key]
    if isinstance(found, pikepdf.Stream) and str(found.get("/Filter", "")) == "/DCTDecode":
        photo = found.read_raw_bytes()
        how = found.get("/DecodeParms")
        found.write(
            containers.jpeg_without_metadata(photo),
            filter=pikepdf.Name("/DCTDecode"),
            decode_parms=how if isinstance(how, pikepdf.Dictionary) else None,
        )
