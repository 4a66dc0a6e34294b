"""What befalls a phone or the server, by plan. Each step has all its chance from the `rng` it is given."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import orjson

from server.extensions import db
from server.models import Device, Team, User
from sync.client.ports import Refused, Unreachable
from sync.client.rescue import rescue_file
from sync.client.sealing import OpenSslSealing
from tests.simulation import invariants
from tests.simulation.deployment import Backup
from tests.simulation.people import Person
from tests.simulation.phone import Phone

if TYPE_CHECKING:
    from tests.simulation.world import World


def offline(world: World, phone: Phone, rng: random.Random) -> None:
    """No network for hours or days."""
    phone.offline_until = world.now + timedelta(hours=2 ** (rng.random() * 6))
    world.faults["offline"] += 1


def tasks(world: World, phone: Phone, rng: random.Random) -> None:
    world.work()


def late(world: World, phone: Phone, rng: random.Random) -> None:
    world.network.deliver_late()


def power_loss(world: World, phone: Phone, rng: random.Random) -> None:
    """The disk had not flushed its newest relaxed transactions; acts were flushed before anybody read "saved"."""
    lost = phone.storage.power_loss(rng.randint(1, 6))
    world.faults["partly_flushed"] += 1
    world.spoil(phone)
    world.note(f"{phone.index} loses {lost} transactions")
    phone.start()


def lose_storage(world: World, phone: Phone, rng: random.Random) -> None:
    """The browser evicted everything: what the server has not got is lost, and nobody can help it."""
    journal = invariants.journal_ids(world)
    world.undefended |= set(phone.storage.acts) - journal
    phone.forgotten |= set(phone.storage.acts)
    world.faults["storage_lost"] += 1
    world.spoil(phone)
    phone.storage = type(phone.storage)()
    phone.start()


def clone(world: World, phone: Phone, rng: random.Random) -> None:
    """A backup of the phone is restored on another: two devices with one number line."""
    if phone.storage.get("device") is None or len(world.phones) > 7:
        return
    other = _copy_of(world, phone)
    for _ in range(rng.randint(0, 2)):  # no step of the plan is the copy's: what it does of its own, it does now
        world.person_acts(other, rng)


def _copy_of(world: World, phone: Phone) -> Phone:
    world.faults["cloned"] += 1
    world.spoil(phone)
    other = world.add_phone(phone.login, phone.skew, 1, phone.page_rows, False)
    other.storage, other.copy_of = phone.storage.clone(), phone.index
    other.old, other.corrupted = phone.old, phone.corrupted
    other.start()
    return other


def twins(world: World, phone: Phone, rng: random.Random) -> None:
    """A restore between the acts of a phone and those of its copy: both answered, under the same numbers."""
    if phone.storage.get("device") is None or phone.client.draining or len(world.phones) > 7:
        return
    world.contact(phone)
    taken, journal = world.server.backup(), invariants.journal_ids(world)
    first, second = phone, _copy_of(world, phone)
    for one in (first, second) if rng.random() < 0.5 else (second, first):
        for _ in range(rng.randint(1, 3)):
            world.person_acts(one, rng)
        if rng.random() < 0.8:
            world.contact(one)
        if one is first:
            _restore_to(world, taken, journal)
    for one in rng.sample((first, second), 2):
        if rng.random() < 0.5:
            world.person_acts(one, rng)
        world.contact(one)
    world.faults["twins"] += 1


def revoke(world: World, phone: Phone, rng: random.Random) -> None:
    """The office shuts a device out: it drains. Most people sign in again, some never do."""
    device_id = phone.storage.get("device")
    with world.server.app.app_context():
        device = db.session.get(Device, device_id) if device_id else None
        if device is None:
            return
        device.revoked_at, device.revoked_by = world.now, world.server.cast.sam.id
        db.session.commit()
    world.faults["revoked"] += 1
    phone.abandoned = rng.random() < 0.3


def sign_out(world: World, phone: Phone, rng: random.Random) -> None:
    """The office ends a session, as a new password does: the next contact needs a person."""
    device_id = phone.storage.get("device")
    with world.server.app.app_context():
        db.session.execute(
            db.text("UPDATE refresh_token SET revoked_at = :now WHERE device_id = :device"),
            {"now": world.now.replace(tzinfo=None) if not world.server.postgres else world.now, "device": device_id},
        )
        db.session.commit()
    world.faults["signed_out"] += 1


def team(world: World, phone: Phone, rng: random.Random) -> None:
    """Somebody changes team or becomes its lead."""
    cast = world.server.cast
    with world.server.app.app_context():
        user = db.session.get_one(User, rng.choice([cast.alice, cast.bob, cast.charlie]).id)
        user.team_id = rng.choice([cast.north.id, cast.south.id])
        user.roles = rng.choice([["engineer"], ["engineer", "crew_lead"]])
        db.session.commit()
        assert db.session.get(Team, user.team_id)


def roles(world: World, phone: Phone, rng: random.Random) -> None:
    """Somebody of the field does office work for a while as well, or keeps the parts."""
    cast = world.server.cast
    with world.server.app.app_context():
        user = db.session.get_one(User, rng.choice([cast.alice, cast.bob, cast.charlie]).id)
        user.roles = ["engineer", rng.choice(["storekeeper", "call_back", "specialist", "crew_lead"])]
        db.session.commit()
    world.faults["other_roles"] += 1


def backup(world: World, phone: Phone, rng: random.Random) -> None:
    world.backups.append((world.server.backup(), invariants.journal_ids(world)))


def restore(world: World, phone: Phone, rng: random.Random) -> None:
    """Server and files as they were; acts that only a lost phone still knew are lost with it."""
    if not world.backups:
        return
    _restore_to(world, *rng.choice(world.backups))


def _restore_to(world: World, taken: Backup, journal: set[str]) -> None:
    gone = invariants.journal_ids(world) - journal
    held = set().union(*(p.storage.acts for p in world.phones))
    world.undefended |= gone - held
    world.server.restore(taken, str(world.ids.uuid7(world.now)))
    world.backups = [(one, acts) for one, acts in world.backups if acts <= journal]
    world.faults["restored"] += 1


def overtaken(world: World, phone: Phone, rng: random.Random) -> None:
    """A restore loses a visit whose crew is at work on it, while the desk that sent it is away for days or for good."""
    desk = phone if phone.office else world.phones[0]
    if desk.storage.get("device") is None or desk.client.draining:
        return
    taken, journal = world.server.backup(), invariants.journal_ids(world)
    world.contact(desk)
    Person(world, desk, rng).dispatch()
    visit_id = desk.client.outbox[-1].args["id"]
    world.contact(desk)
    crew = [p for p in world.phones if p.goes_out and not p.offline]
    for one in crew:
        world.contact(one)
        if one.row("visit", visit_id) and one.storage.get("device"):
            Person(world, one, rng).record(visit_id)
    _restore_to(world, taken, journal)
    if rng.random() < 0.5:
        lose_storage(world, desk, rng)
    desk.offline_until = world.now + timedelta(hours=rng.randint(60, 140))
    for one in crew:
        world.contact(one)
    world.faults["overtaken"] += 1


def rescue(world: World, phone: Phone, rng: random.Random) -> None:
    """What a phone has is carried to the office in a sealed file, at once or later; some never find a network again."""
    phone.dead = phone.dead or rng.random() < 0.4
    if make_bundle(world, phone) and rng.random() < 0.6:
        bring_bundles(world)


def corrupt(world: World, phone: Phone, rng: random.Random) -> None:
    """A disk or a bug of the phone: a pulled row is gone, is an old one, or is one that never was. In silence."""
    held = phone.storage.held
    ours = sorted(key for key, row in held.items() if phone.storage.held_scopes.get(row.scope, "") is None)
    if not ours:
        return
    for noun, row_id in rng.sample(ours, min(len(ours), rng.randint(1, 3))):
        row = held[noun, row_id]
        kind = rng.choice(["gone", "old", "strange"])
        if kind == "gone":
            del held[noun, row_id]
        elif kind == "old":
            held[noun, row_id] = replace(row, rev=row.rev - 1)
        else:
            other = str(world.ids.uuid7(world.now))
            held[noun, other] = replace(row, id=other)
        world.note(f"{phone.index} {phone.login}'s {noun} {row_id} is {kind}")
    phone.corrupted = True
    world.faults["corrupted"] += 1
    world.spoil(phone)


def tidy(world: World, phone: Phone, rng: random.Random) -> None:
    """The server forgets what only phones need that were away longer than the horizon: here hours or days."""
    horizon = timedelta(hours=rng.choice([3, 12, 24, 72]))
    world.note(f"the server tidies what is older than {horizon}: {world.server.tidy(horizon)}")
    world.faults["tidied"] += 1


def update(world: World, phone: Phone, rng: random.Random) -> None:
    """The page in use is the new one from now on; as it starts it asks for what the old one did not know of."""
    if not phone.old:
        return
    phone.old = False
    phone.start()
    world.note(f"{phone.index} {phone.login} has the new page")
    if phone.storage.get("device") is None or phone.client.draining or phone.client.needs:
        return
    with suppress(Unreachable, Refused, ValueError):
        key = orjson.loads(phone.client.session.signed("GET", "/api/auth/me", {}, None).body).get("rescue_key")
        with phone.storage.transaction():
            phone.storage.put("rescue_key", key)


def make_bundle(world: World, phone: Phone) -> bool:
    """A rescue file of all the phone has; False when it never was anybody's phone."""
    if phone.storage.get("rescue_key") is None:
        return False
    line = phone.storage.get("device")
    acts = frozenset(entry.id for entry in phone.storage.entries() if entry.line == line)
    world.bundles.append((b"".join(rescue_file(phone.storage, OpenSslSealing(), phone.now())), acts))
    phone.bundled = True
    world.note(f"{phone.index} {phone.login} hands over {len(acts)} acts")
    return True


def bring_bundles(world: World) -> None:
    """The office imports the files that were brought to it: each act is known there now."""
    for content, acts in world.bundles:
        told = world.server.bring_in(content)
        world.faults["rescued"] += 1
        world.note(f"the office imports {told['acts']} {told['files']}")
        lost = acts - invariants.journal_ids(world)
        invariants.demand("I1", not lost, lambda gone=lost: f"a rescue file was imported without {sorted(gone)}")
    world.bundles = []


Happens = Callable[["World", Phone, random.Random], None]
#: What happens after the first morning beside what people do.
STEPS: dict[str, Happens] = {
    step.__name__: step
    for step in (
        offline, tasks, late, power_loss, lose_storage, clone, revoke, sign_out, team, roles, backup, restore, rescue,
        corrupt, overtaken, tidy, update, twins,
    )
}  # fmt: skip
