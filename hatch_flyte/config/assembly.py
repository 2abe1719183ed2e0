"""From a cluster, as configured, to a target: everything that only a publish asks of it.

Files must be there, variables set, and a rule must fit; what is wrong is noted, all of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hatch_flyte.config.activate import activation_of
from hatch_flyte.config.auth import Auth
from hatch_flyte.config.console import console_address
from hatch_flyte.config.endpoint import parse_endpoint
from hatch_flyte.config.keys import field_name
from hatch_flyte.config.metadata import metadata_text
from hatch_flyte.config.target import Overrides, Target, Transport
from hatch_flyte.config.when import Rule, Seen, first_fit
from hatch_flyte.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hatch_flyte.config.paths import Anchor
    from hatch_flyte.config.values import Call, Cluster, Setting
    from hatch_flyte.config.when import BranchFacts


@dataclass
class Assembly:
    """Makes targets of one call."""

    call: Call
    settings: Mapping[str, Setting]
    anchor: Anchor
    facts: BranchFacts | None
    seen: Seen | None = None
    """What is built; asked for once, and only where there are rules."""
    problems: list[Problem] = field(default_factory=list)

    def target(self, cluster: Cluster) -> Target:
        """Return the target for a cluster that lacks nothing; it is of no use where there are problems."""
        call = self.call
        endpoint, insecure = parse_endpoint(cluster.endpoint, insecure=cluster.insecure)
        rule = self._rule(cluster)
        return Target(
            cluster.name,
            endpoint=endpoint,
            insecure=insecure,
            project=call.project or rule.project or cluster.project,
            domain=call.domain or rule.domain or cluster.domain,
            auth=Auth.of(cluster.auth),
            transport=self._transport(cluster),
            overrides=_overrides(cluster),
            activation=activation_of(call.activate or cluster.activate),
            breaking_changes=cluster.breaking_changes,
            require_clean=cluster.require_clean,
            console=console_address(cluster.console_endpoint, endpoint, insecure=insecure),
        )

    def _rule(self, cluster: Cluster) -> Rule:
        """Return the rule that counts for a cluster; an empty one for none."""
        open_keys = [key for key in ("domain", "project") if not getattr(self.call, key)]
        if not any(getattr(rule, key) for rule in cluster.when for key in open_keys):
            return Rule()
        if self.seen is None:
            if self.facts is None:
                what = "asks for branch and tag, which are not known here"
                raise ConfigError([Problem(self._where(cluster, "when"), what)])
            self.seen = Seen.of(self.facts)
        if rule := first_fit(cluster.when, self.seen):
            return rule
        for key in open_keys:
            if not getattr(cluster, key):
                listed = ", ".join(map(str, cluster.when))
                what = f"expected a rule for {self.seen}, or a `{key}` for all others (got rules for {listed})"
                self.problems.append(Problem(self._where(cluster, "when"), what))
        return Rule()

    def _transport(self, cluster: Cluster) -> Transport:
        return Transport(
            ca_file=self._file(cluster, "ca-file"),
            client_certificate=self._file(cluster, "client-certificate"),
            client_key=self._file(cluster, "client-key"),
            insecure_skip_verify=cluster.insecure_skip_verify,
            proxy=cluster.proxy if cluster.proxy is None else cluster.proxy.rstrip("/"),
            metadata=self._metadata(cluster),
            keep_alive=cluster.keep_alive,
            deadline=cluster.deadline,
        )

    def _file(self, cluster: Cluster, key: str) -> Path | None:
        if not getattr(cluster, field_name(key)):
            return None
        setting = self.settings[f"clusters.{cluster.name}.{key}"]
        try:
            path = self.anchor.path(setting)
        except ValueError as problem:
            self.problems.append(Problem(setting.where, str(problem)))
            return None
        if not path.is_file():
            self.problems.append(Problem(setting.where, f"expected a file (got {str(path)!r})"))
        return path

    def _metadata(self, cluster: Cluster) -> dict[str, str]:
        return {name: self._sent(cluster, name) for name in cluster.metadata}

    def _sent(self, cluster: Cluster, name: str) -> str:
        try:
            return metadata_text(cluster.metadata[name], self.anchor.environ)
        except ValueError as problem:
            self.problems.append(Problem(self._where(cluster, f"metadata.{name}"), str(problem)))
            return ""

    def _where(self, cluster: Cluster, key: str) -> str:
        return self.settings[f"clusters.{cluster.name}.{key}"].where


def _overrides(cluster: Cluster) -> Overrides:
    return Overrides(
        labels=cluster.labels,
        annotations=cluster.annotations,
        service_account=cluster.service_account,
        raw_output_prefix=cluster.raw_output_prefix,
        image_registry=cluster.image_registry,
        queue=cluster.queue,
    )
