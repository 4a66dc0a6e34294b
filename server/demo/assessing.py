"""The demo's assessment: the month's evidence gathered, some sheets confirmed, one objected to, one approved.

What a month suggests is known when it has been lived through, so this comes after the script, by the same door.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.demo.timeline import Timeline
from server.demo.world import World
from server.models import Assessment
from server.scopes import ZONE

DECIDED = 8  # people whose sheets are confirmed; the others wait for the supervisor
OBJECTS = "wanglei"


def assess(session: Session, world: World, timeline: Timeline) -> None:
    """The month that is over until the tenth, then the one that runs, as the desk's screen has it."""
    today = (world.now + ZONE).date()
    first = world.local(-today.day - 1, 12) if today.day <= 10 else world.now
    month = f"{first + ZONE:%Y-%m}"
    supervisor, head = world.one_with("supervisor"), world.one_with("department_head")

    def do(login: str, act: str, **args: Any) -> None:
        timeline.act_now(session, login, act, args)

    do(supervisor, "assessment.suggest", month=month)
    for number, user in enumerate(sorted(world.engineers, key=lambda one: one.number)[:DECIDED]):
        sheet_id = Assessment.id_of(user.id, month)
        sheet = session.scalars(select(Assessment).where(Assessment.id == sheet_id)).one()
        lines = [line["id"] for line in sheet.lines if line["origin"] == "suggested"]
        session.rollback()
        for line_id in lines:
            do(supervisor, "assessment.decide", id=sheet_id, line_id=line_id, decision="keep")
        if number % 3 == 0:
            do(
                supervisor, "assessment.add_line", id=sheet_id, line_id=world.id(world.now), item="contribution",
                points=3, reason="主动带教新同事,客户书面表扬。",
            )  # fmt: skip
        do(supervisor, "assessment.confirm", id=sheet_id)
        if user.login == OBJECTS:
            text = "有一次到场晚是客户临时改了时间,电话里说过。"
            do(user.login, "assessment.object", id=sheet_id, text=text, line_ids=lines[:1])
        elif number < 4:
            do(head, "assessment.approve", id=sheet_id)
