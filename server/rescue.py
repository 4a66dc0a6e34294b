"""Rescue files come in: what a phone could not send, carried here by hand, through the very engine a push goes through.

The acts are pushed on the device's own number line in its owner's name. So when the phone finds a network after all,
its acts are repeats and are answered with the receipts they got here; and what the phone had sent before is a repeat
in the file. Two things can keep an act off that line, and then it goes on a line of its own, under its own id, as it
would after the device was registered anew: numbers that are missing before it, and a number another act has.

Whoever has the office's public key can seal a file. That it comes from the device is proven by the refresh token in
it, which we signed for that device and person; whether it has ended since (revoked, expired, used) says nothing about
where the file was made. Without that proof nothing takes effect: the acts are parked under ids derived from theirs,
so that a forged file can neither answer nor block the acts of the real phone, and a person decides about each.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from flask import current_app
from flask_jwt_extended import decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt.exceptions import PyJWTError
from sqlalchemy import select

from server import clock, feed, files
from server.config import MAX_FILE_BYTES
from server.extensions import db
from server.models import Attachment, Device, JournalEntry, RescueBundle, User
from server.problems import Problem
from server.push import Carried, push
from server.scopes import SHOWN
from server.sealing import WrongKey, office_key
from sync.engine import CRASHES_BEFORE_PARKING
from sync.protocol import MAX_ACTS, VERSION, Act, Malformed, PushRequest, Receipt, is_id, is_instant, parse_push
from sync.rescue import Damaged, Foreign, Record, read_header, read_records

MOST_ACTS = 50_000  # of one file: years of one person's work
MOST_FILES = 5_000
ID_QUERY = 500  # ids asked for at once
REMEMBERED = timedelta(days=30)  # how long phones keep what was acknowledged: a device we forgot is at least that old
WAITING = ("no-slot", "damaged")  # files that a later import of the same file may still bring in


@dataclass
class Contents:
    """What is in a file. `acts` by number; `unreadable`: so many entries are no acts; `files` as they are named."""

    head: dict[str, Any] = field(default_factory=dict)
    acts: list[Act] = field(default_factory=list)
    unreadable: int = 0
    files: list[dict[str, Any]] = field(default_factory=list)
    damaged: bool = False

    @property
    def user_id(self) -> str:
        return str(self.head["user"])

    @property
    def device_id(self) -> str:
        return str(self.head["device"])


# --- Reading --------------------------------------------------------------------------------------------


def folder() -> Path:
    """Where rescue files are kept, sealed as they came."""
    path = Path(current_app.config["DATA_DIR"]) / "rescues"
    path.mkdir(parents=True, exist_ok=True)
    return path


def path_of(row: RescueBundle) -> Path:
    return folder() / f"{row.id}.rescue"


def _walk(path: Path) -> Iterator[Record]:
    with path.open("rb") as file:
        header, text = read_header(file.read)
        yield from read_records(file.read, text, office_key().decryptor(header))


def look(path: Path) -> Contents:
    """Reads all of a file. Problems `rescue-foreign`, `rescue-other-office`, `rescue-damaged`.

    A file that is damaged behind its beginning is worth what can be read of it: acts come before photos, in order.
    """
    found = Contents()
    try:
        for kind, value in _walk(path):
            _take(found, kind, value)
    except Foreign:
        raise Problem("rescue-foreign") from None
    except WrongKey:
        raise Problem("rescue-other-office") from None
    except Damaged:
        found.damaged = True
    if not found.head:
        raise Problem("rescue-damaged")
    found.acts.sort(key=lambda act: act.n)
    return found


def _take(found: Contents, kind: str, value: Any) -> None:
    if kind == "bytes":
        if found.files:
            found.files[-1]["held"] += len(value)
        return
    what = value.get("kind")
    if what == "bundle":
        if not is_id(value.get("device")) or not is_id(value.get("user")):
            raise Damaged("nobody's file")
        found.head = value
    elif what == "acts":
        for one in value.get("acts") or ():
            _take_act(found, one)
    elif what == "file" and len(found.files) < MOST_FILES:
        found.files.append({**{key: value.get(key) for key in ("attachment", "sha256", "size", "purpose")}, "held": 0})


def _take_act(found: Contents, one: Any) -> None:
    if len(found.acts) >= MOST_ACTS:
        raise Damaged("more acts than a person can do")
    try:
        found.acts += parse_push({"protocol": VERSION, "device": found.head.get("device"), "acts": [one]}).acts
    except Malformed:  # without a number or an id it is no act; the sealed file keeps it
        found.unreadable += 1


def is_proven(contents: Contents) -> bool:
    """Whether the file holds a refresh token that we signed for its device and its person."""
    try:
        claims = decode_token(str(contents.head.get("proof")), allow_expired=True)
    except (PyJWTError, JWTExtendedException, ValueError, KeyError):
        return False
    return (claims.get("type"), claims.get("sub"), claims.get("device")) == (
        "refresh", contents.user_id, contents.device_id,
    )  # fmt: skip


# --- What it would come to ------------------------------------------------------------------------------


def describe(contents: Contents) -> dict[str, Any]:
    """Whose it is, from when, how much of it is new here, and what a person should know before importing it."""
    user = db.session.get(User, contents.user_id)
    if user is None:
        raise Problem("rescue-stranger")
    device = db.session.get(Device, contents.device_id)
    proven = is_proven(contents) and (device is None or device.user_id == user.id)
    known = _known(contents.acts)
    fresh = [act for act in contents.acts if act.id not in known]
    epoch = contents.head.get("epoch")
    warnings = {
        "unproven": not proven,
        "damaged": contents.damaged or bool(contents.unreadable),
        "revoked": device is not None and device.revoked_at is not None,
        "inactive": not user.active,
        "forgotten": proven and device is None,
        "restored": bool(epoch) and epoch != feed.current(db.session())[1],
        "gap": proven and bool(fresh) and fresh[0].n > (device.last_n if device else 0) + 1,
    }
    made_at = contents.head.get("made_at")
    return {
        "user": {"id": user.id, "name": user.name, "name_en": user.name_en},
        "device": {"id": contents.device_id, "name": device.name if device else ""},
        "made_at": made_at if is_instant(made_at) else None,
        "proven": proven,
        "warnings": [code for code, holds in warnings.items() if holds],
        "acts": {
            "all": len(contents.acts),
            "new": len(fresh),
            "kinds": dict(Counter(act.act for act in fresh)),
            "first_at": min((act.at for act in fresh), default=None),
            "last_at": max((act.at for act in fresh), default=None),
        },
        "files": {"all": len(contents.files), "new": sum(not _is_here(file) for file in contents.files)},
        "bytes": sum(file["held"] for file in contents.files),
    }


def _known(acts: list[Act]) -> dict[str, JournalEntry]:
    """The journal entries of these acts, by id."""
    ids = [act.id for act in acts]
    found: dict[str, JournalEntry] = {}
    for at in range(0, len(ids), ID_QUERY):
        query = select(JournalEntry).where(JournalEntry.id.in_(ids[at : at + ID_QUERY]))
        found |= {entry.id: entry for entry in db.session.scalars(query)}
    return found


def _slot(file: dict[str, Any]) -> Attachment | None:
    attachment = db.session.get(Attachment, file["attachment"]) if is_id(file["attachment"]) else None
    return attachment if attachment is not None and attachment.sha256 == file["sha256"] else None


def _is_here(file: dict[str, Any]) -> bool:
    slot = _slot(file)
    return slot is not None and slot.state in SHOWN


# --- Importing ------------------------------------------------------------------------------------------


def bring_in(row: RescueBundle, by: str) -> RescueBundle:
    """Imports the file of this row, says in the row what became of each thing, and commits.

    Any number of times: what is here already is a repeat. The sealed file stays while something in it still waits.
    """
    row_id, path = row.id, path_of(row)
    db.session.rollback()  # no transaction is open while the file is read: SQLite has one writer
    if not path.exists():
        raise Problem("rescue-gone")
    contents = look(path)
    user_id, proven = contents.user_id, describe(contents)["proven"]
    known = set(_known(contents.acts))
    db.session.rollback()
    pushed = _apply(contents) if proven else _park(contents, known)
    stored = _bring_files(path, user_id)
    row = db.session.get_one(RescueBundle, row_id)
    row.imported_by, row.imported_at, row.proven = by, clock.now(), proven
    row.result = _result(contents, known, pushed, stored)
    row.kept = contents.damaged or bool(contents.unreadable) or any(file["state"] in WAITING for file in stored)
    kept = row.kept
    db.session.commit()
    if not kept:
        path.unlink(missing_ok=True)
    return row


def _result(
    contents: Contents, known: set[str], pushed: dict[str, Receipt], stored: list[dict[str, Any]]
) -> dict[str, Any]:
    items = [
        {"n": act.n, "act": act.act, "at": act.at, "outcome": told.outcome, "code": told.code}
        for act in contents.acts
        if act.id not in known and (told := pushed.get(act.id)) is not None
    ]
    return {
        "acts": {"known": len(known), **Counter(item["outcome"] for item in items)},
        "items": items,
        "files": dict(Counter(file["state"] for file in stored)),
        "file_items": [file for file in stored if file["state"] not in ("stored", "here")],
        "damaged": contents.damaged,
        "unreadable": contents.unreadable,
    }


def _apply(contents: Contents) -> dict[str, Receipt]:
    """Pushes proven acts; gives the receipts by act id."""
    user = db.session.get_one(User, contents.user_id)
    device = db.session.get(Device, contents.device_id)
    if device is None:  # registered after the backup that this server was restored from
        device = _new_line(contents.device_id, user.id, None)
        db.session.commit()
    receipts, rest = _send(user, contents.device_id, contents.acts, Carried.PROVEN)
    if rest:
        receipts |= _send_beside(user, contents.device_id, rest, "rescue", Carried.PROVEN)
    return receipts


def _park(contents: Contents, known: set[str]) -> dict[str, Receipt]:
    """Parks acts whose origin is not proven. Their group names the act they stand for, by its own id."""
    user = db.session.get_one(User, contents.user_id)
    stand_ins = {
        act.id: replace(act, id=str(uuid5(UUID(act.id), "unproven")), group=act.id)
        for act in contents.acts
        if act.id not in known
    }
    line = f"unproven {user.id}"
    receipts = _send_beside(user, contents.device_id, list(stand_ins.values()), line, Carried.UNPROVEN)
    return {act_id: receipts[act.id] for act_id, act in stand_ins.items() if act.id in receipts}


def _send_beside(user: User, device_id: str, acts: list[Act], line: str, carried: Carried) -> dict[str, Receipt]:
    """Pushes acts on a line of numbers made for what comes by hand and cannot go on the device's own."""
    line_id = str(uuid5(UUID(device_id), line))
    beside = db.session.get(Device, line_id)
    if beside is None:
        beside = _new_line(line_id, user.id, db.session.get(Device, device_id))
        beside.name, beside.revoked_at = "rescue", clock.now()  # nobody signs in as this
        db.session.commit()
    known = _known(acts)
    receipts = {e.id: Receipt(e.n, e.id, e.outcome, e.rev, e.code, e.detail) for e in known.values()}
    fresh = [act for act in acts if act.id not in known]
    numbered = [replace(act, n=beside.last_n + i) for i, act in enumerate(fresh, start=1)]
    sent, rest = _send(user, line_id, numbered, carried)
    if rest:  # somebody imports the same file at this moment
        raise Problem("busy", headers={"Retry-After": "2"})
    return receipts | sent


