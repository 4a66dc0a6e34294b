"""A plan as a head of a security company would write it, and the acts by which it comes into force."""

from __future__ import annotations

from typing import Any

from server.models import User, new_id
from tests.peer import Peer


def content(**more: Any) -> dict[str, Any]:
    return {
        "code": "control-room", "level": 1, "name": "监控中心瘫痪应急预案", "name_en": "Control room down",
        "scenario": "监控中心断电或主机瘫痪,半小时内不能恢复",
        "roster": [
            {"id": "c1", "group": "command", "user_id": None, "name": "孙主任", "duty": "指挥", "phone": "13900000001"},
            {"id": "t1", "group": "team", "user_id": None, "name": "王磊", "duty": "现场处置", "phone": "13900000002"},
            {"id": "l1", "group": "liaison", "user_id": None, "name": "李敏", "duty": "联络", "phone": "13900000003"},
        ],
        "steps": [
            {"id": "s1", "group": "command", "text": "通知客户负责人和保安队长", "text_en": "", "minutes": 15},
            {"id": "s2", "group": "team", "text": "启用备用录像机", "text_en": "", "minutes": 60},
            {"id": "s3", "group": "liaison", "text": "每小时向客户通报一次", "text_en": "", "minutes": None},
        ],
        "suppliers": [{"id": "p1", "name": "海图设备", "contact": "周工", "phone": "400-800-1234", "what": "录像机"}],
        **more,
    }  # fmt: skip


def published(writer: Peer, head: Peer, **more: Any) -> str:
    """Writes a version and puts it into force."""
    plan_id = new_id()
    assert writer.do("emergency_plan.write", id=plan_id, **content(**more))["outcome"] == "applied"
    assert head.do("emergency_plan.publish", id=plan_id)["outcome"] == "applied"
    return plan_id


def roster_with(user: User) -> list[dict[str, Any]]:
    first, *others = content()["roster"]
    return [{**first, "user_id": user.id}, *others]
