"""Pictures from outside: what is taken, what is refused, what a thumbnail shows and what it does not tell."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from server.images import MAX_PIXELS, inspect, make_thumbnails
from server.problems import Problem
from tests.server.pictures import bomb, encoded, noise, photo

GPS, SERIAL, ORIENTATION = 0x8825, 0xA431, 0x0112


@pytest.fixture
def kept(tmp_path: Path):
    def keep(data: bytes, name: str = "picture") -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return keep


def refusal(path: Path, look=inspect) -> str:
    with pytest.raises(Problem) as raised:
        look(path)
    return raised.value.code


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "HEIF", "AVIF"])
def test_what_phones_make_is_read_and_shown_small(kept, kind):
    path = kept(encoded(noise(900, 600), kind))
    assert (inspect(path).width, inspect(path).height) == (900, 600)
    picture, thumbs = make_thumbnails(path)
    assert picture == inspect(path)
    assert opened(thumbs[320]).size == (320, 213)
    assert opened(thumbs[1280]).size == (900, 600), "a picture is never enlarged"


def test_thumbnails_are_progressive_srgb_jpegs(kept):
    for thumb in make_thumbnails(kept(photo(2000, 1000)))[1].values():
        image = opened(thumb)
        assert (image.format, image.mode, bool(image.info["progressive"])) == ("JPEG", "RGB", True)


def test_a_photo_taken_upright_is_shown_upright(kept):
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # turned a quarter clockwise to be seen
    image = Image.new("RGB", (1600, 1200), "white")
    image.paste("red", (0, 0, 800, 1200))  # the left half, which is above once it is turned
    path = kept(encoded(image, exif=exif))
    picture, thumbs = make_thumbnails(path)
    assert (picture.width, picture.height) == (1200, 1600)
    small = opened(thumbs[320])
    assert small.size == (240, 320)
    above, below = small.getpixel((120, 40)), small.getpixel((120, 280))
    assert above[0] > 200 > 80 > above[1] and min(below) > 200


def test_a_thumbnail_tells_neither_where_nor_with_what_it_was_taken(kept):
    exif = Image.Exif()
    exif[0x010F] = "PhoneMaker"
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(0x8769)[SERIAL] = "SERIAL-123"
    path = kept(encoded(noise(500, 400), exif=exif, comment=b"private words", xmp=b"<x>place</x>"))
    assert b"SERIAL-123" in path.read_bytes(), "the original is evidence and keeps what it says"
    for thumb in make_thumbnails(path)[1].values():
        image = opened(thumb)
        assert not image.getexif() and "comment" not in image.info and "xmp" not in image.info
        assert not any(word in thumb for word in (b"SERIAL-123", b"PhoneMaker", b"private words", b"<x>place"))


def test_colours_of_another_profile_become_srgb(kept):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    broken = make_thumbnails(kept(encoded(noise(50, 50), icc_profile=b"no profile at all")))[1]
    foreign = make_thumbnails(kept(encoded(noise(50, 50), icc_profile=lab.tobytes())))[1]
    assert all("icc_profile" not in opened(thumbs[320]).info for thumbs in (broken, foreign))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_mode_becomes_a_picture_one_can_see(kept, mode):
    if mode == "I;16":
        path = kept(encoded(Image.new("I;16", (40, 30), 65535), "PNG"))
    else:
        path = kept(encoded(Image.new("RGB", (40, 30), "white").convert(mode), "TIFF" if mode == "X" else "PNG")) \
            if mode != "CMYK" else kept(encoded(Image.new("CMYK", (40, 30), (0, 0, 0, 0)), "JPEG"))  # fmt: skip
    assert min(opened(make_thumbnails(path)[1][320]).getpixel((20, 15))) > 240


def test_a_signature_on_nothing_is_shown_on_paper(kept):
    image = Image.new("RGBA", (300, 100), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (100, 40, 200, 60))
    thumb = opened(make_thumbnails(kept(encoded(image, "PNG")))[1][320])
    assert min(thumb.getpixel((10, 10))) > 240 and max(thumb.getpixel((150, 50))) < 20


def test_a_bomb_is_refused_before_it_is_unpacked(kept):
    path = kept(bomb(), "bomb.png")
    assert path.stat().st_size < 10_000
    assert refusal(path) == "image-bomb"
    assert refusal(path, make_thumbnails) == "image-bomb"


def test_pixels_are_counted_to_the_last(kept):
    side = int(MAX_PIXELS**0.5)
    assert inspect(kept(encoded(Image.new("1", (side, side)), "PNG"))).width == side
    assert refusal(kept(encoded(Image.new("1", (side, side + 1)), "PNG"))) == "image-bomb"


@pytest.mark.parametrize(
    "data", [b"", b"hello, I am a text", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n" + bytes(50), b"%PDF-1.7\n", b"<svg/>"]
)
def test_what_is_no_picture_is_refused_whatever_its_name(kept, data):
    assert refusal(kept(data, "photo.jpg")) == "not-an-image"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF"])
def test_a_picture_that_ends_early_is_not_taken_for_whole(kept, kind):
    data = encoded(noise(400, 300), kind)
    assert refusal(kept(data[: len(data) * 2 // 3]), make_thumbnails) == "not-an-image"


def test_formats_nobody_photographs_in_are_not_even_tried(kept):
    assert refusal(kept(encoded(noise(20, 20), "TIFF"))) == "not-an-image"
    assert refusal(kept(encoded(noise(20, 20), "PDF"))) == "not-an-image"
