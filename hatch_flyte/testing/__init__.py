"""The local registry for the tests of those who use hatch-flyte: two fixtures for pytest, and what they give.

A test suite opts in with `pytest_plugins = ["hatch_flyte.testing"]` in its topmost `conftest.py`. How it is used:
docs/how-to/testing.md. The one place that knows pytest, which is no dependency: who imports this has it.

PYTEST_DONT_REWRITE: there is no assertion in here, and a `conftest.py` may import from here before pytest does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hatch_flyte.testing.flyte_registry import DOMAIN, PROJECT, FlyteRegistry

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DOMAIN", "PROJECT", "FlyteRegistry", "flyte_registry", "flyte_registry_session"]


@pytest.fixture
def flyte_registry() -> Iterator[FlyteRegistry]:
    """Give an empty registry for one test, in memory."""
    with FlyteRegistry() as registry:
        yield registry


@pytest.fixture(scope="session")
def flyte_registry_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlyteRegistry]:
    """Give one registry for all tests of the session, in files; with pytest-xdist, one for each worker."""
    with FlyteRegistry(tmp_path_factory.mktemp("flyte_registry")) as registry:
        yield registry
