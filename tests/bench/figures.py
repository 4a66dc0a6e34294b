"""Figures: how they are summed up and printed."""

from __future__ import annotations

import json
import math
import sys
import time
from statistics import median
from typing import Any

FIGURES = (
    "push_acts_per_s", "push_cpu_per_act", "push_floor_ratio", "idle_pull_p50", "idle_pull_p99", "idle_pull_cpu",
    "idle_pull_floor_ratio", "incremental_pull_p50", "incremental_pull_office_p50", "first_sync_rows_per_s",
    "first_sync_bytes_per_row", "first_sync_floor_ratio", "upload_mb_per_s",
    "live_connections", "live_memory_kb_per_connection", "live_poke_p50", "live_poke_p95", "live_poke_p99",
    "archive_search_p50", "archive_search_p95",
    "floor_push_acts_per_s", "floor_push_cpu_per_act", "floor_push_raw_acts_per_s", "floor_idle_pull_p50",
    "floor_idle_pull_raw_p50", "floor_first_sync_rows_per_s", "floor_first_sync_raw_rows_per_s",
    "floor_upload_mb_per_s",
)  # fmt: skip
_began = time.monotonic()


class Figures:
    """The lines of a run, in the order they were measured."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def add(self, figure: str, db: str, value: float, unit: str, **more: Any) -> None:
        """Keeps a figure. One that is not finite is a fault of the bench, not a result."""
        if figure not in FIGURES:
            raise ValueError(f"{figure} is not a figure of this bench")
        if not math.isfinite(value):
            raise ValueError(f"{figure} on {db} is {value}")
        self.lines.append({"figure": figure, "db": db, "value": neat(value), "unit": unit, **more})

    def show(self) -> None:
        for line in self.lines:
            print(json.dumps(line, ensure_ascii=False), flush=True)


def neat(value: float) -> float:
    """Four digits that count: more would only be noise."""
    return float(f"{value:.4g}")


def percentile(values: list[float], share: float) -> float:
    """The smallest value that `share` of all do not exceed."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, max(0, math.ceil(share * len(ranked)) - 1))]


def say(text: str) -> None:
    """Progress, on stderr: stdout holds JSON only."""
    print(f"[{time.monotonic() - _began:5.1f} s] {text}", file=sys.stderr, flush=True)


__all__ = ["FIGURES", "Figures", "median", "neat", "percentile", "say"]
