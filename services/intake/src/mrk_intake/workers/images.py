"""Photos: decoded within limits, turned upright, and written anew without a word about them.

Runs in the examiner's process alone (`mrk_intake.workers.examiner`).
"""

import io
import warnings
from contextlib import suppress
from typing import Final

import pillow_heif
from PIL import Image, ImageCms, ImageOps

from mrk_intake.domain import offers
from mrk_intake.domain.attachments import (
    MAX_EDGE,
    MAX_PIXELS,
    MAX_SIDE,
    THUMBNAIL_EDGE,
    MediaType,
    Offer,
    Refusal,
    RefusedError,
)

_QUALITY: Final = 85
_THUMBNAIL_QUALITY: Final = 75
_GPS: Final = 0x8825
_EXIF: Final = 0x8769
_FORMATS: Final = {
    MediaType.JPEG: "JPEG",
    MediaType.PNG: "PNG",
    MediaType.WEBP: "WEBP",
    MediaType.HEIC: "HEIF",
}
_WHITE: Final = (255, 255, 255)


def cleaned(data: bytes, media_type: MediaType) -> tuple[bytes, bytes, tuple[int, int], Offer]:
    """A photo as it is kept.

    Args:
        data: a whole file (`mrk_intake.domain.containers.whole`).
        media_type: of its content; no document.

    Returns:
        The photo and its thumbnail, both JPEG; the photo's width and height; what it told.

    Raises:
        RefusedError: `TOO_MANY_PIXELS`, `ANIMATED` or `DAMAGED`.
        MemoryError: it needs more than the process may take.
    """
    pillow_heif.register_heif_opener(thumbnails=False)
    pillow_heif.options.DECODE_THREADS = 1
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("ignore")  # a warning on a resident's file helps nobody
    try:
        with Image.open(io.BytesIO(data), formats=[_FORMATS[media_type]]) as image:
            _bounded(image)
            told = _told(image)
            upright = _upright(image)
    except (RefusedError, MemoryError):
        raise
    except Image.DecompressionBombError:
        raise RefusedError(Refusal.TOO_MANY_PIXELS) from None
    except Exception:  # noqa: BLE001  # decoders raise what they like
        raise RefusedError(Refusal.DAMAGED) from None
    photo = _written(upright, _QUALITY)
    size = upright.size
    upright.thumbnail((THUMBNAIL_EDGE, THUMBNAIL_EDGE))
    return photo, _written(upright, _THUMBNAIL_QUALITY), size, told


def _bounded(image: Image.Image) -> None:
    """Only the header was read so far."""
    width, height = image.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise RefusedError(Refusal.TOO_MANY_PIXELS)
    if min(width, height) < 1:
        raise RefusedError(Refusal.DAMAGED)
    # several pictures in a JPEG are a camera's; in the others they are meant to move
    if image.format in {"PNG", "WEBP", "GIF"} and getattr(image, "n_frames", 1) > 1:
        raise RefusedError(Refusal.ANIMATED)


def _told(image: Image.Image) -> Offer:
    try:
        exif = image.getexif()
        return offers.offer(exif.get_ifd(_GPS), exif.get_ifd(_EXIF))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  # what a camera wrote is worth no refusal
        return Offer()


def _upright(image: Image.Image) -> Image.Image:
    """The pixels alone: reduced, in RGB, turned as the camera was held."""
    image.draft("RGB", (MAX_EDGE, MAX_EDGE))
    turned = ImageOps.exif_transpose(image)
    turned.thumbnail((MAX_EDGE, MAX_EDGE))
    if turned.mode == "P" and "transparency" in turned.info:
        turned = turned.convert("RGBA")
    if turned.mode in {"RGBA", "LA", "PA", "La", "RGBa"}:
        ground = Image.new("RGB", turned.size, _WHITE)
        with_alpha = turned.convert("RGBA")
        ground.paste(with_alpha, mask=with_alpha.getchannel("A"))
        return ground
    # a new image: nothing of the old one's words comes along
    plain = _in_srgb(turned)
    out = Image.new("RGB", plain.size)
    out.paste(plain)
    return out


def _in_srgb(image: Image.Image) -> Image.Image:
    """The colours as a reader without their profile shows them: phones write Display P3."""
    profile = image.info.get("icc_profile")
    if profile and image.mode in {"RGB", "CMYK"}:
        with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            srgb = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, own, srgb, outputMode="RGB")
            if converted is not None:
                return converted
    return image.convert("RGB")


def _written(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=False, progressive=False, exif=b"")
    return out.getvalue()
