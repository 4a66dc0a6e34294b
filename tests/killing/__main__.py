"""Prints one JSON line for a loss and one for the whole; ends with 1 when anything was lost or doubled."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser import find_chromium
from tests.conftest import migrate
from tests.journeys.conftest import ROOT, town_served
from tests.journeys.wire import wire_to
from tests.killing.moments import Run, figures
from tests.killing.promises import Lost


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.killing", description=__doc__)
    parser.add_argument("--moments", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    if find_chromium() is None:
        sys.exit("no Chromium on this machine")
    subprocess.run(["make", "build"], cwd=ROOT, check=True, stdout=sys.stderr)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="xx-kill-") as name, sync_playwright() as driver:
        folder = Path(name)
        template = folder / "template.db"
        migrate(f"sqlite:///{template}", folder)
        with town_served(template, folder) as town, wire_to(town.server.port) as wire:
            run = Run(driver, town, wire, folder, chosen.seed, chosen.moments)
            try:
                run.go()
            except Lost as lost:
                print(json.dumps({"figure": "loss", "seed": chosen.seed, "what": str(lost)}, ensure_ascii=False))
            print(json.dumps(figures(run.result, chosen.seed, began)), flush=True)
    sys.exit(1 if run.result.lost else 0)


if __name__ == "__main__":
    main()
