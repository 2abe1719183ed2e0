"""Every key of a cluster's table, declared once, as `declaration` has the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_flyte.config.activate import Activate
from hatch_flyte.config.auth import AuthTable
from hatch_flyte.config.checks import (
    cluster_name_expectation,
    image_part_expectation,
    path_expectation,
    path_part_expectation,
    prefix_expectation,
)
from hatch_flyte.config.console import console_expectation
from hatch_flyte.config.endpoint import endpoint_expectation
from hatch_flyte.config.keys import TABLES, Group, Key, by_name
from hatch_flyte.config.kinds import Boolean, Integer, String, choice, filled
from hatch_flyte.config.kubernetes import (
    annotation_key_expectation,
    label_key_expectation,
    label_value_expectation,
    object_name_expectation,
)
from hatch_flyte.config.metadata import MetadataTable
from hatch_flyte.config.proxy import proxy_expectation
from hatch_flyte.config.tables import Table
from hatch_flyte.config.when import WhenRules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hatch_flyte.config.kinds import Kind


def _key(name: str, kind: Kind, doc: str, *, default: object = None) -> Key:
    return Key(name=name, kind=kind, default=default, places=TABLES, group=Group.PUBLISHING, doc=doc)


CLUSTER_KEYS: Mapping[str, Key] = by_name(
    _key(
        "endpoint",
        String(endpoint_expectation),
        "Where the control plane's gRPC API listens: `host`, `host:port`, or either after `dns:///`; an IPv6 address "
        "in brackets. Without a port: 443 with TLS, 80 without. Required.",
    ),
    _key(
        "insecure",
        Boolean(),
        "Whether to connect without TLS. Default: TLS for all but loopback (`localhost`, 127.0.0.0/8, `::1`).",
    ),
    _key("project", String(path_part_expectation), "Flyte project to register in. Required."),
    _key(
        "domain",
        String(path_part_expectation),
        "Flyte domain to register in. Required, unless a rule of `when` says it.",
    ),
    _key(
        "auth",
        AuthTable(),
        'Where the bearer token comes from that is shown to the control plane: a variable, `{ type = "token", env = '
        '"NAME" }`, or what a command prints, `{ type = "command", command = ["PROGRAM", "ARGUMENT"] }`. The command '
        'is asked again when its token is refused. `{ type = "none" }`, and the default: no token.',
    ),
    _key(
        "inherits",
        String(cluster_name_expectation),
        "Another cluster, whose keys count where this one has none; that one may inherit in turn.",
    ),
    _key(
        "config-file",
        String(path_expectation),
        "A configuration of flytectl or pyflyte, whose values count where this table has none; see "
        "[below](#flytes-own-configuration).",
    ),
    _key(
        "when",
        WhenRules(),
        "Domain and project by branch or tag: the first rule that fits counts; see [below](#rules-by-branch-and-tag).",
        default=(),
    ),
    _key(
        "ca-file",
        String(path_expectation),
        "PEM file with the certificate authorities to trust. Default: those of the system.",
    ),
    _key(
        "client-certificate",
        String(path_expectation),
        "PEM file with the certificate chain to show to the control plane; with `client-key`.",
    ),
    _key("client-key", String(path_expectation), "PEM file with that certificate's key, without a passphrase."),
    _key(
        "insecure-skip-verify",
        Boolean(),
        "Whether any certificate is taken: whoever stands between can read and change everything, tokens too.",
        default=False,
    ),
    _key(
        "proxy",
        String(proxy_expectation),
        "HTTP proxy, `http://host:port`; empty: none. Default: what the environment says.",
    ),
    _key(
        "metadata",
        MetadataTable(),
        'gRPC metadata to send with every call: a text, or a variable\'s value, `NAME = { env = "VARIABLE" }`.',
        default={},
    ),
    _key(
        "keep-alive",
        Integer(0),
        "Seconds of silence after which the connection is probed; 0: never.",
        default=0,
    ),
    _key("deadline", Integer(1), "Seconds for the whole publish; after them nothing is tried again.", default=300),
    _key(
        "labels",
        Table(String(label_value_expectation), label_key_expectation),
        "Kubernetes labels of launch plans, over their own of the same name.",
        default={},
    ),
    _key(
        "annotations",
        Table(String(lambda _: ""), annotation_key_expectation),
        "Kubernetes annotations of launch plans, over their own of the same name.",
        default={},
    ),
    _key(
        "service-account",
        String(object_name_expectation),
        "Kubernetes service account of launch plans that name none.",
    ),
    _key(
        "raw-output-prefix",
        String(prefix_expectation),
        "Where launch plans that say nothing put what tasks write: `s3://bucket/path`.",
    ),
    _key(
        "image-registry",
        Table(String(image_part_expectation), image_part_expectation),
        "Beginnings of image names, and what stands there instead; the longest that fits counts.",
        default={},
    ),
    _key("queue", String(filled), "Cluster pool of launch plans that name none."),
    _key(
        "activate",
        Activate(),
        "Which launch plans become active once everything is registered: those that their author marked "
        '(`"declared"`), those with a schedule (`"scheduled"`), or those of these names. Default: `"none"`.',
    ),
    _key(
        "breaking-changes",
        choice("allow", "warn", "refuse"),
        "What to do about a release that breaks those who use the live one.",
        default="warn",
    ),
    _key(
        "require-clean",
        Boolean(),
        "Whether a checkout with changes that no commit has is refused.",
        default=False,
    ),
    _key(
        "console-endpoint",
        String(console_expectation),
        "Address of the web console, without `/console`. Default: `https://` or `http://` and the endpoint, as "
        "flytekit has it; none for loopback.",
    ),
)
