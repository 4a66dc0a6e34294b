"""`python -m tests.chaos --minutes 10 --seed 1 --db sqlite`: the last line is JSON; 1 when anything was found."""

from __future__ import annotations

import argparse
import json
import sys

from tests.chaos.running import BAD, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="The packaged server under real faults.")
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--db", choices=["sqlite", "postgresql"], default="sqlite")
    options = parser.parse_args()
    figures = run(options.minutes, options.seed, options.db, lambda text: print(text, flush=True))
    for finding in figures.verdict.findings:
        print(finding)
    line = figures.line()
    print(json.dumps(line))
    return 1 if any(line[kind] for kind in BAD) else 0


if __name__ == "__main__":
    sys.exit(main())