def _new_line(device_id: str, user_id: str, like: Device | None) -> Device:
    device = Device(id=device_id, user_id=user_id, created_at=clock.now() - REMEMBERED, last_n=0, clock_offset_ms=0)
    if like is not None:  # device time is corrected as if the device itself had sent
        device.created_at, device.last_push_at = like.created_at, like.last_push_at
        device.clock_offset_ms = like.clock_offset_ms
    db.session.add(device)
    return device


def _send(user: User, device_id: str, acts: list[Act], carried: Carried) -> tuple[dict[str, Receipt], list[Act]]:
    """Pushes acts in order, batch by batch; gives the receipts by act id, and what this line of numbers cannot take."""
    receipts: dict[str, Receipt] = {}
    queue, failures = acts, 0
    while queue:
        batch = _head(queue)
        request = PushRequest(VERSION, device_id, None, None, tuple(batch), None)
        try:
            answer = push(db.session(), user, device_id, request, carried)
        except Problem as problem:
            if problem.code != "device-cloned":
                raise
            return receipts, queue
        receipts |= {receipt.id: receipt for receipt in answer.receipts}
        taken = sum(act.n <= answer.last for act in batch)
        queue = queue[taken:]
        if taken:
            failures = 0
        elif batch[0].n > answer.last + 1:
            return receipts, queue
        else:  # the server failed on the act: after a few times it is parked
            failures += 1
            if failures > CRASHES_BEFORE_PARKING:
                raise Problem("busy", headers={"Retry-After": "2"})
    return receipts, []


