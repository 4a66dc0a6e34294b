"""What an engineer does with a visit: control acts, which follow the life-cycle table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from server import clock
from server.acts import DONE, Context, Outcome, Parked, act
from server.acts.promises import lift_hold, meet_milestones
from server.acts.schemas import ArgsSchema, Id, JsonObject, Text
from server.models import (
    Attachment,
    CatalogueEntry,
    Diagnosis,
    Fact,
    MaintenancePlan,
    ServiceRecord,
    User,
    Visit,
    WorkOrder,
    new_id,
)
from server.models.visit import GONE, IllegalTransition
from server.occurrences import settle_order
from sync.lifecycle import derive_work_order, transition

RECORD_PHOTOS = 24  # of one visit, kept beside its record in the history of the site
NEEDS_REASON = ("visit.decline", "visit.pause", "visit.cannot_complete")
SETTLES = ("visit.submit", "visit.accept_work", "visit.return_work")  # a planned patrol is done, or is not (E1)
MILESTONES = {
    "visit.accept": ("confirm", "respond", "dispatch"),
    "visit.arrive": ("confirm", "respond", "dispatch", "arrive"),
    "visit.finish": ("confirm", "respond", "dispatch", "arrive", "resolve"),
    "report.sign": ("feed_back",),  # the customer has read what was found and done
}
GOES_ON = ("visit.travel", "visit.arrive", "visit.work", "visit.resume")  # who does these waits for nothing any more


class VisitArgs(ArgsSchema):
    visit_id = Id(required=True)


class ArriveArgs(VisitArgs):
    place = JsonObject(depth=2, load_default=None, allow_none=True)


class ReasonArgs(VisitArgs):
    reason = Text(64, 1, required=True)
    note = Text(load_default="")


def led_visit(ctx: Context, visit_id: str) -> Visit:
    """The visit, when the user leads it. Someone outside its crew is told no more than that it is not theirs."""
    visit = ctx.lock(Visit, visit_id)
    ctx.permit(Parked("not-lead") if ctx.user.id in visit.helper_ids else None, lead=visit.lead_id == ctx.user.id)
    return visit


def move(
    ctx: Context,
    name: str,
    visit: Visit,
    reason: str | None = None,
    note: str = "",
    data: Mapping[str, Any] | None = None,
) -> Outcome:
    """Moves the visit by the table, then lets what follows from it follow: work order, milestones, timeline."""
    order = ctx.lock(WorkOrder, visit.work_order_id)
    if order.ended and visit.state not in GONE:
        raise Parked("work-order-ended", order.state)
    before = visit.state
    try:
        visit.move(name, ctx.at, reason, note)
    except IllegalTransition as illegal:
        raise Parked("illegal-transition", f"{illegal.act} from {illegal.state}") from None
    meet_milestones(ctx, order, MILESTONES.get(name, ()), name)
    if order.state == "on_hold" and name in GOES_ON:
        lift_hold(ctx, order, ctx.at)
    derive(ctx, order)
    if name in SETTLES and order.kind in MaintenancePlan.KINDS:
        settle_order(ctx.session, order, ctx.visits_of(order), ctx.received)
    words = {"from": before, "to": visit.state, **(data or {})}
    if reason is not None:
        words |= {"reason": reason, "note": note}
    ctx.tell(order, name, visit.id, **words)
    return DONE


def derive(ctx: Context, order: WorkOrder) -> None:
    """The work order's state follows from its visits."""
    visits = [visit for visit in ctx.visits_of(order) if visit.sequence > (order.visits_before or 0)]  # since reopened
    known = [(visit.state, visit.partial, visit.customer_signed) for visit in visits]
    order.state, follow_up = derive_work_order(order.state, known, order.rests_in)
    order.follow_up = follow_up


def _register(name: str) -> None:
    @act(name, VisitArgs)
    def _plain(ctx: Context, visit_id: str) -> Outcome:
        return move(ctx, name, led_visit(ctx, visit_id))


for _name in ("visit.accept", "visit.travel", "visit.work", "visit.resume", "visit.reopen", "visit.finish"):
    _register(_name)


@act("visit.arrive", ArriveArgs)
def arrive(ctx: Context, visit_id: str, place: dict[str, Any] | None) -> Outcome:
    return move(ctx, "visit.arrive", led_visit(ctx, visit_id), data={"place": place} if place else {})


@act("visit.decline", ReasonArgs)
def decline(ctx: Context, visit_id: str, reason: str, note: str) -> Outcome:
    return move(ctx, "visit.decline", led_visit(ctx, visit_id), reason, note)


