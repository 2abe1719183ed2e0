"""Every key of the configuration, declared once: name, kind, default, places, one line of documentation.

From this come parsing, the names of variables and options, `hatch-flyte config` and the tables of
docs/configuration.md (a test compares them).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_flyte.config.activate import Activate
from hatch_flyte.config.checks import (
    any_expectation,
    cluster_name_expectation,
    cluster_or_group_expectation,
    destination_expectation,
    ignore_file_expectation,
    image_name_expectation,
    module_expectation,
    name_expectation,
    named_image_expectation,
    path_part_expectation,
    rule_expectation,
    task_expectation,
    variable_expectation,
)
from hatch_flyte.config.cluster_keys import CLUSTER_KEYS
from hatch_flyte.config.keys import TABLES, Group, Key, Place, by_name
from hatch_flyte.config.kinds import Boolean, Command, Integer, String, Strings, choice
from hatch_flyte.config.tables import Lists, Quantities, Table, Tables
from hatch_flyte.config.templates import image_expectation, version_expectation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hatch_flyte.config.kinds import Kind

_BUILD = Place.TOOL | Place.HOOK | Place.VARIABLE | Place.FLAG
_CALL = Place.VARIABLE | Place.HATCH_OPTION | Place.FLAG


def _packaging(name: str, kind: Kind, doc: str, *, default: object, places: Place = _BUILD) -> Key:
    return Key(name=name, kind=kind, default=default, places=places, group=Group.PACKAGING, doc=doc)


def _publishing(name: str, kind: Kind, doc: str, *, default: object, places: Place = TABLES) -> Key:
    return Key(name=name, kind=kind, default=default, places=places, group=Group.PUBLISHING, doc=doc)


def _call(name: str, kind: Kind, doc: str, *, default: object, places: Place = _CALL) -> Key:
    return Key(name=name, kind=kind, default=default, places=places, group=Group.CALL, doc=doc)


_RESOURCES = Quantities(("requests", "limits"), ("cpu", "mem", "gpu", "ephemeral-storage"))

TASK_KEYS: Mapping[str, Key] = by_name(
    _packaging("image", String(image_expectation), "Image of those tasks that name none; a template.", default=""),
    _packaging(
        "env",
        Table(String(any_expectation), variable_expectation),
        "Environment variables, added to `env`.",
        default={},
    ),
    _packaging("resources", _RESOURCES, "Resources, instead of `resources` where both say one.", default={}),
)

KEYS: Mapping[str, Key] = by_name(
    _packaging(
        "modules",
        Strings(module_expectation),
        "Modules to serialize, each with those below it: dotted names and globs. Default: every module that the wheel "
        "ships.",
        default=(),
    ),
    _packaging(
        "exclude",
        Strings(module_expectation),
        "Modules to leave out, with those below them: not imported for themselves, and where another module imports "
        "them, what they define is not serialized.",
        default=(),
    ),
    _packaging(
        "optional-modules",
        Strings(module_expectation),
        "Modules that may fail to import, with those below them; they are reported and left out then.",
        default=(),
    ),
    _packaging(
        "import-timeout",
        Integer(1),
        "Seconds that importing one module may take; then packaging ends and shows where the import hangs.",
        default=300,
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
        Table(String(named_image_expectation), image_name_expectation),
        "Further images by name, which tasks ask for with `container_image`; templates.",
        default={},
    ),
    _packaging(
        "env",
        Table(String(any_expectation), variable_expectation),
        "Environment variables of every task; a task's own win.",
        default={},
    ),
    _packaging(
        "resources",
        _RESOURCES,
        "Resources of every task that asks for none: `requests` and `limits`, each with `cpu`, `mem`, `gpu`, "
        "`ephemeral-storage`.",
        default={},
    ),
    _packaging(
        "tasks",
        Tables(task_expectation, lambda: TASK_KEYS),
        "Image, environment and resources of some tasks, a table for each name of a task or module (with those below) "
        "or glob; see [below](#toolhatch-flytetasksname).",
        default={},
        places=Place.TOOL | Place.HOOK,
    ),
    _packaging(
        "default-launch-plans",
        Boolean(),
        "Whether each workflow has a launch plan of its own name, as with flytekit.",
        default=True,
    ),
    _packaging(
        "code",
        choice("image", "wheel"),
        "Where the code is at run time: in the image, or in a bundle of the wheel's content that tasks download "
        "(fast registration).",
        default="image",
    ),
    _packaging(
        "destination", String(destination_expectation), "Folder in which a task unpacks its bundle.", default="/root"
    ),
    _packaging(
        "python",
        Command(),
        "Interpreter that serializes: a path, relative to the project folder, or a command and its arguments. "
        "Default: see [interpreters](how-to/interpreters.md).",
        default=(),
    ),
    _packaging(
        "load-check",
        Boolean(),
        "Whether every task is loaded once more as a pod would, from the wheel alone.",
        default=True,
    ),
    _packaging(
        "strict",
        Boolean(),
        "Whether what is otherwise a warning ends packaging.",
        default=False,
    ),
    _packaging(
        "select-rules",
        Strings(rule_expectation),
        "[Rules](rules/README.md) that entities are checked by. Default: every rule.",
        default=(),
    ),
    _packaging(
        "ignore-rules",
        Strings(rule_expectation),
        "Rules that entities are not checked by.",
        default=(),
    ),
    _packaging(
        "ignore-files",
        Strings(ignore_file_expectation),
        "Files in the project folder whose patterns keep files of the wheel out of the bundle: `.flyteignore`, "
        "`.gitignore`, `.dockerignore`. Default: the wheel decides.",
        default=(),
    ),
    _packaging(
        "allow",
        Strings(),
        "Globs, over whole names in the bundle (`*` crosses `/`), of files that may hold what looks like a secret, or "
        "a path of the machine that builds.",
        default=(),
    ),
    _packaging(
        "bundle-warn-size",
        Integer(1),
        "Size of the bundle, in MB (10^6 bytes), from which it is warned of.",
        default=10,
    ),
    _packaging("bundle-max-size", Integer(1), "Size of the bundle, in MB, from which it is refused.", default=200),
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
        Strings(cluster_or_group_expectation),
        "Clusters, and groups as `@NAME`, that a publish takes where none is named.",
        default=(),
    ),
    _publishing(
        "groups",
        Lists(cluster_or_group_expectation, name_expectation),
        "Clusters under one name, as `-c @NAME`; see [below](#groups-of-clusters).",
        default={},
    ),
    _publishing(
        "clusters", Tables(cluster_name_expectation, lambda: CLUSTER_KEYS), "The clusters, a table each.", default={}
    ),
    _publishing(
        "version",
        String(version_expectation),
        "Version to register under; a template, `\"ci\"` (what Flyte's documentation advises: a release's tag, else "
        "branch and commit) or `\"content\"` (the archive's own digest). Default: the distribution's version.",
        default="",
        places=TABLES | _CALL,
    ),
    _call(
        "cluster", Strings(cluster_or_group_expectation), "Clusters, and groups as `@NAME`, to publish to.", default=()
    ),
    _call("project", String(path_part_expectation), "Flyte project, instead of the clusters' own.", default=""),
    _call("domain", String(path_part_expectation), "Flyte domain, instead of the clusters' own.", default=""),
    _call("dry-run", Boolean(), "Look and compare, write nothing.", default=False),
    _call("keep-going", Boolean(), "Register what doesn't depend on what was refused.", default=False),
    _call(
        "build",
        Boolean(),
        "Have the project's backend build the wheel first, and publish the archive that it gives.",
        default=False,
        places=Place.HATCH_OPTION | Place.FLAG,
    ),
    _call(
        "activate",
        Activate(),
        "Which launch plans become active once everything is registered, instead of the clusters' own `activate`.",
        default=(),
    ),
    _call("prune", Boolean(), "Deactivate launch plans that this release no longer has.", default=False),
    _call(
        "independent",
        Boolean(),
        "Activate in each cluster that is done, whatever comes of the others.",
        default=False,
    ),
    _call(
        "allow-breaking",
        Strings(),
        "Entities whose breaking changes no cluster refuses.",
        default=(),
    ),
    _call("data", String(), "Folder of the local registry. Default: in the user's data folder.", default=""),
    _call(
        "commit",
        String(path_part_expectation),
        "Commit for templates with `{commit}`, where neither the CI nor git says it.",
        default="",
        places=Place.VARIABLE,
    ),
)
