"""What a visit's report is made of, read from the database: the same view the phone builds from its rows.

`pwa/src/screens/engineer/reportView.ts` is the twin: both must choose the same rows, or what was signed on the phone
would look edited here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.models import (
    Asset,
    Attachment,
    CatalogueEntry,
    Charge,
    ChecklistAnswer,
    ChecklistRun,
    ChecklistVersion,
    Custody,
    Defect,
    Diagnosis,
    Fact,
    MessageSlip,
    Note,
    PartUse,
    Quotation,
    Signature,
    Site,
    Synced,
    User,
    Visit,
    Waiver,
    WorkOrder,
)
from server.models.visit import CUSTOMER_SIDE
from sync.report import changed_since, content_hash, is_content, report_content

Row = dict[str, Any]

# What a report names of the catalogue.
KINDS = ("symptom", "cause", "action", "cannot_reason", "waive_reason")
# A visit that reached one of these has something to report.
BEGUN = ("working", "work_done", "cannot_complete", "submitted")


@dataclass(frozen=True)
class VisitReport:
    """What to show. `content` is what the customer signed, when one did; `changed` says what was edited since."""

    content: dict[str, Any]
    content_hash: str
    current: dict[str, Any]
    signed: bool
    changed: list[str]
    signatures: list[Row]
    waivers: list[Row]
    reasons: dict[str, Row]
    attachments: list[Row]
    ready: bool


def visit_report(session: Session, visit: Visit) -> VisitReport:
    """The report of `visit` as it stands now."""
    view, catalogue = _view(session, visit)
    current = report_content(view)
    signatures, waivers = _facts(session, Signature, visit), _facts(session, Waiver, visit)
    signed = _signed(signatures)
    content = current if signed is None else signed["content"]
    return VisitReport(
        content=content,
        content_hash=content_hash(current) if signed is None else signed["content_hash"],
        current=current,
        signed=signed is not None,
        changed=[] if signed is None else changed_since(content, current),
        signatures=signatures,
        waivers=waivers,
        reasons=catalogue.get("waive_reason", {}),
        attachments=view["attachments"],
        ready=any(name in visit.times for name in BEGUN) or bool(signatures or waivers),
    )


def _view(session: Session, visit: Visit) -> tuple[Row, dict[str, dict[str, Row]]]:
    order = session.get_one(WorkOrder, visit.work_order_id)
    diagnosis = next((row for row in _facts(session, Diagnosis, visit) if not row["withdrawn"]), None)
    asset_id = (diagnosis or {}).get("asset_id") or order.asset_id
    catalogue = _catalogue(session)
    view = {
        "work_order": _row(order),
        "visit": _row(visit),
        "site": _optional(session.get(Site, visit.site_id)),
        "asset": _optional(session.get(Asset, asset_id) if asset_id else None),
        "diagnosis": diagnosis,
        "part_uses": _facts(session, PartUse, visit),
        "attachments": _facts(session, Attachment, visit),
        "notes": _facts(session, Note, visit),
        "checklist_runs": _runs(session, visit),
        "defects": [_row(row) for row in session.scalars(select(Defect).where(Defect.site_id == visit.site_id))],
        "charges": _facts(session, Charge, visit),
        "quotations": _facts(session, Quotation, visit),
        "custodies": _facts(session, Custody, visit),
        "slips": _facts(session, MessageSlip, visit),
        "users": _crew(session, visit),
        "catalogue": catalogue,
    }
    return view, catalogue


def _row(row: Synced) -> Row:
    return {"id": row.id, **row.body()}


def _optional(row: Synced | None) -> Row | None:
    return None if row is None else _row(row)


def _facts(session: Session, model: type[Fact], visit: Visit) -> list[Row]:
    rows = session.scalars(select(model).where(model.visit_id == visit.id).order_by(model.id))
    return [_row(row) for row in rows]


def _runs(session: Session, visit: Visit) -> list[Row]:
    answers = _facts(session, ChecklistAnswer, visit)
    found = []
    for run in _facts(session, ChecklistRun, visit):
        version = session.get(ChecklistVersion, run["version_id"])
        own = [answer for answer in answers if answer["run_id"] == run["id"]]
        found.append({**run, "version": version.body() if version else {}, "answers": own})
    return found


def _crew(session: Session, visit: Visit) -> dict[str, Row]:
    people = session.scalars(select(User).where(User.id.in_(visit.crew())))
    return {user.id: {"name": user.name, "name_en": user.name_en} for user in people}


def _catalogue(session: Session) -> dict[str, dict[str, Row]]:
    found: dict[str, dict[str, Row]] = {}
    for entry in session.scalars(select(CatalogueEntry).where(CatalogueEntry.kind.in_(KINDS))):
        found.setdefault(entry.kind, {})[entry.code] = {"name": entry.name, "name_en": entry.name_en}
    return found


def _signed(signatures: list[Row]) -> Row | None:
    """The customer's last signature: a visit that was returned and done again is signed again.

    Content comes from a device; one that no page could show is no content.
    """
    valid = [
        row for row in signatures
        if row["role"] in CUSTOMER_SIDE and not row["withdrawn"] and row["late_state"] != "discarded"
        and is_content(row["content"])
    ]  # fmt: skip
    return valid[-1] if valid else None
