"""Draw the icon set from mark.svg with the system's Chromium: python pwa/icons/rasterise.py

The results are committed, so only who changes the mark needs to run this.
"""

import re
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parent
PUBLIC = HERE.parent / "public"
sys.path.insert(0, str(HERE.parent.parent))

# name -> (pixels, scale of the mark, square ground). Launchers crop maskable icons to 80 % of their width,
# and iOS rounds the corners itself.
ICONS = {
    "icon-192": (192, 1, False),
    "icon-512": (512, 1, False),
    "maskable-192": (192, 0.78, True),
    "maskable-512": (512, 0.78, True),
    "apple-touch-180": (180, 0.9, True),
}


def variant(svg: str, scale: float, square: bool) -> str:
    if square:
        svg = svg.replace('rx="112"', "")
    shift = 256 * (1 - scale)
    return svg.replace('class="mark"', f'class="mark" transform="translate({shift} {shift}) scale({scale})"')


def main() -> None:
    from tests.browser import CHROMIUM_FLAGS, find_chromium

    svg = (HERE / "mark.svg").read_text()
    slim = re.sub(r"\s*<!--.*?-->", "", svg, flags=re.S)
    (PUBLIC / "icons").mkdir(parents=True, exist_ok=True)
    (PUBLIC / "favicon.svg").write_text(slim)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)
        for name, (size, scale, square) in ICONS.items():
            page = browser.new_page(viewport={"width": size, "height": size})
            page.set_content(f"<style>body{{margin:0}}svg{{display:block}}</style>{variant(slim, scale, square)}")
            page.screenshot(path=PUBLIC / "icons" / f"{name}.png", omit_background=True)
        browser.close()


if __name__ == "__main__":
    main()
