"""Checklists filled as an engineer would: mostly in order, now and then something found, nothing mandatory left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from server.demo.world import World
from server.scopes import ZONE
from sync.checklist import visible_ids

SHARE_OPTIONAL = 0.7
SHARE_FAILED = 0.05
SHARE_NOT_APPLICABLE = 0.03


@dataclass(frozen=True, slots=True)
class Given:
    """An answer, and the roles of the pictures its value is to be made of."""

    item: dict[str, Any]
    value: Any
    note: str
    pictures: tuple[str, ...] = ()


def fill(world: World, items: list[dict[str, Any]], scan: str) -> Iterator[Given]:
    """Answers in the order of the items; each is known to the conditions of the later ones."""
    answers: dict[str, Any] = {}
    for item in items:
        if item["id"] not in visible_ids(items, answers):
            continue
        if not item["mandatory"] and world.rng.random() > SHARE_OPTIONAL:
            continue
        given = _ANSWERS[item["type"]](world, item, scan)
        answers[item["id"]] = {"value": given.value, "note": given.note, "photos": []}
        yield given


def _check(world: World, item: dict[str, Any], scan: str) -> Given:
    chance = world.rng.random()
    if chance < SHARE_NOT_APPLICABLE and not item["mandatory"]:
        return Given(item, "na", "")
    if chance < SHARE_FAILED and "photo" not in item["on_fail"]:
        return Given(item, "fail", world.pick("visit_notes_zh"))
    return Given(item, "ok", "")


def _number(world: World, item: dict[str, Any], scan: str) -> Given:
    """A reading within its limits: nearer the comfortable end of a wide range than its edges."""
    low, high = Decimal(item["min"] or 0), Decimal(item["max"] or 100)
    whole = low == low.to_integral_value() and high == high.to_integral_value() and high - low > 20
    if high > 500:
        high = low + (high - low) / 10
    value = low + (high - low) * Decimal(str(round(world.rng.uniform(0.15, 0.75), 3)))
    places = Decimal(1) if whole or low == high else Decimal("0.1")
    value = min(max(value.quantize(places), low), high)
    return Given(item, f"{value:f}", "")


def _choice(world: World, item: dict[str, Any], scan: str) -> Given:
    """The first option is the ordinary one, as people write such lists."""
    options = item["options"]
    usual = world.rng.random() < 0.85 or "photo" in item["on_fail"]
    return Given(item, options[0] if usual else world.rng.choice(options[1:] or options), "")


def _text(world: World, item: dict[str, Any], scan: str) -> Given:
    return Given(item, world.pick("patrol_notes_zh"), "")


def _date(world: World, item: dict[str, Any], scan: str) -> Given:
    ahead = 182 if "下次" in item["label"] else 0
    return Given(item, (world.now + ZONE + timedelta(days=ahead)).date().isoformat(), "")


_ANSWERS: dict[str, Callable[[World, dict[str, Any], str], Given]] = {
    "check": _check,
    "number": _number,
    "choice": _choice,
    "text": _text,
    "date": _date,
    "scan": lambda world, item, scan: Given(item, scan, ""),
    "photo": lambda world, item, scan: Given(item, None, "", ("photo",)),
    "photo_pair": lambda world, item, scan: Given(item, None, "", ("before", "after")),
    "signature": lambda world, item, scan: Given(item, None, "", ("signature",)),
}
