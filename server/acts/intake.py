"""What customers wrote on the public form (A8), and what the office makes of it: a work order, part of one, nothing."""

from __future__ import annotations

from server.acts import DONE, Context, Outcome, Parked, Rejected, act
from server.acts.schemas import ArgsSchema, Id, Text
from server.models import Attachment, CustomerReport, StoredFile, Task, WorkOrder, new_id


class MergeReportArgs(ArgsSchema):
    id = Id(required=True)
    into_id = Id(required=True)
    note = Text(load_default="")


class DeclineArgs(ArgsSchema):
    id = Id(required=True)
    reason = Text(shortest=1, required=True)


def open_report(ctx: Context, report_id: str) -> CustomerReport:
    """The report, locked; parks when somebody else has decided about it meanwhile."""
    report = ctx.lock(CustomerReport, report_id)
    if report.state != "new":
        raise Parked("report-decided", report.state)
    return report


def take_in(ctx: Context, report: CustomerReport, order: WorkOrder, state: str) -> None:
    """The report's pictures become the work order's, and its status link shows the work order from now on."""
    for file in report.files:
        stored = ctx.session.get(StoredFile, file["sha256"])
        if stored is None:  # it turned out to be no picture
            continue
        shown = Attachment(
            id=new_id(), visit_id=None, work_order_id=order.id, sha256=stored.sha256, size=stored.size,
            mime=stored.mime, purpose="site", caption="", taken_at=report.server_at, state="declared", thumbs={},
        )  # fmt: skip
        if stored.processed_at is not None:
            shown.mark_verified(stored.width, stored.height, stored.thumbs)
        else:
            shown.mark_stored()
            Task.enqueue(ctx.session, "server.tasks.process_image", {"sha256": stored.sha256})
        ctx.add(shown)
    report.decide(state, ctx.user.id, order.id)
    ctx.tell(order, f"customer_report.{state}", report_id=report.id, files=len(report.files))


@act("customer_report.merge", MergeReportArgs)
def merge(ctx: Context, id: str, into_id: str, note: str) -> Outcome:
    """The matter has its ticket already (A2): what the customer adds becomes part of it."""
    order = ctx.lock(WorkOrder, into_id)
    if order.ended:
        raise Parked("work-order-ended", order.state)
    report = open_report(ctx, id)
    take_in(ctx, report, order, "merged")
    if report.description or report.title:
        ctx.tell(order, "customer_report.said", title=report.title, text=report.description, note=note)
    return DONE


@act("customer_report.decline", DeclineArgs)
def decline(ctx: Context, id: str, reason: str) -> Outcome:
    report = open_report(ctx, id)
    if not reason.strip():
        raise Rejected("args-invalid", "reason: needed")
    report.decide("declined", ctx.user.id, reason=reason)
    return DONE
