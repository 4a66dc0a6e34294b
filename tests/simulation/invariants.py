"""What must always hold (HAZARDS, I1–I16): cheap checks at each step, all of them when a world has come to rest."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import exists, literal, select, union_all

from server import clock, files
from server.extensions import db
from server.held import ARRIVED
from server.models import (
    SYNCED,
    Attachment,
    Conflict,
    Diagnosis,
    Event,
    FeedRow,
    HeldAct,
    JournalEntry,
    PartUse,
    ReviewItem,
    Stock,
    StockMovement,
    Subscription,
    Synced,
    Visit,
)
from server.models.visit import GONE
from server.scopes import desired
from sync.check import AGREE
from sync.client import Answer
from sync.digest import EMPTY, Digest
from sync.lifecycle import transition
from sync.protocol import APPLIED, MERGED
from sync.rules import rule
from tests.reach import Reach
from tests.simulation.phone import Phone

if TYPE_CHECKING:
    from tests.simulation.network import Request
    from tests.simulation.world import World

#: Which figure of the last line a broken invariant counts for.
FIGURES = {
    "I1": "lost", "I2": "duplicated", "I3": "diverged", "I4": "diverged", "I5": "leaked", "I7": "lost", "I8": "lost",
    "I9": "diverged", "I10": "duplicated", "I11": "illegal", "I12": "lost", "I13": "leaked", "I14": "stuck",
    "500": "illegal", "version": "illegal", "fault": "illegal",
}  # fmt: skip
CHECKS_TO_AGREE = 3  # the repair, starting over, and the look whether it helped
LIVE = "SELECT noun, row_id, scope, rev FROM feed WHERE body IS NOT NULL"
HELD = "SELECT scope FROM subscription WHERE user_id = :user AND left_rev IS NULL"


class Broken(AssertionError):
    """An invariant does not hold."""

    def __init__(self, invariant: str, what: str) -> None:
        super().__init__(f"{invariant}: {what}")
        self.invariant = invariant


def demand(invariant: str, holds: bool, what: Callable[[], str]) -> None:
    if not holds:
        raise Broken(invariant, what())


# --- At each step ---------------------------------------------------------------------------------------


def check_answer(world: World, phone: Phone, request: Request, answer: Answer) -> None:
    """I5: an answer holds only rows of scopes its asker holds. Also: a sound request is never malformed, and is
    answered in the version it was asked in."""
    _, path, headers, body = request
    demand("500", answer.status < 500, lambda: f"{path} answered {answer.status} {answer.body[:300]!r}")
    demand("500", answer.status not in (400, 405, 422), lambda: f"{path} refused a sound request: {answer.body!r}")
    if not path.startswith("/api/sync/") or answer.status != 200:
        return
    said, asked = orjson.loads(answer.body), orjson.loads(body or b"")["protocol"]
    demand("version", said["protocol"] == asked, lambda: f"{path} asked in {asked} was answered in {said['protocol']}")
    if path != "/api/sync/pull":
        return
    if said["reset"] and phone.storage.get("cookie") is not None and phone.storage.get("epoch") == said["epoch"]:
        world.faults["below_the_floor"] += 1
    rows = said["rows"]
    if not rows:
        return
    claims = world.server.claims[headers["Authorization"].removeprefix("Bearer ")]
    demand("I13", claims["sub"] == phone.user_id, lambda: f"{phone.login} asks in the name of {claims['sub']}")
    held = {scope for (scope,) in world.server.read(HELD, user=claims["sub"])}
    device = world.server.read("SELECT revoked_at FROM device WHERE id = :device", device=claims["device"])
    demand("I5", device == [(None,)], lambda: f"{phone.login} reads on a revoked device")
    foreign = {row["scope"] for row in rows} - held
    demand("I5", not foreign, lambda: f"{phone.login} was sent rows of {sorted(foreign)}")


def check_phone(world: World, phone: Phone) -> None:
    """I1 and I7 on the phone: nothing promised has gone from it, and nothing leaves the outbox before its effect."""
    storage = phone.storage
    for act_id, saved in world.saved.items():
        if saved.phone == phone.index and act_id not in phone.forgotten:
            gone = act_id not in storage.acts
            demand("I1", not gone, lambda a=act_id, s=saved: f"{phone.login}'s {s.name} {a} is gone from the phone")
    if not storage.get("complete"):
        return
    for entry in storage.entries(settled=True):
        receipt = entry.receipt
        early = receipt is None or (receipt["epoch"] == storage.get("epoch") and receipt["rev"] > storage.get("rev"))
        demand("I7", not early, lambda e=entry: f"{e.act} {e.n} left the outbox of {phone.login} before its effect")


def journal_ids(world: World) -> set[str]:
    return {act_id for (act_id,) in world.server.read("SELECT id FROM journal")}


def waiting(phone: Phone) -> int:
    """Acts and files that still want something of the network."""
    answered = {e.id for e in phone.storage.entries() if e.receipt and e.receipt["outcome"] in (APPLIED, MERGED)}
    files = [f for f in phone.storage.files() if f.state == "waiting" and f.act_id in answered]
    return len(phone.storage.entries(settled=False)) + len(files)


def agrees(world: World, phone: Phone) -> bool:
    """Whether a phone has pulled up to the server's clock, or has nothing to pull any more."""
    if phone.abandoned or phone.dead or phone.client.draining:
        return True
    ((rev, epoch),) = world.server.read("SELECT rev, epoch FROM clock")
    return bool((phone.storage.get("rev"), phone.storage.get("epoch")) == (rev, epoch))


