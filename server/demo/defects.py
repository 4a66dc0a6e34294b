"""Defects of the month: found by a failed check, put right, made a ticket, taken back, looked at again."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from server.demo.world import World

#: What becomes of one defect after another, so that a month has each.
BECOMES = ("fix", "raise", "open", "fix", "withdraw", "fix")
SEVERITIES = ("major", "minor", "major", "critical")
STEP = timedelta(seconds=50)

Act = tuple[datetime, str, dict[str, Any]]


@dataclass
class Register:
    """Which defects are known of which site, and what is done about the next."""

    world: World
    found: int = 0
    fixed: dict[str, list[tuple[datetime, str]]] = field(default_factory=dict)  # by site: since when, the defect

    def __post_init__(self) -> None:
        # Chance of its own: the rest of the month stays as it is, however many checks fail.
        self.world = replace(self.world, rng=random.Random("defects"))

    def opened(self, at: datetime, site_id: str, run: str, item: dict[str, Any], text: str) -> Iterator[Act]:
        """The acts of the engineer who stands before a failed item."""
        becomes, severity = BECOMES[self.found % len(BECOMES)], SEVERITIES[self.found % len(SEVERITIES)]
        self.found += 1
        defect = self.world.id(at)
        yield (
            at,
            "defect.open",
            {"id": defect, "run_id": run, "item_id": item["id"], "severity": severity, "text": text},
        )
        at += STEP
        if becomes == "fix":
            self.fixed.setdefault(site_id, []).append((at, defect))
            yield at, "defect.fix", {"id": defect, "note": "已现场处理，恢复正常"}
        elif becomes == "raise":
            ticket = {
                "order_id": self.world.id(at), "title": f"{item['label']}：{text or '不合格'}"[:200],
                "description": text, "level": 2, "level_reason": "影响使用",
            }  # fmt: skip
            yield at, "defect.raise", {"id": defect, **ticket}
        elif becomes == "withdraw":
            yield at, "defect.withdraw", {"id": defect, "reason": "复核后确认为误判"}

    def looked_at_again(self, at: datetime, site_id: str, run: str) -> Iterator[Act]:
        """What was put right here before this round is verified in it."""
        known = self.fixed.get(site_id, [])
        for since, defect in [one for one in known if one[0] < at]:
            known.remove((since, defect))
            yield at, "defect.verify", {"id": defect, "run_id": run, "result": "passed", "note": ""}
