"""Pictures: recognised before they are kept, read whole in the background, shown as small clean copies.

Files from outside are hostile until Pillow has said otherwise: only the formats phones make are tried, pixels are
counted from the header before anything is unpacked, and whatever a decoder raises becomes a problem of the catalogue.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pillow_heif
from PIL import Image, ImageCms, ImageFile, ImageOps

from server.problems import Problem

MAX_PIXELS = 100_000_000  # 100 megapixels; unpacked as RGB that is 300 MB of memory
THUMB_SIZES = (320, 1280)  # px, the longer side
THUMB_QUALITY = 80  # JPEG, of 95
THUMB_MIME = "image/jpeg"

# Pillow's name of the format: what the file is served as. MPO is the JPEG with a second picture many phones make.
MIMES = {
    "JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif",
    "HEIF": "image/heic", "AVIF": "image/avif",
}  # fmt: skip
_FORMATS = tuple(kind for kind in MIMES if kind != "MPO")  # the reader of JPEG finds those itself
_EXIF_ORIENTATION = 0x0112
_SIDEWAYS = (5, 6, 7, 8)  # orientations that swap width and height

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
ImageFile.LOAD_TRUNCATED_IMAGES = False
pillow_heif.register_heif_opener(thumbnails=False)


@dataclass(frozen=True, slots=True)
class Picture:
    """What the header of a picture says; width and height in pixels as a person sees it (turned upright)."""

    format: str
    width: int
    height: int

    @property
    def mime(self) -> str:
        return MIMES[self.format]


def inspect(path: Path) -> Picture:
    """Recognises a picture without unpacking its pixels; raises `not-an-image` or `image-bomb`."""
    with _hostile():
        with Image.open(path, formats=_FORMATS) as image:
            _count_pixels(image)
            image.verify()  # checksums of the container, where the format has them; nothing can be read after it
        with Image.open(path, formats=_FORMATS) as image:
            return _picture(image)


def make_thumbnails(source: Path, sizes: tuple[int, ...] = THUMB_SIZES) -> tuple[Picture, dict[int, bytes]]:
    """Reads the whole picture and gives progressive sRGB JPEGs that fit `sizes`, never enlarged.

    They carry nothing of the original's metadata: no position, no serial number, no comment. Raises as `inspect`,
    also when the data ends early.
    """
    made: dict[int, bytes] = {}
    with _hostile(), Image.open(source, formats=_FORMATS) as image:
        picture = _picture(image)
        upright = _shrunk(image, max(sizes))
        for size in sorted(sizes, reverse=True):
            upright.thumbnail((size, size), Image.Resampling.LANCZOS)
            made[size] = _jpeg(upright)
    return picture, made


@contextmanager
def _hostile() -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pixels are counted by `_picture`; the rest is about broken metadata
            yield
    except (Problem, MemoryError, FileNotFoundError):
        raise
    except Image.DecompressionBombError:
        raise Problem("image-bomb") from None
    except Exception as error:
        # A decoder fed with garbage raises nearly anything: OSError, SyntaxError, struct.error, ValueError, …
        raise Problem("not-an-image") from error


def _count_pixels(image: Image.Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise Problem("image-bomb")


def _picture(image: Image.Image) -> Picture:
    _count_pixels(image)
    width, height = image.size
    if image.format not in MIMES or not width or not height:
        raise Problem("not-an-image")
    if _orientation(image) in _SIDEWAYS:
        width, height = height, width
    return Picture(image.format, width, height)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_EXIF_ORIENTATION, 1))
    except Exception:  # broken EXIF does not make the picture unreadable
        return 1


def _shrunk(image: Image.Image, size: int) -> Image.Image:
    """The picture at most `size` wide and high, upright, in sRGB, without transparency and metadata.

    Shrunk first: a JPEG is then decoded at a fraction of its size, and everything after costs a fraction, too.
    """
    orientation = _orientation(image)
    profile = image.info.get("icc_profile")
    image.thumbnail((size, size), Image.Resampling.LANCZOS)
    image.load()
    turned = _turned(image, orientation)
    flat = _srgb(_flat(turned), profile)
    flat.info = {}
    return flat


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    if orientation == 1:
        return image
    holder = image.copy()
    holder.getexif()[_EXIF_ORIENTATION] = orientation
    try:
        return ImageOps.exif_transpose(holder)
    except Exception:  # broken EXIF: better lying on its side than not there
        return image


def _flat(image: Image.Image) -> Image.Image:
    """A mode JPEG knows; what was transparent becomes paper."""
    if image.mode.startswith(("I", "F")):  # 16 bits a pixel and more: scanners and some PNGs
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L").convert("RGB")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        paper = Image.new("RGB", layer.size, "white")
        paper.paste(layer, mask=layer.getchannel("A"))
        return paper
    return image if image.mode in ("RGB", "CMYK") else image.convert("RGB")


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            made = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except Exception:  # a broken or foreign profile: its colours as they are
            made = None
        if made is not None:
            return made
    return image if image.mode == "RGB" else image.convert("RGB")


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=THUMB_QUALITY, progressive=True, optimize=True)
    return out.getvalue()
