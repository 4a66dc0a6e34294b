"""Runs seeds, counts, and says of a failure how to see it again."""

from __future__ import annotations

import gc
import json
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.services import start_postgres
from tests.simulation.deployment import Deployment
from tests.simulation.invariants import FIGURES, Broken
from tests.simulation.recording import Recorder
from tests.simulation.world import Plan, World, plan

SHM = Path("/dev/shm")  # memory, where there is one: a world's disk need not be a disk
SHRINK_RUNS = 120  # replays spent on making a failing plan smaller
TRACE_LINES = 60


@dataclass
class Figures:
    """What the last line says."""

    seeds: int = 0
    devices: int = 0
    acts: int = 0
    files: int = 0
    undefended: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[int, str]] = field(default_factory=list)
    seconds: float = 0.0
    cpu_seconds: float = 0.0

    def add(self, other: Figures) -> None:
        """What another process has counted."""
        for name in ("seeds", "devices", "acts", "files", "undefended", "cpu_seconds"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.faults.update(other.faults)
        self.broken.update(other.broken)
        self.failures += other.failures

    def line(self) -> str:
        kinds = ("lost", "duplicated", "diverged", "stuck", "leaked", "illegal")
        return json.dumps({
            "seeds": self.seeds, "devices": self.devices, "acts": self.acts, "files": self.files,
            "faults": dict(sorted(self.faults.items())), **{kind: self.broken[kind] for kind in kinds},
            "declared_losses": self.undefended, "failing_seeds": [seed for seed, _ in self.failures],
            "seeds_per_s": round(self.seeds / self.seconds, 2) if self.seconds else 0,
            "seeds_per_cpu_s": round(self.seeds / self.cpu_seconds, 2) if self.cpu_seconds else 0,
        })  # fmt: skip


@contextmanager
def deployment(database: str) -> Iterator[Deployment]:
    """A server of its own, in memory as far as that goes."""
    with ExitStack() as stack:
        place = str(SHM) if SHM.is_dir() else None
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="xx-simulation-", dir=place)))
        postgres = stack.enter_context(start_postgres()) if database == "postgresql" else None
        server = Deployment(folder, postgres)
        stack.callback(server.close)
        gc.collect()
        gc.freeze()  # the app and its tables: looking through them again and again costs a tenth
        stack.callback(gc.unfreeze)
        yield server


def run(server: Deployment, wanted: Plan, recorder: Recorder | None = None) -> tuple[World, Broken | None]:
    """One world, and what broke in it: an invariant, or the client or the simulator itself."""
    world = World(server, wanted, recorder)
    try:
        world.run()
    except Broken as broken:
        return world, broken
    except Exception as fault:
        place = traceback.extract_tb(fault.__traceback__)[-1]
        return world, Broken("fault", f"{fault!r} at {Path(place.filename).name}:{place.lineno}")
    return world, None


def simulate(
    server: Deployment, seeds: Iterable[int], *, db: str = "sqlite", trace: bool = False, keep_going: bool = False,
    tell: Callable[[str], None] = lambda line: None,
) -> Figures:  # fmt: skip
    """Runs the seeds; stops at the first failure unless told to keep going."""
    figures, began, cpu = Figures(), time.perf_counter(), time.process_time()
    for seed in seeds:
        world, broken = run(server, plan(seed))
        figures.seeds += 1
        figures.devices += len(world.phones)
        figures.acts += world.acts
        figures.files += world.files
        figures.undefended += len(world.undefended)
        figures.faults.update(world.faults)
        if trace:
            tell("\n".join(world.trace))
            tell(f"seed {seed}: trace {world.digest()}")
        if broken is not None:
            figures.broken[FIGURES[broken.invariant]] += 1
            figures.failures.append((seed, str(broken)))
            explain(server, seed, broken, db, tell)
            if not keep_going:
                break
    figures.seconds, figures.cpu_seconds = time.perf_counter() - began, time.process_time() - cpu
    return figures


def explain(server: Deployment, seed: int, broken: Broken, db: str, tell: Callable[[str], None]) -> None:
    """The seed, the smallest plan that still fails the same way, and how to replay it."""
    tell(f"seed {seed} broke {broken}")
    smaller, count = shrink(server, plan(seed), broken.invariant)
    world, still = run(server, smaller)
    tell(f"{len(smaller.steps)} of {len(plan(seed).steps)} steps are enough (after {count} replays): {still}")
    tell("\n".join(f"    {line}" for line in world.trace[-TRACE_LINES:]))
    tell(f"replay it: python -m tests.simulation --seeds 1 --from {seed} --db {db} --trace")


def shrink(server: Deployment, failing: Plan, invariant: str) -> tuple[Plan, int]:
    """Leaves out steps, in halves and then in ever smaller pieces, as long as the same invariant breaks."""
    steps, size, runs = list(failing.steps), max(1, len(failing.steps) // 2), 0
    while runs < SHRINK_RUNS:
        start, shorter = 0, False
        while start < len(steps) and runs < SHRINK_RUNS:
            candidate = steps[:start] + steps[start + size :]
            runs += 1
            _, broken = run(server, replace(failing, steps=tuple(candidate)))
            if broken is not None and broken.invariant == invariant:
                steps, shorter = candidate, True
            else:
                start += size
        if size == 1 and not shorter:
            break
        size = max(1, size // 2)
    return replace(failing, steps=tuple(steps)), runs
