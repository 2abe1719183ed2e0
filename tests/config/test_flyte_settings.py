"""`config-file`: what a configuration of flytectl or pyflyte says of a cluster."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hatch_flyte.config import Endpoint, Sources, load
from hatch_flyte.config.auth import Auth
from hatch_flyte.errors import ConfigError

if TYPE_CHECKING:
    from support_config import Project

    from hatch_flyte.config import Config, Target

FULL = """
admin:
  endpoint: dns:///flyte.acme.io:8443
  insecure: false
  insecureSkipVerify: true
  caCertFilePath: ca.pem
  authType: ExternalCommand
  command: [vault, read, -field=token, flyte]
  httpProxyURL: http://proxy:3128
  scopes: [all]
  clientId: flytepropeller
console:
  endpoint: console.acme.io
logger:
  level: 6
"""
LEGACY = """
[platform]
url = flyte.acme.io:8443
insecure_skip_verify = True
ca_cert_file_path = ca.pem
http_proxy_url = http://proxy:3128
console_endpoint = https://console.acme.io
[credentials]
auth_mode = external_process
command = vault,read,-field=token,flyte
"""
TABLE = '[tool.hatch-flyte.clusters.acme]\nproject = "p"\ndomain = "d"\nconfig-file = "~/.flyte/config.yaml"\n'
SOURCE = "~/.flyte/config.yaml"
WHERE = "tool.hatch-flyte.clusters.acme.config-file"


@dataclass
class Home:
    """A user's folder with a file of flytectl's, and a project that names it."""

    project: Project

    @property
    def folder(self) -> Path:
        folder = self.project.root / "home" / ".flyte"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def write(self, text: str, name: str = "config.yaml") -> None:
        (self.folder / name).write_text(text, encoding="utf-8")
        (self.folder / "ca.pem").touch()

    def load(self, pyproject: str = TABLE, **sources: Any) -> Config:
        environ = {"HOME": str(self.folder.parent)}
        return self.project.load(pyproject, **{"environ": environ} | sources)

    def target(self, pyproject: str = TABLE, **sources: Any) -> Target:
        [target] = self.load(pyproject, **sources).targets()
        return target

    def problems(self, pyproject: str = TABLE, **sources: Any) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            self.target(pyproject, **sources)
        return [str(problem) for problem in caught.value.problems]


@pytest.fixture
def home(project: Project) -> Home:
    return Home(project)


@pytest.mark.parametrize(("name", "text"), [("config.yaml", FULL), ("config", LEGACY)])
def test_what_can_be_taken_over_is(home: Home, name: str, text: str) -> None:
    home.write(text, name)
    target = home.target(TABLE.replace("config.yaml", name))
    assert (target.endpoint, target.insecure) == (Endpoint("flyte.acme.io", 8443), False)
    assert target.auth == Auth("command", ("vault", "read", "-field=token", "flyte"))
    assert target.console == "https://console.acme.io"
    transport = target.transport
    assert (transport.insecure_skip_verify, transport.proxy) == (True, "http://proxy:3128")
    assert transport.ca_file == home.folder / "ca.pem"


def test_each_setting_says_which_file_it_comes_from(home: Home) -> None:
    home.write(FULL)
    settings = home.load().settings
    sources = {key.removeprefix("clusters.acme."): one.source for key, one in settings.items() if "acme" in key}
    own = "pyproject.toml [tool.hatch-flyte]"
    taken = ("auth", "ca-file", "console-endpoint", "endpoint", "insecure", "insecure-skip-verify", "proxy")
    assert sources == dict.fromkeys(("config-file", "domain", "project"), own) | dict.fromkeys(taken, SOURCE)
    assert settings["clusters.acme.endpoint"].where == f"admin.endpoint in {SOURCE}"


def test_own_keys_win(home: Home) -> None:
    home.write(FULL)
    target = home.target(TABLE + 'endpoint = "mine.acme.io"\nauth = { type = "token", env = "T" }\nproxy = ""')
    assert target.endpoint == Endpoint("mine.acme.io", 443)
    assert target.auth == Auth("token", ("T",))
    assert target.transport.proxy == ""


@pytest.mark.parametrize(
    ("text", "table", "insecure"),
    [
        ("admin: {endpoint: 'localhost:30080', insecure: true}", "", True),
        ("admin: {endpoint: 'localhost:30080', insecure: 'yes'}", "", True),
        ("admin: {endpoint: 'localhost:30080'}", "", False),
        ("admin: {endpoint: 'localhost:30080'}", "insecure = true", True),
        ("admin: {endpoint: flyte.acme.io}", 'endpoint = "localhost:1"', True),
        ("admin: {endpoint: flyte.acme.io, insecure: true}", 'endpoint = "other.acme.io"', True),
    ],
)
def test_without_tls_is_what_the_file_says_as_flytes_tools_read_it(
    home: Home, text: str, table: str, *, insecure: bool
) -> None:
    home.write(text)
    assert home.target(TABLE + table).insecure is insecure


def test_keys_are_found_in_any_case_as_flytectl_does(home: Home) -> None:
    home.write("Admin: {EndPoint: flyte.acme.io}")
    assert home.target().endpoint == Endpoint("flyte.acme.io", 443)


@pytest.mark.parametrize(
    ("text", "console"),
    [
        ("admin: {endpoint: a.io}\nconsole: {endpoint: b.io}", "https://b.io"),
        ("admin: {endpoint: a.io, insecure: true}\nconsole: {endpoint: b.io}", "http://b.io"),
        ("admin: {endpoint: a.io}\nconsole: {endpoint: 'http://b.io/'}", "http://b.io"),
    ],
)
def test_a_console_without_a_scheme_has_the_endpoints(home: Home, text: str, console: str) -> None:
    home.write(text)
    assert home.target().console == console


INHERITING = """
[tool.hatch-flyte.clusters.base]
endpoint = "base.acme.io"
auth = { type = "token", env = "T" }
config-file = "base.yaml"
"""


def test_a_file_counts_where_its_table_stands_in_the_line(home: Home) -> None:
    home.write("admin: {endpoint: file.acme.io, httpProxyURL: 'http://file:1'}")
    (home.project.root / "base.yaml").write_text("admin: {endpoint: x, insecureSkipVerify: true}", encoding="utf-8")
    config = home.load(INHERITING + TABLE + 'inherits = "base"', options={"cluster": "acme"})
    [target] = config.targets()
    assert target.endpoint == Endpoint("file.acme.io", 443)
    assert target.auth == Auth("token", ("T",))
    assert target.transport.proxy == "http://file:1"
    assert target.transport.insecure_skip_verify is False, "a nearer file replaces the other one"


def test_a_path_in_it_counts_from_its_folder_wherever_the_project_is(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = home.project.root / "deploy"
    folder.mkdir()
    (folder / "flyte.yaml").write_text(FULL, encoding="utf-8")
    (folder / "ca.pem").touch()
    (home.project.root / "pyproject.toml").write_text(TABLE.replace(SOURCE, "deploy/flyte.yaml"), encoding="utf-8")
    monkeypatch.chdir(home.project.root.parent)
    root = Path(home.project.root.name)
    [target] = load(Sources(root=root, environ={}, user_table={})).targets()
    assert target.transport.ca_file == folder / "ca.pem"


def test_a_file_is_inherited(home: Home) -> None:
    home.write(FULL)
    tables = TABLE + '[tool.hatch-flyte.clusters.next]\ninherits = "acme"\ndomain = "production"\n'
    config = home.load(tables, options={"cluster": "next"})
    [target] = config.targets()
    assert (target.endpoint, target.domain) == (Endpoint("flyte.acme.io", 8443), "production")
    assert target.transport.ca_file == home.folder / "ca.pem"
    assert config.settings["clusters.next.endpoint"].source == f"inherited from acme: {SOURCE}"


LATER = "OAuth comes later; set `auth` in the cluster's table"
NOT_TAKEN = {
    "authType: Pkce": f"admin.authType in {SOURCE}: says 'Pkce': {LATER}",
    "authType: DeviceFlow": f"admin.authType in {SOURCE}: says 'DeviceFlow': {LATER}",
    "authType: ClientSecret, clientSecretLocation: /s": f"admin.authType in {SOURCE}: says 'ClientSecret': {LATER}",
    "clientSecretLocation: /canary": (
        f"admin.clientSecretLocation in {SOURCE}: says where a client's secret is: {LATER}"
    ),
    "clientSecretEnvVar: CANARY": f"admin.clientSecretEnvVar in {SOURCE}: says where a client's secret is: {LATER}",
    "authType: ExternalCommand": f"admin.authType in {SOURCE}: says 'ExternalCommand', without a command",
    "authType: ExternalCommand, command: {a: b}": (
        f"admin.command in {SOURCE}: expected a list of texts (got something else)"
    ),
    "authType: ExternalCommand, command: a, proxyCommand: [b]": (
        f"admin.proxyCommand in {SOURCE}: says a command for a proxy's token: set `auth`, and `proxy-authorization` "
        "in `metadata`"
    ),
}


def admin(values: str) -> str:
    return f"admin: {{endpoint: flyte.acme.io, {values}}}"


@pytest.mark.parametrize(("values", "problem"), NOT_TAKEN.items(), ids=NOT_TAKEN)
def test_another_way_to_log_in_is_a_problem_unless_auth_is_set(home: Home, values: str, problem: str) -> None:
    home.write(admin(values))
    assert home.problems() == [problem]
    assert home.target(TABLE + 'auth = { type = "token", env = "T" }').auth == Auth("token", ("T",))
    assert home.target(TABLE + 'auth = { type = "none" }').auth is None


def test_an_inherited_auth_is_set_too(home: Home) -> None:
    home.write(admin("authType: Pkce"))
    base = '[tool.hatch-flyte.clusters.base]\nauth = { type = "token", env = "T" }\n'
    target = home.target(base + TABLE + 'inherits = "base"', options={"cluster": "acme"})
    assert target.auth == Auth("token", ("T",))


def test_a_sandboxs_template_needs_no_login(home: Home) -> None:
    home.write("admin: {endpoint: 'localhost:30080', authType: Pkce, insecure: true}")
    assert home.target().auth is None


WRONG = {
    "endpoint: https://flyte.acme.io": (
        f"admin.endpoint in {SOURCE}: expected the gRPC endpoint, host:port or dns:///host:port, not a web address, as "
        "in 'dns:///flyte.acme.io' (got 'https://flyte.acme.io')"
    ),
    "endpoint: [a]": f"admin.endpoint in {SOURCE}: expected a text (got a list or a table)",
    "insecure: maybe": f"admin.insecure in {SOURCE}: expected true or false (got something else)",
    "httpProxyURL: http://ann:canary@proxy:1": (
        f"admin.httpProxyURL in {SOURCE}: expected http://host:port without user and password (the variable "
        "https_proxy may hold them) (got 'http://…@proxy:1')"
    ),
    "caCertFilePath: gone.pem": "admin.caCertFilePath",
}


@pytest.mark.parametrize(("values", "problem"), WRONG.items(), ids=WRONG)
def test_a_value_that_is_none_is_told_with_its_name_in_the_file(home: Home, values: str, problem: str) -> None:
    text = f"admin:\n  {values}\n" if values.startswith("endpoint") else admin(values)
    home.write(text)
    [found] = home.problems()
    assert found.startswith(problem)
    assert "canary" not in found


def test_a_value_that_an_own_key_replaces_may_be_wrong(home: Home) -> None:
    home.write("admin: {endpoint: 'https://flyte.acme.io'}")
    assert home.target(TABLE + 'endpoint = "flyte.acme.io"').endpoint == Endpoint("flyte.acme.io", 443)


def test_a_file_that_is_not_there_is_told_once_it_is_needed(home: Home) -> None:
    other = '[tool.hatch-flyte.clusters.other]\nendpoint = "x"\nproject = "p"\ndomain = "d"\n'
    assert home.load(TABLE + other, options={"cluster": "other"}).targets()
    path = home.folder / "config.yaml"
    assert home.problems() == [f"{WHERE}: {SOURCE}: expected a file (got {str(path)!r})"]
    assert home.problems(environ={}) == [f"{WHERE}: expected the variable HOME to be set (got none)"]


def test_a_file_of_something_else_is_told_with_what_else_is_lacking(home: Home) -> None:
    home.write("- a")
    assert home.problems(TABLE.replace('domain = "d"\n', "")) == [
        (f"{WHERE}: {SOURCE}: expected a table, as `admin:` with `endpoint: …` below it (got something else)"),
        "tool.hatch-flyte.clusters.acme.domain: expected a Flyte domain (got none)",
    ]


def test_a_file_that_says_no_endpoint_leaves_it_to_the_table(home: Home) -> None:
    home.write("admin: x\nconsole: {endpoint: ''}")
    assert home.problems() == ["tool.hatch-flyte.clusters.acme.endpoint: expected an endpoint (got none)"]


def test_a_build_reads_no_such_file(home: Home) -> None:
    home.write(FULL)
    assert "clusters.acme.endpoint" not in home.load(hook_table={}).settings


def test_yaml_is_imported_only_for_such_a_file(home: Home) -> None:
    home.write(FULL)
    (home.project.root / "pyproject.toml").write_text(TABLE, encoding="utf-8")
    code = (
        "import sys; from pathlib import Path; from hatch_flyte.config import Sources, load;"
        "load(Sources(root=Path(sys.argv[1]), environ={'HOME': sys.argv[2]}, user_table={}));"
        "print('yaml' in sys.modules)"
    )
    for root, expected in ((home.project.root, "True"), (home.folder, "False")):
        command = [sys.executable, "-c", code, str(root), str(home.folder.parent)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == expected
