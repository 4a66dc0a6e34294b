"""Points of a site from a sheet: where a patrol goes, and what is answered there (E8)."""

from __future__ import annotations

from typing import Any

from server.imports.records import Record
from server.models import ChecklistVersion, Point

STEP = 10  # between two points: one may come in between


def point_values(record: Record, site_id: str, points: dict[Any, Point], versions: dict[Any, ChecklistVersion]) -> Any:
    """The fields of a point, or None and a fault: a code that another label says, an item that no checklist has."""
    values, key = record.values, (site_id, record.values["code"])
    token = values.get("token") or ""
    if token and any(row.token == token and at != key for at, row in points.items()):
        record.blame("token", "token-taken", value=token)
    known = {item["id"] for version in versions.values() for item in version.items}
    if lacking := [one for one in values.get("item_ids") or () if one not in known]:
        record.blame("item_ids", "item-of-none", item=lacking[0])
    if record.faults:
        return None
    names = ("code", "name", "name_en", "location", "item_ids", "active")
    row = {name: values[name] for name in names if name in values}
    if values.get("sort") is not None:
        row["sort"] = values["sort"]
    elif key not in points:
        row["sort"] = max((one.sort for at, one in points.items() if at[0] == site_id), default=0) + STEP
    if token:
        row["token"] = token
    return {**row, "site_id": site_id}
