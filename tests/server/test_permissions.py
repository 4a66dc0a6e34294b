"""Who may do what to which row: the matrix of roles, acts and rows, exhaustively, and what each role reads.

What is expected is read here from the data itself; the server has its own reading of it, and of the rows.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from server import clock
from server.acts import REGISTRY, Context, Refusal, perform
from server.archive.search import may_read
from server.extensions import db
from server.models import ReviewItem, User, WorkOrder, new_id
from server.models.user import ROLES
from sync.permissions import allowed, grounds_of
from tests import permissions_page
from tests.cast import person, sign_in
from tests.conftest import build_app, close
from tests.peer import Peer
from tests.reach import check_reach
from tests.server.permitted import PEOPLE, World
from tests.server.story import dispatch, register

ROOT = Path(__file__).resolve().parents[2]
RULES = json.loads((ROOT / "sync/rules/permissions.json").read_text())
LADDER = json.loads((ROOT / "sync/rules/ladder.json").read_text())
MAY_NAME_A_VISIT = ("attachment.add", "link.make")
#: How a refusal for want of permission is said.
REFUSED = {"forbidden", "not-lead", "not-asked", "not-your-site"}


@pytest.fixture(scope="module", params=["open", "archived"])
def world(request, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("permissions")
    shutil.copyfile(sqlite_template, folder / "service.db")
    app = build_app(f"sqlite:///{folder / 'service.db'}", folder)
    made = World(app)
    made.archived = request.param == "archived"
    if made.archived:
        made.archive()
    yield made
    close(app)


class Permitted(Exception):
    """The server has said yes."""


class Asking(Context):
    """An act that goes as far as the permission, so that the same rows can be asked about thousands of times."""

    def grant(self) -> None:
        raise Permitted


def verdict(asking: Asking, act: str, args: dict[str, Any]) -> bool:
    try:
        perform(asking, act, REGISTRY[act].version, args)
    except Permitted:
        return True
    except Refusal as refusal:
        assert refusal.code in REFUSED, (
            f"{act}: {refusal.code} {refusal.detail} before anybody asked whether they may; if its `id` names a row, "
            "say which in tests/server/permitted.py (World.row_of)"
        )
        return False
    raise AssertionError(f"{act} did something and asked nobody")


def expected(act: str, role: str, relations: set[str], args: dict[str, Any], ladder: Any) -> bool:
    """The rule, read as it is written. Who leads a visit is nothing to an act that may name one and does not."""
    if act in MAY_NAME_A_VISIT and not args.get("visit_id"):
        relations = relations - {"lead", "crew"}

    def fits(ground: dict[str, Any]) -> bool:
        roles = ground.get("roles", ROLES)
        roles = RULES["groups"][roles] if isinstance(roles, str) else roles
        if "ladder" in ground:
            named = LADDER[ladder[0]]
            roles = named[str(ladder[1])] if isinstance(named, dict) else named
            assert ladder[0] in ground["ladder"]
        return (
            role in roles
            and ("is" not in ground or ground["is"] in relations)
            and ("not" not in ground or ground["not"] not in relations)
            and args.get(ground.get("without", "")) is None
            and all(args.get(name) == value for name, value in ground.get("args", {}).items())
        )

    return any(fits(ground) for ground in RULES["acts"][act])


@pytest.mark.parametrize("role", ROLES)
def test_every_role_may_do_to_every_row_exactly_what_the_rules_say(world: World, role: str):
    world.become(role)
    cases, wrong, locked, read = list(world.cases()), [], {}, {}
    with world.app.app_context():
        for name in PEOPLE:
            user, relations = db.session.get_one(User, world.people[name].id), world.truth(name, world.archived)
            for act, args, ladder in cases:
                asking = Asking(db.session(), user, "", clock.now(), clock.now(), "", locked, read)
                may = verdict(asking, act, args)
                if may != expected(act, role, relations, args, ladder):
                    wrong.append(f"{act} by a {role} who is {name}: {'permitted' if may else 'refused'}")
            assert not db.session.new and not db.session.dirty, "something was written before the question"
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", ROLES)
def test_every_role_holds_the_rows_and_opens_the_files_the_rules_say(world: World, role: str):
    world.become(role)
    with world.app.app_context():
        check_reach(db.session(), files=True, anew=True)


def test_the_matrix_is_about_every_act_and_no_other():
    assert sorted(RULES["acts"]) == sorted(REGISTRY)
    assert set(RULES["groups"]["office"]) < set(ROLES)
    for act in REGISTRY:
        for ground in grounds_of(act):
            assert (ground.roles or set()) <= set(ROLES), act
            assert {ground.relation, ground.never} - {None} <= set(RULES["relations"]), act
            assert set(ground.args) | ({ground.without} - {None}) <= set(REGISTRY[act].schema.fields), act


def test_who_has_several_roles_may_what_any_of_them_may():
    for act in REGISTRY:
        for relations in ({}, {"lead": True, "crew": True}, {"crew": False}, {"sent_to_site": True}):
            for one, two in (("engineer", "dispatcher"), ("storekeeper", "call_back"), ("crew_lead", "admin")):
                grounds = grounds_of(act)
                alone = [allowed(grounds, [role], {}, relations) for role in (one, two)]
                assert allowed(grounds, [one, two], {}, relations) == any(alone), (act, one, two)


def test_a_verb_that_asks_nobody_does_nothing(app, cast, monkeypatch):
    """Forgotten is not permitted: what a verb did without asking is undone, and a person looks at it."""
    phone = Peer(app.test_client(), cast.alice)
    entry = REGISTRY["part_request.cancel"]
    monkeypatch.setitem(
        REGISTRY, entry.name, type(entry)(entry.name, 1, entry.schema, entry.load, lambda ctx, **_: None, {},
                                          entry.grounds)
    )  # fmt: skip
    phone.act("part_request.cancel", id=new_id())
    for _ in range(5):
        phone.push()
    (receipt,) = phone.receipts.values()
    assert (receipt["outcome"], receipt["code"]) == ("parked", "server-fault")


def test_a_link_is_made_for_the_work_order_of_ones_own_visit_only(peer, cast, desk, phone):
    """With a visit of one's own beside it, a link for anybody's work order was made."""
    own = dispatch(desk, register(desk, cast), cast.alice)
    foreign = register(desk, cast)
    refused = phone.do("link.make", id=new_id(), work_order_id=foreign, visit_id=own, kind="status")
    assert (refused["outcome"], refused["code"]) == ("rejected", "args-invalid")
    assert not list(desk.pull().bodies("customer_link"))


def test_nobody_decides_in_anothers_name_what_they_may_not_decide_themselves(app, peer, cast, desk, heads):
    """A head's decision that came to nothing waits in review; a dispatcher who amends it would approve as the head."""
    head = peer(heads["hera"])
    order = register(desk, cast)
    plan = new_id()
    blocks = {"cause": "电源老化", "measures": "更换", "prevention": "备件", "steps": [{"who": "艾丽", "what": "换"}]}
    head.do("plan.decide", id=new_id(), decision="approve")  # of a plan that is not there (yet)
    sam = peer(cast.sam)
    assert sam.do("plan.save", id=plan, work_order_id=order, submit=True, **blocks)["outcome"] == "applied"
    item = desk.pull().one("review_item", act="plan.decide")
    for decision, more in (("amend", {"changes": {"id": plan}}), ("apply", {})):
        receipt = desk.do("review.settle", v=2, id=item["id"], decision=decision, **more)
        assert (receipt["outcome"], receipt["code"]) == ("rejected", "forbidden"), decision
    assert desk.pull().row("resolution_plan", plan)["state"] == "review"
    assert desk.do("review.settle", v=2, id=item["id"], decision="discard")["outcome"] == "applied"
    with app.app_context():
        assert db.session.get_one(ReviewItem, item["id"]).resolution == "discarded"


