"""Devices most stories need."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cast import Cast
from tests.peer import Peer

MakePeer = Callable[..., Peer]


@pytest.fixture
def desk(peer: MakePeer, cast: Cast) -> Peer:
    return peer(cast.dora)


@pytest.fixture
def phone(peer: MakePeer, cast: Cast) -> Peer:
    return peer(cast.alice)
