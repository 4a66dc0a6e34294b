"""The app of a worker process in tests, with shorter leases and one more task: one that can be killed in its middle."""

from __future__ import annotations

import os
import time
from pathlib import Path

import server.tasks
from server import create_app

WAITS_SECONDS = 60


def slow(folder: str) -> None:
    started = Path(folder) / "started"
    started.write_text(str(os.getpid()))
    started.rename(Path(folder) / "began")
    deadline = time.monotonic() + WAITS_SECONDS
    while not (Path(folder) / "go").exists() and time.monotonic() < deadline:
        time.sleep(0.05)


server.tasks.tests_slow = slow  # type: ignore[attr-defined]
app = create_app({name: value for name, value in os.environ.items() if name.startswith("TASK_")})
