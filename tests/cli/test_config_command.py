from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support_doors import Door


def test_each_setting_is_shown_with_its_source(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    door.configure('[tool.hatch-flyte]\nimage = "ghcr.io/acme/p:{version}"\n')
    monkeypatch.setenv("HATCH_FLYTE_CODE", "wheel")

    rows = {line.split()[0]: line.split(maxsplit=1)[1].strip() for line in door("config").out.splitlines() if line}

    assert rows["image"].split(maxsplit=1) == ['"ghcr.io/acme/p:{version}"', "pyproject.toml [tool.hatch-flyte]"]
    assert rows["code"].split(maxsplit=1) == ['"wheel"', "environment variable HATCH_FLYTE_CODE"]
    assert rows["destination"].split() == ['"/root"', "default"]


def test_json_has_the_same(door: Door) -> None:
    door.configure('[tool.hatch-flyte]\nmodules = ["acme"]\n')

    assert door("config", "--json").json["modules"] == {
        "value": ["acme"],
        "source": "pyproject.toml [tool.hatch-flyte]",
    }


def test_a_folder_without_a_project_is_told_beside_the_table(door: Door) -> None:
    said = door("config", "--json")

    assert said.err == f"{door.folder}: no pyproject.toml here or above\n"
    assert said.json["image"] == {"value": "", "source": "default"}


def test_from_a_subfolder_it_is_the_projects_and_says_so(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    door.configure('[tool.hatch-flyte]\nimage = "ghcr.io/acme/p:7"\n')
    (door.folder / "src" / "acme").mkdir(parents=True)
    monkeypatch.chdir(door.folder / "src" / "acme")

    said = door("config", "--json")

    assert said.json["image"]["value"] == "ghcr.io/acme/p:7"
    assert said.err == f"{door.folder}: the project that this folder is in\n"


def test_every_problem_is_told_at_once(door: Door) -> None:
    door.configure('[tool.hatch-flyte]\nmodulez = ["a"]\nimage = 7\n[tool.hatch-flyte.clusters.x]\ninsecure = "no"\n')

    said = door("config", code=2)

    assert said.out == ""
    assert "tool.hatch-flyte.modulez: " in said.err
    assert "`modules`" in said.err
    assert "tool.hatch-flyte.image: expected a string (got 7, an integer)" in said.err
    assert "tool.hatch-flyte.clusters.x.insecure: expected true or false (got 'no', a string)" in said.err


def test_a_file_that_is_no_toml_is_told(door: Door) -> None:
    door.configure("[tool")

    assert "pyproject.toml: expected TOML" in door("config", code=2).err


def test_values_cannot_steer_the_terminal(door: Door) -> None:
    door.configure('[tool.hatch-flyte]\noutput-dir = "\\u001b[31m[bold]x"\n')

    said = door("config")

    assert "\x1b" not in said.out
    assert "[31m[bold]x" in said.out


@pytest.mark.flytekit
def test_the_interpreter_that_would_serialize_is_shown_with_the_reason(door: Door) -> None:
    door.configure('[project]\ndependencies = ["packaging"]\n[tool.hatch-flyte]\nimage = "x:1"\n')

    expected = f"{sys.executable} (the Python that runs hatch-flyte)"
    assert f"interpreter: {expected}" in door("config").out
    assert door("config", "--json").json["interpreter"] == {"interpreter": expected}


def test_why_no_interpreter_fits_is_shown(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    door.configure('[project]\ndependencies = ["surely-not-installed>2", "no requirement!"]\n')

    said = door("config").out

    assert "no interpreter: python: no interpreter can serialize this project" in said
    assert "lacks" in said
    assert "surely-not-installed>2" in said


def test_a_configured_interpreter_is_shown_with_what_configured_it(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    door.configure(f'[tool.hatch-flyte]\npython = "{sys.executable}"\n')
    shown = f"interpreter: {sys.executable} (the interpreter that {{}} names)".format

    assert shown("tool.hatch-flyte.python") in door("config").out
    monkeypatch.setenv("HATCH_FLYTE_PYTHON", sys.executable)
    assert shown("HATCH_FLYTE_PYTHON") in door("config").out