@act("visit.pause", ReasonArgs)
def pause(ctx: Context, visit_id: str, reason: str, note: str) -> Outcome:
    return move(ctx, "visit.pause", led_visit(ctx, visit_id), reason, note)


@act("visit.cannot_complete", ReasonArgs)
def cannot_complete(ctx: Context, visit_id: str, reason: str, note: str) -> Outcome:
    visit = led_visit(ctx, visit_id)
    if transition("visit", "visit.cannot_complete", visit.state, visit.mode):
        visit.partial = True
    return move(ctx, "visit.cannot_complete", visit, reason, note)


@act("visit.submit", VisitArgs)
def submit(ctx: Context, visit_id: str) -> Outcome:
    visit = led_visit(ctx, visit_id)
    outcome = move(ctx, "visit.submit", visit)
    file_record(ctx, visit, ctx.load(WorkOrder, visit.work_order_id))
    return outcome


def file_record(ctx: Context, visit: Visit, order: WorkOrder) -> None:
    """Files what was done in the site's history (E7); a second submission replaces the first."""
    session = ctx.session
    session.flush()  # the diagnosis may be of this very batch
    diagnosis = session.scalars(
        select(Diagnosis).where(Diagnosis.visit_id == visit.id, ~Diagnosis.withdrawn).order_by(Diagnosis.id)
    ).first()
    record = session.scalars(select(ServiceRecord).where(ServiceRecord.visit_id == visit.id)).first()
    if record is None:
        record = ctx.add(
            ServiceRecord(
                id=new_id(),
                site_id=visit.site_id,
                work_order_id=order.id,
                visit_id=visit.id,
                number=order.number,
                title=order.title,
                finished_at=ctx.at,
            )
        )
    record.asset_id = (diagnosis.asset_id if diagnosis else None) or order.asset_id
    record.finished_at = ctx.at
    record.engineer_name = ctx.load(User, visit.lead_id).name
    record.photos = _pictures(ctx, visit)
    if diagnosis:
        names = _catalogue_names(ctx, diagnosis)
        record.symptom = names.get(("symptom", diagnosis.symptom_code)) or diagnosis.symptom_text[:200]
        record.cause = names.get(("cause", diagnosis.cause_code)) or diagnosis.cause_text[:200]
        record.action = names.get(("action", diagnosis.action_code)) or diagnosis.action_text[:200]
        record.test_result = diagnosis.test_result
        record.text = "\n".join(filter(None, (diagnosis.symptom_text, diagnosis.cause_text, diagnosis.action_text)))


def _pictures(ctx: Context, visit: Visit) -> list[dict[str, Any]]:
    """The first of each kind, in the order in which they were taken: what the next visit lays over its own view."""
    taken = select(Attachment).where(Attachment.visit_id == visit.id, Attachment.purpose.in_(Attachment.OF_THE_PLACE))
    photos = ctx.session.scalars(taken.order_by(Attachment.taken_at, Attachment.id))
    return [
        {"id": one.id, "sha256": one.sha256, "purpose": one.purpose, "taken_at": clock.wire(one.taken_at)}
        for one in photos
        if one.counts
    ][:RECORD_PHOTOS]


def _catalogue_names(ctx: Context, diagnosis: Diagnosis) -> dict[tuple[str, str], str]:
    codes = {diagnosis.symptom_code, diagnosis.cause_code, diagnosis.action_code} - {""}
    rows = ctx.session.scalars(select(CatalogueEntry).where(CatalogueEntry.code.in_(codes))) if codes else ()
    return {(row.kind, row.code): row.name for row in rows}


def fact_visit(ctx: Context, visit_id: str) -> tuple[Visit, bool]:
    """The visit a fact belongs to, and whether the fact is late.

    A fact is never refused because the office changed its mind meanwhile: on a visit that was given away, cancelled,
    reviewed or closed it becomes late evidence for the dispatcher to adopt.
    """
    visit = ctx.lock(Visit, visit_id)
    ctx.permit(crew=ctx.user.id in visit.crew())
    order = ctx.load(WorkOrder, visit.work_order_id)
    return visit, visit.state in GONE or visit.state == "reviewed" or order.ended


def own_fact(ctx: Context, fact: Fact) -> None:
    """Rejects unless the user recorded the fact or leads its visit."""
    author = fact.created_by == ctx.user.id
    visit = None if author or not fact.visit_id else ctx.load(Visit, fact.visit_id)
    ctx.permit(author=author, lead=visit is not None and visit.lead_id == ctx.user.id)


__all__ = ["derive", "fact_visit", "led_visit", "meet_milestones", "move", "own_fact"]
