from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hatch_flyte.config.auth import Auth

if TYPE_CHECKING:
    from support_config import Project

STAGING = """
[tool.hatch-flyte.clusters.staging]
endpoint = "flyte.acme.io"
project = "pipelines"
domain = "staging"
"""
WHERE = "tool.hatch-flyte.clusters.staging.auth"


@pytest.mark.parametrize(
    ("table", "auth"),
    [
        ('{ type = "token", env = "FLYTE_TOKEN" }', Auth("token", ("FLYTE_TOKEN",))),
        ('{ type = "command", command = ["vault", "read", "flyte"] }', Auth("command", ("vault", "read", "flyte"))),
        ('{ type = "command", command = "flyte-token" }', Auth("command", ("flyte-token",))),
    ],
)
def test_a_token_comes_from_a_variable_or_a_command(project: Project, table: str, auth: Auth) -> None:
    [target] = project.load(f"{STAGING}auth = {table}").targets()
    assert target.auth == auth


def test_no_token_is_shown_where_none_is_configured_nor_at_the_local_registry(project: Project) -> None:
    assert [target.auth for target in project.load(STAGING).targets()] == [None]
    assert [target.auth for target in project.load(STAGING, options={"cluster": "local"}).targets()] == [None]


def test_an_inherited_one_is_replaced_whole(project: Project) -> None:
    tables = (
        f'{STAGING}auth = {{ type = "token", env = "A" }}\n'
        '[tool.hatch-flyte.clusters.same]\ninherits = "staging"\n'
        '[tool.hatch-flyte.clusters.other]\ninherits = "staging"\nauth = { type = "command", command = "b" }\n'
    )
    same, other = project.load(tables, options={"cluster": "same,other"}).targets()
    assert same.auth == Auth("token", ("A",))
    assert other.auth == Auth("command", ("b",))


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ('"FLYTE_TOKEN"', 'expected a table such as { type = "token", env = "FLYTE_TOKEN" }'),
        ("{}", '.type: expected "token" or "command" or "none" (got none)'),
        ('{ type = "oauth" }', '.type: expected "token" or "command" or "none" (got \'oauth\')'),
        ('{ type = "token" }', ".env: expected a variable (got none)"),
        ('{ type = "command" }', ".command: expected a command (got none)"),
        ('{ type = "command", command = [] }', ".command: expected a string or a list of strings (got [], a list)"),
    ],
)
def test_what_is_no_auth_is_told_with_its_key(project: Project, table: str, problem: str) -> None:
    colon = "" if problem.startswith(".") else ": "
    assert project.problems(f"{STAGING}auth = {table}") == [f"{WHERE}{colon}{problem}"]


@pytest.mark.parametrize(
    "table",
    [
        '{ type = "token", token = "hunter2", env = "A" }',
        '{ type = "token", env = "hunter2!" }',
        '{ type = "token", env = ["hunter2"] }',
        '"Bearer hunter2"',
    ],
)
def test_a_secret_that_was_put_there_is_refused_and_not_shown(project: Project, table: str) -> None:
    error = project.error(f"{STAGING}auth = {table}")
    assert WHERE in str(error)
    assert "hunter2" not in str(error)
