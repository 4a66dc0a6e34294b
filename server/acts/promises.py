"""What a work order promises: its SLA milestones (B1). Made with it, renewed when its level changes (A5), met by
evidence, moved by pauses and by delays that were declared in time.

A promise keeps the policy's settings it was made with (`work_order.sla`), so that a policy edited later changes nothing
that a customer was already told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server import clock
from server.acts import Context
from server.models import Customer, Hold, SlaMilestone, SlaPolicy, WorkOrder, new_id
from sync.rules import rule
from sync.sla import DEFAULT_POLICY, KINDS, Interval, due_at, policy_of, spans, timetable, warnings_at

#: Rounds are planned work: nobody confirms them by telephone, plans them on paper or calls to say how they went. A
#: question that is answered on the spot needs nobody to go.
FEWER = {
    **dict.fromkeys(("monthly", "quarterly", "half_year"), ("respond", "arrive", "resolve")),
    "consultation": ("confirm", "respond", "resolve"),
}
ANSWERED = KINDS  # on the spot: resolved, and the customer told
#: A later promise that was kept leaves nothing to wait for in an earlier one; a plan is wanted until all is resolved.
ORDER = ("confirm", "respond", "dispatch", "arrive", "resolve", "feed_back")


def policy_named(session: Session, code: str) -> tuple[str, Mapping[str, Any]]:
    """The policy of that code as the company has it, else the preset, else the default."""
    rows = session.scalars(select(SlaPolicy).where(SlaPolicy.code.in_((code, DEFAULT_POLICY)), SlaPolicy.active))
    known = {row.code: row.said() for row in rows}
    if code in known:
        return code, known[code]
    if code in rule("sla")["policies"]:
        return code, policy_of(code)
    return DEFAULT_POLICY, known.get(DEFAULT_POLICY) or policy_of(DEFAULT_POLICY)


def promise(ctx: Context, order: WorkOrder, policy: str, confirmed_by: str | None = None) -> None:
    """The milestones of the customer's policy for this level, counted from the customer's report. `confirmed_by`: the
    act by which somebody of the office took it, if somebody did.
    """
    chosen = _choose(ctx, order, policy)
    made = {kind: _add(ctx, order, kind, span, order.reported_at) for kind, span in chosen.items()}
    if confirmed_by and "confirm" in made:
        made["confirm"].meet(ctx.received, evidence_of(ctx, confirmed_by, ctx.received))
    settle_due(order, list(made.values()))
    if order.state == "ready":
        order.state = order.rests_in


def promise_window(ctx: Context, order: WorkOrder, policy: str, until: datetime) -> None:
    """A round a plan made is to be done within the plan's window, however early somebody planned it (E1)."""
    _choose(ctx, order, policy)
    minutes = (until - order.reported_at) // timedelta(minutes=1)
    if minutes > 0:
        span = {"clock": "elapsed", "minutes": minutes}
        settle_due(order, [_add(ctx, order, "resolve", span, order.reported_at)])


def renew_promises(ctx: Context, order: WorkOrder) -> None:
    """Another level has other deadlines (A5); what was met stays met, at the time it was met."""
    promised = _choose(ctx, order, ctx.load(Customer, order.customer_id).sla_policy)
    kept = []
    for milestone in promises_of(ctx, order):
        span = promised.pop(milestone.kind, None) if milestone.round == order.reopened else None
        if span is not None:
            milestone.span = dict(span)
            reckon(order, milestone)
        elif milestone.met_at is None and milestone.kind != "feed_back":
            ctx.session.delete(milestone)
            continue
        kept.append(milestone)
    if not order.reopened:
        kept += [_add(ctx, order, kind, span, order.reported_at) for kind, span in promised.items()]
    settle_due(order, kept)
    if order.state in ("ready", "planning", "plan_review"):
        order.state = order.rests_in


