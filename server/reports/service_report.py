"""The service report as a PDF, with the very sections the phone shows.

Typst (one wheel, no system library) sets `service_report.typ`. What people wrote reaches it only as data in a JSON
file beside the template, never as source text, so nothing a customer types can become an instruction.

Chinese and Latin come from a font package; emoji need a font of the machine (Debian: fonts-noto-color-emoji) or one
put into `fonts/` beside this file, and are empty boxes without.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import segno
import typst
from PIL import Image, ImageOps

from sync.lifecycle import states
from sync.report import DEFAULT_UTC_OFFSET_MINUTES, changed_since, content_hash
from sync.report_text import changed_titles, report_text, report_title, sections, signature_blocks

MAX_PHOTO_EDGE = 1280  # pixels, as the large thumbnail: three photos share 174 mm, some 550 dots per inch
MAX_PHOTO_PIXELS = 100_000_000  # as for uploads
JPEG_QUALITY = 82
PREVIEW_PPI = 110.0  # a page is 909 pixels wide
FONT_PACKAGE = "pylopdf_fonts_zh_cn"  # Noto Sans SC and Noto Serif SC as a package of data
# In order of preference; the first three come with packages of ours or of Debian, the rest with people's machines.
FONTS = (
    "Noto Sans SC", "Noto Sans CJK SC", "WenQuanYi Micro Hei", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei",
)  # fmt: skip
TITLE_FONTS = ("Noto Serif SC", "Noto Serif CJK SC", "Source Han Serif SC", "Songti SC", "SimSun", *FONTS)
TEXTS = (
    "number", "signatures", "content_hash", "hash_note", "page", "changed", "changed_note", "unsigned", "unsigned_note",
    "photo_missing", "other_version",
)  # fmt: skip

CUSTOMER_SIDE = states("visit", "customer_side")

_HERE = Path(__file__).parent


def render_pdf(
    content: Mapping[str, Any],
    locale: str,
    *,
    signatures: Iterable[Mapping[str, Any]] = (),
    waivers: Iterable[Mapping[str, Any]] = (),
    photos: Mapping[str, bytes] | None = None,
    reasons: Mapping[str, Mapping[str, str]] | None = None,
    current: Mapping[str, Any] | None = None,
    company: str = "",
) -> bytes:
    """The PDF of a report's content.

    `content` is what the customer signed, or what a signature would bind now; `current` is the content as it would
    be made now, to list what changed after signing. `locale` is `zh-CN` or `en`. `signatures` and `waivers` are wire
    bodies with `id`; `photos` maps attachment ids, of photos and of signatures' images, to bytes of JPEG, PNG or
    WebP: those absent or unreadable show as not yet uploaded. `reasons` are waive reasons by code. `company` stands
    above the title. The same arguments give the same bytes.
    """
    return _typeset(_data(content, locale, list(signatures), list(waivers), reasons, current, company), photos or {})


def render_pages(
    content: Mapping[str, Any], locale: str, *, photos: Mapping[str, bytes] | None = None, **more: Any
) -> list[bytes]:
    """The same pages as PNG pictures, for previews. Arguments as for `render_pdf`, in lists."""
    filled = {"signatures": [], "waivers": [], "reasons": None, "current": None, "company": "", **more}
    pages = _typeset(_data(content, locale, **filled), photos or {}, "png")
    return pages if isinstance(pages, list) else [pages]


def _data(
    content: Mapping[str, Any],
    locale: str,
    signatures: list[Mapping[str, Any]],
    waivers: list[Mapping[str, Any]],
    reasons: Mapping[str, Mapping[str, str]] | None,
    current: Mapping[str, Any] | None,
    company: str,
) -> dict[str, Any]:
    """What the template reads: only text that is ready to stand on paper."""
    digest = content_hash(content)
    offset = content.get("utc_offset_minutes", DEFAULT_UTC_OFFSET_MINUTES)
    blocks = signature_blocks(signatures, locale, offset, waivers, reasons)
    signed = {str(row["id"]): row for row in signatures}
    for block in blocks:
        row = signed.get(str(block["id"]), {})
        block["other_version"] = bool(row.get("content_hash")) and row["content_hash"] != digest
    standing = {str(block["id"]) for block in blocks}
    by_customer = any(row.get("role") in CUSTOMER_SIDE and str(row["id"]) in standing for row in signatures)
    waived = any(str(row["id"]) in standing for row in waivers)
    return {
        "locale": locale,
        "lang": "zh" if locale == "zh-CN" else "en",
        "fonts": available(FONTS),
        "title_fonts": available(TITLE_FONTS),
        "company": company,
        "title": report_title(content, locale),
        "subtitle": report_title(content, "en" if locale == "zh-CN" else "zh-CN"),
        "number": str(content.get("number", "")),
        "sections": sections(content, locale),
        "blocks": blocks,
        "hash": digest,
        "signed": by_customer or waived,
        "changed": [] if current is None else changed_titles(changed_since(content, current), locale),
        "texts": {key: report_text(key, locale) for key in TEXTS},
    }


def _typeset(data: dict[str, Any], photos: Mapping[str, bytes], format: Literal["pdf", "png"] = "pdf") -> Any:
    """Sets the template in a folder of its own: the only files it can read are those put there for it."""
    with tempfile.TemporaryDirectory(prefix="report-") as name:
        folder = Path(name)
        wanted = [image for section in data["sections"] for image in section.get("images", [])]
        for place, image in enumerate(wanted):
            image["file"] = _put(folder, f"photo-{place}", photos.get(image["id"]))
        for place, block in enumerate(data["blocks"]):
            block["file"] = _put(folder, f"signature-{place}", photos.get(block["image_id"]))
        qr = segno.make(f"{data['number']}\nsha256:{data['hash']}", error="m", micro=False)
        qr.save(str(folder / "qr.svg"), kind="svg", border=0, dark="#111827")
        (folder / "data.json").write_text(json.dumps(data, ensure_ascii=False), "utf-8")
        (folder / "report.typ").write_bytes((_HERE / "service_report.typ").read_bytes())
        ppi = PREVIEW_PPI if format == "png" else None
        template = str(folder / "report.typ")
        return typst.compile(template, root=str(folder), font_paths=fonts(), format=format, ppi=ppi)


def _put(folder: Path, name: str, data: bytes | None) -> str:
    """Writes a picture Typst can surely read and answers its file name, or an empty string when there is none."""
    if not data:
        return ""
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > MAX_PHOTO_PIXELS:
                return ""
            small = max(image.size) <= MAX_PHOTO_EDGE
            image.draft("RGB", (MAX_PHOTO_EDGE, MAX_PHOTO_EDGE))
            image.load()
            if small and image.format == "JPEG" and image.mode == "RGB" and not image.info.get("exif"):
                (folder / f"{name}.jpg").write_bytes(data)  # a thumbnail of ours goes in as it is
                return f"{name}.jpg"
            picture = ImageOps.exif_transpose(image)
            picture.thumbnail((MAX_PHOTO_EDGE, MAX_PHOTO_EDGE))
            clear = picture.mode in ("RGBA", "LA", "P")
            name += ".png" if clear else ".jpg"
            if clear:
                picture.convert("RGBA").save(folder / name, "PNG", exif=b"")
            else:
                picture.convert("RGB").save(folder / name, "JPEG", quality=JPEG_QUALITY, exif=b"")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return ""  # a broken picture must not keep the customer from the report
    return name


@cache
def fonts() -> typst.Fonts:
    """Our font packages, a folder a company may fill, and what the machine has; read once, it takes a while."""
    places = [_HERE / "fonts"]
    package = find_spec(FONT_PACKAGE)
    if package and package.submodule_search_locations:
        places.extend(Path(one) for one in package.submodule_search_locations)
    return typst.Fonts(font_paths=[place for place in places if place.is_dir()])


@cache
def available(wanted: tuple[str, ...]) -> list[str]:
    """The wanted families that exist here; Typst falls back by itself when there is none."""
    families = {family.lower(): family for family in fonts().families()}
    return [families[one.lower()] for one in wanted if one.lower() in families] or ["Libertinus Serif"]
