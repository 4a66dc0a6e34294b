"""Quotation, consent and payment, by two real devices (D7)."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server.models import new_id
from sync.report import content_hash
from tests.cast import Cast
from tests.peer import Peer
from tests.server.story import dispatched

MakePeer = Callable[..., Peer]
PAPERS: dict[str, Any] = json.loads((Path(__file__).parent.parent / "vectors" / "money.json").read_text("utf-8"))[
    "content"
]
INK = {"width": 300, "height": 120, "strokes": [{"points": [[1, 1, 0], [40, 60, 30], [90, 20, 60]]}]}


def paper(kind: str, **changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(PAPERS[kind]), **changes}


def quote(phone: Peer, visit_id: str, **changes: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """A quotation: its id, its content and the receipt."""
    quotation_id, content = new_id(), paper("quotation", **changes)
    receipt = phone.do(
        "quotation.make", id=quotation_id, visit_id=visit_id, content=content, content_hash=content_hash(content)
    )
    return quotation_id, content, receipt


def consent(phone: Peer, visit_id: str, quotation_id: str, content: dict[str, Any], **more: Any) -> dict[str, Any]:
    said = {"content_hash": content_hash(content), "signer": "张经理", "strokes": INK, "image_id": new_id(), **more}
    return phone.do("quotation.agree", id=quotation_id, visit_id=visit_id, **said)


def pay(phone: Peer, visit_id: str, lines: Any, total: int, **more: Any) -> dict[str, Any]:
    said = {"basis": "charged", "paid_cents": total, "method": "wechat", "receipt_number": "SJ-0001", **more}
    return phone.do("charge.record", id=new_id(), visit_id=visit_id, lines=lines, total_cents=total, **said)


@pytest.fixture
def on_site(cast: Cast, peer: MakePeer) -> tuple[Peer, Peer, str]:
    desk, phone = peer(cast.dora), peer(cast.alice)
    return desk, phone, dispatched(desk, cast, cast.alice)[1]


def test_a_customer_consents_to_exactly_what_was_shown_and_the_office_reads_it(on_site: tuple[Peer, Peer, str]):
    desk, phone, visit_id = on_site
    quotation_id, content, receipt = quote(phone, visit_id)
    assert receipt["outcome"] == "applied", receipt
    other = paper("quotation", note="另一份")
    assert consent(phone, visit_id, quotation_id, other)["code"] == "hash-mismatch"
    assert consent(phone, visit_id, quotation_id, content)["outcome"] == "applied"
    body = desk.pull().row("quotation", quotation_id)
    assert body is not None
    assert (body["state"], body["total_cents"], body["signer"]) == ("agreed", 55600, "张经理")
    assert body["content"] == content and body["content_hash"] == content_hash(content)
    assert consent(phone, visit_id, quotation_id, content)["code"] == "already-settled"


def test_a_quotation_that_does_not_add_up_is_none(on_site: tuple[Peer, Peer, str]):
    _, phone, visit_id = on_site
    assert quote(phone, visit_id, total_cents=1)[2]["code"] == "args-invalid"
    assert quote(phone, visit_id, basis="misuse")[2]["detail"] == "content.photos"
    assert quote(phone, visit_id, basis="misuse", photos=[new_id()])[2]["outcome"] == "applied"
    content = paper("quotation")
    receipt = phone.do("quotation.make", id=new_id(), visit_id=visit_id, content=content, content_hash="0" * 64)
    assert receipt["code"] == "hash-mismatch"


def test_consent_without_ink_is_none_and_a_refusal_is_kept_with_its_words(on_site: tuple[Peer, Peer, str]):
    desk, phone, visit_id = on_site
    quotation_id, content, _ = quote(phone, visit_id)
    assert consent(phone, visit_id, quotation_id, content, strokes={"strokes": []})["code"] == "args-invalid"
    phone.do("quotation.decline", id=quotation_id, visit_id=visit_id, note="太贵，再比一比")
    body = desk.pull().row("quotation", quotation_id)
    assert body is not None and (body["state"], body["answer_note"]) == ("declined", "太贵，再比一比")


def test_what_was_paid_is_kept_also_when_it_is_not_what_was_agreed(on_site: tuple[Peer, Peer, str]):
    desk, phone, visit_id = on_site
    quotation_id, content, _ = quote(phone, visit_id)
    consent(phone, visit_id, quotation_id, content)
    lines = content["lines"]
    assert pay(phone, visit_id, lines, 55600, quotation_id=quotation_id)["outcome"] == "applied"
    receipt = pay(phone, visit_id, lines[:2], 43600, quotation_id=quotation_id)
    assert (receipt["outcome"], receipt["code"]) == ("merged", "not-as-quoted")
    assert pay(phone, visit_id, lines, 1)["code"] == "args-invalid"
    assert sorted(body["total_cents"] for body in desk.pull().bodies("charge")) == [43600, 55600]


def test_money_taken_on_a_visit_given_away_meanwhile_is_late_evidence(on_site: tuple[Peer, Peer, str], cast: Cast):
    desk, phone, visit_id = on_site
    desk.do("visit.cancel", visit_id=visit_id, reason="withdrawn")
    assert quote(phone, visit_id)[2]["code"] == "late"
    assert pay(phone, visit_id, paper("quotation")["lines"], 55600)["code"] == "late"
    assert [body["late_state"] for body in desk.pull().bodies("charge")] == ["open"]


def test_a_stranger_neither_quotes_nor_takes_money(on_site: tuple[Peer, Peer, str], cast: Cast, peer: MakePeer):
    _, _, visit_id = on_site
    charlie = peer(cast.charlie)
    assert quote(charlie, visit_id)[2]["code"] == "forbidden"
    assert pay(charlie, visit_id, paper("quotation")["lines"], 55600)["code"] == "forbidden"
