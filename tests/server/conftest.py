"""Devices most stories need."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from server import clock
from server.extensions import db
from server.models import User
from tests.cast import Cast, person
from tests.peer import Peer
from tests.server.promised import FRIDAY

MakePeer = Callable[..., Peer]


@pytest.fixture
def desk(peer: MakePeer, cast: Cast) -> Peer:
    return peer(cast.dora)


@pytest.fixture
def phone(peer: MakePeer, cast: Cast) -> Peer:
    return peer(cast.alice)


@pytest.fixture
def heads(app, cast) -> dict[str, User]:
    """The people above Sam: module head, department head, deputy general manager."""
    roles = {"mona": "module_head", "hera": "department_head", "dino": "deputy_gm"}
    made = {login: person(login, login, role) for login, role in roles.items()}
    with app.app_context():
        db.session.add_all(made.values())
        db.session.commit()
        db.session.expunge_all()
    return made


@pytest.fixture
def everyone(app, cast, heads) -> list[User]:
    """Somebody of each role that is not in the cast."""
    rest = {"sven": ("specialist", None), "kira": ("storekeeper", None), "cora": ("call_back", None),
            "lena": ("crew_lead", cast.north)}  # fmt: skip
    made = [person(login, login, role, team) for login, (role, team) in rest.items()]
    with app.app_context():
        db.session.add_all(made)
        db.session.commit()
        db.session.expunge_all()
    return [*heads.values(), *made]


@pytest.fixture
def friday() -> Iterator[None]:
    """Everything happens on one Friday evening, unless it says otherwise."""
    with clock.standing_at(FRIDAY):
        yield
