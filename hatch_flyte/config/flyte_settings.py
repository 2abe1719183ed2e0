"""What a configuration of Flyte's own tools says of a cluster, in our terms; and what we cannot take over.

The names and meanings are those of flytectl (the `admin` section) and of flytekit (`configuration.internal`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hatch_flyte.config.config_file import read_config_file
from hatch_flyte.config.console import console_expectation
from hatch_flyte.config.endpoint import endpoint_expectation, is_loopback, parse_endpoint
from hatch_flyte.config.kinds import shown
from hatch_flyte.config.proxy import proxy_expectation
from hatch_flyte.config.values import Setting
from hatch_flyte.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from hatch_flyte.config.config_file import Entry

NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "endpoint": ("admin.endpoint", "platform.url"),
    "insecure": ("admin.insecure", "platform.insecure"),
    "insecure-skip-verify": ("admin.insecureSkipVerify", "platform.insecure_skip_verify"),
    "ca-file": ("admin.caCertFilePath", "platform.ca_cert_file_path"),
    "proxy": ("admin.httpProxyURL", "platform.http_proxy_url"),
    "console-endpoint": ("console.endpoint", "platform.console_endpoint"),
    "command": ("admin.command", "credentials.command"),
    "proxy-command": ("admin.proxyCommand", "credentials.proxy_command"),
    "auth-type": ("admin.authType", "credentials.auth_mode"),
    "secret-file": ("admin.clientSecretLocation", "credentials.client_secret_location"),
    "secret-variable": ("admin.clientSecretEnvVar", "credentials.client_secret_env_var"),
    "secret": ("admin.clientSecret", "credentials.client_secret"),
}
"""What we ask for, and its names in YAML and in INI."""

_BOOLEANS: Final = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False}
_BY_COMMAND: Final = frozenset({"externalcommand", "external_process"})
_OAUTH: Final = "OAuth comes later; set `auth` in the cluster's table"


@dataclass(slots=True)
class FlyteSettings:
    """What was found in one file."""

    settings: dict[str, Setting] = field(default_factory=dict)
    """By our keys."""
    problems: dict[str, Problem] = field(default_factory=dict)
    """What counts only if nobody nearer says the key; `config-file` stands for the file as such."""


def read_flyte_settings(path: Path, source: str, where: str) -> FlyteSettings:
    """Return what stands in the file at `path`; `source` is how the user wrote it, `where` the key that names it."""
    try:
        entries = read_config_file(path)
    except ValueError as problem:
        return FlyteSettings(problems={"config-file": Problem(where, f"{source}: {problem}")})
    return _Taking(entries, source, str(path.absolute().parent)).take()


class _Taking:
    """Takes over one file."""

    def __init__(self, entries: Mapping[str, Entry], source: str, folder: str) -> None:
        self._entries, self._source, self._folder = entries, source, folder
        self._found = FlyteSettings()

    def take(self) -> FlyteSettings:
        """Return all that can be taken over."""
        self._text("endpoint", endpoint_expectation)
        for key in ("insecure", "insecure-skip-verify"):
            self._boolean(key)
        self._text("ca-file", lambda text: "" if text.isprintable() else "the path of a file")
        self._text("proxy", proxy_expectation)
        self._console()
        self._auth()
        return self._found

    def _said(self, key: str) -> Entry | None:
        found = (self._entries.get(name.lower()) for name in NAMES[key])
        return next(filter(None, found), None)

    def _keep(self, key: str, entry: Entry, value: Any) -> None:
        self._found.settings[key] = Setting(value, self._source, self._where(entry), self._folder)

    def _fault(self, key: str, entry: Entry, what: str) -> None:
        self._found.problems[key] = Problem(self._where(entry), what)

    def _where(self, entry: Entry) -> str:
        return f"{entry.name} in {self._source}"

    def _text(self, key: str, check: Callable[[str], str], change: Callable[[str], str] = str) -> None:
        entry = self._said(key)
        if entry is None:
            return
        if not isinstance(entry.value, str):
            self._fault(key, entry, "expected a text (got a list or a table)")
        elif expected := check(change(entry.value)):
            self._fault(key, entry, f"expected {expected} (got {shown(entry.value)})")
        else:
            self._keep(key, entry, change(entry.value))

    def _boolean(self, key: str) -> None:
        entry = self._said(key)
        if entry is None:
            return
        value = _BOOLEANS.get(str(entry.value).lower())
        if value is None:
            self._fault(key, entry, "expected true or false (got something else)")
        else:
            self._keep(key, entry, value)

    def _console(self) -> None:
        insecure = self._found.settings.get("insecure")
        scheme = "http" if insecure and insecure.value else "https"
        self._text(
            "console-endpoint", console_expectation, lambda text: text if "://" in text else f"{scheme}://{text}"
        )

    def _auth(self) -> None:
        """Take over a command; all else is OAuth, or meant for a proxy.

        On loopback it is neither: flytectl's own template for a sandbox, which asks for no token, says `Pkce`.
        """
        mode = self._said("auth-type")
        if mode and str(mode.value).lower() in _BY_COMMAND:
            self._command(mode)
        elif mode and not self._on_loopback():
            self._fault("auth", mode, f"says {shown(mode.value)}: {_OAUTH}")
        for key in ("secret-file", "secret-variable", "secret") if not mode else ():
            if entry := self._said(key):
                self._fault("auth", entry, f"says where a client's secret is: {_OAUTH}")
        if entry := self._said("proxy-command"):
            self._fault(
                "auth", entry, "says a command for a proxy's token: set `auth`, and `proxy-authorization` in `metadata`"
            )

    def _command(self, mode: Entry) -> None:
        entry = self._said("command")
        if entry is None:
            self._fault("auth", mode, f"says {shown(mode.value)}, without a command")
            return
        # Both tools take a text apart at commas.
        parts = entry.value.split(",") if isinstance(entry.value, str) else entry.value
        if isinstance(parts, list) and parts and all(isinstance(part, str) and part for part in parts):
            self._keep("auth", entry, ("command", *parts))
        else:
            self._fault("auth", entry, "expected a list of texts (got something else)")

    def _on_loopback(self) -> bool:
        endpoint = self._found.settings.get("endpoint")
        return endpoint is not None and is_loopback(parse_endpoint(endpoint.value)[0].host)