def check_digests(world: World) -> None:
    """I9: the digests of the server are those of its rows, and a phone's check says whether its rows are the same.

    Only a phone whose rows were changed behind its back may differ; its check repairs it, and the next one agrees.
    """
    live: dict[str, Digest] = defaultdict(Digest)
    for noun, row_id, scope, rev in world.server.read(LIVE):
        live[scope] = live[scope].add(noun, row_id, rev)
    for scope, count, hi, lo in world.server.read("SELECT scope, rows, hi, lo FROM scope_digest"):
        kept = Digest.of_halves(count, hi, lo)
        demand("I9", kept == live.pop(scope, EMPTY), lambda s=scope: f"the digest of {s} is not that of its rows")
    demand("I9", not live, lambda: f"scopes without a digest: {sorted(live)[:5]}")
    for phone in [p for p in world.phones if not (p.stranded or p.client.draining or p.old)]:
        told = phone.client.check()
        agrees = told is not None and told.verdict == AGREE
        demand("I9", agrees or phone.corrupted, lambda p=phone, t=told: f"phone {p.index} {p.login} differs: {t}")
        for _ in range(CHECKS_TO_AGREE):
            if agrees:
                break
            before, told = told, phone.client.check()
            agrees = told is not None and told.verdict == AGREE
            mended = agrees or before is None or before.started_over
            demand("I9", mended, lambda p=phone, t=before: f"phone {p.index} differs after its repair {t}")
        demand("I9", agrees, lambda p=phone, t=told: f"phone {p.index} {p.login} was not repaired: {t}")
    wronged = {p.storage.get("device") for p in world.phones if p.corrupted} | {
        entry.line for p in world.phones if p.corrupted for entry in p.storage.entries()
    }
    strange = {device for (device,) in world.server.read("SELECT device_id FROM divergence")} - wronged
    demand("I9", not strange, lambda: f"devices that differed without a cause: {sorted(strange)}")


# --- At rest --------------------------------------------------------------------------------------------


def check_at_rest(world: World) -> None:
    """Everything, from the database and the phones as they are."""
    for phone in world.phones:
        check_phone(world, phone)
    check_held(world)
    with world.server.app.app_context():
        entries = list(db.session.scalars(select(JournalEntry)))
        _nothing_is_lost(world, entries)
        _in_order(world, entries)
        _phones_hold_what_they_may(world)
        _the_feed_is_the_tables()
        _refusals_are_in_review(entries)
        _no_effect_twice(entries)
        _transitions_are_legal()
        _nothing_is_overwritten_in_silence(entries)
        _totals_agree()
        _files_are_safe(world)


