"""Photos and signatures, drawn: what an engineer's phone would have taken, the same at every load."""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pylopdf_fonts_zh_cn
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from sqlalchemy import select
from sqlalchemy.orm import Session

from server import clock
from server.files import ORIGINAL, FileStore
from server.images import make_thumbnails
from server.models import Attachment, StoredFile

SIZE = (640, 480)  # px
SIGNATURE_BOX = (600, 240)  # px
QUALITY = 82  # JPEG
MAX_PHOTOS = 40  # distinct ones: each costs a drawing, two thumbnails and three flushes to the disk
FONT = Path(pylopdf_fonts_zh_cn.__file__).parent / "NotoSansSC-Regular.otf"

Canvas = ImageDraw.ImageDraw


@dataclass(frozen=True, slots=True)
class Picture:
    sha256: str
    content: bytes
    mime: str
    width: int
    height: int
    scene: str = ""


@dataclass
class Album:
    """The pictures of this load, by what is on them. When it is full, an earlier one of the same scene serves again."""

    rng: Random
    pictures: dict[str, Picture] = field(default_factory=dict)
    signatures: dict[str, tuple[Picture, dict[str, Any]]] = field(default_factory=dict)

    def photo(self, scene: str, words: list[str]) -> Picture | None:
        """A photo with these lines on it; None when the album is full and has none of the scene to offer."""
        if len(self.pictures) >= MAX_PHOTOS:
            same = [one for one in self.pictures.values() if one.scene == scene and scene != "nameplate"]
            return self.rng.choice(same) if same else None
        picture = _photo(scene, words, self.rng)
        return self.pictures.setdefault(picture.sha256, picture)

    def signature(self, name: str) -> tuple[Picture, dict[str, Any]]:
        """How a person signs: the picture and the strokes it was made of."""
        if name not in self.signatures:
            strokes = strokes_of(name)
            self.signatures[name] = (_drawn(strokes), strokes)
        return self.signatures[name]

    def deliver(self, session: Session) -> None:
        """What the uploads of the demo's phones would have done: the slots they declared have their bytes."""
        query = select(Attachment, StoredFile).join(StoredFile, StoredFile.sha256 == Attachment.sha256)
        for attachment, stored in session.execute(query.where(Attachment.state == "declared")).all():
            attachment.mark_verified(stored.width, stored.height, stored.thumbs)
        session.commit()

    def keep(self, session: Session, store: FileStore) -> None:
        """Puts every picture into the store as read and with thumbnails; `deliver` gives them to their slots."""
        for picture in [*self.pictures.values(), *(picture for picture, _ in self.signatures.values())]:
            if session.get(StoredFile, picture.sha256) is None:
                _keep(session, store, picture)
        session.commit()


def _keep(session: Session, store: FileStore, picture: Picture) -> None:
    path = store.path(picture.sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    store.put(picture.sha256, ORIGINAL, picture.content)
    seen, thumbnails = make_thumbnails(path)
    for size, content in thumbnails.items():
        store.put(picture.sha256, str(size), content)
    now = clock.now()
    session.add(
        StoredFile(
            sha256=picture.sha256,
            size=len(picture.content),
            mime=seen.mime,
            width=seen.width,
            height=seen.height,
            thumbs={str(size): True for size in thumbnails},
            stored_at=now,
            processed_at=now,
        )
    )


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT), size)


def _photo(scene: str, words: list[str], rng: Random) -> Picture:
    """A scene in slightly wrong light, a little crooked and not quite sharp, with the stamp such apps put on."""
    light = rng.randint(96, 186)
    image = Image.new("RGB", SIZE, (light, light, min(light + rng.randint(-12, 14), 255)))
    canvas = ImageDraw.Draw(image)
    for x in range(0, SIZE[0], 4):  # light falls from one side
        shade = light - x * 40 // SIZE[0]
        canvas.rectangle((x, 0, x + 4, SIZE[1]), fill=(shade, shade, max(shade - 6, 0)))
    SCENES[scene](canvas, words, rng)
    image = image.rotate(rng.uniform(-2.5, 2.5), Image.Resampling.BILINEAR, fillcolor=(60, 62, 66))
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 0.7)))
    stamp = ImageDraw.Draw(image)
    stamp.rectangle((0, SIZE[1] - 34, SIZE[0], SIZE[1]), fill=(20, 22, 26))
    stamp.text((10, SIZE[1] - 29), words[-1], font=_font(16), fill=(240, 240, 240))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY)
    content = out.getvalue()
    return Picture(hashlib.sha256(content).hexdigest(), content, "image/jpeg", *SIZE, scene)


