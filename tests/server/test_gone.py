"""What belongs to an app ends with it."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable

from flask import Flask

from tests.cast import make_cast
from tests.conftest import build_app, close


def test_a_commit_wakes_the_streams_of_its_own_app_and_no_other(make_app: Callable[..., Flask]):
    here, elsewhere = make_app(), make_app()
    make_cast(here)
    assert here.extensions["live"].wake.is_set()
    assert not elsewhere.extensions["live"].wake.is_set()


def test_an_app_that_is_closed_leaves_nothing_behind(database_url: str, tmp_path):
    gone = []
    for _ in range(3):
        app = build_app(database_url, tmp_path)
        gone.append(weakref.ref(app))
        close(app)
    del app
    build_app(database_url, tmp_path)  # what the extensions remember is the last app
    gc.collect()
    assert [ref() for ref in gone] == [None, None, None]
