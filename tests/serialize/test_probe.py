from __future__ import annotations

import json
import platform
import sys
from typing import TYPE_CHECKING

from packaging.markers import default_environment

from hatch_flyte.serialize import probe

if TYPE_CHECKING:
    import pytest


def test_marker_variables_are_all_of_pep_508s() -> None:
    assert probe.facts([])["environment"] == dict(default_environment())


def test_versions_are_those_installed() -> None:
    versions = probe.facts(["packaging", "not-a-distribution"])["versions"]
    assert versions["packaging"][0].isdigit()
    assert versions["not-a-distribution"] is None


def test_the_answer_is_the_last_line(capsys: pytest.CaptureFixture[str]) -> None:
    probe.main(json.dumps({"distributions": []}))
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert answer["environment"]["python_full_version"] == platform.python_version()


def test_a_module_that_imports_has_no_problem(capsys: pytest.CaptureFixture[str]) -> None:
    before = list(sys.path)
    probe.main(json.dumps({"module": "json.tool", "sys_path": None}))
    assert json.loads(capsys.readouterr().out) == ""
    assert sys.path == before


def test_a_module_that_does_not_import_is_told() -> None:
    assert probe.import_problem("no_such.module") == "ModuleNotFoundError: No module named 'no_such'"
