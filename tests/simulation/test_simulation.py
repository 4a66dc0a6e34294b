"""A bounded number of worlds with every test run; `make simulate` runs as many as one has patience for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulation.background import SEEDS_SQLITE, Worlds
from tests.simulation.deployment import Deployment
from tests.simulation.mutants import MUTANTS, Mutant, hunt
from tests.simulation.running import deployment, run, simulate
from tests.simulation.world import Plan, World, plan

KINDS = ("lost", "duplicated", "diverged", "stuck", "leaked", "illegal")
SEEDS_POSTGRES = 10
#: Seeds that once failed, kept for ever, with what was wrong.
KEPT = {
    266: "a copy of a phone whose rows rot has the same rotten rows: a fault of the simulator",
    2054: "answers of the epoch before the first pull waited for a rev that never came",
    659: "a copy had taken the numbers of answered acts since a restore, and their phone took them for its own",
    155: "the same, and the phone registered anew before it had heard of the restore",
    729: "a revoked phone pulls nothing, so it never heard of a restore and did not send again",
    788: "the same",
    239: "a phone that had not heard of a restore held the new epoch's rev by chance: a fault of the simulator",
    838: "a decision without the right to it, about an item that a restore forgot: the simulator missed the item",
}
#: Mutants of each side that are hunted with every test run; `python -m tests.simulation.mutants` hunts all.
HUNTED = ("left-not-told", "leaves-the-outbox-early", "reset-drops-outbox")
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def server() -> Iterator[Deployment]:
    with deployment("sqlite") as made:
        yield made


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_in_a_thousand_worlds_on_sqlite_nothing_is_lost_and_everyone_agrees(thousand_worlds: Worlds):
    lines = thousand_worlds.wait()
    assert thousand_worlds.process.returncode == 0, "\n".join(lines)
    figures = json.loads(lines[-1])
    assert figures["seeds"] == SEEDS_SQLITE
    assert not [kind for kind in KINDS if figures[kind]] and not figures["failing_seeds"], "\n".join(lines)
    few = "worlds in which nothing happens"
    assert figures["acts"] > 20 * SEEDS_SQLITE and figures["files"] > SEEDS_SQLITE / 3, few
    rare = {
        "killed", "restored", "cloned", "revoked", "storage_lost", "two_tabs", "answer_lost", "arrived_late", "rescued",
        "corrupted", "tidied", "below_the_floor", "old_page", "overtaken", "hold_ended", "twins",
    }  # fmt: skip
    assert not rare - figures["faults"].keys(), f"faults that never happened: {rare - figures['faults'].keys()}"


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.timeout(600)
def test_in_every_world_on_postgresql_nothing_is_lost_and_everyone_agrees():
    lines: list[str] = []
    with deployment("postgresql") as made:
        figures = simulate(made, range(1001, 1001 + SEEDS_POSTGRES), db="postgresql", tell=lines.append)
    assert not figures.failures, "\n".join(lines)


@pytest.mark.parametrize("seed", sorted(KEPT))
def test_a_seed_that_failed_once_does_not_fail_again(server: Deployment, seed: int):
    _, broken = run(server, plan(seed))
    assert broken is None, f"{KEPT[seed]}: {broken}"


def test_the_same_seed_is_the_same_world_in_every_process():
    """No wall clock, no order of a set, no id of this run gets into what happens."""
    code = (
        "from tests.simulation.running import deployment, run\n"
        "from tests.simulation.world import plan\n"
        "with deployment('sqlite') as server:\n"
        "    print([run(server, plan(seed))[0].digest() for seed in (7, 20, 7)])\n"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": hash_seed}, cwd=ROOT, check=True,
            capture_output=True, text=True,
        ).stdout
        for hash_seed in ("1", "2")
    ]  # fmt: skip
    assert said[0] == said[1]
    first, other, again = eval(said[0])
    assert first == again != other


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mutant", [m for m in MUTANTS if m.name in HUNTED], ids=lambda m: m.name)
def test_a_fault_put_into_the_protocol_is_noticed(server: Deployment, mutant: Mutant):
    found = hunt(server, mutant, mutant.within)
    assert found["caught"], found


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.name)
def test_a_mutant_still_finds_what_it_patches(mutant: Mutant):
    with mutant.patch():
        pass


def test_what_breaks_the_simulator_itself_is_told_with_its_seed(server: Deployment, monkeypatch: pytest.MonkeyPatch):
    def heal(world: World) -> None:
        raise RuntimeError("no idea")

    monkeypatch.setattr(World, "heal", heal)
    lines: list[str] = []
    figures = simulate(server, [3], tell=lines.append)
    assert figures.failures and figures.broken["illegal"] == 1
    assert lines[0].startswith("seed 3 broke fault: RuntimeError('no idea') at test_simulation.py:")


def test_a_plan_is_data_that_follows_from_its_seed():
    assert isinstance(plan(1), Plan) and plan(1) == plan(1) != plan(2)
