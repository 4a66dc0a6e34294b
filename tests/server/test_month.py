"""The month in one click (F4): every number equals an independent recount, and is followed to its rows."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook

from server.extensions import db
from server.models import (
    Asset,
    DelayDeclaration,
    Diagnosis,
    PlanOccurrence,
    Signature,
    Site,
    SlaMilestone,
    Survey,
    WorkOrder,
    new_id,
)
from server.reports.month_figures import FIGURES, PATROLS, RESOLVED
from tests.cast import Cast
from tests.peer import Peer

MakePeer = Callable[..., Peer]
OCTOBER = datetime(2026, 9, 30, 16, tzinfo=UTC)  # 1 October in China
NOVEMBER = datetime(2026, 10, 31, 16, tzinfo=UTC)
STATES = ("ready", "in_progress", "work_done", "confirming", "closed", "cancelled", "merged", "draft")
KINDS = ("repair", "repair", "repair", "other", "consultation", "monthly", "quarterly")


def put(*rows: Any) -> None:
    db.session.add_all(rows)
    db.session.commit()


def signed(order_id: str, visit_id: str, when: datetime, rating: dict[str, int]) -> Signature:
    return Signature(
        id=new_id(), visit_id=visit_id, work_order_id=order_id, role="customer", name="张女士", content_hash="",
        content={}, strokes={}, image_id=new_id(), rating=rating, opinion="", device_at=when,
    )  # fmt: skip


def heard(made: dict[str, list[Any]]) -> list[tuple[str, float]]:
    """(order, mean stars) of what customers said in October: of each visit the latest answer, and no other."""
    said: dict[str, tuple[datetime, str, float]] = {}
    rows = [(r, {name: getattr(r, name) for name in Survey.ASPECTS}) for r in made["ratings"]]
    for row, stars in [*rows, *((r, r.rating) for r in made["signed"])]:
        about = row.visit_id or row.id
        if OCTOBER <= row.device_at < NOVEMBER and (about not in said or said[about][0] < row.device_at):
            said[about] = (row.device_at, row.work_order_id, sum(stars.values()) / 3)
    return [(order_id, stars) for _, order_id, stars in said.values()]


def a_year_of_work(cast: Cast) -> dict[str, list[Any]]:
    """Orders of September to November, with promises, delays, diagnoses and ratings, as chance has it."""
    chance = random.Random(20261031)
    sites = [cast.site.id, *(new_id() for _ in range(3))]
    assets = [(new_id(), kind) for kind in ("ddc", "camera", "gate") for _ in range(4)]
    made: dict[str, list[Any]] = {
        "orders": [], "promises": [], "delays": [], "found": [], "ratings": [], "signed": [], "rounds": [],
    }  # fmt: skip
    for number, id_ in enumerate(sites[1:]):
        put(Site(id=id_, number=f"S-9{number}", name=f"现场{number}", customer_id=cast.customer.id))
    put(*(Asset(id=id_, number=f"M-{id_[-8:]}", site_id=sites[0], name=kind, asset_class=kind) for id_, kind in assets))
    for number in range(160):
        reported = OCTOBER + timedelta(minutes=chance.randrange(-30 * 1440, 40 * 1440))
        state = chance.choice(STATES)
        done = reported + timedelta(hours=chance.randrange(1, 200))
        order = WorkOrder(
            id=new_id(), number=f"T{number:04d}", state=state, kind=chance.choice(KINDS), title="黑屏", level=1,
            customer_id=cast.customer.id, site_id=chance.choice(sites), asset_id=chance.choice([None, *assets])
            and chance.choice(assets)[0], reported_at=reported, categories=chance.choice([[], ["a"], ["a", "b"]]),
            reopened=chance.choice([0, 0, 0, 1]), ended_at=done if state == "closed" else None,
        )  # fmt: skip
        order.level = chance.choice([1, 2, 3])
        made["orders"].append(order)
        for kind in ("respond", "resolve"):
            due = reported + timedelta(hours=chance.randrange(1, 72))
            met = due + timedelta(minutes=chance.randrange(-50, 30)) if chance.random() < 0.8 else None
            promise = SlaMilestone(
                id=new_id(), work_order_id=order.id, kind=kind, due_at=due, met_at=met, round=0, pauses=[], warned={},
                breached=bool(met and met > due),
            )  # fmt: skip
            made["promises"].append(promise)
            if chance.random() < 0.2:
                delay = DelayDeclaration(
                    id=new_id(), work_order_id=order.id, milestone_id=promise.id, kind=kind, reason="parts",
                    was_due_at=due, new_due_at=due, declared_at=reported, before_breach=chance.random() < 0.7,
                    state=chance.choice(["submitted", "approved", "told", "refused"]),
                )  # fmt: skip
                made["delays"].append(delay)
        if chance.random() < 0.7:
            symptom = chance.choice(["offline", "dark", ""])
            found = Diagnosis(id=new_id(), visit_id=new_id(), work_order_id=order.id, symptom_code=symptom)
            made["found"].append(found)
        if chance.random() < 0.5:
            stars = {name: chance.randrange(1, 6) for name in Survey.ASPECTS}
            visit_id = chance.choice([None, new_id()])
            rating = Survey(
                id=new_id(), work_order_id=order.id, visit_id=visit_id, mode="link", device_at=done, **stars
            )  # fmt: skip
            made["ratings"].append(rating)
            if visit_id and chance.random() < 0.7:  # the customer rated when signing too, before or after that answer
                made["signed"].append(signed(order.id, visit_id, done + timedelta(hours=chance.randrange(-400, 400)), {
                    name: chance.randrange(1, 6) for name in Survey.ASPECTS
                }))  # fmt: skip
    made["rounds"] = rounds(chance, sites, [order.id for order in made["orders"] if order.kind in PATROLS])
    put(*(row for rows in made.values() for row in rows))
    return made


def rounds(chance: random.Random, sites: list[str], orders: list[str]) -> list[PlanOccurrence]:
    """What plans made from September to November: with a work order or without, several of them for one visit."""
    made = []
    for number in range(120):
        due = (OCTOBER + timedelta(days=chance.randrange(-30, 62), hours=12)).date()
        state = chance.choice(PlanOccurrence.STATES)
        sent = state in ("visit_made", "done") and chance.random() < 0.8
        made.append(PlanOccurrence(
            id=new_id(), plan_id=f"plan-{number}", site_id=chance.choice(sites), kind="monthly", due_on=due,
            opens_on=due, closes_on=due, state=state, work_order_id=chance.choice(orders) if sent else None,
            done_on=due if state == "done" else None, reason="停业" if state == "excused" else "",
        ))  # fmt: skip
    return made


def recount(made: dict[str, list[Any]]) -> dict[str, int]:
    """October by hand, from the rows as they were made."""
    orders = {row.id: row for row in made["orders"]}
    month = [o for o in orders.values() if OCTOBER <= o.reported_at < NOVEMBER and o.state != "draft"]
    told = {d.milestone_id for d in made["delays"] if d.before_breach and d.state in ("approved", "told")}
    reported = [o for o in month if o.kind not in PATROLS]
    planned = [one for one in made["rounds"] if (one.due_on.year, one.due_on.month) == (2026, 10)]
    repaired = [o for o in reported if o.kind == "repair" and o.state in RESOLVED]
    live = [o for o in orders.values() if o.kind == "repair" and o.state not in ("draft", "cancelled", "merged")]
    again = [
        o for o in repaired
        if o.reopened or any(
            p.asset_id and p.asset_id == o.asset_id and p.reported_at > o.reported_at
            and p.reported_at - (o.ended_at or o.reported_at) <= timedelta(days=30) for p in live
        )
    ]  # fmt: skip
    found = {
        "registered": len(reported), "cancelled": sum(o.state == "cancelled" for o in reported),
        "accountable": sum(o.state not in ("cancelled", "merged") for o in reported),
        "resolved": sum(o.state in RESOLVED for o in reported), "level_1": sum(o.level == 1 for o in reported),
        "consultations": sum(o.kind == "consultation" for o in reported),
        "patrols": len(planned), "patrols_due": sum(one.state != "excused" for one in planned),
        **{f"patrols_{state}": sum(one.state == state for one in planned) for state in ("done", "missed", "excused")},
        "repaired": len(repaired), "repaired_again": len(again), "repaired_once": len(repaired) - len(again),
        "ratings": len(heard(made)),
    }  # fmt: skip
    for kind in ("respond", "resolve"):
        due = [
            p for p in made["promises"]
            if p.kind == kind and OCTOBER <= p.due_at < NOVEMBER
            and orders[p.work_order_id].state not in ("cancelled", "merged")
        ]  # fmt: skip
        found[f"{kind}_due"] = sum(p.id not in told for p in due)
        found[f"{kind}_declared"] = sum(p.id in told for p in due)
        found[f"{kind}_met"] = sum(p.id not in told and p.met_at is not None and p.met_at <= p.due_at for p in due)
    return found


def ask(desk: Peer, path: str, **more: Any) -> Any:
    answer = desk.client.get(f"/api/reports/{path}", query_string={"month": "2026-10", **more}, headers=desk.headers)
    assert answer.status_code == 200, answer.text
    return answer


def test_every_number_of_the_month_equals_a_recount_and_is_followed_to_its_rows(
    app: Flask, cast: Cast, desk: Peer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("server.clock.now", lambda: datetime(2026, 12, 1, tzinfo=UTC))
    desk = Peer(desk.client, cast.dora)
    with app.app_context():
        made = a_year_of_work(cast)
        expected = recount(made)
        orders = {row.id: row for row in made["orders"]}
        stars = [mean for _, mean in heard(made)]
        october = [o for o in orders.values() if OCTOBER <= o.reported_at < NOVEMBER]
        counted = [o for o in october if o.kind not in PATROLS and o.state != "draft"]
        categories = Counter(code for o in counted for code in o.categories)
        ids = {o.id for o in counted}
        symptoms = Counter(f.symptom_code for f in made["found"] if f.symptom_code and f.work_order_id in ids)
        by_site = Counter(o.site_id for o in counted)
        october_rounds = [one for one in made["rounds"] if (one.due_on.year, one.due_on.month) == (2026, 10)]
        due_by_site = Counter(one.site_id for one in october_rounds if one.state != "excused" and not one.work_order_id)
        of_order = {o.id: o.site_id for o in orders.values()}
        due_by_site += Counter(
            of_order[one.work_order_id] for one in october_rounds if one.state != "excused" and one.work_order_id
        )
        report = ask(desk, "month").json
    assert {name: report["figures"][name]["n"] for name in expected} == expected
    assert min(expected.values()) > 0  # or nothing was shown
    for name, n in expected.items():
        behind = ask(desk, "month/rows", figure=name).json
        assert behind["total"] == len(behind["items"]) == n, name
    rate = report["rates"]["resolution"]
    assert rate["value"] == pytest.approx(100 * expected["resolved"] / expected["accountable"])
    assert report["means"]["satisfaction"]["value"] == pytest.approx(100 * sum(stars) / len(stars) / 5)
    assert {line["code"]: line["n"] for line in report["types"]["category"]} == dict(categories)
    assert {line["code"]: line["n"] for line in report["types"]["symptom"]} == dict(symptoms)
    assert {line["site_id"]: line["registered"] for line in report["sites"] if line["registered"]} == dict(by_site)
    assert {line["site_id"]: line["patrols_due"] for line in report["sites"] if line["patrols_due"]} == dict(
        due_by_site
    )
    missed = ask(desk, "month/rows", figure="patrols_missed").json["items"]
    assert {(one["id"], one["state"], one["kind"]) for one in missed} == {(None, "missed", "monthly")}
    excused = ask(desk, "month/rows", figure="patrols_excused").json["items"][0]
    assert excused["title"] == "停业" and excused["site_name"]
    code, n = categories.most_common(1)[0]
    behind = ask(desk, "month/rows", figure="registered", by="category", value=code).json
    assert behind["total"] == n and {item["id"] for item in behind["items"]} <= ids
    assert report["trend"][-1]["registered"] == expected["registered"]
    quarter = report["quarter"]["kpis"]["resolution"]
    assert quarter["of"] == ask(desk, "month/rows", figure="accountable", months=3).json["total"]


def test_an_empty_month_has_no_rates_and_the_sheet_has_real_numbers(cast: Cast, desk: Peer, phone: Peer):
    report = ask(desk, "month").json
    assert report["rates"]["resolution"]["value"] is None and report["means"]["satisfaction"]["value"] is None
    assert set(report["figures"]) == set(FIGURES)
    book = load_workbook(BytesIO(ask(desk, "month.xlsx", lang="zh-CN").data))
    assert book.sheetnames == ["指标", "统计", "维修统计表", "类型", "趋势"]
    cell = book["统计"]["B2"]
    assert cell.value == 0 and cell.data_type == "n"
    for wrong in ("2026-13", "2026", "x" * 9):
        answer = desk.client.get("/api/reports/month", query_string={"month": wrong}, headers=desk.headers)
        assert (answer.status_code, answer.json["code"]) == (422, "validation")
    for path in ("month", "month/rows?figure=registered", "month.xlsx"):
        answer = phone.client.get(f"/api/reports/{path}", query_string=None, headers=phone.headers)
        assert answer.status_code == 403, path


def test_what_is_written_about_a_month_is_one_report_and_is_approved_by_who_may(cast: Cast, desk: Peer, peer: MakePeer):
    sam, other = peer(cast.sam), peer(cast.sam)
    words = {"month": "2026-10", "analysis": "电源故障占三成。", "improvements": "更换老旧电源。"}
    assert desk.do("monthly_report.write", id=new_id(), **words)["code"] == "forbidden"
    mine = new_id()
    assert sam.do("monthly_report.write", id=mine, **words)["outcome"] == "applied"
    seen = desk.pull().row("monthly_report", mine)
    assert (seen["analysis"], seen["written_by"]) == (words["analysis"], cast.sam.id)
    unseen = other.do("monthly_report.write", id=new_id(), **{**words, "analysis": "另一种看法。"})
    assert unseen["outcome"] == "merged"  # one report of a month; the words it replaced are in the journal
    now = desk.pull().row("monthly_report", mine)
    assert now["analysis"] == "另一种看法。"
    known = {**words, "analysis": "电源。", "over": now["written_at"]}
    assert sam.do("monthly_report.write", id=mine, **known)["outcome"] == "applied"
    assert sam.do("monthly_report.approve", id=mine)["code"] == "forbidden"
    report = ask(desk, "month").json["report"]
    assert (report["id"], report["approved_at"]) == (mine, None)
    assert sam.do("monthly_report.write", id=new_id(), **{**words, "month": "2026-00"})["code"] == "args-invalid"


def test_what_is_due_later_this_month_is_not_due_yet(
    app: Flask, cast: Cast, desk: Peer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("server.clock.now", lambda: OCTOBER + timedelta(days=9, hours=12))
    desk = Peer(desk.client, cast.dora)
    made = ((9, "due"), (10, "due"), (11, "due"), (12, "done"), (13, "excused"))
    with app.app_context():
        for day, state in made:
            due = date(2026, 10, day)
            put(PlanOccurrence(
                id=new_id(), plan_id=new_id(), site_id=cast.site.id, kind="monthly", due_on=due, opens_on=due,
                closes_on=due, state=state, done_on=due if state == "done" else None,
            ))  # fmt: skip
    figures = ask(desk, "month").json["figures"]
    assert (figures["patrols"]["n"], figures["patrols_due"]["n"], figures["patrols_done"]["n"]) == (5, 3, 1)
