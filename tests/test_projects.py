from __future__ import annotations

from pathlib import Path

import pytest

from hatch_flyte.config import Sources, load
from hatch_flyte.errors import ConfigError, Problem
from hatch_flyte.projects import Collected, Project, projects_of


def make(folder: Path) -> Project:
    return Project(config=load(Sources(root=folder, environ={}, user_table={})))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a project, two projects in it, and a folder that is none; the current one."""
    for name in (".", "a", "b"):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "pyproject.toml").write_text(f'[tool.hatch-flyte]\nimage = "x:{name}"\n')
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def named(*paths: str) -> list[tuple[str, str, list[str]]]:
    """Return label, root and paths of the projects that `paths` give."""
    projects = projects_of([Path(path) for path in paths], Path(), make)
    return [(one.label, str(one.config.root), [str(path) for path in one.paths]) for one in projects]


@pytest.mark.usefixtures("root")
class TestWhichProjects:
    def test_without_a_path_it_is_the_one_of_this_folder(self) -> None:
        assert named() == [("", ".", [])]

    def test_archives_and_other_folders_belong_to_it(self) -> None:
        assert named("x.tgz", "out", "y.tgz") == [("", ".", ["x.tgz", "out", "y.tgz"])]

    def test_a_folder_with_a_pyproject_toml_is_a_project(self) -> None:
        assert named("a") == [("", "a", [])]
        assert named(".") == [("", ".", [])]

    def test_several_keep_their_order_and_have_names(self) -> None:
        assert named("b", "a") == [("b", "b", []), ("a", "a", [])]

    def test_what_stands_between_projects_keeps_its_place(self) -> None:
        assert named("x.tgz", "out", "a", "y.tgz") == [
            (".", ".", ["x.tgz", "out"]),
            ("a", "a", []),
            (".", ".", ["y.tgz"]),
        ]

    def test_a_project_that_is_named_twice_is_one(self) -> None:
        assert named("a", "b", "b/../a") == [("a", "a", []), ("b", "b", [])]

    def test_each_has_its_own_configuration(self) -> None:
        projects = projects_of([Path("a"), Path("b")], Path(), make)

        assert [one.config.packaging.image for one in projects] == ["x:a", "x:b"]


def test_the_problems_of_all_projects_are_told_at_once(root: Path) -> None:
    (root / "a" / "pyproject.toml").write_text("[tool.hatch-flyte]\nimge = 1\n")
    (root / "b" / "pyproject.toml").write_text("[tool.hatch-flyte]\ncode = 1\n")

    with pytest.raises(ConfigError) as caught:
        projects_of([Path("a"), Path(), Path("b")], Path(), make)

    assert [problem.where for problem in caught.value.problems] == [
        "a: tool.hatch-flyte.imge",
        "b: tool.hatch-flyte.code",
    ]


def test_problems_of_the_only_project_need_no_name(root: Path) -> None:
    (root / "a" / "pyproject.toml").write_text("[tool.hatch-flyte]\ncode = 1\n")

    with pytest.raises(ConfigError) as caught:
        projects_of([Path("a")], Path(), make)

    assert caught.value.problems[0].where == "tool.hatch-flyte.code"


def test_a_hint_is_given_once() -> None:
    collected = Collected()
    for label, hint in (("a", "Do."), ("b", "Do."), ("c", "Or do not.")):
        with collected.of(label):
            raise ConfigError([Problem("key", "expected more")], hint=hint)

    with pytest.raises(ConfigError) as caught:
        collected.finish()
    assert str(caught.value) == "a: key: expected more\nb: key: expected more\nc: key: expected more\nDo.\nOr do not."
