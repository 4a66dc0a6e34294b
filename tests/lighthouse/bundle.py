"""What a phone must load before an engineer sees the list: the entry and everything it imports at once."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DIST = ROOT / "pwa" / "dist"
_ENTRY = re.compile(r"""<(?:script|link)[^>]*?(?:src|href)=["']/?(assets/[^"']+\.js)["']""")
#: Static imports only: `import("./x.js")` is fetched when it is needed.
_IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*["']\./([^"']+\.js)["']""")


def initial_scripts(dist: Path = DIST) -> list[Path]:
    """The entry of index.html and its static imports, each once."""
    waiting = [dist / name for name in _ENTRY.findall((dist / "index.html").read_text())]
    found: list[Path] = []
    while waiting:
        script = waiting.pop()
        if script not in found:
            found.append(script)
            waiting += [script.parent / name for name in _IMPORT.findall(script.read_text())]
    return found


def initial_js_gzip_kb(dist: Path = DIST) -> float:
    """kB (1000 bytes) of JavaScript, compressed as a server would. The list is in the entry, so no chunk is added."""
    return sum(len(gzip.compress(script.read_bytes(), 9)) for script in initial_scripts(dist)) / 1000
