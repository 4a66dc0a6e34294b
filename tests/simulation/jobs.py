"""Several processes, each with a server of its own, share the seeds. A seed is the same world in whichever it runs."""

from __future__ import annotations

import multiprocessing
import queue
import time
from collections.abc import Callable
from typing import Any

from tests.simulation.running import Figures, deployment, simulate

SEEDS_AT_ONCE = 25  # handed to a process together
PATIENCE_S = 5.0  # between two looks whether the processes still live


def simulate_with(
    jobs: int, first: int, count: int, *, db: str = "sqlite", keep_going: bool = False,
    tell: Callable[[str], None] = lambda line: None,
) -> Figures:  # fmt: skip
    """Runs `count` seeds from `first` on in `jobs` processes; after a failure no more are begun unless told to."""
    context = multiprocessing.get_context("spawn")  # the parent may have threads and connections of its own
    todo, told = context.Queue(), context.Queue()
    for start in range(first, first + count, SEEDS_AT_ONCE):
        todo.put((start, min(start + SEEDS_AT_ONCE, first + count)))
    for _ in range(jobs):
        todo.put(None)
    began, figures, at_work = time.perf_counter(), Figures(), jobs
    stop = context.Event()
    workers = [context.Process(target=_work, args=(db, keep_going, stop, todo, told), daemon=True) for _ in range(jobs)]
    for worker in workers:
        worker.start()
    while at_work:
        part, lines = _next(told, workers)
        at_work -= part is None
        for line in lines:
            tell(line)
        if part is not None:
            figures.add(part)
    for worker in workers:
        worker.join()
    figures.seconds = time.perf_counter() - began
    return figures


def _next(told: Any, workers: list[Any]) -> tuple[Figures | None, list[str]]:
    """What a process says next; raises when one ended without saying so."""
    while True:
        try:
            said: tuple[Figures | None, list[str]] = told.get(timeout=PATIENCE_S)
            return said
        except queue.Empty:
            if failed := [worker.exitcode for worker in workers if worker.exitcode]:
                raise RuntimeError(f"a process of the simulator ended with {failed}") from None


def _work(db: str, keep_going: bool, stop: Any, todo: Any, told: Any) -> None:
    with deployment(db) as server:
        while (part := todo.get()) is not None:
            if stop.is_set():
                continue
            lines: list[str] = []
            figures = simulate(server, range(*part), db=db, keep_going=keep_going, tell=lines.append)
            if figures.failures and not keep_going:
                stop.set()
            told.put((figures, lines))
    told.put((None, []))