def _nameplate(canvas: Canvas, words: list[str], rng: Random) -> None:
    canvas.rounded_rectangle((70, 60, 570, 400), 14, fill=(206, 208, 206), outline=(120, 122, 124), width=3)
    for x, y in ((90, 80), (550, 80), (90, 380), (550, 380)):
        canvas.ellipse((x - 7, y - 7, x + 7, y + 7), fill=(150, 152, 152), outline=(90, 90, 90))
    for number, line in enumerate(words[:-1]):
        size = 34 if number == 0 else 24
        canvas.text((112, 92 + number * 50), line, font=_font(size), fill=(28, 30, 34))
        canvas.line((112, 136 + number * 50, 530, 136 + number * 50), fill=(160, 162, 162))
    for x in range(380, 530, 5):  # a bar code
        canvas.rectangle((x, 342, x + rng.choice((1, 2, 3)), 378), fill=(20, 20, 20))


def _rack(canvas: Canvas, words: list[str], rng: Random) -> None:
    canvas.rectangle((90, 20, 550, 440), fill=(34, 36, 40), outline=(12, 12, 14), width=6)
    for unit in range(9):
        top = 34 + unit * 44
        canvas.rectangle((108, top, 532, top + 38), fill=(52, 55, 60) if unit % 3 else (70, 74, 82))
        for port in range(16):
            x = 124 + port * 18
            canvas.rectangle((x, top + 18, x + 12, top + 31), fill=(16, 17, 19))
            colour = rng.choice([(70, 220, 90)] * 6 + [(250, 190, 40)] * 2 + [(40, 44, 48)])
            canvas.ellipse((x + 3, top + 7, x + 8, top + 12), fill=colour)
        if unit % 3 == 0:
            canvas.text((430, top + 8), words[0][:8], font=_font(16), fill=(200, 206, 214))
    for cable in range(5):
        x = 140 + cable * 70
        colour = rng.choice([(40, 90, 190), (210, 180, 40), (190, 190, 190)])
        canvas.line((x, 90, x + rng.randint(-40, 40), 240, x + 10, 420), fill=colour, width=5)


def _camera(canvas: Canvas, words: list[str], rng: Random) -> None:
    canvas.rectangle((0, 0, 640, 70), fill=(222, 222, 216))
    canvas.rectangle((292, 60, 348, 130), fill=(236, 236, 232), outline=(150, 150, 150))
    if rng.random() < 0.5:
        canvas.pieslice((200, 60, 440, 300), 0, 180, fill=(238, 238, 236), outline=(140, 140, 140), width=3)
        canvas.pieslice((240, 120, 400, 290), 0, 180, fill=(24, 26, 30))
        canvas.ellipse((300, 200, 344, 244), fill=(50, 56, 72), outline=(110, 120, 140), width=3)
    else:
        canvas.rounded_rectangle((150, 130, 470, 250), 26, fill=(240, 240, 238), outline=(140, 140, 140), width=3)
        canvas.ellipse((420, 136, 520, 244), fill=(30, 32, 38), outline=(90, 92, 98), width=6)
        canvas.ellipse((452, 168, 490, 206), fill=(66, 74, 98))
    canvas.text((180, 320), words[0], font=_font(22), fill=(40, 42, 46))


def _meter(canvas: Canvas, words: list[str], rng: Random) -> None:
    canvas.rounded_rectangle((170, 30, 470, 430), 30, fill=(238, 178, 26), outline=(120, 84, 10), width=5)
    canvas.rounded_rectangle((198, 60, 442, 178), 10, fill=(186, 200, 176), outline=(60, 66, 58), width=4)
    reading = f"{rng.uniform(11.6, 13.1):.2f}" if rng.random() < 0.6 else f"{rng.uniform(218, 236):.1f}"
    canvas.text((226, 74), reading, font=_font(66), fill=(22, 28, 22))
    canvas.text((390, 140), "V", font=_font(26), fill=(22, 28, 22))
    canvas.ellipse((242, 214, 398, 370), fill=(44, 46, 50), outline=(24, 24, 26), width=4)
    canvas.line((320, 292, 320 + rng.randint(-50, 50), 226), fill=(240, 240, 240), width=7)
    canvas.line((250, 426, 180, 479), fill=(180, 30, 30), width=8)
    canvas.line((390, 426, 450, 479), fill=(24, 24, 24), width=8)


