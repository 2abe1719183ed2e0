"""The pages agree with each other and with the code."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

import pytest
from support_pages import PAGES, Block, anchors, blocks, commands, links, says
from unreleased import CHECKOUT

from hatch_flyte import errors
from hatch_flyte.config import Sources, load
from hatch_flyte.entity import Kind
from hatch_flyte.manifest import Manifest, ManifestEntity
from hatch_flyte.serialize.interpreter import OLDEST_FLYTEKIT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from pathlib import Path

DOCS = CHECKOUT / "docs"
README = CHECKOUT / "README.md"
PACKAGE = CHECKOUT / "hatch_flyte"


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def name_of(page: Path) -> str:
    return str(page.relative_to(CHECKOUT))


def tomls() -> list[tuple[str, Block]]:
    found = [(name_of(page), block) for page in PAGES for block in blocks(page) if block.language == "toml"]
    return [(f"{page}, {index}", block) for index, (page, block) in enumerate(found)]


def test_the_pages_are_found() -> None:
    expected = {"README.md", "CONTRIBUTING.md", "docs/tutorial.md", "docs/how-to/ci.md", "example_project/README.md"}

    assert {name_of(page) for page in PAGES} >= expected


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for link in links(page):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_of_the_documentation_is_linked_from_the_readme_or_a_list_of_rules() -> None:
    lists = (README, DOCS / "rules" / "README.md", DOCS / "breaking-changes" / "README.md")
    linked = {(page.parent / link).resolve() for page in lists for link in links(page)}

    assert set(DOCS.rglob("*.md")) <= linked


@pytest.mark.parametrize(("where", "block"), tomls(), ids=[where for where, _ in tomls()])
def test_every_toml_block_parses_and_loads(where: str, block: Block, tmp_path: Path) -> None:
    table = tomllib.loads(block.text)
    if set(table) <= {"build-system", "project", "tool"}:
        (tmp_path / "pyproject.toml").write_text(block.text)
        environ = {}
    else:
        assert set(table) == {"publish"}, f"{where}: a file that nobody reads"
        (tmp_path / "config.toml").write_text(block.text)
        environ = {"HATCH_CONFIG": str(tmp_path / "config.toml")}

    assert load(Sources(root=tmp_path, environ=environ)).settings


class TestReadme:
    def test_only_the_demo_and_the_tests_are_sh_blocks_of_one_line(self) -> None:
        first, second = (block.text for block in blocks(README) if block.language == "sh")

        assert first.endswith("hatch run demo\n")
        assert second.endswith("hatch run test\n")
        assert first.count("\n") == second.count("\n") == 1

    def test_the_project_that_it_adds_to_needs_some_twenty_lines(self) -> None:
        [block] = [block for block in blocks(README) if block.language == "toml"]

        assert len(block.text.splitlines()) <= 22

    def test_the_scripts_of_the_hatch_environment_are_explained_to_contributors(self) -> None:
        scripts = tomllib.loads(text(CHECKOUT / "pyproject.toml"))["tool"]["hatch"]["envs"]["default"]["scripts"]
        explained = set(re.findall(r"^\| `hatch run ([a-z-]+)", text(CHECKOUT / "CONTRIBUTING.md"), re.MULTILINE))

        assert explained == set(scripts)


def test_the_oldest_flytekit_is_the_codes() -> None:
    [said] = re.findall(r"flytekit\s+([\d.]+) is the oldest", text(DOCS / "how-to" / "interpreters.md"))

    assert said == OLDEST_FLYTEKIT


def test_the_exit_codes_are_those_of_the_errors() -> None:
    rows = re.findall(r"^\| (\d+) \|[^|]*\|([^|]*)\|$", text(DOCS / "exit-codes.md"), re.MULTILINE)
    documented = {name: int(code) for code, names in rows for name in re.findall(r"`(\w+)`", names)}
    tree = {
        name: value.exit_code
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.HatchFlyteError)
    }

    assert documented == tree


def test_the_manifests_keys_are_those_that_are_written() -> None:
    entity = ManifestEntity("0_a_1.pb", Kind.TASK, "a", "00", module="m", source="m.py", line=1, activate=True)
    manifest = Manifest(name="n", version="1", entities=(entity,), bundle="00", destination="/root")
    written = json.loads(manifest.to_json())
    section = text(DOCS / "archive-format.md").partition("## The manifest")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`[^|]+) \|", section, re.MULTILINE)
    documented = {name.removeprefix("entities[]") for cell in cells for name in re.findall(r"`([^`]+)`", cell)}

    assert documented == set(written) | {f".{key}" for key in written["entities"][0]}


def modules() -> list[str]:
    paths = [path.relative_to(PACKAGE).with_suffix("") for path in PACKAGE.rglob("*.py")]
    return sorted({path.as_posix().removesuffix("/__init__") for path in paths} - {"__init__"})


@pytest.mark.parametrize("module", modules())
def test_the_architecture_names_every_module(module: str) -> None:
    assert f"`{module}`" in text(DOCS / "architecture.md")


def test_the_architecture_names_no_module_that_is_not_there() -> None:
    rows = re.findall(r"^\| ((?:`[\w/]+`(?:, )?)+) \|[^|]+\|$", text(DOCS / "architecture.md"), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([\w/]+)`", row)}

    assert named
    assert named <= set(modules())


def test_the_commands_of_a_page_are_read_with_output_and_exit_code() -> None:
    block = Block("console", "$ one\n$ two\nsaid\n$ echo $?\n8\n$ three\n", "")

    assert [(one.line, one.output, one.code) for one in commands(block)] == [
        ("one", "", 0),
        ("two", "said\n", 8),
        ("three", "", 0),
    ]


def test_an_output_that_differs_is_noticed() -> None:
    assert says("a …\n…\nd\n", "x\na b\nc  \nd\n")
    assert not says("a\nc\n", "a\nb\nc\n")
