"""Files as residents and attackers send them, made here: no binary stands in the tree."""

import io
import struct
import zipfile
import zlib
from typing import Any

import pikepdf
import pillow_heif
import pytest
from PIL import ExifTags, Image


class Files:
    """Makes files."""

    def image(self, kind: str = "JPEG", size: tuple[int, int] = (64, 48), **saved: Any) -> bytes:
        """A picture of two colours, red at its upper left."""
        picture = Image.new(saved.pop("mode", "RGB"), size, saved.pop("colour", (30, 60, 90)))
        picture.paste((200, 20, 20), (0, 0, size[0] // 2, size[1] // 2))
        out = io.BytesIO()
        if kind == "HEIF":
            pillow_heif.register_heif_opener()
        picture.save(out, kind, **saved)
        return out.getvalue()

    def exif(self, orientation: int = 1) -> bytes:
        """What a phone writes: Medan, a time with its zone, its owner's name."""
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = orientation
        exif[ExifTags.Base.Artist] = "Butet Simanjuntak"
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
        gps[1], gps[2] = "N", (3.0, 35.0, 22.92)
        gps[3], gps[4] = "E", (98.0, 40.0, 25.68)
        taken = exif.get_ifd(ExifTags.IFD.Exif)
        taken[36867], taken[36881] = "2026:03:01 08:15:00", "+07:00"
        return exif.tobytes()

    def pdf(self, pages: int = 1) -> pikepdf.Pdf:
        """A document, still to be saved."""
        document = pikepdf.new()
        for _ in range(pages):
            document.add_blank_page()
        return document

    def saved(self, document: pikepdf.Pdf, **how: Any) -> bytes:
        """A document's bytes."""
        out = io.BytesIO()
        document.save(out, **how)
        return out.getvalue()

    def zip(self) -> bytes:
        """An archive."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("run.js", "alert(1)")
        return out.getvalue()

    def png_chunks(self, *chunks: tuple[bytes, bytes]) -> bytes:
        """A PNG of these chunks, their checksums right."""
        out = b"\x89PNG\r\n\x1a\n"
        for kind, data in chunks:
            crc = zlib.crc32(kind + data)
            out += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)
        return out

    def bomb(self, side: int = 60_000) -> bytes:
        """A PNG of some kilobytes that claims `side` by `side` pixels."""
        header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
        rows = zlib.compress(bytes(4_000_000), 9)
        return self.png_chunks((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))


@pytest.fixture(scope="session")
def files() -> Files:
    return Files()
