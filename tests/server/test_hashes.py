"""Knowing a hash is not a permission: who says "I have this file too" shows the bytes, or may read them already."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.cast import Cast
from tests.peer import Peer
from tests.server.camera import Camera, work
from tests.server.pictures import photo
from tests.server.story import dispatch, dispatched, register

MakePeer = Callable[..., Peer]


@pytest.fixture
def alice(app: Flask, cast: Cast, desk: Peer, phone: Peer) -> Camera:
    return Camera(app, phone, dispatched(desk, cast, cast.alice)[1])


@pytest.fixture
def charlie(app: Flask, cast: Cast, desk: Peer, peer: MakePeer) -> Camera:
    return Camera(app, peer(cast.charlie), dispatched(desk, cast, cast.charlie)[1])


@pytest.mark.parametrize("first", ["the photo", "the claim"])
def test_who_declares_the_hash_of_anothers_photo_cannot_read_it(app: Flask, alice: Camera, charlie: Camera, first: str):
    picture = photo()
    if first == "the claim":
        claim = charlie.declare(picture)
    hers = alice.declare(picture)
    assert alice.send(hers, picture).status_code == 204
    work(app)
    if first == "the photo":
        claim = charlie.declare(picture)
    assert alice.row(hers).state == "verified" and charlie.row(claim).state == "declared"
    charlie.phone.get(f"/api/files/{hers['sha256']}", 404)
    opened = charlie.open(claim)
    assert (opened.status_code, opened.headers["Upload-Offset"]) == (201, "0")
    assert charlie.head(opened.location).headers["Upload-Offset"] == "0"
    assert charlie.patch(opened.location, 0, bytes(len(picture))).json["code"] == "hash-mismatch"
    work(app)
    assert charlie.row(claim).state == "refused"
    charlie.phone.get(f"/api/files/{hers['sha256']}", 404)
    alice.phone.get(f"/api/files/{hers['sha256']}")


def test_who_really_has_the_same_photo_sends_it_and_reads_it(app: Flask, alice: Camera, charlie: Camera):
    picture = photo()
    assert alice.send(alice.declare(picture), picture).status_code == 204
    work(app)
    his = charlie.declare(picture)
    assert charlie.send(his, picture).status_code == 204
    work(app)
    assert charlie.row(his).state == "verified"
    assert charlie.phone.get(f"/api/files/{his['sha256']}").data == picture


def test_a_photo_of_ones_own_and_one_that_may_be_read_travel_once(
    app: Flask, cast: Cast, desk: Peer, phone: Peer, peer: MakePeer
):
    order_id = register(desk, cast)
    visit_id = dispatch(desk, order_id, cast.alice, helper_ids=[cast.bob.id])
    alice, bob, picture = Camera(app, phone, visit_id), Camera(app, peer(cast.bob), visit_id), photo()
    assert alice.send(alice.declare(picture), picture).status_code == 204
    work(app)
    assert alice.row(alice.declare(picture)).state == "verified"
    assert bob.row(bob.declare(picture)).state == "verified"
