"""`python -m tests.shoot`: every screen of the phone from a running demo (`make run`), to be looked at one by one.

    python -m tests.shoot --url http://localhost:8000 --out /tmp/shots
    python -m tests.shoot --only money papers --themes sunlight --widths 360 --letters 2

In both languages, in light, dark and sunlight, 360, 390 and 768 px wide. For each screen and language one sheet with
all its pictures side by side, and beside it in words what a program can see: too wide, cut off, too small for a thumb,
how far things jumped while it loaded. It reads and never acts.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser import DESKTOP, PHONE, find_chromium, flags
from tests.screens import address, faults, go, phone_routes
from tests.screenshots import LOCALES, Studio, sign_in, who_recorded_most

if TYPE_CHECKING:
    from collections.abc import Iterator

THEMES = ("light", "dark", "sunlight")
WIDTHS = (360, 390, 768)
HEIGHT = 800
#: Px of one picture's height; what is below repeats what is above.
MOST_HEIGHT = 2600
#: Adds up how far things jumped since the address was called (cumulative layout shift, web.dev/cls).
SHIFTS = """
window.__jumped = 0;
new PerformanceObserver((list) => {
  for (const e of list.getEntries()) if (!e.hadRecentInput) window.__jumped += e.value;
}).observe({type: 'layout-shift', buffered: true});
"""


def ids_of(studio: Studio) -> dict[str, str]:
    """The fullest of each kind this phone holds: the visit with most facts, its checklist, an article, a drawing."""
    facts = [
        row["body"].get("visit_id")
        for noun in ("diagnosis", "attachment", "checklist_run", "note", "part_use", "event", "quotation", "custody")
        for row in studio.rows(noun)
    ]
    visits = [row["id"] for row in studio.rows("visit")]
    visit = max(visits, key=facts.count)
    runs = [row for row in studio.rows("checklist_run") if row["body"]["visit_id"] == visit]
    runs = runs or studio.rows("checklist_run")
    ids = {"visit": visit}
    for name, noun in (("article", "article"), ("document", "document")):
        if rows := studio.rows(noun):
            ids[name] = rows[0]["id"]
    if runs:
        ids["run"] = runs[0]["id"]
    return ids


def name_of(route: str) -> str:
    parts = [part for part in re.split(r"[/?=]", route) if part and not part.startswith(":")]
    return "-".join([*parts, "one"] if route.rsplit("/", 1)[1].startswith(":") else parts)


def variants(given: argparse.Namespace) -> Iterator[tuple[str, int]]:
    return ((theme, width) for width in given.widths for theme in given.themes)


def dress(studio: Studio, theme: str, width: int, letters: float) -> None:
    studio.page.set_viewport_size({"width": width, "height": HEIGHT})
    studio.page.evaluate(
        "([theme, scale]) => { const root = document.documentElement; root.dataset.theme = theme;"
        " root.style.setProperty('--font-scale', scale) }",
        [theme, str(letters)],
    )
    studio.page.wait_for_timeout(120)


def shoot(studio: Studio, route: str, path: str, given: argparse.Namespace) -> None:
    """All pictures of one screen in one language, and the words about them."""
    studio.page.evaluate("() => { window.__jumped = 0 }")
    go(studio.page, path)
    studio.page.wait_for_timeout(400)
    jumped = round(studio.page.evaluate("() => window.__jumped"), 3)
    name, pictures = name_of(route), []
    for theme, width in variants(given):
        dress(studio, theme, width, given.letters)
        png = studio.page.screenshot(full_page=True, animations="disabled", scale="css")
        picture = Image.open(io.BytesIO(png)).convert("RGB")
        pictures.append(picture.crop((0, 0, picture.width, min(picture.height, MOST_HEIGHT))))
        if theme == given.themes[0] and (found := faults(studio.page)):
            print(json.dumps({"screen": name, "locale": studio.suffix or "zh", "width": width, "faults": found},
                             ensure_ascii=False), flush=True)  # fmt: skip
    if jumped > 0.05:
        print(json.dumps({"screen": name, "locale": studio.suffix or "zh", "jumped": jumped}), flush=True)
    sheet(pictures).save(given.out / f"{name}{studio.suffix or '-zh'}.png")


def sheet(pictures: list[Image.Image], gap: int = 12) -> Image.Image:
    whole = Image.new(
        "RGB",
        (sum(picture.width + gap for picture in pictures) - gap, max(picture.height for picture in pictures)),
        "#808080",
    )
    x = 0
    for picture in pictures:
        whole.paste(picture, (x, 0))
        x += picture.width + gap
    return whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://localhost:8000")
    parser.add_argument("--out", type=Path, default=Path("build/shots"))
    parser.add_argument("--only", nargs="+", help="names of screens, as their pictures are called")
    parser.add_argument("--themes", nargs="+", choices=THEMES, default=THEMES)
    parser.add_argument("--widths", nargs="+", type=int, default=WIDTHS)
    parser.add_argument("--locales", nargs="+", choices=[*LOCALES], default=[*LOCALES])
    parser.add_argument("--letters", type=float, default=1, help="how large the letters are: 1 to 2")
    parser.add_argument("--engineer", help="whose phone; not said: who recorded most")
    parser.add_argument("--dispatcher", default="chenjing")
    parser.add_argument("--password", default="demo2026")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        for locale in given.locales:
            tongue = {**os.environ, "LANGUAGE": locale.replace("-", "_")}
            browser = driver.chromium.launch(executable_path=find_chromium(), args=flags(), env=tongue)
            login = given.engineer
            if not login:
                login = given.engineer = who_recorded_most(
                    sign_in(browser, given.url, DESKTOP, locale, given.dispatcher, given.password)
                )
            studio = sign_in(browser, given.url, PHONE, locale, login, given.password)
            studio.page.add_init_script(SHIFTS)
            studio.page.goto(f"{given.url}/visits")
            ids = ids_of(studio)
            for route in phone_routes():
                if given.only and name_of(route) not in given.only:
                    continue
                try:
                    path = address(route, ids)
                except KeyError as missing:
                    print(json.dumps({"screen": name_of(route), "left out": f"the demo has no {missing}"}), flush=True)
                    continue
                shoot(studio, route, path, given)
            browser.close()


if __name__ == "__main__":
    main()
