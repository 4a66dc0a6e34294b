"""Searching the archive: a company of some years, asked for words that are rare, common, several and in the middle."""

from __future__ import annotations

import random
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import func, insert, select

from server import clock
from server.archive.grams import folded, grams_of
from server.archive.index import note_grams
from server.extensions import db
from server.models import ArchiveEntry, Customer, Site, WorkOrder, new_id
from tests.bench.company import PASSWORD, WORDS, Company
from tests.bench.figures import Figures, median, percentile, say
from tests.bench.servers import Client, Server, decode, sign_in
from tests.conftest import build_app, close

AT_ONCE = 4000  # entries a transaction
#: Rare, common, several words, across words, a serial, one nobody wrote.
QUESTIONS = (
    "空调机组",
    "通讯中断 更换电源模块",
    "SN400",
    "感器压差",
    "DDC-4200 机房",
    "水",
    "锅炉房",
    "过滤网 夜间 西塔 电压",
)


def fill(url: str, folder: Path, tickets: int) -> int:
    """Tickets of the last years straight into the tables, as the index would have them; gives how many there are."""
    app = build_app(url, folder)
    chance = random.Random(20261127)
    with app.app_context():
        customer, site = db.session.scalars(select(Customer)).first(), db.session.scalars(select(Site)).first()
        assert customer is not None and site is not None
        last = db.session.scalar(select(func.max(ArchiveEntry.id))) or 0
        for start in range(last, tickets, AT_ONCE):
            _some(chance, customer, site, range(start + 1, min(start + AT_ONCE, tickets) + 1))
        held = db.session.scalar(select(func.count()).select_from(ArchiveEntry)) or 0
        db.session.remove()
    close(app)
    return held


def _some(chance: random.Random, customer: Customer, site: Site, ids: range) -> None:
    now, orders, entries, grams = clock.now(), [], [], {}
    for number in ids:
        words = [chance.choice(WORDS) for _ in range(30)]
        title, description = "".join(words[:3]), "".join(words[3:])
        at = now - timedelta(days=1500 - number / 100)
        text = folded(f"sn{number:06d}\n{title}\n{description}\n{site.name}\nserial {chance.randrange(10**9):09d}")
        order = {
            "id": new_id(), "number": f"SN-A{number:06d}", "state": "closed", "kind": "repair", "title": title,
            "description": description, "customer_id": customer.id, "customer_name": customer.name, "site_id": site.id,
            "site_name": site.name, "level": 3, "reported_at": at, "ended_at": at, "archived": True, "follow_up": False,
            "server_at": at,
        }  # fmt: skip
        entry = {
            "id": number, "work_order_id": order["id"], "site_id": site.id, "ended_at": at, "indexed_at": now,
            "rev": 1, "text": text,
        }  # fmt: skip
        orders.append(order)
        entries.append(entry)
        grams[number] = grams_of(text)
    # Straight into the table: an archive is in nobody's feed.
    db.session.execute(insert(WorkOrder.__table__), orders)
    db.session.execute(insert(ArchiveEntry.__table__), entries)
    note_grams(db.session(), grams, {})
    db.session.commit()
    db.session.expunge_all()


def measure(
    figures: Figures, name: str, company: Company, server: Server, tickets: int, held: int, rounds: int
) -> None:
    """What a person at a desk waits for, from the question to the last byte."""
    client = Client(server, sign_in(server, company.readers["desk"], PASSWORD, new_id()))
    times: list[float] = []
    for _ in range(rounds):
        for question in QUESTIONS:
            began = time.perf_counter()
            _, data = client.send("GET", f"/api/archive?q={quote(question)}")
            times.append((time.perf_counter() - began) * 1000)
            assert "items" in decode(data)
    client.close()
    say(f"{name}: {len(times)} questions to {held} tickets")
    figures.add("archive_search_p50", name, median(times), "ms", tickets=tickets, filled=held)
    figures.add("archive_search_p95", name, percentile(times, 0.95), "ms", tickets=tickets, filled=held)
