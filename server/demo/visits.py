"""What happens on a work order and a visit, as acts at times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from server import clock
from server.demo.answers import Given, fill
from server.demo.defects import Act, Register
from server.demo.pictures import BY_CLASS, Album, Picture
from server.demo.points import Walls
from server.demo.timeline import Timeline
from server.demo.world import World
from server.models import Asset, Site, Visit
from server.reports.view import visit_report
from server.scopes import ZONE

STAGES = ("travelling", "arrived", "working", "paused", "work_done", "signed", "submitted")
DRIVE = timedelta(minutes=24)
WALK = timedelta(minutes=6)  # from the gate to the equipment
BRING = {
    "repair": ["万用表", "常用备件箱"], "half_year": ["升降车", "镜头清洁套装"], "quarterly": ["巡查表两份"],
}  # fmt: skip
SHARE_WAIVED = 0.15
PART_SERIAL_DIGITS = 10


@dataclass
class Matter:
    """A work order to be. `case` is what was wrong, for a repair."""

    id: str
    site: Site
    kind: str
    title: str
    level: int
    reported_at: datetime
    description: str = ""
    asset: Asset | None = None
    case: dict[str, Any] | None = None


@dataclass
class Trip:
    """A visit to be. `photos`: whether the engineer takes pictures; `filled`: whether the checklist gets done."""

    id: str
    matter: Matter
    login: str
    start: datetime
    end: datetime
    mode: str = "on_site"
    helpers: Sequence[str] = ()
    photos: bool = False
    filled: bool = False
    diagnosis_id: str = ""


@dataclass
class Stage:
    """Who writes the scripts: the world, its timeline and its pictures."""

    world: World
    timeline: Timeline
    album: Album = field(init=False)
    defects: Register = field(init=False)
    walls: Walls = field(init=False)
    sent: dict[str, dict[str, datetime]] = field(default_factory=dict)  # by login, what was sent when

    def __post_init__(self) -> None:
        self.album = Album(self.world.rng)
        self.defects = Register(self.world)
        self.walls = Walls(self.world)

    # --- The office ---------------------------------------------------------------------------------------

    def register(self, matter: Matter, at: datetime, by: str, contact: bool = True) -> None:
        site, patrol = matter.site, matter.kind != "repair"
        args: dict[str, Any] = {
            "id": matter.id, "customer_id": site.customer_id, "site_id": site.id, "kind": matter.kind,
            "title": matter.title, "description": matter.description, "level": matter.level,
            "level_reason": "合同约定的计划性任务" if patrol else _LEVEL_REASONS[matter.level],
            "channel": "app" if patrol else self.world.weighted("channels"),
            "source": "internal" if patrol else self.world.weighted("sources"),
            "reported_at": clock.wire(matter.reported_at),
        }  # fmt: skip
        if matter.asset is not None:
            args["asset_id"] = matter.asset.id
        self.timeline.add(at, by, "work_order.register", args, contact)
        if patrol:
            for when, name, point in self.walls.hang(at, site):
                self.timeline.add(when, by, name, point, contact)

    def dispatch(self, trip: Trip, at: datetime, by: str) -> None:
        version = self.world.checklists.get(trip.matter.kind)
        remote = trip.mode == "remote"
        args = {
            "id": trip.id, "work_order_id": trip.matter.id, "mode": trip.mode, "lead_id": self._user(trip.login),
            "helper_ids": [self._user(login) for login in trip.helpers], "slot_start": clock.wire(trip.start),
            "slot_end": clock.wire(trip.end), "brief": "" if remote else trip.matter.site.access_notes[:200],
            "checklist_codes": [] if remote or version is None else [version.code],
            "bring": [] if remote else BRING.get(trip.matter.kind, []),
        }  # fmt: skip
        self.timeline.add(at, by, "visit.dispatch", args, True)
        self.sent.setdefault(trip.login, {})[trip.id] = at

    def review(self, trip: Trip, at: datetime, by: str, decision: str = "accept", remarks: str = "") -> None:
        args = {"visit_id": trip.id, "decision": decision, "remarks": remarks}
        self.timeline.add(at, by, "visit.review", args, True)

    def close(self, matter: Matter, at: datetime, by: str) -> None:
        args = {"id": matter.id, "note": self.world.pick("callback_notes_zh")}
        self.timeline.add(at, by, "work_order.close", args, True)

    def cancel(self, matter: Matter, at: datetime, by: str) -> None:
        reason = self.world.rng.choice(("CANC-01", "CANC-02", "CANC-03"))
        args = {"id": matter.id, "reason": reason, "note": self.world.pick("cancel_notes_zh")}
        self.timeline.add(at, by, "work_order.cancel", args, True)

    # --- The field ----------------------------------------------------------------------------------------

    def does(self, trip: Trip, at: datetime, act: str, contact: bool = False, **args: Any) -> None:
        self.timeline.add(at, trip.login, act, {"visit_id": trip.id, **args}, contact)

    def accept(self, trip: Trip, at: datetime, contact: bool = True) -> None:
        self.does(trip, at, "visit.accept", contact)

    def carry_out(self, trip: Trip, set_out: datetime, until: str = "submitted", online: bool = False) -> datetime:
        """From setting out to `until`; gives when that was reached. `online`: every step is sent at once."""
        last = STAGES.index(until)
        at = set_out
        if trip.mode == "on_site":
            self.does(trip, at, "visit.travel", online)
            if last < 1:
                return at
            at += DRIVE
            self.does(trip, at, "visit.arrive", online, place=self._place(trip.matter.site))
            if last < 2:
                return at
            at += WALK
        self.does(trip, at, "visit.work", online)
        minutes = (trip.matter.case or {}).get("minutes", [30, 60])[1]
        if last < 4:
            self.record(trip, at, timedelta(minutes=minutes) / 3, online)
            if until == "paused":
                at += timedelta(minutes=minutes) / 2
                self.does(trip, at, "visit.pause", True, reason="HOLD-01", note=self.world.pick("pause_notes_zh"))
            return at
        self.record(trip, at, timedelta(minutes=minutes), online)
        at += timedelta(minutes=minutes)
        self.does(trip, at, "visit.finish", online)
        if last < 5:
            return at
        at = self.sign(trip, at + timedelta(minutes=4))
        if last < 6:
            return at
        at += timedelta(minutes=self.world.rng.randint(2, 6))
        self.does(trip, at, "visit.submit", True)
        return at

    def record(self, trip: Trip, start: datetime, span: timedelta, contact: bool = False) -> None:
        """What is found, used, photographed and answered while working."""
        if trip.photos:
            self._photos(trip, start + span * 0.1, "before")
        if trip.matter.case is not None:
            self._diagnosis(trip, start + span * 0.4)
            if span > timedelta(minutes=10):
                self._parts(trip, start + span * 0.6)
        version = self.world.checklists.get(trip.matter.kind)
        if trip.filled and version is not None and trip.mode == "on_site":
            self._checklist(trip, start + span * 0.2, span * 0.7, version.id, version.items)
        if trip.photos:
            self._photos(trip, start + span * 0.93, "after")
        if self.world.rng.random() < 0.5:
            at = start + span * 0.96
            self.does(trip, at, "note.add", contact, id=self.world.id(at), text=self.world.pick("visit_notes_zh"))

    def _diagnosis(self, trip: Trip, at: datetime) -> None:
        case = trip.matter.case or {}
        trip.diagnosis_id = self.world.id(at)
        found = {
            "symptom_code": case["symptom_code"], "symptom_text": case["title_zh"], "cause_code": case["cause_code"],
            "action_code": case["action_code"], "action_text": case["diagnosis_zh"], "cautions": case["cautions_zh"],
            "test_result": case["test_result"], "test_text": case["test_result_zh"],
        }  # fmt: skip
        changes: dict[str, list[Any]] = {name: ["", value] for name, value in found.items()}
        if trip.matter.asset is not None:
            changes["asset_id"] = [None, trip.matter.asset.id]
        self.does(trip, at, "diagnosis.edit", id=trip.diagnosis_id, changes=changes)

    def _parts(self, trip: Trip, at: datetime) -> None:
        for number in (trip.matter.case or {}).get("part_numbers", ()):
            part = self.world.parts.get(number)
            if part is None:
                continue
            own = (self._user(trip.login), part.id) in self.world.carried
            serial = "".join(str(self.world.rng.randint(0, 9)) for _ in range(PART_SERIAL_DIGITS))
            old = trip.matter.asset.serial if trip.matter.asset and part.serialised else ""
            self.does(
                trip, at, "part.use", id=self.world.id(at), part_id=part.id, quantity=1,
                source="own" if own else "warehouse", serials=[f"SN{serial}"] if part.serialised else [],
                old_serials=[old] if old else [],
            )  # fmt: skip
            at += timedelta(seconds=40)

    def _photos(self, trip: Trip, at: datetime, purpose: str) -> None:
        asset, site = trip.matter.asset, trip.matter.site
        stamp = f"{(at + ZONE):%Y-%m-%d %H:%M}  {site.name}"
        scene = BY_CLASS.get(asset.asset_class, "panel") if asset else "rack"
        self.take(trip, at, purpose, self.album.photo(scene, [asset.name if asset else site.name, stamp]))
        if asset is not None and purpose == "before":
            lines = [asset.brand, asset.model, f"S/N {asset.serial or '-'}", asset.location, asset.number, stamp]
            later = at + timedelta(seconds=50)
            self.take(trip, later, "nameplate", self.album.photo("nameplate", lines))

    def take(self, trip: Trip, at: datetime, purpose: str, picture: Picture | None, **more: Any) -> str:
        """Declares a picture; gives the attachment's id, empty when there is no picture."""
        if picture is None:
            return ""
        attachment = self.world.id(at)
        self.does(
            trip, at, "attachment.add", id=attachment, sha256=picture.sha256, size=len(picture.content),
            mime=picture.mime, purpose=purpose, taken_at=clock.wire(at), width=picture.width, height=picture.height,
            **more,
        )  # fmt: skip
        return attachment

    def _checklist(
        self, trip: Trip, start: datetime, span: timedelta, version_id: str, items: list[dict[str, Any]]
    ) -> None:
        run = self.world.id(start)
        self.does(trip, start, "checklist.start", id=run, version_id=version_id)
        self._about(trip, self.defects.looked_at_again(start, trip.matter.site.id, run))
        self._about(trip, self.walls.walked(start, span, trip.matter.site, run))
        scan = trip.matter.asset.number if trip.matter.asset else trip.matter.site.number
        given = list(fill(self.world, items, scan))
        for number, answer in enumerate(given):
            self._answer(trip, start + span * ((number + 1) / (len(given) + 2)), run, answer)
        done = start + span
        self.timeline.add(done, trip.login, "checklist.complete", {"run_id": run})

    def _answer(self, trip: Trip, at: datetime, run: str, given: Given) -> None:
        answer, value = self.world.id(at), given.value
        taken = [self._answer_picture(trip, at, role, answer) for role in given.pictures]
        if given.item["type"] == "photo":
            value = taken
        elif given.item["type"] == "photo_pair":
            value = dict(zip(("before", "after"), taken, strict=True))
        elif given.item["type"] == "signature":
            value = taken[0]
        args = {"id": answer, "run_id": run, "item_id": given.item["id"], "value": value, "note": given.note}
        self.timeline.add(at, trip.login, "checklist.answer", args)
        if value == "fail":
            self._about(trip, self.defects.opened(at, trip.matter.site.id, run, given.item, given.note))

    def _about(self, trip: Trip, acts: Iterable[Act]) -> None:
        for at, name, args in acts:
            if name == "defect.withdraw":
                self.timeline.add(at, trip.login, name, args)
            else:
                self.does(trip, at, name, **args)

    def _answer_picture(self, trip: Trip, at: datetime, role: str, answer: str) -> str:
        if role == "signature":
            picture: Picture | None = self.album.signature(self.signer(trip))[0]
        else:
            stamp = f"{(at + ZONE):%Y-%m-%d %H:%M}  {trip.matter.site.name}"
            scene = self.world.rng.choice(("rack", "panel", "meter", "camera"))
            picture = self.album.photo(scene, [trip.matter.site.name, stamp])
        purpose = "signature" if role == "signature" else "answer"
        return self.take(trip, at, purpose, picture, parent_noun="checklist_answer", parent_id=answer)

    # --- The end of a visit -------------------------------------------------------------------------------

    def signer(self, trip: Trip) -> str:
        return trip.matter.site.contact_name or "值班员"

    def sign(self, trip: Trip, at: datetime) -> datetime:
        """The customer rates and signs what the phone shows, or nobody can and the engineer says why."""
        if trip.mode == "remote" or self.world.rng.random() < SHARE_WAIVED:
            reason = "WAIVE-02" if trip.mode == "remote" else "WAIVE-01"
            note = "远程处理,客户电话确认。" if trip.mode == "remote" else ""
            self.does(trip, at, "report.waive", id=self.world.id(at), reason=reason, note=note)
            return at
        name = self.signer(trip)
        picture, strokes = self.album.signature(name)
        image = self.take(trip, at, "signature", picture)
        rating = {aspect: self.world.rng.choice(marks) for aspect, marks in self.world.words["ratings"].items()}
        opinion = (trip.matter.case or {}).get("customer_opinion_zh") or self.world.pick("customer_opinions_zh")
        signature = self.world.id(at)

        def args(session: Session) -> dict[str, Any]:
            """The report as it stands when the customer holds the phone."""
            report = visit_report(session, session.get_one(Visit, trip.id))
            session.rollback()
            return {
                "id": signature, "visit_id": trip.id, "role": "customer", "name": name, "content": report.content,
                "content_hash": report.content_hash, "strokes": strokes, "image_id": image, "rating": rating,
                "opinion": opinion,
            }  # fmt: skip

        at += timedelta(seconds=35)
        self.timeline.add(at, trip.login, "report.sign", args)
        return at

    def _user(self, login: str) -> str:
        return self.world.users[login].id

    def _place(self, site: Site) -> dict[str, Any]:
        """Near the gate, as a phone's satellite fix has it."""
        lat, lng = float(site.lat or 0), float(site.lng or 0)
        drift = self.world.rng.uniform(-0.0004, 0.0004)
        accuracy = self.world.rng.randint(8, 45)
        return {"lat": f"{lat + drift:.6f}", "lng": f"{lng - drift:.6f}", "accuracy_m": accuracy}


_LEVEL_REASONS = {1: "系统整体失效或影响安全", 2: "主要功能受影响", 3: "单点故障,不影响整体运行"}
