"""Measures both databases, says how far it is on stderr, and ends with the figures as JSON lines on stdout."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench import company, listening, pulling, pushing, searching, uploading
from tests.bench.figures import Figures, say
from tests.bench.plain import Plain
from tests.bench.servers import Server, gunicorn
from tests.services import start_postgres

DATABASES = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Size:
    """How much is measured. `label` is the size a figure promises, `fill` the rows really put into the feed."""

    rounds: int
    push_batches: int  # of each device in a round
    idle_asks: int
    changes: int
    photos: int
    pokes: int
    first: dict[str, int]
    feeds: tuple[tuple[int, int], ...]
    tickets: tuple[int, int]  # in the archive: the size promised, and how many are really put into it


FULL = Size(
    5, 8, 300, 60, 8, 80, {"small": 500, "large": 10_000}, ((10_000, 0), (1_000_000, 1_000_000)), (100_000, 100_000)
)  # fmt: skip
#: Proves that every figure is measured; its numbers say little. The large sizes are a tenth and less, and say so.
QUICK = Size(1, 2, 40, 8, 4, 16, {"small": 500, "large": 1_500}, ((10_000, 0), (1_000_000, 20_000)), (100_000, 4_000))


@dataclass(frozen=True)
class Place:
    """Where a database under measurement lives."""

    db: str
    url: str
    floor_url: str
    folder: Path
    database_pid: int | None


@contextlib.contextmanager
def place(db: str) -> Iterator[Place]:
    folder = Path(tempfile.mkdtemp(prefix="xx-bench-"))
    try:
        if db == "sqlite":
            yield Place(db, f"sqlite:///{folder / 'service.db'}", f"sqlite:///{folder / 'floor.db'}", folder, None)
            return
        with start_postgres(durable=True) as server:
            yield Place(db, server.create_database("service"), server.create_database("floor"), folder, server.pid)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure(figures: Figures, where: Place, size: Size) -> None:
    """All figures of one database. The feed is filled last, because it cannot be emptied again."""
    founded = company.found(where.url, where.folder, size.first)
    raw = Plain(where.floor_url)
    raw.create()
    files = where.folder / "floor-files"
    files.mkdir()
    say(f"{where.db}: the company is founded")
    with gunicorn(
        "tests.bench.floor:app", where.folder, FLOOR_DATABASE=where.floor_url, FLOOR_FILES=str(files)
    ) as floor:
        small, large = size.feeds
        _fill_and_pull(figures, where, founded, small, size)
        with product(where) as real:
            pulling.first(figures, where.db, founded, real, floor, raw, size.first, size.rounds)
            pulling.idle(figures, where.db, founded, real, floor, raw, size.rounds, size.idle_asks)
            pushing.measure(
                figures, where.db, founded, real, floor, raw, where.database_pid, size.rounds, size.push_batches
            )
            uploading.measure(figures, where.db, founded, real, floor, min(size.rounds, 3), size.photos)
        _listen(figures, where, founded, size)
        _search(figures, where, founded, size)
        _fill_and_pull(figures, where, founded, large, size)
    raw.close()


def _fill_and_pull(figures: Figures, where: Place, founded: company.Company, feed: tuple[int, int], size: Size) -> None:
    """The feed grows, the phone's scopes do not."""
    label, rows = feed
    held = company.fill(where.url, where.folder, rows)
    with product(where) as real:
        pulling.incremental(figures, where.db, founded, real, label, held, size.changes)


def _search(figures: Figures, where: Place, founded: company.Company, size: Size) -> None:
    label, tickets = size.tickets
    held = searching.fill(where.url, where.folder, tickets)
    with product(where) as real:
        searching.measure(figures, where.db, founded, real, label, held, size.rounds)


def _listen(figures: Figures, where: Place, founded: company.Company, size: Size) -> None:
    """One process, and on PostgreSQL two: then half of the streams hear of a commit of another process."""
    for processes in (1, 2) if where.db == "postgresql" else (1,):
        with product(where, WEB_WORKERS=str(processes)) as real:
            listening.measure(figures, where.db, founded, real, where.url, where.folder, size.pokes, processes)


def product(where: Place, **settings: str) -> contextlib.AbstractContextManager[Server]:
    """The server as `make run` starts it."""
    return gunicorn("wsgi:app", where.folder, DATABASE_URL=where.url, DATA_DIR=str(where.folder / "data"), **settings)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="40 s: every figure, little meaning")
    parser.add_argument("--db", choices=DATABASES, action="append", help="one database only")
    chosen = parser.parse_args()
    figures = Figures()
    for db in chosen.db or DATABASES:
        with place(db) as where:
            measure(figures, where, QUICK if chosen.quick else FULL)
    figures.show()


if __name__ == "__main__":
    main()