def _head(acts: list[Act]) -> list[Act]:
    """The first acts, about as many as a push may hold; a group goes whole."""
    end = min(MAX_ACTS, len(acts))
    while end < len(acts) and acts[end].group is not None and acts[end].group == acts[end - 1].group:
        end += 1
    return acts[:end]


# --- Files ----------------------------------------------------------------------------------------------


def _bring_files(path: Path, user_id: str) -> list[dict[str, Any]]:
    """Stores the bytes of every file whose slot is open. One file at a time is in memory, 25 MiB at most."""
    told: list[dict[str, Any]] = []
    file: dict[str, Any] | None = None
    content = bytearray()
    with suppress(Damaged):
        for kind, value in _walk(path):
            if kind == "bytes":
                if file is not None and len(content) <= MAX_FILE_BYTES:
                    content += value
                continue
            if file is not None:
                told.append({**file, "state": _store(file, bytes(content), user_id)})
            is_file = value.get("kind") == "file" and len(told) < MOST_FILES
            file = {key: value.get(key) for key in ("attachment", "sha256", "size", "purpose")} if is_file else None
            content = bytearray()
    if file is not None:
        told.append({**file, "state": _store(file, bytes(content), user_id)})
    return told


def _store(file: dict[str, Any], content: bytes, user_id: str) -> str:
    """`stored`, `here` (already), `no-slot` (its act did not take effect yet), `damaged`, or why it was refused."""
    if _is_here(file):
        db.session.rollback()
        return "here"
    slot = _slot(file)
    if slot is None or slot.created_by != user_id:
        db.session.rollback()
        return "no-slot"
    if len(content) != slot.size or hashlib.sha256(content).hexdigest() != slot.sha256:
        db.session.rollback()
        return "damaged"
    upload = files.open_upload(user_id, slot)
    try:
        if files.offset_of(upload) < upload.size:
            part = files.store().part(upload.id)
            part.remove()
            with part.turn(0) as turn:
                turn.append(content)
            files.note_progress(upload, upload.size)
        files.finish(upload)
    except Problem as problem:
        db.session.rollback()
        return problem.code
    return "stored"