def _nothing_is_lost(world: World, entries: list[JournalEntry]) -> None:
    """I1 (and I15): what was promised is in the journal, or on an old line of a phone that is out of reach."""
    journal = {entry.id: entry for entry in entries}
    kept = {
        e.id for p in world.phones if p.stranded for e in p.storage.entries()
        if e.line != p.storage.get("device") or p.storage.get("rescue_key") is None
    }  # fmt: skip
    for act_id, saved in world.saved.items():
        there = act_id in journal or act_id in kept or act_id in world.undefended
        demand("I1", there, lambda a=act_id, s=saved: f"{s.name} {a} of phone {s.phone} is not in the journal")
        entry = journal.get(act_id)
        if entry is not None:
            demand("I13", entry.user_id == saved.user_id, lambda e=entry: f"{e.act} {e.id} is under another name")
            demand("I1", entry.args == saved.args, lambda e=entry: f"{e.act} {e.id} has other arguments")
    strange = journal.keys() - world.saved.keys()
    demand("I2", not strange, lambda: f"acts nobody made: {sorted(strange)}")


def _in_order(world: World, entries: list[JournalEntry]) -> None:
    """I3: per line of numbers, and per phone across its lines."""
    ordered = sorted(entries, key=lambda e: (e.rev, e.n))
    lines: dict[str, list[int]] = defaultdict(list)
    phones: dict[int, list[int]] = defaultdict(list)
    for entry in ordered:
        lines[entry.device_id].append(entry.n)
        saved = world.saved.get(entry.id)
        if saved is not None and entry.id not in world.phones[saved.phone].forgotten:
            phones[saved.phone].append(saved.order)
    for device, numbers in lines.items():
        demand("I3", numbers == sorted(numbers), lambda d=device, n=numbers: f"line {d} was applied as {n}")
    cloned = {p.copy_of for p in world.phones} | {p.index for p in world.phones if p.copy_of is not None}
    for index, orders in phones.items():
        sound = index in cloned or orders == sorted(orders)
        demand("I3", sound, lambda i=index, o=orders: f"phone {i}'s acts took effect as {o}")


def _phones_hold_what_they_may(world: World) -> None:
    """I4 and I5: the rows of a phone are those the rules let its person see, row by row, whatever their role; and
    subscriptions and the server's own answer say the same."""
    feed = {(row.noun, row.row_id): row for row in db.session.scalars(select(FeedRow)) if row.body is not None}
    bodies = {key: orjson.loads(row.body or "null") for key, row in feed.items()}
    wanted: dict[str, set[str]] = {}
    reach = Reach(db.session())
    for user in reach.users:
        wanted[user.id] = reach.scopes(user)
        anew = set(desired(db.session(), user))
        demand("I5", anew == wanted[user.id], lambda u=user, a=anew: f"{u.login} {u.roles}: {a ^ wanted[u.id]}")
        query = select(Subscription.scope).where(Subscription.user_id == user.id, Subscription.left_rev.is_(None))
        held = set(db.session.scalars(query))
        demand("I4", held == wanted[user.id], lambda u=user, h=held: f"{u.login}: {h ^ wanted[u.id]}")
    for phone in world.phones:
        if phone.client.draining:
            demand("I5", not phone.storage.held, lambda p=phone: f"{p.login} was revoked and still holds rows")
        if phone.abandoned or phone.dead or phone.client.draining:
            continue
        allowed = {key: row.rev for key, row in feed.items() if row.scope in wanted[phone.user_id]}
        here = {key: row.rev for key, row in phone.storage.held.items()}
        foreign = sorted(key for key in here.keys() - allowed.keys() if key in feed)
        demand("I5", not foreign, lambda p=phone, f=foreign: f"{p.login} still holds {f[:5]}")
        wrong = sorted(set(here.items()) ^ set(allowed.items()))
        demand("I4", not wrong, lambda p=phone, w=wrong: f"phone {p.index} {p.login} differs: {w[:5]}")
        for key, row in phone.storage.held.items():
            same = row.body == bodies[key]
            demand("I4", same, lambda k=key, p=phone: f"{p.login}'s {k} has another body")
        scopes = {scope for scope, left in phone.storage.held_scopes.items() if left is None}
        demand("I4", scopes == wanted[phone.user_id], lambda p=phone, s=scopes: f"{p.login}: {s}")


def _the_feed_is_the_tables() -> None:
    """What is served is what is stored."""
    live = select(FeedRow.noun, FeedRow.row_id, FeedRow.body).where(FeedRow.body.is_not(None))
    stored = {(noun, row_id): body for noun, row_id, body in db.session.execute(live)}
    count = 0
    for model in _filled_tables():
        for row in db.session.scalars(select(model)):
            count += 1
            same = stored.get((row.NOUN, row.id)) == row.body_text()
            demand("I4", same, lambda r=row: f"the feed's {r.NOUN} {r.id} is not the table's")
    demand("I4", count == len(stored), lambda: f"{len(stored)} rows in the feed, {count} in the tables")


