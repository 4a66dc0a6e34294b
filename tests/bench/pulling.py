"""Pull: idle, incremental and first, and the floors that answer the same questions."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass
from typing import Any

import orjson

from server import clock
from server.models import new_id
from sync.feed import Cookie, dump_cookie
from tests.bench.company import PASSWORD, Company
from tests.bench.figures import Figures, median, percentile, say
from tests.bench.plain import Plain
from tests.bench.servers import Client, Server, decode, sign_in

PAGE_ROWS = 1000
PULL = "/api/sync/pull"


@dataclass
class Reader:
    """A signed-in device that pulls."""

    client: Client
    device: str
    cookie: str | None = None

    def ask(self, cookie: str | None) -> bytes:
        return orjson.dumps({"protocol": 1, "device": self.device, "cookie": cookie, "limit": PAGE_ROWS})

    def page(self) -> tuple[dict[str, Any], int]:
        """The next page and its bytes on the wire."""
        data = self.client.post(PULL, self.ask(self.cookie))
        page = decode(data)
        self.cookie = page["cookie"]
        return page, len(data)

    def settle(self) -> Reader:
        while self.page()[0]["more"]:
            pass
        return self

    def skip(self) -> Reader:
        """As if everything had been pulled, of which the first page is enough to see the cookie.

        The desk would have a thousand pages to fetch, and what is measured begins behind them.
        """
        self.page()
        epoch, user, rev, target, *_ = orjson.loads(base64.urlsafe_b64decode(self.cookie or ""))
        self.cookie = dump_cookie(Cookie(epoch, user, rev if target is None else target))
        return self


def reader(server: Server, login: str) -> Reader:
    device = new_id()
    return Reader(Client(server, sign_in(server, login, PASSWORD, device)), device)


# --- Idle -----------------------------------------------------------------------------------------------


def idle(
    figures: Figures, db: str, company: Company, real: Server, floor: Server, raw: Plain, rounds: int, asks: int
) -> None:
    """Nothing is new: the question every phone asks most often."""
    phone = reader(real, company.readers["small"]).settle()
    body, floor_client = phone.ask(phone.cookie), Client(floor)
    ours: list[list[float]] = []
    least: list[list[float]] = []
    bare: list[list[float]] = []
    cpu: list[float] = []
    for i in range(rounds + 1):
        before = real.cpu()
        of_ours = _times(lambda: phone.client.post(PULL, body), asks)
        spent = (real.cpu() - before) * 1000 / asks
        of_floor = _times(lambda: floor_client.post("/idle", body), asks)
        of_raw = _times(raw.ask, asks)
        if i:
            ours, least, bare, cpu = [*ours, of_ours], [*least, of_floor], [*bare, of_raw], [*cpu, spent]
    p50, floor_p50 = median([median(times) for times in ours]), median([median(times) for times in least])
    figures.add("idle_pull_p50", db, p50, "ms")
    figures.add("idle_pull_p99", db, median([percentile(times, 0.99) for times in ours]), "ms")
    figures.add("idle_pull_cpu", db, median(cpu), "ms")
    figures.add("floor_idle_pull_p50", db, floor_p50, "ms")
    figures.add("floor_idle_pull_raw_p50", db, median([median(times) for times in bare]), "ms")
    figures.add("idle_pull_floor_ratio", db, p50 / floor_p50, "times the floor's p50")
    say(f"{db}: idle pull {p50:.2f} ms, floor {floor_p50:.2f} ms")


def _times(ask: Any, count: int) -> list[float]:
    """Milliseconds of each of `count` calls, one after the other."""
    times = []
    for _ in range(count):
        began = time.perf_counter()
        ask()
        times.append((time.perf_counter() - began) * 1000)
    return times


# --- Incremental ----------------------------------------------------------------------------------------


def incremental(figures: Figures, db: str, company: Company, real: Server, rows: int, held: int, pulls: int) -> None:
    """One row changes, one row comes; `held` rows lie in the feed. The phone's scopes are the same every time."""
    writer = reader(real, company.readers["desk"])
    number = 0
    for name, figure in (("small", "incremental_pull_p50"), ("desk", "incremental_pull_office_p50")):
        phone = reader(real, company.readers[name]).skip()
        times = []
        for i in range(pulls + 5):
            number += 1
            _change(writer, company.small_visit, number)
            body = phone.ask(phone.cookie)
            began = time.perf_counter()
            data = phone.client.post(PULL, body)
            took = (time.perf_counter() - began) * 1000
            page = decode(data)
            if len(page["rows"]) != 1 or page["more"]:
                raise RuntimeError(f"one row changed and {len(page['rows'])} came")
            phone.cookie = page["cookie"]
            if i >= 5:
                times.append(took)
        phone.client.close()
        figures.add(
            figure, db, median(times), "ms", rows=rows, rows_in_feed=held, p99=round(percentile(times, 0.99), 3)
        )
        say(f"{db}: incremental pull of {name} with {held} rows {median(times):.2f} ms")
    writer.client.close()