def _door(canvas: Canvas, words: list[str], rng: Random) -> None:
    canvas.rectangle((60, 10, 360, 470), fill=(126, 92, 62), outline=(80, 58, 38), width=8)
    canvas.rectangle((110, 60, 310, 260), fill=(164, 190, 204), outline=(90, 70, 50), width=5)
    canvas.rounded_rectangle((330, 250, 350, 310), 6, fill=(196, 196, 196))
    canvas.rounded_rectangle((430, 170, 550, 340), 14, fill=(28, 30, 34), outline=(90, 92, 96), width=3)
    canvas.ellipse((476, 190, 504, 218), fill=rng.choice([(70, 220, 90), (230, 60, 50), (70, 130, 240)]))
    canvas.text((446, 240), words[0][:5], font=_font(18), fill=(220, 224, 228))


def _panel(canvas: Canvas, words: list[str], rng: Random) -> None:
    canvas.rounded_rectangle((60, 30, 580, 430), 8, fill=(196, 200, 204), outline=(110, 112, 116), width=5)
    for row in range(3):
        for breaker in range(8):
            x, y = 92 + breaker * 58, 66 + row * 118
            canvas.rectangle((x, y, x + 46, y + 88), fill=(236, 238, 240), outline=(120, 122, 126))
            up = rng.random() < 0.9
            canvas.rectangle((x + 14, y + (18 if up else 46), x + 32, y + (42 if up else 70)), fill=(40, 44, 52))
    canvas.text((92, 392), words[0], font=_font(20), fill=(30, 32, 36))


SCENES: dict[str, Callable[[Canvas, list[str], Random], None]] = {
    "nameplate": _nameplate, "rack": _rack, "camera": _camera, "meter": _meter, "door": _door, "panel": _panel,
}  # fmt: skip
BY_CLASS = {
    "视频监控": "camera", "停车场": "camera", "门禁": "door", "楼宇对讲": "door", "入侵报警": "meter",
    "网络布线": "rack", "大屏显示": "rack", "公共广播": "rack",
    "UPS电源": "panel", "空调": "panel", "楼宇自控": "panel", "消防联动": "panel",
}  # fmt: skip


def strokes_of(name: str) -> dict[str, Any]:
    """A quick hand: each character a run of loops of its own rhythm, leaning right, with the time of every point."""
    rng = Random(f"signature {name}")
    width, height = SIGNATURE_BOX
    strokes, clock_ms, left = [], 0, width * 0.14
    reach = width * 0.7 / max(len(name), 2)
    for _ in name:
        turns, phase, tall = rng.uniform(1.4, 2.6), rng.uniform(0, 6.28), rng.uniform(38, 72)
        swing, wobble, middle = rng.uniform(14, 30), rng.uniform(1.6, 3.4), height / 2 + rng.uniform(-10, 10)
        points = []
        for step in range(44):
            share = step / 43
            angle = phase + turns * 6.28 * share
            y = middle + tall * math.sin(angle) * (1 - 0.35 * share) + 8 * math.sin(wobble * angle)
            x = left + reach * 0.95 * share + swing * math.cos(angle * 1.02) + (middle - y) * 0.22
            points.append([round(min(max(x, 6), width - 6), 1), round(min(max(y, 6), height - 6), 1), clock_ms])
            clock_ms += rng.randint(9, 16)
        strokes.append({"points": points})
        clock_ms += rng.randint(90, 180)
        left += reach
    # The flourish under it, drawn fast.
    start = height * rng.uniform(0.78, 0.86)
    tail = [[round(width * (0.3 + 0.02 * n), 1), round(start - n * n * 0.06, 1), clock_ms + 7 * n] for n in range(22)]
    return {"width": width, "height": height, "strokes": [*strokes, {"points": tail}]}


def _drawn(strokes: dict[str, Any]) -> Picture:
    image = Image.new("L", SIGNATURE_BOX, 255)
    canvas = ImageDraw.Draw(image)
    for stroke in strokes["strokes"]:
        points = [(x, y) for x, y, _ in stroke["points"]]
        for index, (start, end) in enumerate(pairwise(points)):
            canvas.line((*start, *end), fill=20, width=5 - min(index // 6, 2), joint="curve")
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    content = out.getvalue()
    return Picture(hashlib.sha256(content).hexdigest(), content, "image/png", *SIGNATURE_BOX, "signature")
