from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
import pytest

from hatch_flyte.config import Sources, load
from hatch_flyte.config.files import find_root, read_project, read_user_table
from hatch_flyte.distribution import Distribution
from hatch_flyte.errors import ConfigError

if TYPE_CHECKING:
    from support_config import Project

CLUSTERS = """
[tool.hatch.publish.flyte.clusters.staging]
endpoint = "flyte.acme.io"
"""


def test_a_table_in_hatch_toml_replaces_the_whole_table_of_pyproject(project: Project) -> None:
    config = project.load(
        CLUSTERS + '[tool.hatch.build.targets.wheel.hooks.flyte]\nimage = "x"', hatch='[publish.index]\nuser = "x"'
    )
    assert config.publishing.clusters == {}
    assert config.packaging.image == "x"


def test_hatch_toml_may_hold_both_tables(project: Project) -> None:
    config = project.load(
        CLUSTERS,
        hatch='[build.targets.wheel.hooks.flyte]\nimage = "y"\n[publish.flyte.clusters.production]\nproject = "p"',
    )
    assert list(config.publishing.clusters) == ["production"]
    assert config.settings["image"].source == "hatch.toml [build.targets.wheel.hooks.flyte]"
    assert config.settings["clusters.production.project"].source == "hatch.toml [publish.flyte]"


def test_what_is_wrong_in_hatch_toml_is_named_with_the_file(project: Project) -> None:
    hatch = "[build.targets.wheel.hooks.flyte]\nimage = 1\n[publish]\nflyte = 2"
    assert project.problems(hatch=hatch) == [
        "build.targets.wheel.hooks.flyte.image in hatch.toml: expected a string (got 1, an integer)",
        "publish.flyte in hatch.toml: expected a table (got 2, an integer)",
    ]


def test_the_shared_table_stands_in_pyproject_only(project: Project) -> None:
    assert project.load('[tool.hatch-flyte]\nimage = "x"', hatch='[hatch-flyte]\nimage = "y"').packaging.image == "x"


def test_the_hooks_table_for_wheels_replaces_the_one_for_all_targets(project: Project) -> None:
    everywhere = '[tool.hatch.build.hooks.flyte]\nimage = "x"\n'
    assert project.load(everywhere).packaging.image == "x"
    assert project.load(everywhere + "[tool.hatch.build.targets.wheel.hooks.flyte]").packaging.image == ""


def test_the_build_directory_of_wheels_is_the_targets_then_the_projects(project: Project) -> None:
    both = '[tool.hatch.build]\ndirectory = "a"\n[tool.hatch.build.targets.wheel]\ndirectory = "b"'
    assert project.load(both).build_directory == "b"
    assert project.load(both, hatch='[build]\ndirectory = "c"').build_directory == "c"


@pytest.mark.parametrize("text", ["tool = 1", "[tool]\nhatch = 1", "[tool.hatch]\nbuild = 1\npublish = []", ""])
def test_other_peoples_odd_tables_are_left_to_them(project: Project, text: str) -> None:
    assert project.load(text).build_directory == "dist"


def test_what_is_no_toml_is_told_with_file_and_line(project: Project) -> None:
    problems = project.problems('[tool.hatch-flyte]\nimage = "x\n', hatch="[build\n")
    assert problems[0].startswith(f"{project.root / 'pyproject.toml'}: expected TOML (")
    assert "line 2" in problems[0]
    assert problems[1].startswith(f"{project.root / 'hatch.toml'}: expected TOML (")
    assert "line 1" in problems[1]


def test_what_is_no_utf_8_is_told_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b'[x]\ny = "\xe4"\n')
    with pytest.raises(ConfigError) as caught:
        read_project(tmp_path)
    assert str(caught.value) == f"{tmp_path / 'pyproject.toml'}: expected UTF-8 (got byte 0xe4 in line 2)"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_told_with_what_to_do(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "tides"\n', encoding=encoding)
    with pytest.raises(ConfigError) as caught:
        read_project(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path / 'pyproject.toml'}: expected UTF-8 without a byte-order mark "
        "(got one at the beginning: save the file without it)"
    )


