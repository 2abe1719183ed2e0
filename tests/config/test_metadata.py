from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hatch_flyte.config.metadata import MetadataTable
from hatch_flyte.errors import ConfigError

if TYPE_CHECKING:
    from support_config import Project

STAGING = '[tool.hatch-flyte.clusters.staging]\nendpoint = "flyte.acme.io"\nproject = "p"\ndomain = "d"\n'
WHERE = "tool.hatch-flyte.clusters.staging.metadata"
BOTH = STAGING + 'metadata = { x-tenant = "canary-text", "x.key_2" = { env = "FLYTE_KEY" } }\n'
NOT_SHOWN = "(got something else, which is not shown)"


def test_texts_and_what_variables_hold_are_sent(project: Project) -> None:
    [target] = project.load(BOTH, environ={"FLYTE_KEY": "canary-variable\n"}).targets()
    assert target.transport.metadata == {"x-tenant": "canary-text", "x.key_2": "canary-variable"}


def test_they_are_inherited_name_by_name(project: Project) -> None:
    tables = BOTH + '[tool.hatch-flyte.clusters.b]\ninherits = "staging"\nmetadata = { x-tenant = { env = "T" } }'
    environ = {"FLYTE_KEY": "k", "T": "t"}
    [target] = project.load(tables, environ=environ, options={"cluster": "b"}).targets()
    assert target.transport.metadata == {"x-tenant": "t", "x.key_2": "k"}


def test_no_value_shows_anywhere(project: Project) -> None:
    config = project.load(BOTH, environ={"FLYTE_KEY": "canary-variable"})
    settings = json.dumps({key: one.value for key, one in config.settings.items()}, ensure_ascii=False)
    for text in (repr(config), repr(config.targets()), settings, repr(config.settings)):
        assert "canary" not in text
    assert config.settings["clusters.staging.metadata.x-tenant"].value == "…"
    assert config.settings["clusters.staging.metadata.x.key_2"].value == ("env", "FLYTE_KEY")


@pytest.mark.parametrize("environ", [{}, {"FLYTE_KEY": ""}, {"FLYTE_KEY": " \n"}])
def test_a_variable_that_is_not_set_is_named(project: Project, environ: dict[str, str]) -> None:
    config = project.load(BOTH, environ=environ)
    with pytest.raises(ConfigError) as caught:
        config.targets()
    assert str(caught.value) == f"{WHERE}.x.key_2: expected the variable FLYTE_KEY to be set (got none)"


def test_a_variable_that_cannot_be_sent_is_told_and_not_shown(project: Project) -> None:
    config = project.load(BOTH, environ={"FLYTE_KEY": "canary\nBearer"})
    with pytest.raises(ConfigError) as caught:
        config.targets()
    assert str(caught.value) == (
        f"{WHERE}.x.key_2: expected printable ASCII, neither empty nor with blanks at its ends in the variable "
        f"FLYTE_KEY {NOT_SHOWN}"
    )


WRONG = {
    '"Bearer canary"': f": expected a table {NOT_SHOWN}",
    '{ X-Tenant = "a" }': ".X-Tenant: expected lower case letters, digits, '_', '-' and '.' (got 'X-Tenant')",
    '{ grpc-timeout = "a" }': ".grpc-timeout: expected a name that gRPC doesn't use itself (got 'grpc-timeout')",
    '{ user-agent = "a" }': ".user-agent: expected a name that gRPC doesn't use itself (got 'user-agent')",
    '{ x-bin = "a" }': ".x-bin: expected a name without '-bin' at its end, which is for binary values (got 'x-bin')",
    '{ x = "canäry" }': f".x: expected printable ASCII, neither empty nor with blanks at its ends {NOT_SHOWN}",
    '{ x = "" }': f".x: expected printable ASCII, neither empty nor with blanks at its ends {NOT_SHOWN}",
    '{ x = ["canary"] }': f'.x: expected a text or {{ env = "VARIABLE" }} {NOT_SHOWN}',
    '{ x = { env = "A", value = "canary" } }': f'.x: expected a text or {{ env = "VARIABLE" }} {NOT_SHOWN}',
    '{ x = { env = "canary!" } }': f".x.env: expected the name of an environment variable {NOT_SHOWN}",
    "{ x = { env = 1 } }": f".x.env: expected the name of an environment variable {NOT_SHOWN}",
}


@pytest.mark.parametrize(("table", "problem"), WRONG.items(), ids=WRONG)
def test_what_cannot_be_sent_is_told_and_not_shown(project: Project, table: str, problem: str) -> None:
    assert project.problems(f"{STAGING}metadata = {table}") == [f"{WHERE}{problem}"]
    assert "canary" not in problem


def test_a_text_cannot_say_it() -> None:
    reports: list[tuple[str, str]] = []
    assert MetadataTable().from_text("x=canary", lambda inside, what: reports.append((inside, what))) == {}
    assert reports == [("", f"expected a table {NOT_SHOWN}")]
