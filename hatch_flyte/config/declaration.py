"""Every key of the configuration, declared once: name, kind, default, places, one line of documentation.

From this come parsing, the names of variables and options, `hatch-flyte config` and the tables of
docs/configuration.md (a test compares them).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hatch_flyte.config.endpoint import endpoint_expectation
from hatch_flyte.config.keys import Group, Key, Place
from hatch_flyte.config.kinds import Boolean, Command, String, Strings, Table, Tables, choice
from hatch_flyte.config.templates import STOCK, image_expectation, version_expectation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hatch_flyte.config.kinds import Kind

LOCAL = "local"
"""The built-in registry, where a cluster's name is asked for."""

_TABLES = Place.TOOL | Place.PUBLISH | Place.USER
_CALL = Place.VARIABLE | Place.HATCH_OPTION | Place.FLAG


def name_expectation(text: str) -> str:
    """Return what was expected of a name that the user gives; nothing of one that fits."""
    return "" if re.fullmatch(r"[A-Za-z0-9_-]+", text) else "a name of letters, digits, '-' and '_'"


def _cluster_name(text: str) -> str:
    if text == LOCAL:
        return f"a name other than '{LOCAL}', which is the built-in registry's"
    return name_expectation(text)


def _image_name(text: str) -> str:
    return "a name other than 'default', which is `image`'s" if text == "default" else name_expectation(text)


def _named_image(text: str) -> str:
    return f"an image reference ('{STOCK}' is for `image` alone)" if text == STOCK else image_expectation(text)


def _module(text: str) -> str:
    fits = all(part.isidentifier() for part in text.split("."))
    return "" if fits else "a dotted module name, as in 'acme.workflows'"


def _destination(text: str) -> str:
    fits = text.startswith("/") and ".." not in text.split("/") and text.isprintable()
    return "" if fits else "an absolute path with '/', without '..'"


def _path_part(text: str) -> str:
    # Project and domain are parts of paths and addresses in the control plane, a commit of image tags.
    return "" if re.fullmatch(r"[A-Za-z0-9._-]+", text) else "letters, digits, '.', '_' and '-'"


def _packaging(name: str, kind: Kind, doc: str, *, default: object) -> Key:
    places = Place.TOOL | Place.HOOK | Place.VARIABLE | Place.FLAG
    return Key(name=name, kind=kind, default=default, places=places, group=Group.PACKAGING, doc=doc)


def _publishing(name: str, kind: Kind, doc: str, *, default: object, places: Place = _TABLES) -> Key:
    return Key(name=name, kind=kind, default=default, places=places, group=Group.PUBLISHING, doc=doc)


def _call(name: str, kind: Kind, doc: str, *, default: object, places: Place = _CALL) -> Key:
    return Key(name=name, kind=kind, default=default, places=places, group=Group.CALL, doc=doc)


def _by_name(*keys: Key) -> dict[str, Key]:
    return {key.name: key for key in keys}


CLUSTER_KEYS: Mapping[str, Key] = _by_name(
    _publishing(
        "endpoint",
        String(endpoint_expectation),
        "Where the control plane's gRPC API listens: `host`, `host:port`, or either after `dns:///`; an IPv6 address "
        "in brackets. Without a port: 443 with TLS, 80 without. Required.",
        default="",
    ),
    _publishing(
        "insecure",
        Boolean(),
        "Whether to connect without TLS. Default: TLS for all but loopback (`localhost`, 127.0.0.0/8, `::1`).",
        default=None,
    ),
    _publishing("project", String(_path_part), "Flyte project to register in. Required.", default=""),
    _publishing("domain", String(_path_part), "Flyte domain to register in. Required.", default=""),
    _publishing(
        "inherits",
        String(_cluster_name),
        "Another cluster, whose keys count where this one has none; that one may inherit in turn.",
        default="",
    ),
)

KEYS: Mapping[str, Key] = _by_name(
    _packaging(
        "modules",
        Strings(_module),
        "Modules to serialize, each with those below it. Default: every module that the wheel ships.",
        default=(),
    ),
    _packaging(
        "image",
        String(image_expectation),
        'Image of the tasks that name none; a template. `"stock"`, only with `code = "wheel"`: flytekit\'s own image '
        "for the Python and flytekit that serialize. Required to package.",
        default="",
    ),
    _packaging(
        "images",
        Table(String(_named_image), _image_name),
        "Further images by name, which tasks ask for with `container_image`; templates.",
        default={},
    ),
    _packaging(
        "code",
        choice("image", "wheel"),
        "Where the code is at run time: in the image, or in a bundle of the wheel's content that tasks download "
        "(fast registration).",
        default="image",
    ),
    _packaging("destination", String(_destination), "Folder in which a task unpacks its bundle.", default="/root"),
    _packaging(
        "python",
        Command(),
        "Interpreter that serializes: a path, relative to the project folder, or a command and its arguments. "
        "Default: see [interpreters](how-to/interpreters.md).",
        default=(),
    ),
    _packaging(
        "output-dir",
        String(),
        "Folder for archives, relative to the project folder; every build of a wheel serializes then. Default: beside "
        "the wheel.",
        default="",
    ),
    _packaging(
        "ownership-annotation",
        Boolean(),
        "Whether launch plans carry the annotation `hatch-flyte/distribution = NAME`.",
        default=True,
    ),
    _publishing(
        "default-clusters",
        Strings(name_expectation),
        "Clusters that a publish takes where none is named.",
        default=(),
    ),
    _publishing("clusters", Tables(_cluster_name), "The clusters, a table each.", default={}),
    _publishing(
        "version",
        String(version_expectation),
        "Version to register under; a template. Default: the distribution's version.",
        default="",
        places=_TABLES | _CALL,
    ),
    _call("cluster", Strings(name_expectation), "Clusters to publish to.", default=()),
    _call("project", String(_path_part), "Flyte project, instead of the clusters' own.", default=""),
    _call("domain", String(_path_part), "Flyte domain, instead of the clusters' own.", default=""),
    _call("dry-run", Boolean(), "Look and compare, write nothing.", default=False),
    _call("keep-going", Boolean(), "Register what doesn't depend on what was refused.", default=False),
    _call("data", String(), "Folder of the local registry. Default: in the user's data folder.", default=""),
    _call(
        "commit",
        String(_path_part),
        "Commit for templates with `{commit}`, where neither the CI nor git says it.",
        default="",
        places=Place.VARIABLE,
    ),
)

LATER: frozenset[str] = frozenset(
    {
        *("activate", "allow", "allow-breaking", "breaking-changes", "build", "default-launch-plans", "env", "exclude"),
        *("groups", "ignore-files", "independent", "load-check", "optional-modules", "prune", "resources", "strict"),
    }
)
"""Keys and options that later versions will have: neither ignored nor called unknown."""

LATER_FOR_CLUSTERS: frozenset[str] = frozenset(
    {
        *("activate", "annotations", "auth", "breaking-changes", "ca-file", "client-certificate", "client-key"),
        *("config-file", "console-endpoint", "deadline", "image-registry", "insecure-skip-verify", "keep-alive"),
        *("labels", "metadata", "proxy", "queue", "raw-output-prefix", "service-account", "strict", "when"),
    }
)
"""The same for a cluster's table."""
