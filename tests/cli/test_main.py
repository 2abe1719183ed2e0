from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from support_doors import COMMAND

from hatch_flyte import __version__
from hatch_flyte.cli import main

if TYPE_CHECKING:
    from support_doors import Door

DOCS = Path(__file__).parents[2] / "docs" / "cli.md"
LIFE = {"plan", "publish", "status", "history", "rollback", "promote"}
COMMANDS = LIFE | {"package", "check", "show", "diff", "list", "serve", "registry", "config"}
HEAVY = (
    "asyncio",
    "flyteidl",
    "google.protobuf",
    "grpc",
    "hatchling",
    "packaging",
    "rich",
    "starlette",
    "tenacity",
    "urllib3",
)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], *([name, "--help"] for name in sorted(COMMANDS))])
def test_help_imports_nothing_that_costs(arguments: list[str]) -> None:
    script = (
        "import sys\nfrom hatch_flyte.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    print(*sys.modules, file=sys.stderr)"
    )

    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True)

    imported = set(done.stderr.split())
    assert "click" in imported
    assert imported.isdisjoint(HEAVY)


def test_every_command_is_listed_with_a_line_of_help(door: Door) -> None:
    said = door("--help")

    assert set(main.commands) == COMMANDS
    assert set(re.findall(r"^  ([a-z]+) +[A-Z]", said.out, re.MULTILINE)) == COMMANDS


def test_version_is_shown(door: Door) -> None:
    assert __version__ in door("--version").out


def test_an_unknown_command_is_a_usage_error(door: Door) -> None:
    assert "No such command 'publsh'" in door("publsh", code=2).err


def test_a_command_can_act_in_another_folder(door: Door, tmp_path: Path) -> None:
    door.configure('[tool.hatch-flyte]\nimage = "ghcr.io/acme/p:7"\n')
    os.chdir(tmp_path)

    assert "ghcr.io/acme/p:7" in door("-C", "project", "config").out


def test_another_folder_has_to_be_there(door: Door) -> None:
    assert "'nowhere' does not exist" in door("-C", "nowhere", "list", code=2).err


def test_a_reader_that_goes_away_is_no_error_of_ours(door: Door) -> None:
    door.configure("")

    said = door.process("config", shell="| true", code=1)

    assert said.err == ""


@pytest.mark.parametrize("command", ["config", "list"])
def test_closed_streams_are_no_error(door: Door, command: str) -> None:
    door.configure("")

    door.process(command, shell=">&-")
    door.process(command, shell="2>&-")


@pytest.mark.parametrize("arguments", [["config"], ["list", "--json"]])
def test_output_that_finds_no_room_is_told(door: Door, arguments: list[str]) -> None:
    said = door.process(*arguments, shell=">/dev/full", code=1)

    assert "error: output: cannot be read or written (No space left on device)" in said.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_offered_to_every_shell(door: Door, monkeypatch: pytest.MonkeyPatch, shell: str) -> None:
    monkeypatch.setenv("_HATCH_FLYTE_COMPLETE", f"{shell}_source")
    program = "from hatch_flyte.cli import main; main(prog_name='hatch-flyte')"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert f"_HATCH_FLYTE_COMPLETE={shell}_complete" in done.stdout
    assert done.stderr == ""
    assert door.folder.exists()


def test_commands_and_options_complete() -> None:
    program = "from hatch_flyte.cli import main; main(prog_name='hatch-flyte')"

    def completed(*words: str) -> str:
        variables = {
            "_HATCH_FLYTE_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(["hatch-flyte", *words]),
            "COMP_CWORD": str(len(words)),
        }
        command = [sys.executable, "-c", program]
        return subprocess.run(
            command, env={**os.environ, **variables}, capture_output=True, text=True, check=False
        ).stdout

    assert completed("pu") == "plain,publish\n"
    assert "plain,--keep-going" in completed("publish", "--k")
    assert completed("list", "work") == "plain,workflows\n"
    assert completed("check", "--ignore", "image") == "plain,image-tag\n"
    assert completed("check", "--format", "g") == "plain,github\n"


def test_the_documentation_has_every_command_and_option() -> None:
    chapters = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", DOCS.read_text(), re.MULTILINE | re.DOTALL))

    for name, command in {"hatch-flyte": main, **main.commands}.items():
        parts = [
            command,
            *(command.commands.values() if isinstance(command, click.Group) and command is not main else ()),
        ]
        options = [one for part in parts for one in part.params if isinstance(one, click.Option)]
        known = {word for one in options for word in (*one.opts, *one.secondary_opts)}
        if name == "hatch-flyte":
            known |= {"-h", "--help"}
        rows = [line for line in chapters[name].splitlines() if line.startswith("| `-")]
        documented = {word for row in rows for word in re.findall(r"`(--?[a-z-]+)", row.split("|")[1], re.IGNORECASE)}
        assert documented == known, name


def test_it_runs_as_a_module() -> None:
    done = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, check=True)

    assert __version__ in done.stdout