def test_the_root_is_the_nearest_folder_upwards_with_a_pyproject(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / "outer" / "inner" / "src"
    deep.mkdir(parents=True)
    (tmp_path / "outer" / "pyproject.toml").touch()
    monkeypatch.chdir(deep)
    assert find_root() == tmp_path / "outer"
    (deep.parent / "pyproject.toml").touch()
    assert find_root() == deep.parent
    (deep / "pyproject.toml").touch()
    assert find_root() == Path()


def test_without_any_it_is_the_current_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert find_root() == Path()


@pytest.mark.parametrize(
    ("text", "distribution"),
    [
        ('[project]\nname = "tides"\nversion = "0.1.0"', Distribution("tides", "0.1.0")),
        ('[project]\nname = "tides"\ndynamic = ["version"]', Distribution("tides")),
        ("[project]\nname = 1\nversion = 2", Distribution("")),
        ("project = 1", Distribution("")),
        ("", Distribution("")),
    ],
)
def test_name_and_version_are_the_projects_own(tmp_path: Path, text: str, distribution: Distribution) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert read_project(tmp_path).distribution == distribution


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").mkdir()
    with pytest.raises(ConfigError, match=r"pyproject.toml: cannot be read \(Is a directory\)"):
        read_project(tmp_path)


def test_a_root_that_is_a_file_has_no_project(tmp_path: Path) -> None:
    wheel = tmp_path / "x.whl"
    wheel.touch()
    assert read_project(wheel).tool_table is None


class TestTheUsersHatchConfiguration:
    TEXT = '[publish.flyte.clusters.mine]\nendpoint = "localhost:30080"\nproject = "p"\ndomain = "d"\n'

    def test_is_the_file_that_hatch_config_names(self, tmp_path: Path) -> None:
        path = tmp_path / "config.toml"
        path.write_text(self.TEXT)
        config = load(Sources(root=tmp_path, environ={"HATCH_CONFIG": str(path)}))
        assert config.settings["clusters.mine.endpoint"].source == "Hatch's config.toml [publish.flyte]"

    def test_that_hatch_config_names_must_be_there(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError) as caught:
            load(Sources(root=tmp_path, environ={"HATCH_CONFIG": str(tmp_path / "no.toml")}))
        assert str(caught.value) == f"HATCH_CONFIG: expected a file (got '{tmp_path / 'no.toml'}')"

    def test_is_found_where_hatch_puts_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
        assert read_user_table({}) is None
        folder = platformdirs.user_config_path("hatch", appauthor=False)
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text(self.TEXT)
        assert read_user_table({}) == {
            "clusters": {"mine": {"endpoint": "localhost:30080", "project": "p", "domain": "d"}}
        }

    def test_is_told_when_it_is_no_toml(self, tmp_path: Path) -> None:
        path = tmp_path / "config.toml"
        path.write_text("[publish")
        with pytest.raises(ConfigError, match=r"config.toml: expected TOML"):
            read_user_table({"HATCH_CONFIG": str(path)})

    def test_does_not_matter_in_a_build(self, tmp_path: Path) -> None:
        path = tmp_path / "config.toml"
        path.write_text("[publish")
        assert load(Sources(root=tmp_path, environ={"HATCH_CONFIG": str(path)}, hook_table={})).settings

    def test_is_named_in_messages(self, project: Project) -> None:
        assert project.problems(user_table={"clusters": {"mine": {"endpoint": 1}}, "image": "x"}) == [
            "publish.flyte.clusters.mine.endpoint in Hatch's config.toml: expected a string (got 1, an integer)",
            (
                "publish.flyte.image in Hatch's config.toml: does not belong here, but into [tool.hatch-flyte], "
                "[tool.hatch.build.targets.wheel.hooks.flyte], HATCH_FLYTE_IMAGE or `--image`"
            ),
        ]
