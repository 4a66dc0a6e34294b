"""Begins the thousand worlds as soon as it is known that somebody will ask for them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.simulation.background import Worlds

BEGUN = pytest.StashKey[Worlds]()
FIXTURE = "thousand_worlds"


def _asks(item: pytest.Item) -> bool:
    return FIXTURE in getattr(item, "fixturenames", ())


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_asks)  # last; the order of the others stays


def pytest_collection_finish(session: pytest.Session) -> None:
    config = session.config
    if any(map(_asks, session.items)) and not config.option.collectonly and not hasattr(config, "workerinput"):
        _begin(config)


def _begin(config: pytest.Config) -> Worlds:
    config.stash[BEGUN] = Worlds.begin(Path(tempfile.mkdtemp(prefix="xx-worlds-")) / "said")
    return config.stash[BEGUN]


def pytest_sessionfinish(session: pytest.Session) -> None:
    if worlds := session.config.stash.get(BEGUN, None):
        worlds.end()
        worlds.said.unlink()
        worlds.said.parent.rmdir()


@pytest.fixture
def thousand_worlds(request: pytest.FixtureRequest) -> Worlds:
    """Already at work; in a process of pytest-xdist, where each collects everything, only from now on."""
    return request.config.stash.get(BEGUN, None) or _begin(request.config)
