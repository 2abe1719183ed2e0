from __future__ import annotations

import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hatch_flyte.config import Setting, Sources, load
from hatch_flyte.errors import ConfigError

if TYPE_CHECKING:
    from support_config import Project

TOOL = "[tool.hatch-flyte]\n"
HOOK = "[tool.hatch.build.targets.wheel.hooks.flyte]\n"
PUBLISH = "[tool.hatch.publish.flyte]\n"

IMAGE_LEVELS: dict[str, tuple[str, dict[str, Any]]] = {
    "pyproject.toml [tool.hatch-flyte]": (TOOL + 'image = "NEW"', {}),
    "pyproject.toml [tool.hatch.build.targets.wheel.hooks.flyte]": (HOOK + 'image = "NEW"', {}),
    "environment variable HATCH_FLYTE_IMAGE": ("", {"environ": {"HATCH_FLYTE_IMAGE": "NEW"}}),
    "option --image": ("", {"options": {"image": "NEW"}, "option_style": "--"}),
}
VERSION_LEVELS: dict[str, tuple[str, dict[str, Any]]] = {
    "Hatch's config.toml [publish.flyte]": ("", {"user_table": {"version": "NEW"}}),
    "pyproject.toml [tool.hatch-flyte]": (TOOL + 'version = "NEW"', {}),
    "pyproject.toml [tool.hatch.publish.flyte]": (PUBLISH + 'version = "NEW"', {}),
    "environment variable HATCH_FLYTE_VERSION": ("", {"environ": {"HATCH_FLYTE_VERSION": "NEW"}}),
    "option -o version": ("", {"options": {"version": "NEW"}}),
}


