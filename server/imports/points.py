"""Points of a site from a sheet: where a patrol goes, and what is answered there (E8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.imports.records import Record, only, refer
from server.models import ChecklistVersion, Point, Site

if TYPE_CHECKING:
    from server.imports.plan import Plan

STEP = 10  # between two points: one may come in between


def plan_point(plan: Plan, record: Record) -> None:
    """A point by its site and code. Its label goes on saying what it says, unless the sheet says otherwise."""
    site = refer(record, "site", plan.known(Site, "number"), "site")
    if site is None:
        return
    points, values, key = plan.known(Point, "site_id", "code"), record.values, (site.id, record.values["code"])
    token = values.get("token") or ""
    if token and any(row.token == token and at != key for at, row in points.items()):
        record.blame("token", "token-taken", value=token)
    versions = plan.known(ChecklistVersion, "code", "version").values()
    asked = {item["id"] for version in versions for item in version.items}
    if lacking := [one for one in values.get("item_ids") or () if one not in asked]:
        record.blame("item_ids", "item-of-none", item=lacking[0])
    if record.faults:
        return
    row = {**only(record, "code", "name", "name_en", "location", "item_ids", "active"), "site_id": site.id}
    if values.get("sort") is not None:
        row["sort"] = values["sort"]
    elif key not in points:
        row["sort"] = _last(points, site.id) + STEP
    if token:
        row["token"] = token
    point = plan.put("point", Point, points, key, row)
    point.token = point.token or Point.token_of(point.id)


def _last(points: dict[Any, Any], site_id: str) -> int:
    return max((row.sort for at, row in points.items() if at[0] == site_id), default=0)