def _change(writer: Reader, visit: str, n: int) -> None:
    """Exactly one row, by the door: a note of the office."""
    args = {"id": new_id(), "visit_id": visit, "text": f"第 {n} 条"}
    act = {"n": n, "id": new_id(), "act": "note.add", "v": 1, "at": clock.wire(clock.now()), "args": args}
    answer = decode(
        writer.client.post("/api/sync/push", orjson.dumps({"protocol": 1, "device": writer.device, "acts": [act]}))
    )
    if [receipt["outcome"] for receipt in answer["receipts"]] != ["applied"]:
        raise RuntimeError(f"the note was not applied: {answer}")


# --- First ----------------------------------------------------------------------------------------------


def first(
    figures: Figures, db: str, company: Company, real: Server, floor: Server, raw: Plain, wanted: dict[str, int],
    rounds: int,
) -> None:  # fmt: skip
    """A new device pulls everything it may hold, page after page, and the floor serves the same bodies."""
    for name, rows in wanted.items():
        phone, floor_client = reader(real, company.readers[name]), Client(floor)
        raw.copy(name, _all_rows(phone))
        ours, least, bare, sizes, counts = [], [], [], [], []
        for i in range(rounds + 1):
            count, rate, bytes_per_row = _pass(phone)
            of_floor, of_raw = _floor_pass(floor_client, name), _raw_pass(raw, name)
            if i:
                ours.append(rate)
                least.append(of_floor)
                bare.append(of_raw)
                sizes.append(bytes_per_row)
                counts.append(count)
        phone.client.close()
        floor_client.close()
        rate, floor_rate, how = median(ours), median(least), {"rows": rows, "rows_served": counts[0]}
        figures.add("first_sync_rows_per_s", db, rate, "rows/s", **how)
        figures.add("first_sync_bytes_per_row", db, median(sizes), "bytes", **how)
        figures.add("floor_first_sync_rows_per_s", db, floor_rate, "rows/s", **how)
        figures.add("floor_first_sync_raw_rows_per_s", db, median(bare), "rows/s", **how)
        figures.add("first_sync_floor_ratio", db, rate / floor_rate, "of the floor's rate", **how)
        say(f"{db}: first sync of {counts[0]} rows at {rate:.0f}/s, floor {floor_rate:.0f}/s")


def _all_rows(phone: Reader) -> list[tuple[Any, ...]]:
    found, more = [], True
    while more:
        page, _ = phone.page()
        found += [
            (row["noun"], row["id"], row["scope"], row["rev"], orjson.dumps(row["body"]).decode())
            for row in page["rows"]
        ]
        more = page["more"]
    return found


def _pass(phone: Reader) -> tuple[int, float, float]:
    """Rows, rows per second and bytes per row of a whole first pass. Reading the answer is the phone's time."""
    cookie: str | None = None
    rows, size, spent, more = 0, 0, 0.0, True
    while more:
        body = phone.ask(cookie)
        began = time.perf_counter()
        data = phone.client.post(PULL, body)
        spent += time.perf_counter() - began
        page = decode(data)
        rows, size, more, cookie = rows + len(page["rows"]), size + len(data), page["more"], page["cookie"]
    return rows, rows / spent, size / rows


def _floor_pass(client: Client, owner: str) -> float:
    after, rows, spent, more = 0, 0, 0.0, True
    while more:
        body = orjson.dumps({"owner": owner, "after": after, "limit": PAGE_ROWS})
        began = time.perf_counter()
        data = client.post("/rows", body)
        spent += time.perf_counter() - began
        page = decode(data)
        rows, after, more = rows + len(page["rows"]), page["after"], page["more"]
    return rows / spent


def _raw_pass(raw: Plain, owner: str) -> float:
    after, rows, began = 0, 0, time.perf_counter()
    while found := raw.page(owner, after, PAGE_ROWS):
        rows, after = rows + len(found), found[-1][0]
    return rows / (time.perf_counter() - began)