def both(weak: tuple[str, dict[str, Any]], strong: tuple[str, dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    """Two levels at once, the weak one with another value."""
    table, sources = weak
    sources = {
        name: dict.fromkeys(value, "old") if isinstance(value, dict) else value for name, value in sources.items()
    }
    return "\n".join([table.replace("NEW", "old"), strong[0]]), sources | strong[1]


@pytest.mark.parametrize(("weak", "strong"), list(combinations(IMAGE_LEVELS, 2)))
def test_of_two_places_for_packaging_the_stronger_counts(project: Project, weak: str, strong: str) -> None:
    pyproject, sources = both(IMAGE_LEVELS[weak], IMAGE_LEVELS[strong])
    config = project.load(pyproject, **sources)
    assert config.packaging.image == "NEW"
    assert config.settings["image"].source == strong


@pytest.mark.parametrize(("weak", "strong"), list(combinations(VERSION_LEVELS, 2)))
def test_of_two_places_for_publishing_the_stronger_counts(project: Project, weak: str, strong: str) -> None:
    pyproject, sources = both(VERSION_LEVELS[weak], VERSION_LEVELS[strong])
    config = project.load(pyproject, **sources)
    assert config.publishing.version == "NEW"
    assert config.settings["version"].source == strong


@pytest.mark.parametrize("source", IMAGE_LEVELS)
def test_any_place_is_stronger_than_a_default(project: Project, source: str) -> None:
    pyproject, sources = IMAGE_LEVELS[source]
    assert project.load(pyproject, **sources).settings["image"] == Setting("NEW", source, sources_name(source))


def sources_name(source: str) -> str:
    """How messages name the key that stands there."""
    return {
        "pyproject.toml [tool.hatch-flyte]": "tool.hatch-flyte.image",
        "pyproject.toml [tool.hatch.build.targets.wheel.hooks.flyte]": (
            "tool.hatch.build.targets.wheel.hooks.flyte.image"
        ),
        "environment variable HATCH_FLYTE_IMAGE": "HATCH_FLYTE_IMAGE",
        "option --image": "--image",
    }[source]


def test_without_anything_there_are_defaults(project: Project) -> None:
    config = project.load()
    assert {key: (one.value, one.source) for key, one in config.settings.items()} == {
        "modules": ((), "default"),
        "exclude": ((), "default"),
        "optional-modules": ((), "default"),
        "import-timeout": (300, "default"),
        "image": ("", "default"),
        "default-launch-plans": (True, "default"),
        "code": ("image", "default"),
        "destination": ("/root", "default"),
        "python": ((), "default"),
        "load-check": (True, "default"),
        "strict": (False, "default"),
        "select-rules": ((), "default"),
        "ignore-rules": ((), "default"),
        "ignore-files": ((), "default"),
        "allow": ((), "default"),
        "bundle-warn-size": (10, "default"),
        "bundle-max-size": (200, "default"),
        "output-dir": ("", "default"),
        "ownership-annotation": (True, "default"),
        "default-clusters": ((), "default"),
        "version": ("", "default"),
        "cluster": ((), "default"),
        "project": ("", "default"),
        "domain": ("", "default"),
        "dry-run": (False, "default"),
        "keep-going": (False, "default"),
        "build": (False, "default"),
        "activate": ((), "default"),
        "prune": (False, "default"),
        "independent": (False, "default"),
        "allow-breaking": ((), "default"),
        "data": ("", "default"),
        "commit": ("", "default"),
    }
    assert config.packaging.images == {}
    assert config.publishing.clusters == {}
    assert config.call.data is None


def test_a_folder_without_pyproject_has_a_configuration(tmp_path: Path) -> None:
    config = load(Sources(root=tmp_path, environ={}, options={"cluster": "local"}, option_style="--", user_table={}))
    assert config.call.cluster == ("local",)


def test_tables_give_typed_values(project: Project) -> None:
    packaging = project.load(
        TOOL
        + """
        modules = ["acme", "acme_jobs.daily"]
        image = "stock"
        images = { gpu = "g:{version}", cpu = "c" }
        code = "wheel"
        destination = "/opt/flyte"
        python = ["docker", "run", "-i", "x"]
        output-dir = "out"
        ownership-annotation = false
        """
    ).packaging
    assert packaging.modules == ("acme", "acme_jobs.daily")
    assert packaging.require_image() == "stock"
    assert packaging.images == {"cpu": "c", "gpu": "g:{version}"}
    assert packaging.code == "wheel"
    assert packaging.destination == "/opt/flyte"
    assert packaging.python == ("docker", "run", "-i", "x")
    assert packaging.output_dir == "out"
    assert packaging.ownership_annotation is False


def test_variables_give_typed_values(project: Project) -> None:
    config = project.load(
        environ={
            "HATCH_FLYTE_MODULES": "acme, acme_jobs",
            "HATCH_FLYTE_IMAGES": "gpu=g:1, cpu=c",
            "HATCH_FLYTE_PYTHON": "/opt/my python/bin/python",
            "HATCH_FLYTE_OWNERSHIP_ANNOTATION": "NO",
            "HATCH_FLYTE_CLUSTER": "staging,production",
            "HATCH_FLYTE_DRY_RUN": "1",
            "HATCH_FLYTE_DATA": "flyte data",
            "HATCH_FLYTE_COMMIT": "abc",
        }
    )
    assert config.packaging.modules == ("acme", "acme_jobs")
    assert config.packaging.images == {"gpu": "g:1", "cpu": "c"}
    assert config.settings["images.gpu"].source == "environment variable HATCH_FLYTE_IMAGES"
    assert config.packaging.python == ("/opt/my python/bin/python",)
    assert config.packaging.ownership_annotation is False
    assert config.call.cluster == ("staging", "production")
    assert config.call.dry_run is True
    assert config.call.data == Path("flyte data")
    assert config.call.commit == "abc"


@pytest.mark.parametrize(
    ("text", "value"),
    [("", True), ("true", True), ("1", True), ("Yes", True), ("false", False), ("0", False), ("no", False)],
)
def test_an_option_of_hatch_switches_on_unless_it_says_no(project: Project, text: str, *, value: bool) -> None:
    assert project.load(options={"dry-run": text}).call.dry_run is value


@pytest.mark.parametrize("cluster", ["a,b", ("a", "b"), ["a", "b"], ("a,b",)])
def test_clusters_are_named_with_commas_or_repeatedly(project: Project, cluster: object) -> None:
    assert project.load(options={"cluster": cluster}).call.cluster == ("a", "b")


def test_a_flag_switches_on(project: Project) -> None:
    assert project.load(options={"dry-run": True, "keep-going": False}, option_style="--").call.dry_run is True


def test_an_empty_variable_counts_as_not_set(project: Project) -> None:
    config = project.load(TOOL + 'image = "x"', environ={"HATCH_FLYTE_IMAGE": "", "HATCH_FLYTE_DRY_RUN": ""})
    assert config.packaging.image == "x"
    assert config.call.dry_run is False


def test_images_merge_name_by_name(project: Project) -> None:
    config = project.load(
        TOOL + 'images = { cpu = "c", gpu = "g" }\n' + HOOK + 'images = { gpu = "h" }',
        environ={"HATCH_FLYTE_IMAGES": "tpu=t"},
    )
    assert config.packaging.images == {"cpu": "c", "gpu": "h", "tpu": "t"}
    assert [config.settings[f"images.{name}"].where for name in ("cpu", "gpu", "tpu")] == [
        "tool.hatch-flyte.images.cpu",
        "tool.hatch.build.targets.wheel.hooks.flyte.images.gpu",
        "HATCH_FLYTE_IMAGES.tpu",
    ]


def test_lists_are_replaced(project: Project) -> None:
    config = project.load(TOOL + 'modules = ["a"]\n' + HOOK + 'modules = ["b"]')
    assert config.packaging.modules == ("b",)


def test_a_weaker_value_is_checked_all_the_same(project: Project) -> None:
    assert project.problems(TOOL + "image = 1", environ={"HATCH_FLYTE_IMAGE": "x"}) == [
        "tool.hatch-flyte.image: expected a string (got 1, an integer)"
    ]


def test_stock_is_an_image_once_code_says_wheel(project: Project) -> None:
    pyproject = TOOL + 'image = "stock"\ncode = "image"'
    assert project.load(pyproject, environ={"HATCH_FLYTE_CODE": "wheel"}).packaging.image == "stock"
    assert project.problems(
        TOOL + 'code = "wheel"', environ={"HATCH_FLYTE_IMAGE": "stock", "HATCH_FLYTE_CODE": "image"}
    ) == ["HATCH_FLYTE_IMAGE: expected an image of your own, unless code = \"wheel\" (got 'stock')"]


def test_no_image_is_an_error_only_where_one_is_required(project: Project) -> None:
    packaging = project.load().packaging
    with pytest.raises(ConfigError) as caught:
        packaging.require_image()
    assert caught.value.message == ("tool.hatch-flyte.image: expected an image for the tasks that name none (got none)")
    for way in ("[tool.hatch-flyte] image = ", "HATCH_FLYTE_IMAGE", "`hatch-flyte package --image`"):
        assert way in caught.value.hint


def test_tables_that_hatch_hands_over_count_instead_of_the_files(project: Project) -> None:
    config = project.load(
        HOOK + 'image = "file"\n' + PUBLISH + 'version = "file"',
        hook_table={"image": "given"},
        publish_table={},
    )
    assert (config.packaging.image, config.publishing.version) == ("given", "")


@pytest.mark.parametrize(
    ("pyproject", "hatch", "where"),
    [
        ("", None, "tool.hatch.build.targets.wheel.hooks.flyte.image"),
        ("[tool.hatch.build.hooks.flyte]", None, "tool.hatch.build.hooks.flyte.image"),
        ("[tool.hatch.build.hooks.flyte]", "[build]", "build.targets.wheel.hooks.flyte.image in hatch.toml"),
        ("", "[build.hooks.flyte]", "build.hooks.flyte.image in hatch.toml"),
    ],
)
def test_a_table_that_hatchling_hands_over_is_named_as_it_stands_in_the_files(
    project: Project, pyproject: str, hatch: str | None, where: str
) -> None:
    assert project.problems(pyproject, hatch=hatch, hook_table={"image": 1}) == [
        f"{where}: expected a string (got 1, an integer)"
    ]


def test_archives_are_looked_for_where_they_are_written(project: Project) -> None:
    root = project.root
    assert project.load().archive_directory == root / "dist"
    assert project.load('[tool.hatch.build]\ndirectory = "out"').archive_directory == root / "out"
    assert project.load(TOOL + 'output-dir = "flyte"').archive_directory == root / "flyte"
    assert project.load(TOOL + 'output-dir = "/abs"').archive_directory == Path("/abs")
    assert project.load(environ={"HATCH_BUILD_LOCATION": "there"}).archive_directory == root / "there"


def test_the_repr_of_a_configuration_shows_no_environment(project: Project) -> None:
    environ = {"AWS_SECRET_ACCESS_KEY": "hunter2"}
    assert "hunter2" not in repr(project.load(environ=environ))
    assert "hunter2" not in repr(Sources(root=project.root, environ=environ))


def test_loading_imports_neither_packaging_nor_what_the_terminal_needs() -> None:
    code = (
        "import sys; before = set(sys.modules); import hatch_flyte.config;"
        "print(sorted({'packaging', 'rich', 'click', 'tomllib', 'tomli', 'platformdirs', 'difflib', 'subprocess', "
        "'grpc', 'hatchling', 'asyncio', 'importlib.metadata'} & (set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class FactsOfMain:
    def commit(self) -> str:
        return "abc"

    def branch(self) -> str:
        return "main"

    def dirty(self) -> bool:
        return False

    def tag(self) -> str:
        return ""


def test_the_registered_version_follows_the_template(project: Project) -> None:
    config = project.load(TOOL + 'version = "{branch}-{version}"')
    assert config.registered_version("acme", "1.0+x", digest="", facts=FactsOfMain()) == "main-1.0-x"
    assert project.load().registered_version("acme", "1.0+x", digest="", facts=FactsOfMain()) == "1.0-x"
