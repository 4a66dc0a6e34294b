"""The duty roster of the demo company: last week, this one and the next, with nights, weekends, vehicles and leave."""

from __future__ import annotations

from datetime import timedelta

from server import clock
from server.demo.visits import Stage

VEHICLES = ("浙A·3F682", "浙A·7K215", "浙A·9D430")
#: kind: first hour, hours.
HOURS = {"day": (8.5, 9.5), "night": (18, 14.5), "holiday": (8.5, 9.5), "leave": (0, 24)}
DAYS = range(-7, 15)


def write_roster(stage: Stage, by: str) -> None:
    """Nights go round; days off have somebody too; two people are away this week."""
    people = [user for user in stage.world.engineers if not user.has_role("crew_lead")]
    for day in DAYS:
        kinds = ["night"] if stage.world.is_workday(day) else ["holiday", "night"]
        for number, kind in enumerate(kinds):
            user = people[(day * 2 + number * 5 + 30) % len(people)]
            _put(stage, by, user.id, kind, day, VEHICLES[(day + number) % len(VEHICLES)])
    for number, day in ((3, 1), (3, 2), (11, 0)):
        _put(stage, by, people[number % len(people)].id, "leave", day, "")


def _put(stage: Stage, by: str, user_id: str, kind: str, day: int, vehicle: str) -> None:
    first, hours = HOURS[kind]
    start = stage.world.local(day, 0) + timedelta(hours=first)
    at = stage.world.local(-9, 16)
    args = {
        "id": stage.world.id(at), "user_id": user_id, "kind": kind, "starts_at": clock.wire(start),
        "ends_at": clock.wire(start + timedelta(hours=hours)), "vehicle": vehicle,
    }  # fmt: skip
    stage.timeline.add(at, by, "duty.assign", args, True)
