"""A short storm with every test, and backups with restores under real clients on both databases.

`make chaos MINUTES=10 DB=postgresql` is the long one.
"""

from __future__ import annotations

import pytest

from tests.chaos.running import BAD, WEIGHTS, run

SHORT_MINUTES = 0.6
TIMEOUT_SECONDS = 600  # a machine that does other things takes long to start servers and to come to rest


def heard(text: str) -> None:
    print(text, flush=True)


@pytest.mark.slow
@pytest.mark.timeout(TIMEOUT_SECONDS)
def test_a_short_storm_loses_nothing_doubles_nothing_and_comes_to_rest():
    figures = run(SHORT_MINUTES, 3, "sqlite", heard, WEIGHTS)
    assert {kind: figures.line()[kind] for kind in BAD} == dict.fromkeys(BAD, 0), figures.verdict.findings
    assert figures.verdict.acts and figures.verdict.files, "nobody did anything"
    assert figures.faults["restore"] and figures.faults["backup"]


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.timeout(TIMEOUT_SECONDS)
def test_a_restored_postgresql_gets_back_from_the_phones_what_the_backup_did_not_know():
    """A backup while clients push and upload, and its restore while they go on (I15); SQLite is in the storm above."""
    figures = run(0.4, 4, "postgresql", heard, {})
    assert {kind: figures.line()[kind] for kind in BAD} == dict.fromkeys(BAD, 0), figures.verdict.findings
    assert figures.verdict.acts and figures.verdict.files, "nobody did anything"
    assert figures.faults["restore"] == figures.faults["backup"] == 1
