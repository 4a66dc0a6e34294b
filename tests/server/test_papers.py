"""Left behind and taken along, and another time: slips, custody receipts, rebookings (D3, D4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from server import clock
from server.models import new_id
from sync.report import content_hash
from tests.cast import Cast
from tests.peer import Peer
from tests.server.story import dispatch, dispatched, register
from tests.server.test_money import INK, MakePeer, paper


def signed(content: dict[str, Any], signer: str = "张经理") -> dict[str, Any]:
    said = {"content": content, "content_hash": content_hash(content), "signer": signer}
    return {**said, "strokes": INK, "image_id": new_id()}


def propose(phone: Peer, visit_id: str, hours: int = 26) -> str:
    start, asked = clock.now() + timedelta(hours=hours), new_id()
    receipt = phone.do(
        "rebooking.propose", id=asked, visit_id=visit_id, kind="rebook", reason="customer", note="上午停电",
        slot_start=clock.wire(start), slot_end=clock.wire(start + timedelta(hours=2)),
    )  # fmt: skip
    assert receipt["outcome"] == "applied", receipt
    return asked


@pytest.fixture
def on_site(cast: Cast, peer: MakePeer) -> tuple[Peer, Peer, str, str]:
    desk, phone = peer(cast.dora), peer(cast.alice)
    return desk, phone, *dispatched(desk, cast, cast.alice)


def test_a_slip_left_at_a_closed_door_is_read_at_the_desk_with_its_picture(on_site: tuple[Peer, Peer, str, str]):
    desk, phone, _, visit_id = on_site
    slip = new_id()
    phone.do(
        "slip.leave", id=slip, visit_id=visit_id, addressee="张女士", text="今日上门，您不在。", phone="4008000000"
    )
    receipt = phone.do(
        "attachment.add", id=new_id(), visit_id=visit_id, sha256="c" * 64, size=900, mime="image/jpeg", purpose="site",
        parent_noun="message_slip", parent_id=slip, taken_at=clock.wire(clock.now()),
    )  # fmt: skip
    assert receipt["outcome"] == "applied"
    body = desk.pull().row("message_slip", slip)
    assert body is not None and (body["addressee"], body["text"]) == ("张女士", "今日上门，您不在。")
    assert desk.one("attachment", parent_id=slip)["parent_noun"] == "message_slip"


def test_what_was_taken_to_the_workshop_comes_back_on_a_later_visit_with_another_signature(
    on_site: tuple[Peer, Peer, str, str], cast: Cast
):
    desk, phone, order_id, visit_id = on_site
    custody = new_id()
    taken = paper("custody")
    receipt = phone.do("custody.take", id=custody, visit_id=visit_id, asset_id=cast.asset.id, **signed(taken))
    assert receipt["outcome"] == "applied", receipt
    later = dispatch(desk, order_id, cast.alice)
    back = paper("custody_return")
    assert phone.do("custody.return", id=custody, visit_id=later, **signed(back, "李经理"))["outcome"] == "applied"
    body = desk.pull().row("custody", custody)
    assert body is not None
    assert (body["state"], body["signer"], body["content"]) == ("returned", "张经理", taken)
    returned = body["returned"]
    assert (returned["signer"], returned["visit_id"], returned["condition"]) == ("李经理", later, "已修复")
    assert phone.do("custody.return", id=custody, visit_id=later, **signed(back))["code"] == "already-settled"


def test_a_receipt_whose_words_were_changed_after_signing_is_none(on_site: tuple[Peer, Peer, str, str]):
    _, phone, _, visit_id = on_site
    said = signed(paper("custody"))
    said["content"] = paper("custody", condition="外壳破裂")
    assert phone.do("custody.take", id=new_id(), visit_id=visit_id, **said)["code"] == "hash-mismatch"
    assert (
        phone.do("custody.take", id=new_id(), visit_id=visit_id, **signed(paper("custody", condition=" ")))["code"]
        == "args-invalid"
    )


def test_a_receipt_signed_by_mistake_is_withdrawn_until_the_thing_is_back_and_stays_to_be_read(
    on_site: tuple[Peer, Peer, str, str], cast: Cast, peer: MakePeer
):
    desk, phone, order_id, visit_id = on_site
    mistaken, taken = new_id(), new_id()
    for custody in (mistaken, taken):
        phone.do("custody.take", id=custody, visit_id=visit_id, **signed(paper("custody")))
    assert peer(cast.charlie).do("custody.withdraw", id=mistaken)["code"] == "forbidden"
    assert phone.do("custody.withdraw", id=mistaken, reason="客户改主意了")["outcome"] == "applied"
    assert phone.do("custody.withdraw", id=mistaken)["outcome"] == "applied"
    body = desk.pull().row("custody", mistaken)
    assert body is not None
    assert (body["withdrawn"], body["state"], body["signer"]) == (True, "held", "张经理")
    (told,) = desk.bodies("event", work_order_id=order_id, kind="custody.withdraw")
    assert (told["data"], told["visit_id"]) == ({"text": "客户改主意了"}, visit_id)
    back = signed(paper("custody_return"))
    refused = phone.do("custody.return", id=mistaken, visit_id=visit_id, **back)
    assert (refused["outcome"], refused["code"]) == ("parked", "already-settled")
    assert (
        phone.do("custody.return", id=taken, visit_id=visit_id, **signed(paper("custody_return")))["outcome"]
        == "applied"
    )
    assert phone.do("custody.withdraw", id=taken)["code"] == "already-settled"


def test_the_slot_is_the_offices_until_it_says_yes(on_site: tuple[Peer, Peer, str, str]):
    desk, phone, _, visit_id = on_site
    was = phone.pull().row("visit", visit_id)
    assert was is not None
    asked = propose(phone, visit_id)
    proposal = desk.pull().row("rebooking", asked)
    assert proposal is not None and (proposal["state"], proposal["was_start"]) == ("proposed", was["slot_start"])
    assert desk.row("visit", visit_id)["slot_start"] == was["slot_start"]  # type: ignore[index]
    assert desk.do("rebooking.answer", id=asked, decision="confirm")["outcome"] == "applied"
    now = phone.pull().row("visit", visit_id)
    assert now is not None and now["slot_start"] == proposal["slot_start"]
    assert desk.do("rebooking.answer", id=asked, decision="refuse")["code"] == "already-settled"


def test_a_refusal_leaves_the_slot_and_says_why(on_site: tuple[Peer, Peer, str, str]):
    desk, phone, _, visit_id = on_site
    was = phone.pull().row("visit", visit_id)["slot_start"]  # type: ignore[index]
    asked = propose(phone, visit_id)
    desk.do("rebooking.answer", id=asked, decision="refuse", note="客户只有今天在")
    answered = phone.pull().row("rebooking", asked)
    assert answered is not None and (answered["state"], answered["answer_note"]) == ("refused", "客户只有今天在")
    assert phone.row("visit", visit_id)["slot_start"] == was  # type: ignore[index]


def test_only_the_desk_answers_and_only_the_crew_asks(on_site: tuple[Peer, Peer, str, str], cast: Cast, peer: MakePeer):
    _, phone, _, visit_id = on_site
    asked = propose(phone, visit_id)
    assert phone.do("rebooking.answer", id=asked, decision="confirm")["code"] == "forbidden"
    start = clock.now()
    receipt = peer(cast.charlie).do(
        "rebooking.propose", id=new_id(), visit_id=visit_id, kind="delay", reason="traffic",
        slot_start=clock.wire(start), slot_end=clock.wire(start + timedelta(hours=1)),
    )  # fmt: skip
    assert receipt["code"] == "forbidden"


def test_a_helper_on_the_visit_leaves_a_slip_and_the_lead_alone_moves_its_state(cast: Cast, peer: MakePeer):
    desk, helper = peer(cast.dora), peer(cast.bob)
    visit_id = dispatch(desk, register(desk, cast), cast.alice, helper_ids=[cast.bob.id])
    assert helper.do("slip.leave", id=new_id(), visit_id=visit_id, text="来过")["outcome"] == "applied"
    assert helper.do("visit.accept", visit_id=visit_id)["code"] == "not-lead"
