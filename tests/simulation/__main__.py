"""`python -m tests.simulation --seeds N --from S --db sqlite|postgresql --jobs N`; the last line is JSON."""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from pathlib import Path

from tests.simulation.jobs import simulate_with
from tests.simulation.recording import record
from tests.simulation.running import deployment, simulate


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seeds", type=int, default=200, help="how many worlds")
    parser.add_argument("--from", type=int, default=1, dest="first", help="the first seed")
    parser.add_argument("--db", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--jobs", type=int, default=1, help="processes that share the seeds")
    parser.add_argument("--trace", action="store_true", help="print what happens in each world")
    parser.add_argument("--keep-going", action="store_true", help="do not stop at the first failure")
    parser.add_argument("--record", type=Path, help="write traces of single phones into this folder instead")
    options = parser.parse_args()
    tell = partial(print, flush=True)
    if options.record:
        with deployment(options.db) as server:
            tell(json.dumps(record(server, range(options.first, options.first + options.seeds), options.record)))
        return 0
    if options.jobs > 1:
        figures = simulate_with(
            options.jobs, options.first, options.seeds, db=options.db, keep_going=options.keep_going, tell=tell
        )
    else:
        with deployment(options.db) as server:
            figures = simulate(
                server, range(options.first, options.first + options.seeds), db=options.db, trace=options.trace,
                keep_going=options.keep_going, tell=tell,
            )  # fmt: skip
    print(figures.line())
    return 1 if figures.failures else 0


if __name__ == "__main__":
    sys.exit(main())