def promise_again(ctx: Context, order: WorkOrder) -> None:
    """A reopened matter is promised anew from now on: it is to be resolved, and to be told, once more (B8)."""
    found, chosen = promises_of(ctx, order), _choose(ctx, order, ctx.load(Customer, order.customer_id).sla_policy)
    again = [_add(ctx, order, kind, span, ctx.at) for kind, span in chosen.items() if kind in ("respond", "resolve")]
    settle_due(order, [*found, *again])


def meet_milestones(ctx: Context, order: WorkOrder, kinds: Iterable[str], act: str, at: datetime | None = None) -> None:
    """Evidence from the field meets promises, at the time it happened, not when the phone told us."""
    wanted, at = set(kinds), at or ctx.at
    if not wanted:
        return
    evidence, found = evidence_of(ctx, act, at), promises_of(ctx, order)
    for milestone in found:
        begun = milestone.round == 0 or milestone.starts_at is None or at >= milestone.starts_at
        if milestone.kind in wanted and begun:
            milestone.meet(at, evidence)
    if "resolve" in wanted and "feed_back" not in wanted and order.kind not in FEWER:
        _promise_feedback(ctx, order, found, at)
    settle_due(order, found)


def evidence_of(ctx: Context, act: str, at: datetime) -> dict[str, Any]:
    """What met a promise; the device's own time before any correction stands in the journal, under the act's id."""
    received = clock.wire(ctx.received)
    return {"act": act, "act_id": ctx.act_id, "at": clock.wire(at), "received": received, "by": ctx.user.id}


def _promise_feedback(ctx: Context, order: WorkOrder, found: list[SlaMilestone], at: datetime) -> None:
    """Once it is resolved the customer is to be told, within the span that starts then (B8)."""
    known = next((one for one in found if one.kind == "feed_back" and one.round == order.reopened), None)
    span = _spans(ctx, order).get("feed_back") if known is None else None
    if span is not None:
        found.append(_add(ctx, order, "feed_back", span, at))
    elif known is not None and known.met_at is None:
        known.starts_at = at
        reckon(order, known)


def promises_of(ctx: Context, order: WorkOrder) -> list[SlaMilestone]:
    """All of the order's, those of this very batch too."""
    ctx.session.flush()
    found = ctx.session.scalars(select(SlaMilestone).where(SlaMilestone.work_order_id == order.id))
    return [one for one in found if one not in ctx.session.deleted]


def pause(ctx: Context, order: WorkOrder, at: datetime) -> None:
    """Stops every clock that runs, from `at` on: what was due before then is not saved by it."""
    found = promises_of(ctx, order)
    for milestone in found:
        if milestone.runs and milestone.kind != "feed_back":
            milestone.paused_at, milestone.next_at = at, None
            milestone.breached = milestone.due_at < at
    settle_due(order, found)


def resume(ctx: Context, order: WorkOrder, at: datetime) -> None:
    """Clocks that stood still run on; their deadlines move by the open time that was paused."""
    found = promises_of(ctx, order)
    for milestone in found:
        if milestone.paused_at is None:
            continue
        if milestone.met_at is None and at > milestone.paused_at:
            milestone.pauses = [*milestone.pauses, [clock.wire(milestone.paused_at), clock.wire(at)]]
        milestone.paused_at = None
        if milestone.met_at is None and not milestone.breached:
            reckon(order, milestone)
    settle_due(order, found)


def lift_hold(ctx: Context, order: WorkOrder, at: datetime) -> None:
    """What the order waited for is there: its clocks run on. Its state is for the visits to say."""
    for hold in ctx.session.scalars(select(Hold).where(Hold.work_order_id == order.id, Hold.state == "on")):
        hold.lift(at)
    resume(ctx, order, at)
    order.state = order.rests_in


def extend(ctx: Context, order: WorkOrder, milestone: SlaMilestone, at: datetime, to: datetime, why: str) -> None:
    """The deadline is `to` from now on, because it was declared in time and approved (B4)."""
    milestone.extension = {"at": clock.wire(at), "to": clock.wire(to), "declaration_id": why}
    milestone.breached, milestone.warned = False, {}
    reckon(order, milestone)
    settle_due(order, promises_of(ctx, order))


