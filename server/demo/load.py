"""Loading the demo company: the import, the pictures, the month. Cut short it goes on; done it does nothing.

Beside the database a small file says which database was loaded, at what instant, and who can sign in. The instant is
what makes a second run repeat the first: the same acts under the same ids, which the server answers from its journal.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from server import clock, feed
from server.demo.assessing import assess
from server.demo.drawings import hang_up
from server.demo.emergency import write_emergencies
from server.demo.month import HEROES, Month
from server.demo.plans import write_plans
from server.demo.roster import write_roster
from server.demo.timeline import Timeline
from server.demo.visits import Stage
from server.demo.world import COMPANY, load_world
from server.files import store
from server.imports import Result, Source, import_files
from server.models import Team, User

PASSWORD = "demo2026"  # of everyone in the demo company; printed by `flask welcome`
MARKER = "demo.json"
TEAM_NAMES_EN = {"维修一班": "Repair crew 1", "维修二班": "Repair crew 2", "巡保班": "Patrol and maintenance crew"}
# Who is named on the welcome page: role in both languages, login.
LOGINS = (
    ("工程师", "engineer", "wanglei"), ("工程师", "engineer", "liqiang"), ("工程师", "engineer", "zhaomin"),
    ("班长", "crew lead", "majun"), ("调度", "dispatcher", "chenjing"), ("主管", "supervisor", "liujianguo"),
    ("话务员", "operator", "hexiaoyun"), ("备件员", "storekeeper", "qianyulan"), ("回访员", "call-back", "sunli"),
    ("管理员", "administrator", "admin"),
)  # fmt: skip

Say = Callable[[str], None]


class Refused(Exception):
    """The company's files have errors."""

    def __init__(self, result: Result):
        super().__init__(f"{len(result.faults)} faults")
        self.result = result


@dataclass
class Loaded:
    """What a load did; `timeline` is None when there was nothing to do."""

    timeline: Timeline | None
    skipped: str = ""


def marker_path() -> Path:
    return Path(current_app.config["DATA_DIR"]) / MARKER


def read_marker() -> dict[str, Any] | None:
    try:
        marker = json.loads(marker_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return marker if isinstance(marker, dict) else None


def _write_marker(epoch: str, anchor: datetime, state: str) -> None:
    logins = [{"role": zh, "role_en": en, "login": login} for zh, en, login in LOGINS]
    marker = {"epoch": epoch, "anchor": clock.wire(anchor), "state": state, "password": PASSWORD, "logins": logins}
    scratch = marker_path().with_suffix(".new")
    scratch.write_text(json.dumps(marker, ensure_ascii=False, indent=1), encoding="utf-8")
    scratch.replace(marker_path())


def load_demo(session: Session, say: Say, if_empty: bool = False) -> Loaded:
    """Loads the demo company into this database. `if_empty`: not when somebody else's users are there."""
    _, epoch = feed.current(session)
    session.commit()
    marker = read_marker()
    ours = marker is not None and marker.get("epoch") == epoch
    if ours and marker is not None and marker["state"] == "ready":
        return Loaded(None, "loaded")
    has_users = session.scalar(select(User.id).limit(1)) is not None
    session.rollback()
    if if_empty and has_users and not ours:
        return Loaded(None, "users")
    anchor = clock.parse(marker["anchor"]) if ours and marker is not None else clock.now()
    _write_marker(epoch, anchor, "loading")
    _import(session, say)
    timeline = _live_through(session, anchor, say)
    _write_marker(epoch, anchor, "ready")
    return Loaded(timeline)


def _import(session: Session, say: Say) -> None:
    paths = sorted(path for path in COMPANY.iterdir() if path.suffix in (".xlsx", ".csv"))
    sources = [Source(path.name, path.read_bytes()) for path in paths]
    # One password for all, hashed once: it is printed for everybody to read, so equal hashes give nothing away.
    result = import_files(session, sources, password=PASSWORD)
    if not result.ok:
        raise Refused(result)
    for team in session.scalars(select(Team)):
        if not team.name_en and team.name in TEAM_NAMES_EN:
            team.name_en = TEAM_NAMES_EN[team.name]
    session.commit()
    rows = sum(count["new"] for count in result.counts.values())
    say(f"公司资料 / company: {rows} 行 / rows")


def _live_through(session: Session, anchor: datetime, say: Say) -> Timeline:
    world = load_world(session, anchor)
    timeline = Timeline(world)
    stage = Stage(world, timeline)
    month = Month(stage)
    month.write()
    write_roster(stage, month.dispatchers[0])
    write_plans(stage, month.supervisor)
    write_emergencies(stage)
    stage.album.keep(session, store())
    say(f"照片与签名 / pictures: {len(stage.album.pictures)} + {len(stage.album.signatures)}")
    timeline.run(session, lambda done, of: say(f"一个月的工单 / a month of work: {done}/{of}"))
    stage.album.deliver(session)
    assess(session, world, timeline)
    say(f"图纸与手册 / drawings: {hang_up(session, world, store(), HEROES)}")
    return timeline
