"""What a tired user gives wrong: one message each, with where, what, got what, and what to do.

A row for each sort of mistake at the doors. Keys of the configuration are each tested in tests/config, damaged files in
tests/test_damaged_files.py, what a cluster does in tests/faults and tests/registry.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from support_doors import cluster

if TYPE_CHECKING:
    from collections.abc import Callable

    from support_doors import Door

NOBODY = "127.0.0.1:1"
STAGING = cluster("staging", NOBODY)
TWO = STAGING + cluster("production", NOBODY)


@dataclass(frozen=True)
class Wrong:
    """A mistake, and what has to be said of it."""

    arguments: str
    says: str
    """Matches the message: where, what, got what."""
    advice: str = ""
    """Matches the message too: what to do; empty where the expected says it."""
    code: int = 2
    table: str = STAGING
    files: tuple[tuple[str, str], ...] = ()
    archive: bool = True
    environ: tuple[tuple[str, str], ...] = ()


KEYS = [
    Wrong("plan", rf"clusters\.staging\.{key}: expected .*\(got {got}", table=f"{STAGING}{key} = {value}\n")
    for key, value, got in (
        ("insecure", '"yes"', "'yes'|a string|\"yes\""),
        ("labels", '["a"]', ".*a"),
        ("deadline", '"soon"', ".*soon"),
        ("deadline", "-1", "-1"),
        ("activate", '"sometimes"', ".*sometimes"),
        ("breaking-changes", '"perhaps"', ".*perhaps"),
        ("when", '{ branch = "main" }', ".*"),
        ("proxy", '"ftp://x"', ".*ftp"),
        ("console-endpoint", '"nowhere at all"', ".*nowhere"),
    )
]

TABLES = [
    # A text that stands where a table should could be a token: it is not repeated.
    Wrong("plan", r"staging\.auth: expected a table such as \{ type", table=f'{STAGING}auth = "t0ken"\n'),
    Wrong(
        "plan", r"staging\.auth\.type: expected .*\(got 'oauth9'\)", table=f'{STAGING}auth = {{ type = "oauth9" }}\n'
    ),
    Wrong("plan", r'metadata\."Bad Name": expected', table=f'{STAGING}metadata = {{ "Bad Name" = "x" }}\n'),
    Wrong("plan", r"endpont", "endpoint", table=STAGING.replace("endpoint", "endpont")),
    Wrong("plan", r"endpoint: expected", table=cluster("staging", "http://flyte/x")),
    Wrong("plan", r"endpoint: expected .*99999", table=cluster("staging", "flyte:99999")),
    Wrong("plan", r"clstrs", "clusters", table="[tool.hatch-flyte.clstrs.a]\nendpoint = 'x'\n"),
    Wrong("plan", r"inherits: no cluster 'nobody' is configured", table=f'{STAGING}inherits = "nobody"\n'),
    Wrong("plan", r"inherits: goes round in a circle \(staging → staging\)", table=f'{STAGING}inherits = "staging"\n'),
    Wrong("plan", r"groups\.all.*nobody", table=f'{STAGING}[tool.hatch-flyte.groups]\nall = ["nobody"]\n'),
    Wrong("plan", r"groups\.all: expected", table=f"{STAGING}[tool.hatch-flyte.groups]\nall = []\n"),
    Wrong("plan", r"default-clusters.*nobody", table=f'[tool.hatch-flyte]\ndefault-clusters = ["nobody"]\n{STAGING}'),
    Wrong("plan", r"version: .*nothing", table=f'[tool.hatch-flyte]\nversion = "{{nothing}}"\n{STAGING}'),
    Wrong("plan", r"pyproject\.toml", table="[tool.hatch-flyte\n"),
    Wrong("plan", r"ca-file.*missing\.pem", table=f'{STAGING}insecure = false\nca-file = "missing.pem"\n'),
    Wrong(
        "plan",
        r"ca-file: .*ca\.pem",
        table=f'{STAGING}insecure = false\nca-file = "ca.pem"\n',
        files=(("ca.pem", "not a certificate"),),
    ),
    Wrong("plan", r"client-(certificate|key)", table=f'{STAGING}client-certificate = "x.pem"\n'),
    Wrong("plan", r"config-file.*missing\.yaml", table=f'{STAGING}config-file = "missing.yaml"\n'),
    Wrong(
        "plan",
        r"domain: expected",
        table='[tool.hatch-flyte.clusters.staging]\nendpoint = "x"\nproject = "p"\n',
    ),
]

CHOICES = [
    Wrong("publish -c nobody", r"--cluster: no cluster 'nobody'", "known: staging"),
    Wrong("publish -c @nobody", r"--cluster: no group '@nobody'", "known: staging"),
    Wrong("publish", r"cluster: expected a choice among production, staging \(got none\)", "-c NAME", table=TWO),
    Wrong("history", r"cluster: expected a choice among production, staging", "-c NAME", table=TWO),
    Wrong("publish", "local", r"-c local|cluster", table="", environ=(("CI", "true"),)),
    Wrong("plan -c local --activate nobody", r"activate: expected a launch plan .*nobody", "show"),
    Wrong("publish -c local --json --output text", "exclude each other"),
    Wrong("publish -c local -q -v", "exclude each other"),
    Wrong("publish -c local --plan missing.json", "missing.json"),
    Wrong("publish -c local --output xml", "xml"),
    Wrong("promote --from staging", "--to"),
    Wrong("promote --from nobody --to staging", "nobody", "known: staging"),
    Wrong("rollback -c nobody", "nobody", "known: staging"),
    Wrong("status -c nobody", "nobody", "known: staging"),
    Wrong("check --select nothing", "nothing"),
    Wrong("serve --port 99999", "99999"),
    Wrong("serve --host 0.0.0.0 --port 0 --http-port 0", "0.0.0.0", "--token-env"),  # noqa: S104 # refused
    Wrong("publsh", "publsh"),
]

FILES = [
    Wrong("publish -c local missing.tgz", r"missing\.tgz", code=4),
    Wrong("publish -c local notes.tgz", r"notes\.tgz: not a Flyte archive", "Expected", 4, files=(("notes.tgz", "x"),)),
    Wrong("publish -c local", r"dist", "build", 4, archive=False),
    Wrong("publish -c local empty", r"empty", "", 4, files=(("empty/readme.txt", "x"),)),
    Wrong("show notes.tgz", r"notes\.tgz", "Expected", 4, files=(("notes.tgz", "x"),)),
    Wrong("package missing.whl", r"missing\.whl", code=4),
    Wrong(
        "package notes.whl",
        r"notes\.whl",
        "",
        4,
        table='[tool.hatch-flyte]\nimage = "a:1"\n',
        files=(("notes.whl", "x"),),
    ),
    Wrong("publish -c local --plan bad.json", r"bad\.json", "plan --out", files=(("bad.json", "{}"),)),
    Wrong("publish -c local --plan bad.json", r"bad\.json", "plan --out", files=(("bad.json", "not json"),)),
    Wrong("history -c local", "DISTRIBUTION", "Name the distribution", table=""),
]

ELSEWHERE = [
    Wrong("plan -c staging", r"cluster staging: .*nobody listens", "endpoint", 5),
    Wrong("status -c staging", r"cluster staging: .*nobody listens", "endpoint", 5),
    Wrong("list -c staging", r"nobody listens", "endpoint", 5),
    Wrong("plan -c local --project nobody!", r"--project: expected letters, .*nobody!"),
    Wrong("plan -c local --domain nowhere", r"expected one of the domains .*nowhere", "--domain", 7),
]

ROWS = [*KEYS, *TABLES, *CHOICES, *FILES, *ELSEWHERE]


@pytest.fixture
def prepared(door: Door, monkeypatch: pytest.MonkeyPatch) -> Callable[[Wrong], Door]:
    def prepare(wrong: Wrong) -> Door:
        project = '[project]\nname = "acme-pipelines"\nversion = "1.0"\n' if wrong.table else ""
        door.configure(project + wrong.table)
        if wrong.archive:
            door.archive()
        for name, text in wrong.files:
            path = door.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        for name, value in wrong.environ:
            monkeypatch.setenv(name, value)
        return door

    return prepare


@pytest.mark.parametrize("wrong", ROWS, ids=[f"{row.arguments}: {row.says}" for row in ROWS])
def test_it_is_told_once_with_where_what_got_what_and_what_to_do(
    prepared: Callable[[Wrong], Door], wrong: Wrong
) -> None:
    said = prepared(wrong)(*wrong.arguments.split(), code=wrong.code)

    assert re.search(wrong.says, said.err), said.err
    assert re.search(wrong.advice, said.err), said.err
    assert len(re.findall(r"(?im)^error: ", said.err)) == 1, said.err
    assert said.out == "" or wrong.code == 5
