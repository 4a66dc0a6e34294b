"""Emergency plans of the demo company, and the drill it held three weeks ago: run, evaluated, one action still open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from server import clock
from server.demo.visits import Stage

MINUTE = timedelta(minutes=1)

#: (group, login or "", duty) of people; (group, text, English, minutes) of steps; (name, contact, phone, what).
PLANS: tuple[dict[str, Any], ...] = (
    {
        "code": "control-room", "level": 1, "name": "监控中心瘫痪应急预案", "name_en": "Control room down",
        "scenario": "监控中心断电、核心交换机或主机故障,半小时内不能恢复;或大面积图像丢失。",
        "roster": (
            ("command", "zhengguodong", "总指挥,决定对客户的承诺"), ("command", "wuhaifeng", "技术总负责"),
            ("team", "majun", "现场处置组长"), ("team", "wanglei", "视频与网络"), ("team", "gaoxiang", "UPS 与光缆"),
            ("liaison", "liujianguo", "客户通报"), ("liaison", "chenjing", "人员与车辆调配"),
        ),
        "steps": (
            ("liaison", "电话告知客户负责人,请保安加派人工巡逻", "Call the customer; ask for guards on foot", 15),
            ("command", "确认影响范围,指定现场组长", "Find out what is affected; name who leads on site", 20),
            ("team", "带备用主机、硬盘、交换机出发", "Set out with spare recorder, disks and switch", 40),
            ("team", "切断故障设备电源,接备用电源", "Isolate the faulty device, connect spare power", 90),
            ("team", "启用备用主机,恢复出入口和周界图像", "Bring up entrances and perimeter first", 120),
            ("liaison", "每小时向客户通报一次进展", "Tell the customer how it stands every hour", None),
            ("team", "导出断档时段录像清单,客户签字确认", "List the gap in recordings; the customer signs", 480),
            ("command", "24 小时内提交原因分析和预防措施", "Cause and prevention within 24 hours", 1440),
        ),
        "suppliers": (
            ("海图电子服务热线", "值班工程师", "400-800-5998", "录像主机、平台授权"),
            ("恒电电源", "周工", "13900008001", "UPS 主机与电池,市区两小时到"),
        ),
    },
    {
        "code": "fire-linkage", "level": 2, "name": "消防联动误动作应急预案", "name_en": "False fire linkage",
        "scenario": "消防联动误动作,门禁全开、电梯迫降或广播误报,人员未受伤。",
        "roster": (
            ("command", "wuhaifeng", "指挥"), ("team", "hanbing", "消防联动"), ("team", "linjie", "门禁复位"),
            ("liaison", "zhouting", "客户与物业联络"),
        ),
        "steps": (
            ("liaison", "请物业确认无火情、无人员被困", "Have the property confirm: no fire, nobody trapped", 10),
            ("team", "切到手动,逐路复位联动", "Switch to manual, reset loop by loop", 40),
            ("team", "门禁恢复后逐门试刷卡", "Try every door with a card", 90),
            ("command", "查误动作原因,恢复自动前书面同意", "Find the cause; written consent before automatic", 240),
        ),
        "suppliers": (("安盾消防", "吴经理", "13900008002", "联动主机维保"),),
    },
)  # fmt: skip


def write_emergencies(stage: Stage) -> None:
    """Written and published four weeks ago; the first was practised three weeks ago."""
    world = stage.world
    written = world.local(-29, 15)
    ids = []
    for number, said in enumerate(PLANS):
        at = written + 10 * number * MINUTE
        ids.append(world.id(at))
        stage.timeline.add(at, "liujianguo", "emergency_plan.write", {"id": ids[-1], **_content(stage, said)}, True)
        stage.timeline.add(at + 60 * MINUTE, "zhengguodong", "emergency_plan.publish", {"id": ids[-1]}, True)
    _drill(stage, ids[0])
    _next_drill(stage, ids[1])


def _content(stage: Stage, said: dict[str, Any]) -> dict[str, Any]:
    users = stage.world.users
    roster = [
        {"id": f"p{i}", "group": group, "user_id": users[login].id, "name": users[login].name, "duty": duty,
         "phone": users[login].phone}
        for i, (group, login, duty) in enumerate(said["roster"])
    ]  # fmt: skip
    steps = [
        {"id": f"s{i}", "group": group, "text": text, "text_en": english, "minutes": minutes}
        for i, (group, text, english, minutes) in enumerate(said["steps"])
    ]
    suppliers = [
        {"id": f"c{i}", "name": name, "contact": contact, "phone": phone, "what": what}
        for i, (name, contact, phone, what) in enumerate(said["suppliers"])
    ]
    return {**said, "roster": roster, "steps": steps, "suppliers": suppliers}


def _drill(stage: Stage, plan_id: str) -> None:
    world, add = stage.world, stage.timeline.add
    users, begun = world.users, world.local(-21, 14)
    drill, person = world.id(begun), lambda login: users[login].id
    add(begun - timedelta(days=4), "liujianguo", "drill.plan", {
        "id": drill, "plan_id": plan_id, "planned_at": clock.wire(begun), "place": "公司培训机房",
        "scenario": "14:00 主机房市电中断,UPS 十分钟后耗尽,值班员报告全部图像丢失。",
        "leader_id": person("majun"), "participant_ids": [person("wanglei"), person("gaoxiang"), person("linjie")],
    }, True)  # fmt: skip
    add(begun + 2 * MINUTE, "majun", "drill.start", {"id": drill}, True)
    told: list[tuple[int, dict[str, Any]]] = [
        (6, {"kind": "call", "contact_id": "p0", "contact_name": users["zhengguodong"].name,
             "phone": users["zhengguodong"].phone, "result": "reached"}),
        (9, {"kind": "call", "contact_id": "c1", "contact_name": "恒电电源", "phone": "13900008001",
             "result": "no_answer"}),
        (12, {"kind": "tick", "step_id": "s0"}), (18, {"kind": "tick", "step_id": "s1"}),
        (36, {"kind": "tick", "step_id": "s2"}), (70, {"kind": "note", "text": "备用电源线规格不符,临时改用插排。"}),
        (84, {"kind": "tick", "step_id": "s3"}), (112, {"kind": "tick", "step_id": "s4"}),
    ]  # fmt: skip
    for minutes, said in told:
        at = begun + minutes * MINUTE
        add(at, "majun", "drill.log", {"id": world.id(at), "drill_id": drill, **said})
    over = begun + 120 * MINUTE
    add(over, "majun", "drill.finish", {"id": drill}, True)
    actions = [
        {"id": world.id(over), "text": "备用电源线按机房插座规格重新配备", "owner_id": person("gaoxiang"),
         "due_on": str((begun + timedelta(days=10)).date())},
        {"id": world.id(over + MINUTE), "text": "与恒电电源补签夜间值守协议", "owner_id": person("liujianguo"),
         "due_on": str((begun + timedelta(days=35)).date())},
    ]  # fmt: skip
    add(over + timedelta(days=1), "liujianguo", "drill.evaluate", {
        "id": drill, "score": 84, "good": "12 分钟内通知到客户,两小时内恢复出入口图像。",
        "findings": "供应商夜间无人接听;备用电源线规格不符,耽误约 15 分钟。", "actions": actions,
    }, True)  # fmt: skip
    done = over + timedelta(days=8)
    add(done, "gaoxiang", "drill_action.done", {"id": actions[0]["id"], "note": "三套电源线已配齐并贴标签"}, True)


def _next_drill(stage: Stage, plan_id: str) -> None:
    """One that lies ahead, so that a phone has something to begin."""
    world = stage.world
    at, person = world.local(-1, 16), lambda login: world.users[login].id
    stage.timeline.add(at, "liujianguo", "drill.plan", {
        "id": world.id(at), "plan_id": plan_id, "planned_at": clock.wire(world.local(6, 14)), "place": "培训机房",
        "scenario": "三层烟感误报,门禁全开,两部电梯迫降首层。", "leader_id": person("hanbing"),
        "participant_ids": [person("wanglei"), person("linjie")],
    }, True)  # fmt: skip
