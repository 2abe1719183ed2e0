from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hatch_flyte.ignore_patterns import ignores

if TYPE_CHECKING:
    from pathlib import Path

PATHS = (
    "acme/__init__.py",
    "acme/data/train.csv",
    "acme/data/deep/er/test.csv",
    "acme/Explore.ipynb",
    "acme/tests/test_flows.py",
    "Data/x",
    "data/x",
    "data/keep/me.txt",
    "notes.ipynb",
    "tests/test_all.py",
    "#odd",
    "!odd",
    "a b ",
    "[c]",
)


def left_out(name: str, *lines: str, end: str = "\n") -> set[str]:
    rule = ignores(name, end.join([*lines, ""]))
    return {path for path in PATHS if rule(path)}


class TestGit:
    @pytest.mark.parametrize(
        ("lines", "expected"),
        [
            (["*.ipynb"], {"acme/Explore.ipynb", "notes.ipynb"}),
            (["/*.ipynb"], {"notes.ipynb"}),
            (["tests/"], {"acme/tests/test_flows.py", "tests/test_all.py"}),
            (["/data/"], {"data/x", "data/keep/me.txt"}),
            (["x/", "notes.ipynb/"], set()),
            (["acme/data"], {"acme/data/train.csv", "acme/data/deep/er/test.csv"}),
            (["acme/**/test.csv"], {"acme/data/deep/er/test.csv"}),
            (["**/deep"], {"acme/data/deep/er/test.csv"}),
            (["*.csv", "!train.csv"], {"acme/data/deep/er/test.csv"}),
            (["!train.csv", "*.csv"], {"acme/data/train.csv", "acme/data/deep/er/test.csv"}),
            (["data/", "!keep/"], {"acme/data/train.csv", "acme/data/deep/er/test.csv", "data/x", "data/keep/me.txt"}),
            (["[Dd]ata/x"], {"Data/x", "data/x"}),
            (["[!D]ata/[^a-w]"], {"data/x"}),
            (["[[:upper:]]ata"], {"Data/x"}),
            ([r"\#odd", r"\!odd", "# data/"], {"#odd", "!odd"}),
            (["a b   "], set()),
            (["a b\\ "], {"a b "}),
            ([r"[\[]c]"], {"[c]"}),
            (["", "   "], set()),
        ],
    )
    def test_patterns_mean_what_gitignore_says(self, lines: list[str], expected: set[str]) -> None:
        assert left_out(".gitignore", *lines) == expected

    @pytest.mark.parametrize("pattern", ["[c", "[", "!", "c\\", "[z-a]x", "/", "[[:nonsense:]]"])
    def test_a_pattern_that_git_does_not_allow_fits_nothing(self, pattern: str) -> None:
        assert left_out(".gitignore", pattern, "/notes.ipynb") == {"notes.ipynb"}

    def test_windows_line_ends_and_a_byte_order_mark_are_no_part_of_a_pattern(self) -> None:
        assert left_out(".gitignore", "\ufeff*.ipynb", "/data/", end="\r\n") == left_out(
            ".gitignore", "*.ipynb", "/data/"
        )

    @pytest.mark.parametrize("seed", range(20))
    def test_it_agrees_with_git(self, tmp_path: Path, seed: int) -> None:
        draw = random.Random(seed)  # noqa: S311 # nobody guesses it
        parts = [
            "a",
            "b",
            "*",
            "**",
            "x.py",
            "*.py",
            "data",
            "?",
            "[ab]",
            "[!a]*",
            "d*",
            "***",
            "\\a",
            "[a-c]",
            "[z-a]",
        ]
        folders = ["a", "b", "data", "acme"]

        def some(of: list[str], least: int) -> list[str]:
            return [draw.choice(of) for _ in range(draw.randint(least, 3))]

        paths = {"/".join([*some(folders, 0), draw.choice(["a", "b", "x.py", "c"])]) for _ in range(50)}
        paths -= {path for path in paths for other in paths if other.startswith(f"{path}/")}
        marks = ["", "", "!", "/", "!/"]
        lines = [f"{draw.choice(marks)}{'/'.join(some(parts, 1))}{draw.choice(['', '', '/'])}" for _ in range(5)]
        (tmp_path / ".gitignore").write_text("\n".join(lines))

        assert {path for path in paths if ignores(".gitignore", "\n".join(lines))(path)} == git_ignores(
            tmp_path, paths
        ), lines