def reckon(order: WorkOrder, milestone: SlaMilestone) -> None:
    """Computes the deadline and the next moment somebody has to be told, from what the row says."""
    table, span, start, pauses, extension = clock_of(order, milestone)
    milestone.due_at = due_at(start, span, table, pauses, extension)
    milestone.breached = milestone.met_at is not None and milestone.met_at > milestone.due_at
    milestone.next_at = next_moment(order, milestone)


def next_moment(order: WorkOrder, milestone: SlaMilestone) -> datetime | None:
    """The next warning not yet given, else the deadline; None when nothing is waited for any more."""
    if not milestone.runs or milestone.breached or milestone.span is None:
        return None
    given = {int(percent) for percent in milestone.warned}
    return min([at for percent, at in warnings_of(order, milestone) if percent not in given] + [milestone.due_at])


def warnings_of(order: WorkOrder, milestone: SlaMilestone) -> list[tuple[int, datetime]]:
    """Per cents of the policy, and when so much of the clock has run."""
    table, span, start, pauses, extension = clock_of(order, milestone)
    percents = {**rule("sla")["defaults"], **(order.sla or {})}["warn"]
    return list(zip(percents, warnings_at(start, span, percents, table, pauses, extension), strict=True))


def clock_of(order: WorkOrder, milestone: SlaMilestone) -> Any:
    """What the engine needs: timetable, span, start, pauses, extension."""
    pauses: list[Interval] = [(clock.parse(a), clock.parse(b)) for a, b in milestone.pauses]
    said = milestone.extension
    extension = (clock.parse(said["at"]), clock.parse(said["to"])) if said else None
    span = milestone.span or spans(policy_of(DEFAULT_POLICY), order.level).get(milestone.kind, {"clock": "elapsed"})
    return timetable(order.sla or {}), span, milestone.starts_at or order.reported_at, pauses, extension


def settle_due(order: WorkOrder, found: list[SlaMilestone]) -> None:
    """The work order's own deadline is that of the next promise still waited for."""
    order.due_at = min((one.due_at for one in found if awaited(one, found)), default=None) if not order.ended else None


def awaited(one: SlaMilestone, found: Iterable[SlaMilestone]) -> bool:
    """Whether it is still waited for: not met, not paused, and no later promise of its round kept either."""
    if not one.runs:
        return False
    if one.kind == "plan":
        return not any(other.met_at and other.kind == "resolve" and other.round >= one.round for other in found)
    place = ORDER.index(one.kind)
    return not any(
        other.met_at and other.round >= one.round and other.kind in ORDER and ORDER.index(other.kind) > place
        for other in found
    )


def _spans(ctx: Context, order: WorkOrder) -> dict[str, Mapping[str, Any]]:
    return spans(policy_named(ctx.session, (order.sla or {}).get("code", DEFAULT_POLICY))[1], order.level)


def _choose(ctx: Context, order: WorkOrder, code: str) -> dict[str, Mapping[str, Any]]:
    """Notes the policy's settings on the order and gives what is promised from the report on."""
    code, policy = policy_named(ctx.session, code)
    order.sla = {"code": code, **{key: policy[key] for key in rule("sla")["defaults"] if key in policy}}
    promised = {kind: span for kind, span in spans(policy, order.level).items() if "from" not in span}
    promised = {kind: span for kind, span in promised.items() if kind in FEWER.get(order.kind, KINDS)}
    if "plan" in promised and order.plan is None:
        order.plan = "needed"
    elif "plan" not in promised and order.plan == "needed":
        order.plan = None
    return promised


def _add(ctx: Context, order: WorkOrder, kind: str, span: Mapping[str, Any], start: datetime) -> SlaMilestone:
    milestone = SlaMilestone(
        id=new_id(), work_order_id=order.id, kind=kind, round=order.reopened or 0, starts_at=start, span=dict(span),
        pauses=[], warned={}, due_at=start, breached=False,
    )  # fmt: skip
    reckon(order, milestone)
    milestone.first_due_at = milestone.due_at
    return ctx.add(milestone)
