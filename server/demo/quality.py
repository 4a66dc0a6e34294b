"""What the demo's customers were cross about, what was done about it, and calls that reached nobody.

It reads the script that is written already and adds to it, so that no other story changes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from server import clock
from server.demo.deadlines import DAY, HOUR, MINUTE, Said
from server.demo.timeline import Moment
from server.demo.visits import Stage
from server.scopes import ZONE

#: Days ago, what it is about, the customer's words, its level, its category.
COMPLAINTS = (
    (26, "约好的时间没有来", "说好上午到,等到下午三点,电话也没有一个。", 3, "efficiency"),
    (19, "修完第二天又坏了", "同一个地方修了两次,耽误我们会议室使用。", 2, "competence"),
    (8, "施工后没有清理现场", "吊顶的灰落了一地,保洁又来了一趟。", 3, "process"),
    (3, "师傅态度生硬", "问一句顶一句,客户会议正在进行。", 2, "attitude"),
    (0, "空调噪音投诉无人回复", "报了两次都说在排期,到底什么时候来?", 2, "efficiency"),
)


class Quality:
    """Adds to the stage's timeline."""

    def __init__(self, stage: Stage):
        self.stage, self.world, self.timeline = stage, stage.world, stage.timeline
        self.head = self.world.one_with("department_head")
        self.supervisor = self.world.one_with("supervisor")
        self.caller = self.world.one_with("call_back")
        self.operator = self.world.one_with("operator")
        self.order_of: dict[str, str] = {}  # by visit

    def write(self) -> None:
        written: list[Moment] = sorted(self.timeline.moments, key=lambda moment: moment.at)
        acts = [m for m in written if isinstance(m.args, dict) and m.at <= self.world.now]
        self.order_of = {m.args["id"]: m.args["work_order_id"] for m in acts if m.act == "visit.dispatch"}  # type: ignore[index]
        handed = [Said(m.at, m.login, m.args) for m in acts if m.act == "visit.submit"]  # type: ignore[arg-type]
        handed = [one for one in handed if one.args["visit_id"] in self.order_of]
        for number, (ago, title, words, level, category) in enumerate(COMPLAINTS):
            at = min(self.world.now - ago * DAY, self.world.now - 5 * HOUR)
            before = [one for one in handed if one.at < at - HOUR]
            if before:
                self._complaint(number, at, before[-1 - number % 3], title, words, level, category)
        self._learning(acts)
        self._attempts([one for one in handed if self.world.now - 2 * DAY < one.at < self.world.now - 3 * HOUR])

    def add(self, at: datetime, login: str, act: str, **args: Any) -> None:
        if at <= self.world.now:
            self.timeline.add(at, login, act, args, True)

    def _complaint(
        self, number: int, at: datetime, about: Said, title: str, words: str, level: int, category: str
    ) -> None:
        """The newest waits for an answer, the one before for its action; the others are closed."""
        mine, visit_id = self.world.id(at), about.args["visit_id"]
        self.add(
            at, self.operator, "complaint.register", id=mine, title=title, text=words, level=level, channel="hotline",
            categories=[category], reported_at=clock.wire(at), work_order_id=self.order_of[visit_id], visit_id=visit_id,
            owner_id=self.world.users[self.supervisor].id,
        )  # fmt: skip
        if number == len(COMPLAINTS) - 1:
            return
        at += 3 * HOUR if number else 27 * HOUR  # the first was answered too late
        told = "已向客户致歉,说明原因和改进办法。"
        self.add(at, self.supervisor, "complaint.answer", id=mine, text=told, channel="phone")
        action, due = self.world.id(at), (at + (5 if number < 3 else 9) * DAY).date().isoformat()
        self.add(
            at + 20 * MINUTE, self.supervisor, "improvement.add", id=action, source_noun="complaint", source_id=mine,
            text=("预约时段前一天电话确认", "复修由班长带队", "收尾清单增加现场清理", "上门礼仪再培训")[number],
            owner_id=self.world.users[about.login].id, due_on=due,
        )  # fmt: skip
        at += DAY
        if number == 1:
            self.add(
                at, self.caller, "complaint.follow_up", id=mine, text="只说致歉,没说什么时候修好。", channel="phone",
                satisfied=False,
            )  # fmt: skip
            at += 2 * HOUR
            self.add(
                at, self.supervisor, "complaint.answer", id=mine, text="班长当天到场更换电源,并延保半年。",
                channel="on_site",
            )  # fmt: skip
            at += DAY
        if number == 3:
            return
        self.add(at, self.caller, "complaint.follow_up", id=mine, text="可以接受。", channel="phone", satisfied=True)
        self.add(at + HOUR, self.supervisor, "improvement.done", id=action, result="已写入班组要求并抽查。")
        word = ("下次注意就好。", "这次处理得可以。", "谢谢,已经清理干净。")[number]
        self.add(at + 2 * HOUR, self.caller, "complaint.close", id=mine, word=word, satisfied=True)

    def _learning(self, acts: list[Any]) -> None:
        """A review, the seminar's list, a training, and an action whose number is seen next month."""
        today, users = (self.world.now + ZONE).date(), self.world.users
        orders = {m.args["id"]: m.args for m in acts if m.act == "work_order.register"}
        done = {m.args["id"] for m in acts if m.act == "work_order.close"}
        repairs = [one for one in orders.values() if one["id"] in done and one["kind"] == "repair"]
        urgent = [one for one in repairs if one["level"] == 1]
        at = self.world.now - 2 * DAY
        engineers = [user.id for user in self.world.engineers[:4]]
        if urgent:
            review, action = self.world.id(at), self.world.id(at)
            self.add(
                at, self.supervisor, "root_cause.save", id=review, work_order_id=urgent[0]["id"],
                facts="设备停机,现场确认为供电侧故障,更换部件后恢复。",
                whys=["部件烧毁", "电压波动超限", "稳压器老化", "未列入到期更换清单"],
                cause="到期部件没有更换计划", lessons="把稳压器和电源列入半年保养的必换项。",
                held_on=str(today - 2 * DAY), participant_ids=engineers[:2], done=True,
            )  # fmt: skip
            self.add(
                at + HOUR, self.supervisor, "improvement.add", id=action, source_noun="root_cause", source_id=review,
                text="清点全部稳压器,超过五年的列入更换计划", owner_id=engineers[0], due_on=str(today + 6 * DAY),
            )  # fmt: skip
        for number, order in enumerate(repairs[-3:]):
            case = self.world.id(at)
            why = ("同一设备一个月内第三次报修", "故障时有时无,两次未复现", "厂家资料缺失,靠替换法定位")[number]
            month = f"{today:%Y-%m}"
            self.add(
                at + number * HOUR, self.operator, "hard_case.nominate", id=case, work_order_id=order["id"],
                month=month, why=why,
            )  # fmt: skip
            if number == 0:
                self.add(at + 4 * HOUR, self.supervisor, "hard_case.decide", id=case, decision="choose", note="典型")
                self.add(
                    at + 30 * HOUR, self.supervisor, "hard_case.discuss", id=case, held_on=str(today - DAY),
                    minutes="先测供电再测通讯;替换法前先记录参数。结论写入知识库。", participant_ids=engineers,
                )  # fmt: skip
        people = [{"user_id": user_id, "passed": number != 3} for number, user_id in enumerate(engineers)]
        self.add(
            at, self.supervisor, "training.record", id=self.world.id(at), title="UPS 电源维护与电池更换",
            kind="internal", held_on=str(today - 3 * DAY), minutes=180, trainer="吴海峰", skills=["UPS电源"],
            people=people,
        )  # fmt: skip
        last = today.replace(day=1) - DAY
        self.add(
            at, self.supervisor, "improvement.add", id=self.world.id(at), text="上门前一天电话确认时段,减少空跑",
            owner_id=users[self.supervisor].id, due_on=str(today + 10 * DAY), figure="arrive_in_time",
            month=f"{last:%Y-%m}",
        )  # fmt: skip

    def _attempts(self, handed: list[Said]) -> None:
        for number, one in enumerate(handed[-3:]):
            at = self.world.now - (100 - 30 * number) * MINUTE
            outcome = ("no_answer", "busy", "later")[number]
            visit_id = one.args["visit_id"]
            self.add(
                at, self.caller, "call_back.attempt", id=self.world.id(at), work_order_id=self.order_of[visit_id],
                visit_id=visit_id, mode="call", outcome=outcome, again_at=clock.wire(self.world.local(1, 10)),
            )  # fmt: skip
