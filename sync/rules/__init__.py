"""Domain rules as data, run by Python and TypeScript alike. Each JSON file is loaded once, at import."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any


@cache
def rule(name: str) -> Any:
    """The decoded content of `sync/rules/<name>.json`; raises FileNotFoundError for an unknown name."""
    return json.loads((Path(__file__).parent / f"{name}.json").read_text("utf-8"))
