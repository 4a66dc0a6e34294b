"""Fixtures shared by all tests. Servers and browser live in modules of their own."""

pytest_plugins = ["tests.services", "tests.browser"]
