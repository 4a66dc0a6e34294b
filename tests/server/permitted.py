"""A world in which everybody is something else to one work order, and arguments for every act about it.

`PEOPLE` names what each person is; `truth` gives it as the relations of `sync/rules/permissions.json`. Arguments are
made from the schemas: what names a row names the one of this world (`World.named`, `World.row_of`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from flask import Flask
from marshmallow import fields
from sqlalchemy import inspect, select

from server import clock
from server.acts import REGISTRY
from server.acts import schemas as shapes
from server.extensions import db
from server.models import (
    ArchiveChange,
    Assessment,
    Attachment,
    Charge,
    ChecklistRun,
    Complaint,
    Custody,
    CustomerLink,
    Defect,
    DelayDeclaration,
    Document,
    Drill,
    DrillAction,
    Emergency,
    Escalation,
    Hold,
    ImprovementAction,
    MessageSlip,
    Note,
    PartRequest,
    PartUse,
    Quotation,
    ResolutionPlan,
    ReviewItem,
    SlaMilestone,
    User,
    WorkOrder,
    new_id,
)
from server.models.base import Instant
from sync.sla import DEFAULT_POLICY, policy_of
from tests.cast import Cast, make_cast, person
from tests.peer import Peer
from tests.server.emergencies import content
from tests.server.story import dispatch, register

#: Who is what: to the work order, its visit, the rows under it.
PEOPLE: dict[str, set[str]] = {
    "lead": {"lead", "crew", "sent", "sent_to_site"},
    "helper": {"crew", "sent", "sent_to_site"},
    "former": {"sent", "sent_to_site"},  # led a visit that was given to somebody else
    "raiser": {"raiser", "sent_to_site"},
    "owner": {"owner"},
    "asked": {"asked"},
    "author": {"author"},  # of every row under it, and of no crew
    "person": {"person", "subject"},  # whom the request and the review item are about
    "mate": set(),  # of the lead's team
    "neighbour": {"sent_to_site"},  # is on another work order of the same site
    "other": set(),
}
SENT_TO_SITE_AS_LEADS = "mate"  # a crew lead sees the sites of the crew while somebody of it is sent there
#: Arguments that mean something together only.
SAID = {"kind": "note", "text": "记一笔"}
WHOLE: dict[str, dict[str, Any]] = {
    "emergency_plan.write": content(), "emergency.log": SAID, "drill.log": SAID,
    "assessment_item.put": {"code": "late"},
}  # fmt: skip
FACTS = {
    "part": PartUse, "attachment": Attachment, "note": Note, "quotation": Quotation, "charge": Charge,
    "slip": MessageSlip, "defect": Defect, "archive": ArchiveChange, "custody": Custody,
}  # fmt: skip


class World:
    """Built once; `become(role)` gives everybody that role, by the server's own way."""

    def __init__(self, app: Flask):
        self.app = app
        self.cast: Cast = make_cast(app)
        self.people = {name: person(f"p-{name}", name, "engineer") for name in PEOPLE}
        for name in ("lead", "helper", "mate"):
            self.people[name].team_id = self.cast.north.id
        self.people["neighbour"].team_id = self.cast.south.id
        with app.app_context():
            db.session.add_all(self.people.values())
            db.session.commit()
            db.session.expunge_all()
        self.roles = "engineer"
        self.row_of: dict[str, str] = {}
        self.named: dict[str, Any] = {}
        self._happen()
        with app.app_context():
            self._write()

    # --- What happened ------------------------------------------------------------------------------------

    def _happen(self) -> None:
        client = self.app.test_client()
        desk = Peer(client, self.cast.dora)
        phone = {name: Peer(client, self.people[name]) for name in ("raiser", "former")}
        declined = dispatch(desk, register(desk, self.cast), self.people["raiser"])
        assert phone["raiser"].do("visit.decline", visit_id=declined, reason="busy")["outcome"] == "applied"
        order = new_id()
        said = {"title": "现场发现", "level": 2, "level_reason": "重复故障"}
        assert phone["raiser"].do("work_order.draft", id=order, site_id=self.cast.site.id, **said)["outcome"] == (
            "applied"
        )
        desk.do("work_order.triage", id=order, level=2, level_reason="重复故障")
        first, visit = dispatch(desk, order, self.people["former"]), new_id()
        helpers = [self.people["helper"].id]
        assert desk.do(
            "visit.reassign", visit_id=first, new_id=visit, lead_id=self.people["lead"].id, helper_ids=helpers,
            reason="closer",
        )["outcome"] == "applied"  # fmt: skip
        self.beside = register(desk, self.cast)
        dispatch(desk, self.beside, self.people["neighbour"])
        self.order, self.visit = order, visit
        self.levels = {2: order, **{level: self._of_level(desk, level) for level in (1, 3)}}

    def _of_level(self, desk: Peer, level: int) -> str:
        order = register(desk, self.cast)
        changes = {"level": [2, level], "level_reason": ["影响使用", "改级"]}
        assert desk.do("work_order.edit", id=order, changes=changes)["outcome"] == "applied"
        return order

    def _write(self) -> None:
        """Rows of every kind under the work order, recorded by the author."""
        session, ids = db.session(), {name: user.id for name, user in self.people.items()}
        order = session.get_one(WorkOrder, self.order)
        order.owner_id = ids["owner"]
        order.handover = {"to_id": ids["asked"], "by_id": ids["owner"], "at": "", "until": "", "note": ""}
        under = {
            "visit_id": self.visit, "work_order_id": self.order, "site_id": self.cast.site.id, "user_id": ids["person"],
            "created_by": ids["author"],
        }  # fmt: skip

        def write(model: type[Any], **known: Any) -> str:
            row = filled(model, {**under, **known})
            session.add(row)
            session.flush()
            return str(row.id)

        self.row_of = {
            noun: write(model, state="stored" if noun == "attachment" else "open") for noun, model in FACTS.items()
        }
        run = write(ChecklistRun, version_id=self.cast.checklist.id, state="in_progress")
        document = write(Document, pages=[{}], pins=[], state="active", kind="wiring")
        promised = session.scalars(select(SlaMilestone).where(SlaMilestone.work_order_id == self.levels[3])).all()
        resolve = next(one for one in promised if one.kind == "resolve")
        self.delays = {
            entry: write(DelayDeclaration, work_order_id=self.levels[3], milestone_id=resolve.id,
                         new_due_at=resolve.due_at + more, kind="resolve",
                         state="submitted")
            for entry, more in (("delay", timedelta(minutes=1)), ("delay_beyond", timedelta(days=400)))
        }  # fmt: skip
        self.plans = {
            level: write(ResolutionPlan, work_order_id=order_id, state="review")
            for level, order_id in self.levels.items()
        }
        self.row_of |= {
            "work_order": self.order, "part_request": write(PartRequest, state="shipped"),
            "link": write(CustomerLink, kind="status"), "hold": write(Hold, state="on", reason="parts"),
            "help": write(Escalation, state="open", rung="specialist"), "document": document, "plan": new_id(),
            "review": write(ReviewItem, state="open", act="note.add", outcome="parked"),
            "delay": write(DelayDeclaration, milestone_id=resolve.id, kind="resolve", state="approved"),
            "complaint": write(Complaint, state="answered", about_ids=[ids["person"]], steps=[], warned={}),
            "assessment": write(Assessment, month="2026-10", state="confirmed", lines=[]),
            "improvement": write(ImprovementAction, state="open", owner_id=ids["person"]),
            "emergency": write(Emergency, state="active"), "drill_action": write(DrillAction, owner_id=ids["person"]),
            "drill": write(Drill, leader_id=ids["person"], participant_ids=[], state="planned"),
        }  # fmt: skip
        now = clock.now()
        self.named = {
            "visit_id": self.visit, "work_order_id": self.order, "run_id": run, "site_id": self.cast.site.id,
            "document_id": document, "version_id": self.cast.checklist.id, "point_id": new_id(),
            "asset_id": self.cast.asset.id, "part_id": self.cast.part.id, "item_id": "clean",
            "slot_start": clock.wire(now), "slot_end": clock.wire(now + timedelta(hours=1)),
            "starts_at": clock.wire(now), "ends_at": clock.wire(now + timedelta(hours=1)),
            "emergency_id": self.row_of["emergency"], "drill_id": self.row_of["drill"],
            "rrule": "FREQ=MONTHLY;BYMONTHDAY=5", "levels": policy_of(DEFAULT_POLICY)["levels"], "month": "2026-11",
        }  # fmt: skip
        session.commit()

    def become(self, role: str) -> None:
        with self.app.app_context():
            for user in self.people.values():
                row = db.session.get_one(User, user.id)
                row.roles = user.roles = [role]
            db.session.commit()
        self.roles = role

    def archive(self) -> None:
        """The work order ends, and after its weeks on the desks leaves them."""
        with self.app.app_context():
            for order_id in self.levels.values():
                order = db.session.get_one(WorkOrder, order_id)
                order.close(clock.now())
                order.handover = {**(order.handover or {}), "to_id": self.people["asked"].id}
                order.archived = True
            db.session.commit()

    def truth(self, name: str, archived: bool) -> set[str]:
        sees = name == SENT_TO_SITE_AS_LEADS and self.roles == "crew_lead" and not archived
        return PEOPLE[name] | ({"sent_to_site"} if sees else set())

    # --- Arguments ----------------------------------------------------------------------------------------

    def cases(self) -> Iterator[tuple[str, dict[str, Any], tuple[str, int | None] | None]]:
        """Every act with arguments about this world, and the entry of the ladder it calls for, if it does."""
        for name, entry in REGISTRY.items():
            args = {key: self._value(name, key, field) for key, field in entry.schema.fields.items() if field.required}
            args |= WHOLE.get(name, {})
            if name == "delay.decide":
                yield from ((name, {**args, "id": row}, (kind, None)) for kind, row in self.delays.items())
            elif name == "plan.decide":
                yield from ((name, {**args, "id": row}, ("plan", level)) for level, row in self.plans.items())
            else:
                yield from ((name, {**args, **more}, None) for more in self._variants(name))

    def _variants(self, name: str) -> list[dict[str, Any]]:
        of_visit, of_order = {"visit_id": self.visit}, {"work_order_id": self.order}
        return {
            "attachment.add": [of_visit, of_order], "link.make": [of_visit, {}],
            "review.settle": [{"decision": "discard"}, {"decision": "apply"}],
            "complaint.close": [{"satisfied": True}, {}],
        }.get(name, [{}])  # fmt: skip

    def _value(self, act: str, key: str, field: Any) -> Any:
        if key == "id":
            return self.row_of.get(act.partition(".")[0]) or new_id()
        return self.named[key] if key in self.named else value_for(field)


