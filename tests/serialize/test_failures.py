from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support_wheels import WheelSource, build_wheel

from hatch_flyte.config.values import Places
from hatch_flyte.errors import HatchFlyteError, InterpreterError, SerializeError
from hatch_flyte.serialize.failures import error_of
from hatch_flyte.serialize.interpreter import Interpreter
from hatch_flyte.wheel import read_wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

INTERPRETER = Interpreter(("/x/python",), "the active environment")


@pytest.fixture
def error(tmp_path: Path) -> Callable[..., HatchFlyteError]:
    wheel = read_wheel(build_wheel(tmp_path, WheelSource({})))

    def make(**facts: Any) -> HatchFlyteError:
        return error_of(facts, wheel, INTERPRETER, Places({"image": "HATCH_FLYTE_IMAGE"}))

    return make


def test_a_python_without_a_stock_image_is_told_where_it_was_asked_for(error: Callable[..., HatchFlyteError]) -> None:
    told = error(kind="stock", python="3.13.0", version="1.16.31")
    assert isinstance(told, SerializeError)
    assert told.message == "HATCH_FLYTE_IMAGE: flytekit 1.16.31 has no image of its own for Python 3.13.0"
    assert "Name an image instead of `stock`" in told.hint


@pytest.mark.parametrize(
    ("missing", "hint", "other"),
    [
        ("acme.features", "`acme.features` would be one of the wheel's own modules, and the wheel does not ship it", 0),
        ("torch", "What is missing there has to be installed there", 1),
        ("company.other", "What is missing there has to be installed there", 1),
    ],
)
def test_a_module_that_is_missing_is_to_be_shipped_or_installed_or_left_out(
    tmp_path: Path, missing: str, hint: str, other: int
) -> None:
    wheel = read_wheel(build_wheel(tmp_path, WheelSource({"acme/__init__.py": "", "company/part.py": ""})))
    cause = {
        "modules": ["acme.jobs"],
        "types": ["ModuleNotFoundError", "ImportError"],
        "error": f"ModuleNotFoundError: No module named '{missing}'",
        "trace": "",
    }

    told = error_of({"kind": "modules", "causes": [cause]}, wheel, INTERPRETER, Places({}))

    assert hint in told.hint
    assert told.hint.count("`optional-modules` which may fail") == other
    assert told.hint.count("\n") == other


def test_an_unsupported_python_is_told_with_its_version(error: Callable[..., HatchFlyteError]) -> None:
    told = error(kind="flytekit", python="3.14.0", version="1.3.1", error="ImportError: no")
    assert isinstance(told, InterpreterError)
    assert (
        told.message
        == "/x/python (the active environment): flytekit 1.3.1 does not work on Python 3.14.0\n  ImportError: no"
    )
    assert "on Python 3.10 to 3.12" in told.hint


def test_a_defect_of_the_worker_keeps_its_trace(error: Callable[..., HatchFlyteError]) -> None:
    told = error(kind="crash", trace="Traceback\n  File x")
    assert told.message == "serialize: the worker failed in a way that it should not\n  Traceback\n    File x"
    assert "Please report this" in told.hint


def test_definitions_without_a_place_are_told_without_one(error: Callable[..., HatchFlyteError]) -> None:
    told = error(kind="entity", entity="", source={}, types=["ValueError"], trace="ValueError: no")
    assert told.message == "flytekit does not accept the definitions\n  ValueError: no"
