"""Live: a thousand streams of one server, what each costs in memory, and how soon a poke arrives.

A poke's time runs from the moment the office sends an act to the moment the poke is read by a stream of the engineer
it concerns: the push itself, its commit and the way to all streams of that engineer are in it.
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import orjson
from sqlalchemy import select

from server import clock
from server.extensions import db
from server.models import User, new_id
from tests.bench.company import PASSWORD, Company
from tests.bench.figures import Figures, percentile, say
from tests.bench.servers import Client, Server, decode, descendants, sign_in
from tests.conftest import build_app, close
from tests.crowd import Crowd, Enrolled, enrol

CONNECTIONS = 1000
QUIET_SECONDS = 0.15  # between two pokes
HEARD_WITHIN = 10.0  # s
PROTOCOL = 1


def measure(
    figures: Figures,
    db_name: str,
    company: Company,
    real: Server,
    url: str,
    folder: Path,
    pokes: int,
    processes: int = 1,
) -> None:
    """Opens the streams, pokes one engineer after the other, and hangs up."""
    devices = _devices(company, url, folder)
    crowd, desk = Crowd(real.port), _Desk(real)
    try:
        crowd.close(crowd.open(devices[:: CONNECTIONS // 50]))  # the first streams start threads and fill caches
        crowd.listeners.clear()
        time.sleep(1)
        before = resident_kb(real)
        listeners = crowd.open(devices)
        time.sleep(1)
        grown = (resident_kb(real) - before) / CONNECTIONS
        times = []
        for turn in range(pokes):
            times += _poke(company, turn, desk, crowd)
        alive = sum(one.status == 200 and not one.closed for one in listeners)
    finally:
        crowd.close()
        desk.client.close()
    more = {"processes": processes}
    figures.add("live_connections", db_name, alive, "connections", **more)
    figures.add("live_memory_kb_per_connection", db_name, max(grown, 0.01), "KiB", **more)
    for share in (50, 95, 99):
        name = f"live_poke_p{share}"
        figures.add(name, db_name, percentile(times, share / 100), "ms", samples=len(times), **more)
    say(f"{db_name}: {alive} streams of {processes} process(es), {grown:.1f} KiB each,"
        f" poke {percentile(times, 0.5):.0f}/{percentile(times, 0.99):.0f} ms")  # fmt: skip


def _devices(company: Company, url: str, folder: Path) -> list[Enrolled]:
    secret = (folder / "data" / "secret.key").read_text().strip()
    app = build_app(url, folder, SECRET_KEY=secret)
    with app.app_context():
        ids = dict(db.session.execute(select(User.login, User.id)).all())
    logins = [pusher.login for pusher in company.pushers]
    enrolled = enrol(app, [ids[logins[i % len(logins)]] for i in range(CONNECTIONS)])
    close(app)
    return enrolled


class _Desk:
    """A dispatcher who writes notes."""

    def __init__(self, real: Server) -> None:
        self.device, self.n = new_id(), 0
        self.client = Client(real, sign_in(real, "desk", PASSWORD, self.device))

    def note(self, visit_id: str) -> float:
        """Adds a note; gives when it was sent."""
        self.n += 1
        act = {
            "n": self.n, "id": new_id(), "act": "note.add", "v": 1, "at": clock.wire(clock.now()), "group": None,
            "args": {"id": new_id(), "visit_id": visit_id, "text": f"请先联系张女士，第 {self.n} 次"},
        }  # fmt: skip
        body = {"protocol": PROTOCOL, "device": self.device, "epoch": None, "acts": [act]}
        sent = time.monotonic()
        answer = decode(
            self.client.post("/api/sync/push", orjson.dumps({**body, "sent_at": act["at"], "status": None}))
        )
        assert answer["receipts"][0]["outcome"] == "applied", answer
        return sent


def _poke(company: Company, turn: int, desk: _Desk, crowd: Crowd) -> list[float]:
    """Milliseconds until each stream of one engineer was poked."""
    concerned = [
        one for i, one in enumerate(crowd.listeners) if i % len(company.pushers) == turn % len(company.pushers)
    ]
    time.sleep(QUIET_SECONDS)
    crowd.forget()
    sent = desk.note(company.pushers[turn % len(company.pushers)].visits[0]["visit"])
    deadline = sent + HEARD_WITHIN
    while not all(one.pokes for one in concerned):
        if time.monotonic() > deadline:
            raise RuntimeError(f"{sum(not one.pokes for one in concerned)} streams were not poked")
        time.sleep(0.002)
    return [(one.pokes[0][0] - sent) * 1000 for one in concerned]


def resident_kb(real: Server) -> int:
    """Memory of gunicorn's processes that is in use, in KiB."""
    listing = subprocess.run(["ps", "-A", "-o", "pid=,rss="], capture_output=True, text=True, check=True).stdout
    sizes = dict(map(int, line.split()) for line in listing.splitlines())
    return sum(sizes.get(pid, 0) for pid in descendants(real.pid))
