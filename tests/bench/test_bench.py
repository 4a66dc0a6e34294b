"""The bench measures what it promises, on both databases."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import pytest

from tests.bench.figures import FIGURES, percentile
from tests.bench.servers import ROOT
from tests.services import absent, find_binary

pytestmark = [pytest.mark.bench, pytest.mark.slow]


def test_a_percentile_is_a_value_that_was_measured():
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([1.0], 0.99) == 1.0
    assert percentile([float(i) for i in range(1, 101)], 0.99) == 99.0


@pytest.mark.timeout(300)
@pytest.mark.parametrize("db", ["sqlite"])  # `make bench` goes on with PostgreSQL by the same code
def test_every_figure_is_printed_and_finite(db: str):
    if db == "postgresql" and not find_binary("initdb"):
        absent("PostgreSQL")
    run = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--quick", "--db", db],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert {line["figure"] for line in lines} == set(FIGURES)
    assert all(line["db"] == db and math.isfinite(line["value"]) and line["value"] >= 0 for line in lines)
    assert all(line["value"] > 0 for line in lines if "cpu" not in line["figure"])
    labels = {line["rows"] for line in lines if line["figure"] == "incremental_pull_p50"}
    assert labels == {10_000, 1_000_000}, "the figure names the sizes the aim speaks of"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("db", [pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_a_day_of_a_small_company_ends_with_every_act_applied_and_every_phone_right(db: str):
    """The load run itself raises when a client gives up, an act is not applied, or a phone differs from the server."""
    if db == "postgresql" and not find_binary("initdb"):
        absent("PostgreSQL")
    run = subprocess.run(
        [sys.executable, "-m", "tests.bench.load", "--clients", "60", "--db", db, "--threads", "4"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert [line["phase"] for line in lines if line["figure"] == "load_contact_p99"] == ["morning", "day", "evening"]
    assert sum(line.get("acts", 0) for line in lines if line["figure"] == "load_cpu_per_act") == 60 * 12
    assert lines[-1]["figure"] == "load_phones_equal" and lines[-1]["value"] == 20