def _filled_tables() -> list[type[Synced]]:
    """The synced tables that have rows: most of a small world's have none, and one question finds which."""
    nouns = [select(literal(noun)).where(exists(select(model.id))) for noun, model in SYNCED.items()]
    return [SYNCED[noun] for noun in db.session.scalars(union_all(*nouns))]


def _refusals_are_in_review(entries: list[JournalEntry]) -> None:
    """I8: what was not applied as meant waits for a person, with its payload (only contacts are masked there).

    A decision about an item that could not be carried out is no item itself: the item it meant still waits.
    """
    items = {item.act_id: item for item in db.session.scalars(select(ReviewItem))}
    late = {entry.id: entry for entry in entries if entry.code == ARRIVED}  # it was held, and then applied
    refused = {entry.id: entry for entry in entries if entry.outcome not in (APPLIED, MERGED)} | late
    decisions = {entry.id: entry for entry in refused.values() if entry.act == "review.settle"}
    waiting = {item.id for item in items.values()}
    for entry in decisions.values():
        # A restore may have forgotten the item; who has no right to decide hears that before anybody looks for one.
        there = entry.code in ("row-unknown", "forbidden") or entry.args["id"] in waiting
        demand("I8", there, lambda e=entry: f"a refused decision about {e.args['id']}, which is not in review")
    differ = items.keys() ^ (refused.keys() - decisions.keys())
    demand("I8", not differ, lambda: f"review and journal differ: {sorted(differ)}")
    for act_id, item in items.items():
        same = _unmasked(item.args) == _unmasked(refused[act_id].args)
        demand("I8", same, lambda i=item: f"the payload of {i.act} {i.act_id} changed")


def check_held(world: World) -> None:
    """I14: an act held for a row is released once the row is there, and is a person's affair past its deadline."""
    with world.server.app.app_context():
        held = {one.act_id: one for one in db.session.scalars(select(HeldAct))}
        waiting = set(db.session.scalars(select(ReviewItem.act_id).where(ReviewItem.state == "waiting")))
        here = select(FeedRow.noun, FeedRow.row_id).where(FeedRow.row_id.in_({h.row_id for h in held.values()}))
        feed = {tuple(key) for key in db.session.execute(here.where(FeedRow.body.is_not(None)))} if held else set()
        for one in held.values():
            waits = (one.noun, one.row_id) not in feed
            demand("I14", waits, lambda h=one: f"{h.act_id} still waits for {h.noun} {h.row_id}")
            in_time = one.until > clock.now()
            demand("I14", in_time, lambda h=one: f"{h.act_id} is held although its time ended {h.until}")
        alone = waiting - held.keys()
        demand("I14", not alone, lambda: f"items that wait for nothing: {sorted(alone)}")


def _unmasked(args: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in args.items() if not name.startswith("contact_")}


def _done(entries: list[JournalEntry]) -> list[JournalEntry]:
    """Acts that took effect, in the order they did: applied at once, or later out of review."""
    return [e for e in sorted(entries, key=lambda e: (e.rev, e.n)) if e.outcome in (APPLIED, MERGED)]


def _no_effect_twice(entries: list[JournalEntry]) -> None:
    """I2: as many lines in the timeline as acts that took effect."""
    done = Counter((e.act, e.args.get("visit_id")) for e in _done(entries) if e.act.startswith("visit."))
    for item in db.session.scalars(select(ReviewItem).where(ReviewItem.resolution == "applied")):
        done[item.act, item.args.get("visit_id")] += 1
    told = Counter((e.kind, e.visit_id) for e in db.session.scalars(select(Event)) if e.kind.startswith("visit."))
    told_by_moves = ("visit.accept", "visit.travel", "visit.arrive", "visit.work", "visit.resume", "visit.finish",
                     "visit.reopen", "visit.submit", "visit.pause", "visit.decline", "visit.cannot_complete",
                     "visit.cancel")  # fmt: skip
    for (act, visit_id), times in told.items():
        if act in told_by_moves:
            same = done[act, visit_id] == times
            demand("I2", same, lambda a=act, v=visit_id, t=times: f"{a} of {v}: {t} effects of {done[a, v]} acts")


