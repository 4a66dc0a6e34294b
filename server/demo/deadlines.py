"""What the demo's people say about deadlines: plans and their approval, delays, holds, calls for help, feedback.

It reads the script that is written already and adds to it, so that no other story changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from server import clock
from server.demo.timeline import Moment
from server.demo.visits import Stage


class Said(NamedTuple):
    """An act of the script as it was written."""

    at: datetime
    login: str
    args: dict[str, Any]


MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
IN_REVIEW, SENT_BACK = (
    2,
    1,
)  # of the newest plans: so many wait for the department head, so many came back; those nobody was sent on first
PROMISED_EVERY = 5  # of the closed matters: one with a promise


class Deadlines:
    """Adds to the stage's timeline."""

    def __init__(self, stage: Stage):
        self.stage, self.world, self.timeline = stage, stage.world, stage.timeline
        self.head = self.world.one_with("department_head")
        self.module = self.world.one_with("module_head")
        self.dispatcher = self.world.one_with("dispatcher")
        self.supervisor = self.world.one_with("supervisor")
        self.orders: dict[str, dict[str, Any]] = {}
        self.order_of: dict[str, str] = {}  # by visit

    def write(self) -> None:
        written: list[Moment] = sorted(self.timeline.moments, key=lambda moment: moment.at)
        for moment in self._of(written, "work_order.register"):
            self.orders[moment.args["id"]] = moment.args
        for moment in self._of(written, "visit.dispatch"):
            self.order_of[moment.args["id"]] = moment.args["work_order_id"]
        ended = {moment.args["id"] for moment in self._of(written, "work_order.cancel")}
        self._plans([m for m in self._of(written, "work_order.register") if m.args["id"] not in ended])
        self._holds(list(self._of(written, "visit.pause")))
        self._delays(list(self._of(written, "visit.cannot_complete")))
        self._help(list(self._of(written, "visit.work")))
        self._feedback(list(self._of(written, "work_order.close")))

    def _of(self, written: Iterable[Moment], act: str) -> Iterable[Said]:
        for one in written:
            if one.act == act and isinstance(one.args, dict) and one.at <= self.world.now:
                yield Said(one.at, one.login, one.args)

    def _add(self, at: datetime, login: str, act: str, **args: Any) -> None:
        if at <= self.world.now:
            self.timeline.add(at, login, act, args, True)

    # --- Plans ----------------------------------------------------------------------------------------------

    def _plans(self, registered: list[Said]) -> None:
        important = [m for m in registered if m.args["kind"] == "repair" and m.args["level"] < 3]
        cases = {case["title_zh"]: case for case in self.world.words["cases"]}
        sent = set(self.order_of.values())
        planned = [m for m in important if m.at < self.world.now - HOUR]
        for number, moment in enumerate(sorted(planned, key=lambda m: (m.args["id"] in sent, -m.at.timestamp()))):
            at, plan_id = moment.at + 35 * MINUTE, self.world.id(moment.at)
            blocks = self._blocks(cases.get(moment.args["title"], {}), moment)
            said = {"id": plan_id, "work_order_id": moment.args["id"], **blocks}
            self._add(at, moment.login, "plan.save", **said, submit=True)
            if number < IN_REVIEW:
                continue
            if number < IN_REVIEW + SENT_BACK:
                words = "请补充停机时间和恢复的判定标准。"
                self._add(at + 30 * MINUTE, self.head, "plan.decide", id=plan_id, decision="return", remarks=words)
                continue
            self._add(at + 50 * MINUTE, self.head, "plan.decide", id=plan_id, decision="approve", remarks="同意。")

    def _blocks(self, case: dict[str, Any], moment: Said) -> dict[str, Any]:
        name, day = self.world.users[moment.login].name, (moment.at + DAY).date().isoformat()
        return {
            "cause": f"初步判断:{case.get('diagnosis_zh', '待现场确认')}",
            "measures": f"到场复测后处理;处理后验证:{case.get('test_result_zh', '功能恢复并观察 30 分钟')}",
            "steps": [
                {"who": name, "what": "安排具备技能的工程师到场,备齐配件", "by": day},
                {"who": "现场工程师", "what": "更换或修复,填写诊断并拍前后照片", "by": day},
            ],
            "prevention": case.get("cautions_zh") or "列入下次巡查重点,同批次设备一并检查。",
        }

    # --- Holds, delays, help --------------------------------------------------------------------------------

    def _holds(self, paused: list[Said]) -> None:
        """One held for the customer, whose clocks stand still; one proposed that waits for the dispatcher."""
        today = [m for m in paused if m.at > self.world.now - 6 * HOUR and m.args["visit_id"] in self.order_of][-2:]
        for number, moment in enumerate(today):
            hold_id, at = self.world.id(moment.at), moment.at + 4 * MINUTE
            visit_id = moment.args["visit_id"]
            said = (("customer", "客户安排在夜间停机,电话确认后再进场。"), ("parts", "主板缺货,已申请,预计后天到。"))
            reason, note = said[number]
            self._add(
                at, moment.login, "hold.propose", id=hold_id, work_order_id=self.order_of[visit_id], visit_id=visit_id,
                reason=reason, note=note, until=clock.wire(self.world.local(1 + number, 20)),
            )  # fmt: skip
            if number == 0:
                self._add(
                    at + 8 * MINUTE, self.dispatcher, "hold.decide", id=hold_id, decision="confirm", note="已联系客户"
                )

    def _delays(self, incomplete: list[Said]) -> None:
        """Declared when the part turned out to be missing; approved and told, the newest still to be approved."""
        for number, moment in enumerate(reversed(incomplete)):
            visit_id = moment.args["visit_id"]
            order = self.orders.get(self.order_of.get(visit_id, ""))
            if order is None:
                continue
            declared, at = self.world.id(moment.at), moment.at + 2 * MINUTE
            self._add(
                at, moment.login, "delay.declare", id=declared, work_order_id=order["id"], visit_id=visit_id,
                kind="resolve", reason="parts", note=self.world.pick("delay_reasons_zh"),
                new_due_at=clock.wire(moment.at + 5 * DAY),
            )  # fmt: skip
            if number == 0:
                continue
            self._add(
                at + HOUR, self.supervisor, "delay.decide", id=declared, decision="approve", note="同意,请告知客户。"
            )
            self._add(
                at + 90 * MINUTE, self.dispatcher, "delay.tell", id=declared, channel="phone", note="客户表示理解"
            )

    def _help(self, working: list[Said]) -> None:
        today = [m for m in working if m.at > self.world.now - 3 * HOUR and m.args["visit_id"] in self.order_of]
        said = (
            ("控制器升级后不认旧模块,固件降级会不会丢配置?", "先导出配置再降级,导出文件发我看一下。"),
            ("机房交换机环路,拔掉哪一根不会断消防联动?", ""),
        )
        for moment, (question, answer) in zip(today[-3::2], said, strict=False):
            asked, visit_id = self.world.id(moment.at), moment.args["visit_id"]
            self._add(
                moment.at + 12 * MINUTE, moment.login, "help.ask", id=asked, work_order_id=self.order_of[visit_id],
                visit_id=visit_id, text=question,
            )  # fmt: skip
            if answer:
                self._add(moment.at + 19 * MINUTE, self.module, "help.answer", id=asked, text=answer)

    # --- What the customer was told -------------------------------------------------------------------------

    def _feedback(self, closed: list[Said]) -> None:
        for number, moment in enumerate(closed):
            order = self.orders.get(moment.args["id"])
            if order is None or order["kind"] != "repair":
                continue
            promises = []
            if number % PROMISED_EVERY == 0:
                text, days = (("一周后电话回访", 7), ("补送纸质报告", 3), ("联系厂家延保半年", 10))[number % 3]
                due = (moment.at + days * DAY).date().isoformat()
                promises = [{"id": self.world.id(moment.at), "text": text, "due_on": due}]
            self._add(
                moment.at - 12 * MINUTE, moment.login, "feedback.give", id=self.world.id(moment.at),
                work_order_id=order["id"], channel="phone", result=f"{order['title']}:已处理,试运行正常。",
                measures="已更换故障部件并复测,列入下次巡查重点。", satisfied=True,
                opinion=self.world.pick("customer_opinions_zh"), promises=promises,
            )  # fmt: skip