def git_ignores(folder: Path, paths: set[str]) -> set[str]:
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", "init", "-q"], cwd=folder, env=environ, check=True)
    command = ["git", "check-ignore", "--no-index", "--stdin", "-z"]
    asked = "\0".join(sorted(paths)).encode()
    done = subprocess.run(command, cwd=folder, env=environ, input=asked, capture_output=True, check=False)
    assert not done.stderr
    return set(done.stdout.decode().split("\0")) - {""}


class TestDocker:
    @pytest.mark.parametrize(
        ("lines", "expected"),
        [
            (["*.ipynb"], {"notes.ipynb"}),
            (["**/*.ipynb"], {"acme/Explore.ipynb", "notes.ipynb"}),
            (["tests/"], {"tests/test_all.py"}),
            (["**/tests"], {"acme/tests/test_flows.py", "tests/test_all.py"}),
            (["/data", "./Data/"], {"Data/x", "data/x", "data/keep/me.txt"}),
            (["acme/../data"], {"data/x", "data/keep/me.txt"}),
            (["*/data/*.csv"], {"acme/data/train.csv"}),
            (["acme/data/**"], {"acme/data/train.csv", "acme/data/deep/er/test.csv"}),
            (["acme/**.csv"], set()),  # `**` before a name stands for folders: it would have to be called `.csv`
            (["data", "!data/keep"], {"data/x"}),
            (["!data/keep", "data"], {"data/x", "data/keep/me.txt"}),
            (["*", "!acme"], {path for path in PATHS if not path.startswith("acme/")}),
            (["[^D]ata/x"], {"data/x"}),
            ([r"\[c\]"], {"[c]"}),
            (["#odd", ".", "", "!"], set()),
            ([" #odd", " notes.ipynb "], {"#odd", "notes.ipynb"}),
        ],
    )
    def test_patterns_mean_what_dockers_reference_says(self, lines: list[str], expected: set[str]) -> None:
        assert left_out(".dockerignore", *lines) == expected

    def test_a_pattern_that_docker_refuses_fits_nothing(self) -> None:
        assert left_out(".dockerignore", "[c", "c\\", "[z-a]*") == set()


FLYTEKIT = [
    ["*.ipynb"],
    ["**/*.ipynb"],
    ["tests/", "/data/"],
    ["DATA"],
    ["acme/data/**", "!acme/data/train.csv"],
    ["*", "!acme"],
    ["[!D]ata", "[c"],
    [r"\[c\]", "#odd", "", "."],
    ["acme/../data", "!data/keep/"],
    ["*/data/*.csv"],
]
ASK_FLYTEKIT = """
import json, sys
from pathlib import Path
from flytekit.tools.ignore import FlyteIgnore
folder, cases, paths = Path(sys.argv[1]), *json.load(sys.stdin)
answers = []
for lines in cases:
    (folder / ".flyteignore").write_text("\\n".join(lines) + "\\n")
    ignore = FlyteIgnore(folder)
    answers.append([path for path in paths if ignore.is_ignored(path)])
print(json.dumps(answers))
"""


class TestFlytekit:
    @pytest.mark.flytekit
    def test_it_agrees_with_flytekit(self, tmp_path: Path) -> None:
        command = [sys.executable, "-c", ASK_FLYTEKIT, str(tmp_path)]
        asked = json.dumps([FLYTEKIT, PATHS])
        done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True)

        assert [left_out(".flyteignore", *lines) for lines in FLYTEKIT] == list(map(set, json.loads(done.stdout)))

    def test_patterns_are_dockers_but_for_case_and_sets(self) -> None:
        assert left_out(".flyteignore", "*.IPYNB") == {"notes.ipynb"}
        assert left_out(".flyteignore", "DATA") == {"Data/x", "data/x", "data/keep/me.txt"}
        assert left_out(".flyteignore", "[!x]ata/x") == {"Data/x", "data/x"}
        assert left_out(".flyteignore", "[c") == set()

    def test_a_folder_at_any_depth_is_left_out_with_all_that_is_in_it(self) -> None:
        """flytekit keeps it below the depth that the pattern has: its matcher expects a walk through folders."""
        assert left_out(".flyteignore", "**/deep") == {"acme/data/deep/er/test.csv"}