def test_a_door_that_asks_for_a_role_lets_in_those_who_have_it(app, cast):
    client, known = app.test_client(), permissions_page.doors(app)
    adapter = app.url_map.bind("localhost")
    wrong = []
    for role in ROLES:
        who = person(f"door-{role}", role, role)
        with app.app_context():
            db.session.add(who)
            db.session.commit()
            db.session.expunge_all()
        headers = sign_in(client, who)
        for door, roles in known:
            method, path = door.split(" ", 1)
            address = re.sub(r"<[^>]+>", new_id(), path)
            assert adapter.test(address, method=method), door
            status = client.open(address, method=method, headers=headers).status_code
            if (status == 403) == (role in roles):
                wrong.append(f"{door} answers a {role} with {status}")
    assert len(known) > 12
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("world", ["archived"], indirect=True)
def test_what_left_the_desks_is_read_by_the_office_and_by_those_who_worked_on_it(world: World):
    worked = {"lead", "helper", "former", "raiser"}
    for role in ROLES:
        world.become(role)
        with world.app.app_context():
            for name in PEOPLE:
                user = db.session.get_one(User, world.people[name].id)
                there = db.session.scalar(select(WorkOrder.id).where(may_read(user, world.order))) is not None
                sees = name in worked or role in RULES["groups"]["office"] or (name, role) == ("mate", "crew_lead")
                assert there == sees, (name, role)


def test_the_page_of_permissions_is_current():
    page = (ROOT / "docs/permissions.md").read_text()
    assert page == permissions_page.text(), "python -m tests.permissions_page writes it anew"
