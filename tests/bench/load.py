"""A company's whole day in one run: `python -m tests.bench.load --clients 10000`, or `make load CLIENTS=10000`.

- **morning**: every client syncs for the first time, all at once;
- **day**: each writes some acts and syncs;
- **evening**: each has a backlog of twice as many, and what the others wrote comes down with it.

The clients are the reference client in a few processes of a few threads each, so so many contacts are under way at any
moment, and the next begins when one ends. Twenty-five devices share a person: everybody's phone carries the list of
all people, and everybody else's devices of a person what one of them wrote, so that with N clients the rows to carry
are least there. At the end every client's acts must be answered, and a sample of phones is compared with the server
row by row. Devices are enrolled without passwords (`tests/crowd.py`): argon2 alone would take half an hour.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

from sqlalchemy import text

from server.extensions import db
from server.models import ChecklistRun, Contact, Customer, Part, Stock, Team, User, new_id
from tests.bench import __main__ as bench
from tests.bench.company import Founder
from tests.bench.figures import neat, percentile, say
from tests.bench.listening import resident_kb
from tests.bench.load_clients import Done, Phone, serve
from tests.bench.servers import Server, cpu_of_tree
from tests.conftest import build_app, close, migrate
from tests.crowd import enrol

DEVICES_PER_PERSON = 25
VISITS_EACH = 2
DAY_ACTS, EVENING_ACTS = 4, 8
PHASES = (("morning", 0), ("day", DAY_ACTS), ("evening", EVENING_ACTS))
COMPARED_CLIENTS = 10  # of each process
SAMPLE_SECONDS = 0.5
SECRET = "only for the load run, and long enough for HMAC"
_OUGHT = text(
    "SELECT f.noun, f.row_id, f.rev FROM feed f JOIN subscription s ON s.scope = f.scope"
    " WHERE s.user_id = :user AND s.left_rev IS NULL AND f.body IS NOT NULL"
)


@dataclass(frozen=True)
class Run:
    db: str
    clients: int
    processes: int
    threads: int
    workers: int


class Town(Founder):
    """Engineers with a site and visits at work."""

    def settle(self, people: int) -> dict[str, tuple[User, tuple[tuple[str, str], ...]]]:
        """Login → user and (visit, run) of each; nobody has a password."""
        team = Team(id=new_id(), code="north", name="北区一班", name_en="North")
        self.customer = Customer(id=new_id(), number="C-1", name="华园大厦物业管理有限公司", kind="物业")
        self.checklist = self._checklist()
        contact = Contact(id=new_id(), customer_id=self.customer.id, name="张女士", phone="13800005678")
        parts = [Part(id=new_id(), number=self.number("P"), name=self.words(2)) for _ in range(20)]
        users = [self._person(f"engineer{i}", "engineer", team) for i in range(people)]
        db.session.add_all([team, self.customer, self.checklist, contact, *parts, *users])
        db.session.commit()
        town = {}
        for user in users:
            site, rows, visits = self._site(), [], []
            for _ in range(VISITS_EACH):
                visit, made = self._order(site, user, 2)
                run = ChecklistRun(
                    id=new_id(), visit_id=visit.id, work_order_id=visit.work_order_id, version_id=self.checklist.id,
                    code=self.checklist.code,
                )  # fmt: skip
                rows += [*made, run]
                visits.append((visit.id, run.id))
            shelf = [Stock(id=new_id(), user_id=user.id, part_id=part.id, quantity=5) for part in parts]
            db.session.add_all([site, *rows, *shelf])
            db.session.commit()
            town[user.login] = user, tuple(visits)
        return town


def found(where: bench.Place, clients: int) -> list[Phone]:
    """The company and its enrolled devices."""
    migrate(where.url, where.folder)
    app = build_app(where.url, where.folder, SECRET_KEY=SECRET)
    with app.app_context():
        town = Town(random.Random(clients), password=None).settle(max(1, -(-clients // DEVICES_PER_PERSON)))
        db.session.execute(text("ANALYZE"))
        db.session.commit()
        db.session.expunge_all()
    logins = [login for login in town for _ in range(DEVICES_PER_PERSON)][:clients]
    devices = enrol(app, [town[login][0].id for login in logins])
    close(app)
    return [Phone(device, login, town[login][1]) for device, login in zip(devices, logins, strict=True)]


class Peak(threading.Thread):
    """The most memory gunicorn's processes had together, in KiB."""

    def __init__(self, real: Server) -> None:
        super().__init__(name="peak", daemon=True)
        self.real, self.kb, self.stopped = real, 0, threading.Event()

    def run(self) -> None:
        while not self.stopped.is_set():
            self.kb = max(self.kb, resident_kb(self.real))
            self.stopped.wait(SAMPLE_SECONDS)


