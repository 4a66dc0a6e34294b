"""Points of the sites that are patrolled, and who stood there: mostly by their code, now and then not."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from server.demo.world import World
from server.models import Point, Site

#: Code, names, where; and how the items begin that are answered there, of all patrols.
PLACES = tuple(
    (code, name, name_en, where, tuple(prefixes.split()))
    for code, name, name_en, where, prefixes in (
        ("P01", "监控中心", "Control room", "1F", "cctv qcctv qdsp alarm qalarm safe rev hprep hnvr hdsp"),
        ("P02", "弱电机房", "Equipment room", "B1", "net qnet ups qups bas qbas hnet hups hbas ac qac hac"),
        ("P03", "主出入口", "Main entrance", "1F", "door qdoor icom pa hdoor hcam"),
        ("P04", "停车场出入口", "Car park", "B1", "park qpark hgate"),
        ("P05", "消防控制室", "Fire control room", "1F", "fire qfire"),
    )
)
#: How the next proof is made, in turn: a label that fell off is picked by hand, a basement has no position.
WAYS = ("scan", "scan", "scan", "scan", "blind", "scan", "scan", "picked", "scan", "scan")
WALK = timedelta(minutes=3)

Act = tuple[datetime, str, dict[str, Any]]


@dataclass
class Walls:
    """What hangs on which wall, and how many proofs were made."""

    world: World
    hung: dict[str, list[tuple[str, str, tuple[str, ...]]]] = field(default_factory=dict)  # by site
    proved: int = 0

    def __post_init__(self) -> None:
        # Chance of its own: the rest of the month stays as it is, however many points there are.
        self.world = replace(self.world, rng=random.Random("points"))

    def hang(self, at: datetime, site: Site) -> Iterator[Act]:
        """The labels of a site, the first time somebody is sent there on a patrol."""
        if site.id in self.hung:
            return
        items = [item["id"] for version in self.world.checklists.values() for item in version.items]
        self.hung[site.id] = []
        for sort, (code, name, name_en, where, prefixes) in enumerate(PLACES):
            point = self.world.id(at)
            self.hung[site.id].append((point, Point.token_of(point), prefixes))
            answered = [one for one in dict.fromkeys(items) if one.rsplit("-", 1)[0] in prefixes]
            yield (
                at,
                "point.add",
                {
                    "id": point, "site_id": site.id, "code": code, "name": name, "name_en": name_en,
                    "location": where, "item_ids": answered, "sort": sort,
                },
            )  # fmt: skip

    def walked(self, start: datetime, span: timedelta, site: Site, run: str) -> Iterator[Act]:
        """Somebody goes from point to point on a round."""
        points = self.hung.get(site.id, [])
        for number, (point, token, _) in enumerate(points):
            at = start + span * ((number + 0.5) / (len(points) + 1))
            way = WAYS[self.proved % len(WAYS)]
            self.proved += 1
            place = {} if way == "blind" or not site.lat else {"place": self._here(site)}
            how, said = ("picked", "") if way == "picked" else ("scan", token)
            yield (
                at,
                "presence.prove",
                {"id": self.world.id(at), "point_id": point, "run_id": run, "how": how, "token": said, **place},
            )

    def _here(self, site: Site) -> dict[str, Any]:
        """As a satellite has it: Chinese maps lie half a kilometre to the east and south of it."""
        drift = self.world.rng.uniform(-0.0003, 0.0003)
        lat, lng = float(site.lat) + 0.00232 + drift, float(site.lng) - 0.00471 - drift
        return {"lat": f"{lat:.6f}", "lng": f"{lng:.6f}", "accuracy_m": self.world.rng.randint(8, 60)}
