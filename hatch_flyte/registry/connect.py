"""Opening the registry that a target names: a cluster over gRPC, or the local one in this process.

Owns what a cluster's table means for its connection, and what is wrong with that before anything is sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hatch_flyte.errors import ConfigError, Problem, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import grpc.aio

    from hatch_flyte.caution import Caution
    from hatch_flyte.config import Config, Target
    from hatch_flyte.registry.authenticator import Authenticator
    from hatch_flyte.registry.connection import Connection
    from hatch_flyte.registry.port import Registry
    from hatch_flyte.registry.proxy import Proxies

NOTHING_SENT = "Nothing was sent."


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What opening a registry depends on besides its target."""

    data: Path | None = None
    """The local registry's folder; None: the user's."""
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Where tokens stand, and what their commands are given."""
    root: Path = Path()
    """The folder that commands for tokens are started in: the project's."""
    authenticator: Authenticator | None = field(default=None, repr=False)
    """Gives the tokens, instead of what the target says."""
    channel: grpc.aio.Channel | None = None
    """A channel to the target that is somebody else's."""

    @classmethod
    def of(cls, config: Config) -> Surroundings:
        """Return those of a call that `config` describes."""
        return cls(data=config.call.data, environ=config.environ, root=config.root)


def open_registry(target: Target, around: Surroundings) -> Registry:
    """Return the registry of `target`; close it when done.

    Raises `RegistryError` where the local registry's file cannot be opened, or a cluster cannot be reached as its table
    says. A cluster is not called yet.
    """
    if target.endpoint is None:
        from hatch_flyte.registry.local import open_local

        return open_local(around.data)
    from hatch_flyte.registry.client import connect

    connection, problems = _connection(target, around)
    if problems:
        raise UnreachableError("\n".join(map(str, problems)), hint=NOTHING_SENT)
    return connect(connection)


def check_transports(targets: Iterable[Target], around: Surroundings) -> None:
    """Raise `ConfigError` with all that keeps clusters from being reached as their tables say.

    To be asked before the first of them is called, so that what is wrong with one stops all.
    """
    problems = [
        problem for target in targets if target.endpoint is not None for problem in _connection(target, around)[1]
    ]
    if problems:
        raise ConfigError(problems, hint=NOTHING_SENT)


def cautions(targets: Iterable[Target]) -> tuple[Caution, ...]:
    """Return what the user must know of clusters before anything is sent to them."""
    from hatch_flyte.registry.connection import unverified

    return tuple(
        unverified(place_of(target))
        for target in targets
        if target.transport.insecure_skip_verify and target.endpoint is not None
    )


def place_of(target: Target) -> str:
    """Return where a cluster is, for people."""
    return f"{target.endpoint} ({'plain text' if target.insecure else 'TLS'})"


def _connection(target: Target, around: Surroundings) -> tuple[Connection, list[Problem]]:
    """Return the connection to a cluster, and what is wrong with it: then it is not to be used."""
    from hatch_flyte.registry.connection import Connection
    from hatch_flyte.registry.trust import read_trust

    where, transport = f"cluster {target.cluster}", target.transport
    trust, problems = read_trust(transport, where)
    connection = Connection(
        target.endpoint.target if target.endpoint else "",
        insecure=target.insecure,
        place=place_of(target),
        deadline=transport.deadline,
        authenticator=around.authenticator or _authenticator(target, around),
        channel=around.channel,
        trust=trust,
        proxies=_proxies(transport.proxy, where, around, problems),
        metadata={name.lower(): value for name, value in transport.metadata.items()},
        keep_alive=transport.keep_alive,
    )
    try:
        connection.proxy  # noqa: B018 # asked only whether it can be told
    except ValueError as problem:
        problems.append(Problem(f"{where}: proxy", str(problem)))
    return connection, problems


def _proxies(text: str | None, where: str, around: Surroundings, problems: list[Problem]) -> Proxies:
    from hatch_flyte.registry.proxy import Proxies, parse_proxy

    if text is None:
        return Proxies(environ=around.environ)
    try:
        return Proxies(parse_proxy(text)) if text else Proxies()
    except ValueError as problem:
        problems.append(Problem(f"{where}: proxy", str(problem)))
        return Proxies()


def _authenticator(target: Target, around: Surroundings) -> Authenticator | None:
    if target.auth is None:
        return None
    from hatch_flyte.registry.authenticator import CommandToken, VariableToken

    if target.auth.type == "token":
        return VariableToken(target.auth.source[0], around.environ)
    return CommandToken(target.auth.source, around.environ, around.root)
