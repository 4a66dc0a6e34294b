"""What was typed, what the screen has said about it, and whether the phone still has it after a kill."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

#: Runs in every page: says each promise in the moment it comes onto the screen, before a test could look.
LISTEN = """(() => {
  const STATES = {
    已派单: 'dispatched', 已接单: 'accepted', 在途: 'travelling', 已到场: 'arrived', 作业中: 'working',
    作业完成: 'work_done',
  }
  const said = new Set()
  const say = (kind, what) => {
    const line = JSON.stringify([kind, location.pathname, what])
    if (said.has(line)) return
    said.add(line)
    window.promised(line)
  }
  const look = () => {
    for (const note of document.querySelectorAll('li.note p.pre')) say('note', note.textContent)
    const tiles = document.querySelectorAll('.grid .open').length
    if (tiles) say('photos', tiles)
    const line = document.querySelector('p.saved')
    if (line?.textContent.includes('已存在这台手机')) {
      const typed = [...document.querySelectorAll('textarea[id]')].map(({ id, value }) => [id, value])
      if (typed.length) say('acts', Object.fromEntries(typed))
    }
    if (/^.visits.[^/]+$/.test(location.pathname)) {
      const badges = [...document.querySelectorAll('main .card .badge')].map((badge) => badge.textContent.trim())
      for (const word of badges) if (STATES[word]) say('state', STATES[word])
    }
  }
  const all = { subtree: true, childList: true, characterData: true, attributes: true }
  new MutationObserver(look).observe(document, all)
})()"""

#: Everything on the phone that a kill could take: acts in both tables, drafts, files with what their bytes hash to.
HELD = """async (known) => {
  const ask = (request) => new Promise((good, bad) => {
    request.onsuccess = () => good(request.result)
    request.onerror = () => bad(request.error)
  })
  const device = await ask(indexedDB.open('xunxiu-device'))
  const last = await ask(device.transaction('settings').objectStore('settings').get('lastUser'))
  device.close()
  const db = await ask(indexedDB.open('xunxiu-' + last.value))
  const stores = db.transaction(['outbox', 'journal', 'drafts', 'files', 'rows', 'meta'])
  const all = (name) => ask(stores.objectStore(name).getAll())
  const [outbox, journal, drafts, files, visits, diagnoses, meta] = await Promise.all([
    all('outbox'), all('journal'), all('drafts'), all('files'),
    ask(stores.objectStore('rows').index('noun').getAll('visit')),
    ask(stores.objectStore('rows').index('noun').getAll('diagnosis')), all('meta'),
  ])
  const chunks = {}
  for (const { sha256 } of files.filter((file) => !known.includes(file.sha256))) {
    const store = db.transaction('chunks').objectStore('chunks')
    chunks[sha256] = await ask(store.getAll(IDBKeyRange.bound([sha256, 0], [sha256, Infinity])))
  }
  db.close()
  const hashes = {}
  for (const [sha256, parts] of Object.entries(chunks)) {
    const digest = await crypto.subtle.digest('SHA-256', await new Blob(parts.map(({ bytes }) => bytes)).arrayBuffer())
    hashes[sha256] = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  }
  const act = ({ n, id, act, args }) => ({ n, id, act, args })
  return JSON.parse(JSON.stringify({
    acts: [...journal, ...outbox].map(act), drafts: Object.fromEntries(drafts.map(({ key, value }) => [key, value])),
    files: files.map(({ sha256, attachmentId, visitId }) => ({ sha256, attachmentId, visitId })), hashes,
    states: Object.fromEntries(visits.map(({ id, body }) => [id, body.state])),
    diagnoses: Object.fromEntries(diagnoses.map(({ body }) => [body.visit_id, body])),
    device: meta.find(({ key }) => key === 'deviceId').value,
  }))
}"""


class Lost(AssertionError):
    """Something the screen had said, or had shown for longer than the last keystroke, is not there."""


@dataclass
class Field:
    """One thing a hand changes stroke by stroke; `was` is what it held after each of them."""

    was: list[Any]

    @property
    def now(self) -> Any:
        return self.was[-1]

    def change(self, value: Any) -> None:
        """Said before the key goes down, because a kill may come while it does."""
        self.was.append(value)

    def allowed(self) -> list[Any]:
        """What may stand there after a kill: all of it, or all but the last keystroke."""
        return self.was[-2:]

    def settle(self, shown: Any, where: str) -> bool:
        """After a kill: what is shown is what it holds from now on. True when the last keystroke is gone."""
        if shown not in self.allowed():
            raise Lost(f"{where}: {shown!r} is shown, the last two states were {self.allowed()!r}")
        gone = shown != self.now
        self.was = [shown]
        return gone


@dataclass
class Promises:
    """All of one phone, from the first moment to the last."""

    fields: dict[str, Field] = field(default_factory=dict)
    notes: set[str] = field(default_factory=set)
    tiles: dict[str, int] = field(default_factory=dict)  # by the visit's path
    acted: dict[str, dict[str, str]] = field(default_factory=dict)  # of a diagnosis, by the visit's path
    states: dict[str, list[str]] = field(default_factory=dict)  # of a visit, as its badge said
    given: set[str] = field(default_factory=set)  # hashes of photos given to the phone
    acts: dict[str, tuple[int, str]] = field(default_factory=dict)  # by id, as seen at an earlier moment
    whole: set[str] = field(default_factory=set)  # files whose bytes were read back and hashed
    kept: set[str] = field(default_factory=set)  # notes that are acts, at the last look
    signed: set[str] = field(default_factory=set)  # visits whose report said that it is signed
    held_states: dict[str, str] = field(default_factory=dict)  # of visits, at the last look
    heard: int = 0
    keys: int = 0
    lost_keys: int = 0

    def hear(self, line: str) -> None:
        """From the page: one promise."""
        kind, path, what = json.loads(line)
        self.heard += 1
        if kind == "note":
            self.notes.add(what)
        elif kind == "photos":
            self.tiles[path] = max(self.tiles.get(path, 0), what)
        elif kind == "acts":
            self.acted.setdefault(path, {}).update(what)
        elif kind == "state":
            self.states.setdefault(path, []).append(what)

    def of(self, key: str, at_first: Any) -> Field:
        return self.fields.setdefault(key, Field([at_first]))

    # --- After a kill -------------------------------------------------------------------------------------

    def compare(self, held: dict[str, Any]) -> None:
        """Raises `Lost` with the first thing that is missing, doubled or half there."""
        self.held_states = held["states"]
        self._acts(held["acts"])
        self._signatures(held["acts"])
        self._notes(held["acts"], held["drafts"])
        self._files(held)
        self._states(held)
        self._diagnoses(held["diagnoses"])

    def _acts(self, acts: list[dict[str, Any]]) -> None:
        numbers = sorted(act["n"] for act in acts)
        if numbers != list(range(1, len(numbers) + 1)):
            raise Lost(f"a number is missing or twice: {numbers}")
        now = {act["id"]: (act["n"], json.dumps(act["args"], sort_keys=True)) for act in acts}
        if len(now) != len(acts):
            raise Lost("one id stands for two acts")
        changed = [act_id for act_id, said in self.acts.items() if now.get(act_id) != said]
        if changed:
            raise Lost(f"acts of before are gone or changed: {changed}")
        self.acts = now

    def _notes(self, acts: list[dict[str, Any]], drafts: dict[str, Any]) -> None:
        kept = [act["args"]["text"] for act in acts if act["act"] == "note.add"]
        if len(set(kept)) != len(kept):
            raise Lost("a note was recorded twice")
        if missing := self.notes - set(kept):
            raise Lost(f"notes that stood on the screen: {sorted(missing)}")
        self.kept = set(kept)
        waiting = {value for key, value in drafts.items() if key.startswith("note:")}
        if doubled := waiting & set(kept):
            raise Lost(f"recorded, and still waiting in the field to be recorded again: {sorted(doubled)}")

    def _signatures(self, acts: list[dict[str, Any]]) -> None:
        given = [act["args"]["visit_id"] for act in acts if act["act"] == "report.sign"]
        if len(set(given)) != len(given):
            raise Lost("a report was signed twice")
        if missing := self.signed - set(given):
            raise Lost(f"reports that the screen called signed: {sorted(missing)}")

    def _files(self, held: dict[str, Any]) -> None:
        for sha256, read in held["hashes"].items():
            if read != sha256:
                raise Lost(f"the bytes of {sha256} are not whole")
            self.whole.add(sha256)
        files = {file["attachmentId"] for file in held["files"]}
        declared = {act["args"]["id"] for act in held["acts"] if act["act"] == "attachment.add"}
        if files != declared:
            raise Lost(f"acts without a file or files without an act: {sorted(files ^ declared)}")
        for path, count in self.tiles.items():
            shown = [f for f in held["files"] if f["visitId"] in path and f["sha256"] in self.given]
            if len(shown) < count:
                raise Lost(f"{count} photos stood on the screen of {path}, {len(shown)} are there")
            if len({f["sha256"] for f in shown}) != len(shown):
                raise Lost(f"a photo of {path} is there twice")

    def _states(self, held: dict[str, Any]) -> None:
        for path, said in self.states.items():
            visit_id = path.split("/")[2]
            if said and held["states"][visit_id] not in (said[-1], *(AFTER.get(said[-1], ()))):
                raise Lost(f"{path} was {said[-1]} on the screen, and is {held['states'][visit_id]}")

    def _diagnoses(self, diagnoses: dict[str, dict[str, Any]]) -> None:
        """What was an act is one still, or a later one has taken its place."""
        for path, said in self.acted.items():
            body = diagnoses.get(path.split("/")[2], {})
            for name, value in said.items():
                history = self.fields.get(f"{path}#{name}")
                later = [] if history is None else history.was
                if body.get(name.replace("-", "_"), "") not in (value, *later):
                    raise Lost(
                        f"{path} said that {name} = {value!r} is saved; it is {body.get(name.replace('-', '_'))!r}"
                    )


#: What a press that was not answered any more may have led to.
AFTER = {
    "dispatched": ("accepted",), "accepted": ("travelling",), "travelling": ("arrived",), "arrived": ("working",),
    "working": ("work_done",), "work_done": ("signed",),
}  # fmt: skip