@contextmanager
def pockets(run: Run, url: str, phones: list[Phone]) -> Iterator[list[Connection]]:
    """The processes of clients; a pipe to each. Phones of one person are in the same process."""
    context = multiprocessing.get_context("spawn")
    processes: list[SpawnProcess] = []
    pipes: list[Connection] = []
    share = -(-len(phones) // run.processes)
    try:
        for seed, start in enumerate(range(0, len(phones), share)):
            here, there = context.Pipe()
            args = (url, phones[start : start + share], run.threads, seed, there)
            processes.append(context.Process(target=serve, args=args, daemon=True))
            processes[-1].start()
            there.close()
            pipes.append(here)
        for pipe in pipes:
            assert pipe.recv() == "ready"
        yield pipes
        for pipe in pipes:
            pipe.send(None)
    finally:
        for process in processes:
            process.join(10)
            if process.is_alive():
                process.kill()
                process.join()


def day(run: Run) -> Iterator[dict[str, Any]]:
    """Lives through the day; gives figures as they come."""
    with bench.place(run.db) as where:
        phones = found(where, run.clients)
        say(f"{run.db}: {run.clients} devices are enrolled")
        with bench.product(where, WEB_WORKERS=str(run.workers), SECRET_KEY=SECRET) as real:
            peak = Peak(real)
            peak.start()
            with pockets(run, f"http://127.0.0.1:{real.port}", phones) as pipes:
                yield from _phases(run, where, real, peak, pipes)
                yield from _compare(run, where, pipes)
            peak.stopped.set()


def _phases(
    run: Run, where: bench.Place, real: Server, peak: Peak, pipes: list[Connection]
) -> Iterator[dict[str, Any]]:
    answered: Counter[str] = Counter()
    for name, acts in PHASES:
        cpu, database, began = real.cpu(), _database_cpu(where), time.monotonic()
        for pipe in pipes:
            pipe.send(acts)
        results: list[Done] = [pipe.recv() for pipe in pipes]
        seconds = time.monotonic() - began
        for result in results:
            if result.fault:
                raise RuntimeError(result.fault)
        contacts = [took for result in results for took in result.contacts]
        requests = [took for result in results for took in result.requests]
        given_up = [why for result in results for why in result.given_up]
        answered = sum((result.outcomes for result in results), Counter())
        say(f"{name}: {len(contacts)} contacts in {seconds:.0f} s, {dict(answered)}, {len(given_up)} gave up")
        if given_up:
            raise RuntimeError(f"{len(given_up)} clients gave up: {Counter(given_up).most_common(3)}")
        about = {"phase": name, "db": run.db, "clients": run.clients}
        yield line("load_seconds", seconds, "s", **about)
        for what, times in (("contact", contacts), ("request", requests)):
            for share in (50, 95, 99):
                yield line(f"load_{what}_p{share}", percentile(times, share / 100), "ms", **about)
        yield line("load_requests_per_s", len(requests) / seconds, "requests/s", **about)
        spent = (real.cpu() - cpu) * 1000
        total = sum(result.acts for result in results)
        yield line("load_server_cpu_per_contact", spent / len(contacts), "ms", **about)
        if total:
            more = {"acts": total, "database_ms": neat((_database_cpu(where) - database) * 1000 / total)}
            yield line("load_cpu_per_act", spent / total, "ms", **about, **more)
        yield line("load_server_peak_memory", peak.kb / 1024, "MiB", **about)
        yield line("load_clients_peak_memory", sum(r.peak_kb for r in results) / 1024, "MiB", **about)
        yield line("load_tried_again", sum(result.tried_again for result in results), "contacts", **about)
        yield line("load_rows_held", sum(result.rows for result in results), "rows", **about)
    wanted = run.clients * (DAY_ACTS + EVENING_ACTS)
    good = answered["applied"] + answered["merged"]
    if good != wanted:
        raise RuntimeError(f"of {wanted} acts {good} were applied: {answered}")


def _compare(run: Run, where: bench.Place, pipes: list[Connection]) -> Iterator[dict[str, Any]]:
    """Some phones of each process, row by row against what their people may see."""
    app = build_app(where.url, where.folder, SECRET_KEY=SECRET)
    compared = different = 0
    for pipe in pipes:
        pipe.send(("revs", COMPARED_CLIENTS))
        for user_id, held in pipe.recv():
            with app.app_context():
                ought = {(noun, row_id): rev for noun, row_id, rev in db.session.execute(_OUGHT, {"user": user_id})}
            compared += 1
            different += held != ought
    close(app)
    if different:
        raise RuntimeError(f"{different} of {compared} phones are not as the server has it")
    yield line("load_phones_equal", compared, "phones", db=run.db, clients=run.clients)


def _database_cpu(where: bench.Place) -> float:
    return cpu_of_tree(where.database_pid) if where.database_pid else 0.0


def line(figure: str, value: float, unit: str, **about: Any) -> dict[str, Any]:
    return {"figure": figure, "value": neat(value), "unit": unit, **about}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.load", description=__doc__)
    parser.add_argument("--clients", type=int, default=10_000)
    parser.add_argument("--db", choices=bench.DATABASES, default="postgresql")
    parser.add_argument("--processes", type=int, default=2, help="that work the clients")
    parser.add_argument("--threads", type=int, default=8, help="of each of these: contacts under way at once")
    parser.add_argument("--workers", type=int, help="processes of the server (sqlite 1, postgresql 2)")
    chosen = parser.parse_args()
    workers = chosen.workers or (2 if chosen.db == "postgresql" else 1)
    run = Run(chosen.db, max(1, chosen.clients), max(1, chosen.processes), max(1, chosen.threads), workers)
    for figure in day(run):
        print(json.dumps(figure, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
    sys.exit(0)
