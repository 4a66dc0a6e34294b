"""Maintenance plans of the demo company, and what a year of them came to: done, made up for, missed, excused.

It reads the script that is written already: the rounds of the month are what the plans made, and its last month is
theirs. What lies further back was done before this system was here, and is recorded from paper.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from server import clock
from server.acts.handover import BY_HAND
from server.demo.visits import Stage
from server.models import MaintenancePlan, Site
from server.occurrences import occurrence_id
from server.scopes import ZONE
from sync.plans import due_days, parse, window

SITES = 60  # with plans; the rest are looked after on call
EVERY = {"monthly": 1, "quarterly": 3, "half_year": 6}
WINDOW = 7
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
KEPT = ("档案柜 A", "项目部移交", "扫描件已存", "")
EXCUSES = ("客户停业装修,双方书面确认", "园区封闭施工,无法进入", "设备整体更换,质保方已巡检", "客户要求顺延一期")


class Round(NamedTuple):
    """A patrol of the script: its work order, its kind, its site, when and by whom who was sent, for which day."""

    order_id: str
    kind: str
    site_id: str
    sent_at: datetime
    by: str
    lead_id: str
    day: date


def write_plans(stage: Stage, by: str) -> None:
    """Plans of the sites whose rounds are in the script, and of others until enough have one."""
    chance, world = Random("plans"), stage.world
    rounds = {(one.site_id, one.kind): one for one in reversed(_rounds(stage))}
    sites = sorted(world.sites.values(), key=lambda site: (not any(key[0] == site.id for key in rounds), site.number))
    set_at = world.local(-32, 16)
    facts: list[tuple[datetime, str, str, dict[str, Any]]] = []
    for number, site in enumerate(sites[:SITES]):
        for kind in MaintenancePlan.KINDS:
            own = rounds.get((site.id, kind))
            if own or kind == "monthly" or (number % 3 == 0 and kind == "quarterly") or (number % 4 == 0):
                facts += _plan(stage, by, set_at, site, kind, own, chance)
    _hand_over(stage, by, set_at, sites[:SITES])
    stage.timeline.contact(set_at + 30 * MINUTE, by)
    stage.timeline.contact(set_at + 90 * MINUTE, by)
    for at, login, act, args in facts:
        stage.timeline.add(at, login, act, args, at > set_at + DAY)


def _hand_over(stage: Stage, by: str, at: datetime, sites: list[Site]) -> None:
    """What came with each site on paper: of some nearly all, of some next to nothing."""
    chance, today = Random("handover"), (at + ZONE).date()
    world = replace(stage.world, rng=chance)  # chance of its own: the rest of the month stays as it is
    for site in sites:
        care = chance.random()
        for code in sorted(BY_HAND):
            if chance.random() < care:
                day = today - DAY * chance.randrange(30, 700)
                said = {"state": "received", "received_on": day.isoformat(), "note": chance.choice(KEPT)}
                args = {"id": world.id(at), "site_id": site.id, "code": code, **said}
                stage.timeline.add(at, by, "handover.set", args)
        if chance.random() < 0.5:
            said = {"code": "fibre", "state": "waived", "note": "现场没有光纤"}
            stage.timeline.add(at, by, "handover.set", {"id": world.id(at), "site_id": site.id, **said})


def _rounds(stage: Stage) -> list[Round]:
    orders = {
        moment.args["id"]: moment.args
        for moment in stage.timeline.moments
        if moment.act == "work_order.register" and isinstance(moment.args, dict) and moment.args["kind"] in EVERY
    }
    found: dict[str, Round] = {}
    for moment in sorted(stage.timeline.moments, key=lambda one: one.at):
        args = moment.args
        if moment.act != "visit.dispatch" or not isinstance(args, dict) or args["work_order_id"] not in orders:
            continue
        order = orders[args["work_order_id"]]
        day = (clock.parse(args["slot_start"]) + ZONE).date()
        sent = (moment.at, moment.login, args["lead_id"], day)
        found.setdefault(order["id"], Round(order["id"], order["kind"], order["site_id"], *sent))
    return list(found.values())


def _plan(
    stage: Stage, by: str, at: datetime, site: Site, kind: str, own: Round | None, chance: Random
) -> list[tuple[datetime, str, str, dict[str, Any]]]:
    """Sets the plan, lets its round count for it, and says what became of the others."""
    world, today = stage.world, (stage.world.now + ZONE).date()
    anchor = own.day if own else today.replace(day=1 + chance.randrange(28))
    months = (
        anchor.year * 12 + anchor.month - 1 - 12
    )  # a year back, so that every rule comes round to the anchor's month
    starts = date(months // 12, months % 12 + 1, 1)
    rrule = f"FREQ=MONTHLY;INTERVAL={EVERY[kind]};BYMONTHDAY={min(anchor.day, 28)}"
    version = world.checklists.get(kind)
    plan_id = world.id(at)
    args = {
        "id": plan_id, "site_id": site.id, "kind": kind, "rrule": rrule, "starts_on": starts.isoformat(),
        "window_days": WINDOW, "checklist_codes": [version.code] if version else [],
    }  # fmt: skip
    if own:  # who knows the place goes there again, or somebody of their team
        lead = next(user for user in world.users.values() if user.id == own.lead_id)
        args |= {"lead_id": lead.id} if kind == "monthly" else {"team_id": lead.team_id}
    stage.timeline.add(at, by, "plan.set", args)
    facts: list[tuple[datetime, str, str, dict[str, Any]]] = []
    for due in due_days(parse(rrule), starts, today):
        row, (opens, closes) = occurrence_id(plan_id, due), window(due, WINDOW)
        if own and opens <= own.day <= closes:
            said = {"id": own.order_id, "occurrence_ids": [row]}
            facts.append((own.sent_at + MINUTE / 2, own.by, "occurrence.make_visit", said))
            continue
        fate, past = chance.random(), (world.local(0, 12) - at).days
        if closes >= today or fate < 0.05:
            continue  # still to be done, or missed
        ended = (today - closes).days
        when = max(at + 60 * MINUTE, world.local(-ended, 15)) if ended < past else at + 60 * MINUTE
        if fate < 0.1:
            facts.append((when, by, "occurrence.excuse", {"id": row, "reason": chance.choice(EXCUSES)}))
            continue
        done = min(closes + DAY * (2 + chance.randrange(5)) if fate < 0.15 else due + DAY * chance.randrange(-5, 7),
                   (when + ZONE).date())  # fmt: skip
        facts.append((when, by, "occurrence.record", {
            "id": row, "done_on": done.isoformat(), "reason": f"纸质巡查记录 {due:%Y-%m} 存档",
        }))  # fmt: skip
    return facts