def _transitions_are_legal() -> None:
    """I11: each visit went from state to state by the table, and is where its last step led."""
    visits = {visit.id: visit for visit in db.session.scalars(select(Visit))}
    states = dict.fromkeys(visits, "dispatched")
    for event in db.session.scalars(select(Event).order_by(Event.id)):
        visit = visits.get(event.visit_id or "")
        if visit is None or "to" not in event.data or "from" not in event.data or event.kind == "visit.reassign":
            continue
        before, after = event.data["from"], event.data["to"]
        name = {("visit.accept_work"): "visit.accept_work"}.get(event.kind, event.kind)
        legal = transition("visit", name, before, visit.mode) == after and states[visit.id] == before
        demand("I11", legal, lambda e=event, s=states[visit.id]: f"{e.kind} {e.data} of {e.visit_id} from {s}")
        states[visit.id] = after
    for visit in visits.values():
        right = visit.state == states[visit.id] or visit.state in GONE
        demand("I11", right, lambda v=visit: f"{v.id} is {v.state}, its timeline ends {states[v.id]}")


def _nothing_is_overwritten_in_silence(entries: list[JournalEntry]) -> None:
    """I8: a value somebody gave a protected field stands, or was seen by whoever replaced it, or is in a conflict."""
    protected = {name for name, how in rule("fields")["diagnosis"].items() if how["policy"] == "protected"}
    given: dict[tuple[str, str], set[Any]] = defaultdict(set)
    seen: dict[tuple[str, str], set[Any]] = defaultdict(set)
    applied = set(db.session.scalars(select(ReviewItem.act_id).where(ReviewItem.resolution == "applied")))
    for entry in entries:
        if entry.act == "diagnosis.edit" and (entry.outcome in (APPLIED, MERGED) or entry.id in applied):
            for name, (was, now) in entry.args["changes"].items():
                given[entry.args["visit_id"], name].add(now)
                seen[entry.args["visit_id"], name].add(was)
    for conflict in db.session.scalars(select(Conflict).where(Conflict.noun == "diagnosis")):
        seen[conflict.visit_id or "", conflict.field] |= {conflict.server_value, conflict.device_value}
    for row in db.session.scalars(select(Diagnosis)):
        for name in protected:
            gone = given[row.visit_id, name] - seen[row.visit_id, name] - {getattr(row, name)}
            demand("I8", not gone, lambda r=row, n=name, g=gone: f"{n} of {r.id} was {g} once; nobody saw it go")


def _totals_agree() -> None:
    """I10: stock is the sum of its movements, and movements are the parts used and not withdrawn."""
    moved: Counter[tuple[str, str]] = Counter()
    causes: Counter[str] = Counter()
    for movement in db.session.scalars(select(StockMovement)):
        moved[movement.location, movement.part_id] += movement.quantity
        causes[movement.cause_id or ""] += movement.quantity
    for stock in db.session.scalars(select(Stock)):
        total = moved[stock.user_id, stock.part_id]
        demand("I10", stock.quantity == total, lambda s=stock, t=total: f"{s.user_id} has {s.quantity}, not {t}")
    for fact in db.session.scalars(select(PartUse)):
        counts = not fact.withdrawn and fact.late_state != "discarded" and fact.source != "customer"
        wanted = -fact.quantity if counts else 0
        demand("I10", causes[fact.id] == wanted, lambda f=fact: f"{f.id} of {f.quantity} moved {causes[f.id]}")


def _files_are_safe(world: World) -> None:
    """I12: every declared file is verified with the right bytes, or a phone still has it."""
    held = {f.sha256 for p in world.phones for f in p.storage.files() if p.storage.content(f.sha256) is not None}
    store = files.store()
    for row in db.session.scalars(select(Attachment)):
        if row.state in ("verified", "stored"):
            path = store.path(row.sha256)
            sound = path.is_file() and sha256(path.read_bytes()).hexdigest() == row.sha256
            demand("I12", sound, lambda r=row: f"the file of {r.id} is not as declared")
        else:
            lost = row.sha256 not in held and not any(world.faults[f] for f in ("storage_lost",))
            demand("I12", not lost, lambda r=row: f"{r.id} is {r.state} and no phone has its bytes")
