"""What is said outside the app, in both languages: Chinese, English.

A heading says only of what kind it is. It is all a lock screen may show beside a number: no name, no customer, no word
that somebody wrote. The sentence is for a mail, and for a chat of colleagues.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from server import clock
from sync.rules import rule

Pair = tuple[str, str]
OFFSET = timedelta(hours=8)  # the organisation's day, as `server.scopes.ZONE`

HEADINGS: dict[str, Pair] = {
    "level_one": ("Ⅰ级紧急", "Level Ⅰ, urgent"), "sla_breached": ("已超时", "Overdue"),
    "sla_warning": ("超时预警", "Due soon"), "escalated": ("问题升级", "Escalated"),
    "reopened": ("重新打开", "Reopened"), "delay_submitted": ("延期待审批", "A delay to decide"),
    "delay_decided": ("延期已审批", "Delay decided"), "hold_proposed": ("挂起待确认", "A hold to decide"),
    "hold_decided": ("挂起已处理", "Hold decided"), "plan_required": ("需写处理方案", "A plan is asked for"),
    "plan_review": ("方案待审批", "A plan to approve"), "plan_decided": ("方案已审批", "Plan decided"),
    "help_asked": ("请求支援", "Help is asked for"), "help_answered": ("求助有答复", "Help is answered"),
    "follow_up_due": ("今天要办", "Due today"), "hand_over": ("工单移交", "Handed over to you"),
    "complaint_given": ("投诉待答复", "A complaint to answer"),
    "complaint_again": ("投诉未被认可", "An answer not accepted"),
    "complaint_warning": ("投诉答复预警", "A complaint is due soon"),
    "complaint_breached": ("投诉答复超时", "A complaint is overdue"),
    "complaints_rose": ("投诉增多", "More complaints"),
    "action_given": ("改进措施", "An action for you"), "action_due": ("措施今天到期", "An action is due today"),
    "assessment_confirmed": ("月度考核已确认", "Assessment confirmed"),
    "assessment_objected": ("考核有异议", "Objection to an assessment"),
    "assessment_settled": ("考核异议已答复", "Objection answered"),
    "assessment_approved": ("月度考核已审批", "Assessment approved"),
    "assessment_due": ("考核待确认", "Assessments to confirm"),
    "webhook_stopped": ("推送地址已停用", "A webhook was stopped"), "test": ("测试通知", "Test notice"),
    "work_order.register": ("新工单", "New work order"), "work_order.draft": ("现场报修", "Reported from the field"),
    "work_order.cancel": ("工单取消", "Work order cancelled"), "work_order.close": ("工单归档", "Work order closed"),
    "work_order.reopen": ("工单重新打开", "Work order reopened"), "visit.dispatch": ("已派工", "Visit dispatched"),
    "visit.arrive": ("工程师到场", "Engineer arrived"), "visit.cannot_complete": ("未能完成", "Could not complete"),
    "visit.submit": ("现场已完工提交", "Visit handed in"), "survey.answer": ("客户评价", "Customer's rating"),
    "call_back.record": ("回访记录", "Call-back recorded"), "month": ("质量月报", "Monthly quality report"),
}  # fmt: skip
OTHER: Pair = ("有新情况", "News")
SENTENCES: dict[str, Pair] = {
    "level_one": ("{by} 定为Ⅰ级紧急：{reason}", "{by} made it level Ⅰ, urgent: {reason}"),
    "sla_breached": ("{milestone} 已超时，期限是 {due_at}", "{milestone} is overdue; it was due {due_at}"),
    "sla_warning": (
        "{milestone} 的时间已过 {percent}%,期限 {due_at}", "{milestone}: {percent} % of the time has run, due {due_at}",
    ),
    "escalated": ("{by} 将问题升级：{text}", "{by} escalates: {text}"),
    "reopened": ("{by} 重新打开了工单(第 {count} 次):{reason}", "{by} reopened it ({count}×): {reason}"),
    "delay_submitted": ("{by} 申报延期，请审批", "{by} declares a delay; please decide"),
    "delay_decided": ("{by} 已审批延期：{decision}", "{by} decided about the delay: {decision}"),
    "hold_proposed": ("{by} 申请挂起，请确认", "{by} proposes a hold; please decide"),
    "hold_decided": ("{by} 已处理挂起：{decision}", "{by} decided about the hold: {decision}"),
    "plan_required": ("{by} 要求写处理方案", "{by} asks for a plan"),
    "plan_review": ("{by} 提交了处理方案，请审批", "{by} sent a plan for approval"),
    "plan_decided": ("{by} 已审批方案：{decision}", "{by} decided about the plan: {decision}"),
    "help_asked": ("{by} 求助：{text}", "{by} asks for help: {text}"),
    "help_answered": ("{by} 答复：{text}", "{by} answers: {text}"),
    "follow_up_due": ("今天要办：{text}", "Due today: {text}"),
    "complaint_given": ("投诉由您负责，请在 {due_at} 前答复", "A complaint is yours: answer by {due_at}"),
    "complaint_again": (
        "客户第 {count} 次不认可答复，请在 {due_at} 前重新答复",
        "The customer did not accept the answer ({count}×): answer anew by {due_at}",
    ),
    "complaint_warning": (
        "投诉答复的时间已过 {percent}%，期限 {due_at}",
        "{percent} % of the time to answer a complaint has run, due {due_at}",
    ),
    "complaint_breached": ("投诉答复已超时，期限是 {due_at}", "A complaint is not answered, it was due {due_at}"),
    "complaints_rose": (
        "{month} 的投诉已有 {count} 条，超过上月全月的 {was} 条",
        "{month} has {count} complaints already, more than the {was} of the whole month before",
    ),
    "action_given": ("{by} 请您在 {due_on} 前完成：{text}", "{by} asks you to do by {due_on}: {text}"),
    "action_due": ("今天到期的措施：{text}", "An action is due today: {text}"),
    "assessment_objected": ("{by} 对 {month} 的考核有异议", "{by} objects to the assessment of {month}"),
    "assessment_due": (
        "{month} 还有 {count} 份考核没有确认，{due_on} 前要审批",
        "{count} assessments of {month} are not confirmed, to be approved by {due_on}",
    ),
    "webhook_stopped": (
        "推送地址“{name}”多次失败，已停用；请检查后重新启用。",
        "The webhook “{name}” failed again and again and was stopped; look at it and turn it on again.",
    ),
    "test": ("通知已能送达。", "Notices reach you."),
}  # fmt: skip
MILESTONES: dict[str, Pair] = {
    "confirm": ("确认", "Confirm"), "respond": ("响应", "Respond"), "plan": ("方案", "Plan"),
    "dispatch": ("派工", "Dispatch"), "arrive": ("到场", "Arrive"), "resolve": ("解决", "Resolve"),
    "feed_back": ("反馈", "Feed back"),
}  # fmt: skip
DECISIONS: dict[str, Pair] = {
    "approved": ("同意", "approved"), "refused": ("不同意", "refused"), "returned": ("退回", "returned"),
    "on": ("同意", "confirmed"),
}  # fmt: skip
LEVELS = {1: "Ⅰ", 2: "Ⅱ", 3: "Ⅲ"}
MAIL: dict[str, Pair] = {
    "number": ("工单：{number} {title}", "Work order: {number} {title}"), "site": ("现场：{site}", "Site: {site}"),
    "level": ("级别：{level}级", "Level: {level}"), "open": ("打开：{url}", "Open: {url}"),
    "why": (
        "您收到这封邮件，是因为在“设置 → 通知方式”里选择了邮件。",
        "You get this mail because you chose so under “Settings → Ways of notice”.",
    ),
    "month_text": (
        "{month} 的质量月报已由 {by} 审批，见附件(PDF 与 Excel)。",
        "The quality report of {month}, approved by {by}, is attached as PDF and Excel.",
    ),
}  # fmt: skip


def pick(pair: Pair, lang: str) -> str:
    return pair[1] if lang == "en" else pair[0]


def heading(kind: str, lang: str) -> str:
    """Of what kind it is."""
    return pick(HEADINGS.get(kind, OTHER), lang)


def sentence(kind: str, data: Mapping[str, Any], lang: str) -> str:
    """What it says, with the words people wrote; the heading where there is no more to say."""
    said = {name: "" if value is None else str(value) for name, value in data.items()}
    for name, table in (("milestone", MILESTONES), ("decision", DECISIONS)):
        if said.get(name) in table:
            said[name] = pick(table[said[name]], lang)
    for name in ("due_at", "to"):
        if said.get(name):
            said[name] = local(said[name])
    if kind == "escalated" and said.get("rung"):
        rungs = {one["code"]: (one["name"], one["name_en"]) for one in rule("ladder")["rungs"]}
        said["rung"] = pick(rungs.get(said["rung"], (said["rung"],) * 2), lang)
    text = pick(SENTENCES.get(kind, HEADINGS.get(kind, OTHER)), lang).format_map(defaultdict(str, said))
    return " ".join(text.split()).rstrip("：: ")


def local(instant: str) -> str:
    """`2026-11-21 16:30` of an instant of the wire; what is none stays as it is."""
    try:
        return f"{clock.parse(instant) + OFFSET:%Y-%m-%d %H:%M}"
    except ValueError:
        return instant
