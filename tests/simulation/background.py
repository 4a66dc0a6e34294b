"""The thousand worlds of a test run, simulated beside the tests that wait for browsers and servers.

They keep both cores busy for minutes, and a browser leaves them idle for longer than that. So they begin with the run,
at the lowest priority, and the test that asks for their figures comes last.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SEEDS_SQLITE = 1000
PATIENCE_S = 1100
ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass
class Worlds:
    """The command anyone can give, as a process, and what it has said."""

    process: subprocess.Popen[bytes]
    said: Path

    @classmethod
    def begin(cls, said: Path) -> Worlds:
        command = [sys.executable, "-m", "tests.simulation", "--seeds", str(SEEDS_SQLITE), "--jobs", "2"]
        with said.open("wb") as out:
            process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=out, preexec_fn=lambda: os.nice(19),
                process_group=0,
            )  # fmt: skip
        return cls(process, said)

    def wait(self) -> list[str]:
        """Its lines, when it has ended."""
        self.process.wait(PATIENCE_S)
        return self.said.read_text().splitlines()

    def end(self) -> None:
        """Nobody waits for it any more: it ends, and the processes that share its seeds."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