def filled(model: type[Any], known: dict[str, Any]) -> Any:
    """A row with the values that are known of it, and something in every other column that needs it."""
    columns = inspect(model).columns
    row = {key: value for key, value in known.items() if key in columns}
    for column in columns:
        if column.key not in row and not column.nullable and column.default is None and not column.primary_key:
            row[column.key] = MOMENT if isinstance(column.type, Instant) else _SOME.get(column.type.python_type, {})
    return model(id=new_id(), **row)


MOMENT = datetime.fromisoformat("2026-11-20T08:00:00+00:00")
_SOME: dict[type, Any] = {str: "x", int: 1, bool: False, dict: {}, list: [], date: MOMENT.date()}


def value_for(field: Any) -> Any:
    """The simplest value a field of a schema takes."""
    if isinstance(field, fields.List):
        return [value_for(field.inner)]
    if isinstance(field, fields.Nested):
        return {key: value_for(one) for key, one in field.schema.fields.items() if one.required}
    for check in field.validators:
        if choices := getattr(check, "choices", None):
            return next(iter(choices))
        if (least := getattr(check, "min", None)) is not None and not isinstance(field, fields.List):
            return least
    for kind, value in (
        (shapes.Id, new_id()), (shapes.At, clock.wire(clock.now())), (shapes.Changes, {"x": ["", "y"]}),
        (shapes.JsonObject, {}), (shapes.Json, "x"), (fields.Date, "2026-11-20"), (fields.Boolean, True),
        (fields.Integer, 1), (fields.Float, 0.5), (shapes.Text, "x"), (fields.String, "a" * 64),
    ):  # fmt: skip
        if isinstance(field, kind):
            return value
    raise TypeError(f"no value for {field!r}")
