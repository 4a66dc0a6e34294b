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

    def _attempts(self, handed: list[Said]) -> None:
        for number, one in enumerate(handed[-3:]):
            at = self.world.now - (100 - 30 * number) * MINUTE
            outcome = ("no_answer", "busy", "later")[number]
            visit_id = one.args["visit_id"]
            self.add(
                at, self.caller, "call_back.attempt", id=self.world.id(at), work_order_id=self.order_of[visit_id],
                visit_id=visit_id, mode="call", outcome=outcome, again_at=clock.wire(self.world.local(1, 10)),
            )  # fmt: skip
