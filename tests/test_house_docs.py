"""What the pages promise to be shown by a test is shown by a test of that name."""

from __future__ import annotations

import re
from pathlib import Path

from tests.simulation.mutants import MUTANTS
from tests.test_house import ROOT, clean

#: Pages that name tests, as `path::name` (in Python without "test_"), and mutants, as `mutant:name`.
PAGES = ("docs/hazards.md", "docs/features.md")
HAZARDS = 45
INVARIANTS = 16
_TEST = re.compile(r"`([\w/.-]+\.(?:py|ts))::([^`]+)`")
_MUTANT = re.compile(r"`mutant:([a-z-]+)`")


def _is_there(path: str, name: str) -> bool:
    file = ROOT / path
    if not file.is_file():
        return False
    text = file.read_text()
    return f"def test_{name}(" in text if path.endswith(".py") else name in text


def test_every_test_and_mutant_a_page_names_exists():
    known = {mutant.name for mutant in MUTANTS}
    complaints: list[str] = []
    for page in PAGES:
        text = Path(ROOT / page).read_text()
        complaints += [f"{page}: {path}::{name}" for path, name in _TEST.findall(text) if not _is_there(path, name)]
        complaints += [f"{page}: mutant:{name}" for name in _MUTANT.findall(text) if name not in known]
    clean(complaints, "These pages name tests that do not exist:")


def test_every_hazard_and_every_invariant_has_a_test():
    lines = [line.split(" | ") for line in (ROOT / "docs/hazards.md").read_text().splitlines() if line.startswith("| ")]
    shown = {cells[0].strip("| ") for cells in lines if _TEST.search(cells[-1]) or _MUTANT.search(cells[-1])}
    wanted = {str(n) for n in range(1, HAZARDS + 1)} | {f"I{n}" for n in range(1, INVARIANTS + 1)}
    clean(sorted(wanted - shown), "Nothing is named that would notice these:")
