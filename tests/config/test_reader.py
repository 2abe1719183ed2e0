"""Everything that a user can get wrong in tables, variables and options, with the message it gets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hatch_flyte.config.declaration import KEYS
from hatch_flyte.config.keys import Place
from hatch_flyte.config.tables import Tables

if TYPE_CHECKING:
    from support_config import Project

TOOL = "[tool.hatch-flyte]\n"
HOOK = "[tool.hatch.build.targets.wheel.hooks.flyte]\n"
PUBLISH = "[tool.hatch.publish.flyte]\n"
STAGING = "[tool.hatch-flyte.clusters.staging]\n"
CLUSTER_OR_GROUP = "a name of letters, digits, '-' and '_', after '@' if a group's"
NOT_YET = "is not supported by this version of hatch-flyte"

IMAGE_HOMES = "[tool.hatch-flyte], [tool.hatch.build.targets.wheel.hooks.flyte], HATCH_FLYTE_IMAGE or `--image`"

WRONG_TABLES: dict[str, tuple[str, list[str]]] = {
    "unknown key with a near miss": (
        TOOL + 'iamge = "x"',
        ["tool.hatch-flyte.iamge: unknown key, did you mean `image`?"],
    ),
    "snake case": (
        TOOL + 'output_dir = "x"',
        ["tool.hatch-flyte.output_dir: unknown key, did you mean `output-dir`?"],
    ),
    "unknown key without one": (TOOL + "zzz = 1", ["tool.hatch-flyte.zzz: unknown key"]),
    "unknown key that needs quotes": (TOOL + '"a b.c" = 1', ['tool.hatch-flyte."a b.c": unknown key']),
    "unknown key of a cluster": (
        STAGING + 'endpiont = "x"',
        ["tool.hatch-flyte.clusters.staging.endpiont: unknown key, did you mean `endpoint`?"],
    ),
    "unknown key of the hook": (
        HOOK + "modles = []",
        ["tool.hatch.build.targets.wheel.hooks.flyte.modles: unknown key, did you mean `modules`?"],
    ),
    "unknown key of the publisher": (
        PUBLISH + "default-cluster = []",
        ["tool.hatch.publish.flyte.default-cluster: unknown key, did you mean `default-clusters`?"],
    ),
    "the table is no table": ("[tool]\nhatch-flyte = 1", ["tool.hatch-flyte: expected a table (got 1, an integer)"]),
    "the hook's table is none": (
        "[tool.hatch.build.targets.wheel.hooks]\nflyte = true",
        ["tool.hatch.build.targets.wheel.hooks.flyte: expected a table (got true, a boolean)"],
    ),
    "image of the wrong type": (TOOL + "image = 3", ["tool.hatch-flyte.image: expected a string (got 3, an integer)"]),
    "image of another wrong type": (
        TOOL + "image = 2024-01-02",
        ["tool.hatch-flyte.image: expected a string (got datetime.date(2024, 1, 2), a date)"],
    ),
    "empty image": (
        TOOL + 'image = ""',
        ["tool.hatch-flyte.image: expected an image reference without blanks (got '')"],
    ),
    "image with an unknown placeholder": (
        TOOL + 'image = "x:{branch}"',
        ["tool.hatch-flyte.image: expected no placeholders but {name}, {version}, {commit} (got 'x:{branch}')"],
    ),
    "image as a table": (TOOL + 'image = { x = "y" }', ["tool.hatch-flyte.image: expected a string (got a table)"]),
    "stock image with the code in it": (
        TOOL + 'image = "stock"',
        ["tool.hatch-flyte.image: expected an image of your own, unless code = \"wheel\" (got 'stock')"],
    ),
    "stock image and code said apart": (
        TOOL + 'code = "image"\n' + HOOK + 'image = "stock"',
        [
            (
                "tool.hatch.build.targets.wheel.hooks.flyte.image: expected an image of your own, "
                "unless code = \"wheel\" (got 'stock')"
            )
        ],
    ),
    "images is no table": (TOOL + 'images = "x"', ["tool.hatch-flyte.images: expected a table (got 'x', a string)"]),
    "named images": (
        TOOL + 'images = { default = "x", gpu = 1, "a b" = "x", cpu = "stock", new = "x:{tag}" }',
        [
            "tool.hatch-flyte.images.default: expected a name other than 'default', which is `image`'s (got 'default')",
            "tool.hatch-flyte.images.\"a b\": expected a name of letters, digits, '-' and '_' (got 'a b')",
            "tool.hatch-flyte.images.gpu: expected a string (got 1, an integer)",
            "tool.hatch-flyte.images.cpu: expected an image reference ('stock' is for `image` alone) (got 'stock')",
            "tool.hatch-flyte.images.new: expected no placeholders but {name}, {version}, {commit} (got 'x:{tag}')",
        ],
    ),
    "modules is a string": (
        TOOL + 'modules = "acme"',
        ["tool.hatch-flyte.modules: expected a list of strings (got 'acme', a string)"],
    ),
    "modules that are none": (
        TOOL + 'modules = ["acme", "flows/", 3, "a..b", ""]',
        [
            "tool.hatch-flyte.modules[1]: expected a dotted module name or glob (got 'flows/')",
            "tool.hatch-flyte.modules[2]: expected a string (got 3, an integer)",
            "tool.hatch-flyte.modules[3]: expected a dotted module name or glob (got 'a..b')",
            "tool.hatch-flyte.modules[4]: expected a dotted module name or glob (got '')",
        ],
    ),
    "tables of quantities": (
        TOOL
        + 'resources = { request = {}, limits = { memory = "1Gi", cpu = true, mem = "1 GB" } }\nenv = { "a b" = "x" }',
        [
            "tool.hatch-flyte.resources.request: expected one of requests, limits (got 'request')",
            "tool.hatch-flyte.resources.limits.memory: expected one of cpu, mem, gpu, ephemeral-storage (got 'memory')",
            "tool.hatch-flyte.resources.limits.cpu: expected a quantity (got true, a boolean)",
            "tool.hatch-flyte.resources.limits.mem: expected a quantity such as 500m, 2 or 4Gi (got '1 GB')",
            "tool.hatch-flyte.env.\"a b\": expected the name of an environment variable (got 'a b')",
        ],
    ),
    "resources that are no table": (
        TOOL + 'resources = "x"\n[tool.hatch-flyte.tasks."acme.train"]\nresources = { limits = 1 }',
        [
            "tool.hatch-flyte.resources: expected a table (got 'x', a string)",
            'tool.hatch-flyte.tasks."acme.train".resources.limits: expected a table (got 1, an integer)',
        ],
    ),
    "integers": (
        TOOL + 'import-timeout = 0\nbundle-max-size = "10 MB"',
        [
            "tool.hatch-flyte.import-timeout: expected an integer from 1 on (got 0)",
            "tool.hatch-flyte.bundle-max-size: expected an integer (got '10 MB', a string)",
        ],
    ),
    "tasks": (
        TOOL + 'tasks = { "acme.train" = { imgae = "x:1" }, b = 1, " " = {} }',
        [
            "tool.hatch-flyte.tasks.\" \": expected the name of a task or module, or a glob (got ' ')",
            "tool.hatch-flyte.tasks.b: expected a table (got 1, an integer)",
            'tool.hatch-flyte.tasks."acme.train".imgae: unknown key, did you mean `image`?',
        ],
    ),
    "an ignore file that nobody knows": (
        TOOL + 'ignore-files = [".ignore"]',
        [
            (
                'tool.hatch-flyte.ignore-files[0]: expected ".flyteignore" or ".gitignore" or ".dockerignore" '
                "(got '.ignore')"
            )
        ],
    ),
    "code": (TOOL + 'code = "fast"', ['tool.hatch-flyte.code: expected "image" or "wheel" (got \'fast\')']),
    "relative destination": (
        TOOL + 'destination = "root"',
        ["tool.hatch-flyte.destination: expected an absolute path with '/', without '..' (got 'root')"],
    ),
    "destination with steps up": (
        TOOL + 'destination = "/root/../etc"',
        ["tool.hatch-flyte.destination: expected an absolute path with '/', without '..' (got '/root/../etc')"],
    ),
    "python of the wrong type": (
        TOOL + "python = 3.12",
        ["tool.hatch-flyte.python: expected a string or a list of strings (got 3.12, a float)"],
    ),
    "python without a word": (
        TOOL + "python = []",
        ["tool.hatch-flyte.python: expected a string or a list of strings (got [], a list)"],
    ),
    "python with an empty word": (
        TOOL + 'python = ["docker", ""]',
        ["tool.hatch-flyte.python[1]: expected a string that is not empty (got '')"],
    ),
    "python that is blank": (
        TOOL + 'python = " "',
        ["tool.hatch-flyte.python: expected a string that is not empty (got ' ')"],
    ),
    "empty output-dir": (
        TOOL + 'output-dir = ""',
        ["tool.hatch-flyte.output-dir: expected a string that is not empty (got '')"],
    ),
    "boolean as a string": (
        TOOL + 'ownership-annotation = "no"',
        ["tool.hatch-flyte.ownership-annotation: expected true or false (got 'no', a string)"],
    ),
    "a long value is cut": (
        TOOL + f'image = "{"x " * 100}"',
        [f"tool.hatch-flyte.image: expected an image reference without blanks (got {repr('x ' * 100)[:79]}…)"],
    ),
    "default clusters": (
        TOOL + 'default-clusters = ["a b", 1]',
        [
            f"tool.hatch-flyte.default-clusters[0]: expected {CLUSTER_OR_GROUP} (got 'a b')",
            "tool.hatch-flyte.default-clusters[1]: expected a string (got 1, an integer)",
        ],
    ),
    "version template": (
        TOOL + 'version = "{sha}"',
        [
            (
                "tool.hatch-flyte.version: expected no placeholders but {name}, {version}, {commit}, {branch}, "
                "{dirty}, {digest} (got '{sha}')"
            )
        ],
    ),
    "clusters is no table": (
        TOOL + "clusters = []",
        ["tool.hatch-flyte.clusters: expected a table (got [], a list)"],
    ),
    "a cluster is no table": (
        "[tool.hatch-flyte.clusters]\nstaging = 'x'",
        ["tool.hatch-flyte.clusters.staging: expected a table (got 'x', a string)"],
    ),
    "a cluster called local": (
        "[tool.hatch-flyte.clusters.local]\n",
        [
            (
                "tool.hatch-flyte.clusters.local: expected a name other than 'local', which is the built-in registry's "
                "(got 'local')"
            )
        ],
    ),
    "a cluster's name with a dot": (
        '[tool.hatch-flyte.clusters."a.b"]\n',
        ["tool.hatch-flyte.clusters.\"a.b\": expected a name of letters, digits, '-' and '_' (got 'a.b')"],
    ),
    "a cluster's values": (
        STAGING + 'endpoint = "https://flyte.acme.io"\ninsecure = 1\nproject = "a/b"\ndomain = ""\ninherits = "local"',
        [
            (
                "tool.hatch-flyte.clusters.staging.endpoint: expected the gRPC endpoint, host:port or "
                "dns:///host:port, not a web address, as in 'dns:///flyte.acme.io' (got 'https://flyte.acme.io')"
            ),
            "tool.hatch-flyte.clusters.staging.insecure: expected true or false (got 1, an integer)",
            "tool.hatch-flyte.clusters.staging.project: expected letters, digits, '.', '_' and '-' (got 'a/b')",
            "tool.hatch-flyte.clusters.staging.domain: expected letters, digits, '.', '_' and '-' (got '')",
            (
                "tool.hatch-flyte.clusters.staging.inherits: expected a name other than 'local', which is the built-in "
                "registry's (got 'local')"
            ),
        ],
    ),
    "a password in an endpoint is not shown": (
        STAGING + 'endpoint = "https://ann:hunter2@flyte.acme.io"',
        [
            (
                "tool.hatch-flyte.clusters.staging.endpoint: expected the gRPC endpoint, host:port or "
                "dns:///host:port, not a web address (got 'https://…@flyte.acme.io')"
            )
        ],
    ),
    "a publishing key in the hook's table": (
        HOOK + "clusters = {}\nversion = '1'",
        [
            (
                "tool.hatch.build.targets.wheel.hooks.flyte.clusters: does not belong here, but into "
                "[tool.hatch-flyte] or [tool.hatch.publish.flyte]"
            ),
            (
                "tool.hatch.build.targets.wheel.hooks.flyte.version: does not belong here, but into "
                "[tool.hatch-flyte], [tool.hatch.publish.flyte], HATCH_FLYTE_VERSION, `-o version=…` or `--version`"
            ),
        ],
    ),
    "a packaging key in the publisher's table": (
        PUBLISH + 'image = "x"',
        [f"tool.hatch.publish.flyte.image: does not belong here, but into {IMAGE_HOMES}"],
    ),
    "a packaging key in a cluster's table": (
        STAGING + 'image = "x"',
        [f"tool.hatch-flyte.clusters.staging.image: does not belong here, but into {IMAGE_HOMES}"],
    ),
    "an option in a table": (
        TOOL + "dry-run = true",
        ["tool.hatch-flyte.dry-run: does not belong here, but into HATCH_FLYTE_DRY_RUN, `-o dry-run=…` or `--dry-run`"],
    ),
    "a variable in a table": (
        TOOL + 'commit = "abc"',
        ["tool.hatch-flyte.commit: does not belong here, but into HATCH_FLYTE_COMMIT"],
    ),
    "a cluster's keys outside": (
        TOOL + 'project = "x"\nendpoint = "x"',
        [
            (
                "tool.hatch-flyte.project: does not belong here, but into a cluster's table, "
                "[tool.hatch-flyte.clusters.NAME], or for one publish HATCH_FLYTE_PROJECT, `-o project=…` or "
                "`--project`"
            ),
            (
                "tool.hatch-flyte.endpoint: does not belong here, but into a cluster's table, "
                "[tool.hatch-flyte.clusters.NAME]"
            ),
        ],
    ),
    "several at once, from several tables": (
        TOOL + 'iamge = "x"\ncode = 1\n' + STAGING + "endpoint = 2\n" + PUBLISH + "disable = false\nversoin = 'x'",
        [
            "tool.hatch-flyte.iamge: unknown key, did you mean `image`?",
            "tool.hatch-flyte.code: expected a string (got 1, an integer)",
            "tool.hatch-flyte.clusters.staging.endpoint: expected a string (got 2, an integer)",
            "tool.hatch.publish.flyte.versoin: unknown key, did you mean `version`?",
        ],
    ),
}


@pytest.mark.parametrize(("pyproject", "problems"), WRONG_TABLES.values(), ids=WRONG_TABLES)
def test_what_is_wrong_in_a_table_is_told(project: Project, pyproject: str, problems: list[str]) -> None:
    assert project.problems(pyproject) == problems


def test_the_value_of_a_later_key_is_not_shown(project: Project) -> None:
    error = project.error(STAGING + 'auth = { type = "client-credentials", client-secret = "hunter2" }')
    assert "hunter2" not in str(error)


LIST_OF_VARIABLES = (
    "Known variables: HATCH_FLYTE_MODULES, HATCH_FLYTE_EXCLUDE, HATCH_FLYTE_OPTIONAL_MODULES, "
    "HATCH_FLYTE_IMPORT_TIMEOUT, HATCH_FLYTE_IMAGE, HATCH_FLYTE_IMAGES, HATCH_FLYTE_ENV, HATCH_FLYTE_RESOURCES, "
    "HATCH_FLYTE_DEFAULT_LAUNCH_PLANS, HATCH_FLYTE_CODE, HATCH_FLYTE_DESTINATION, HATCH_FLYTE_PYTHON, "
    "HATCH_FLYTE_LOAD_CHECK, HATCH_FLYTE_STRICT, HATCH_FLYTE_SELECT_RULES, HATCH_FLYTE_IGNORE_RULES, "
    "HATCH_FLYTE_IGNORE_FILES, HATCH_FLYTE_ALLOW, "
    "HATCH_FLYTE_BUNDLE_WARN_SIZE, HATCH_FLYTE_BUNDLE_MAX_SIZE, HATCH_FLYTE_OUTPUT_DIR, "
    "HATCH_FLYTE_OWNERSHIP_ANNOTATION, "
    "HATCH_FLYTE_VERSION, HATCH_FLYTE_CLUSTER, HATCH_FLYTE_PROJECT, HATCH_FLYTE_DOMAIN, HATCH_FLYTE_DRY_RUN, "
    "HATCH_FLYTE_KEEP_GOING, HATCH_FLYTE_ACTIVATE, HATCH_FLYTE_PRUNE, HATCH_FLYTE_INDEPENDENT, "
    "HATCH_FLYTE_ALLOW_BREAKING, HATCH_FLYTE_DATA, HATCH_FLYTE_COMMIT."
)
LIST_OF_OPTIONS = (
    "Known options: -o version, -o cluster, -o project, -o domain, -o dry-run, -o keep-going, -o build, -o activate, "
    "-o prune, -o independent, -o allow-breaking, -o data."
)


@pytest.mark.parametrize(
    ("name", "text", "problem", "hint"),
    [
        (
            "HATCH_FLYTE_IMGE",
            "x",
            "HATCH_FLYTE_IMGE: unknown variable, did you mean `HATCH_FLYTE_IMAGE`?",
            LIST_OF_VARIABLES,
        ),
        (
            "HATCH_FLYTE_OUTPUTDIR",
            "",
            "HATCH_FLYTE_OUTPUTDIR: unknown variable, did you mean `HATCH_FLYTE_OUTPUT_DIR`?",
            LIST_OF_VARIABLES,
        ),
        (
            "HATCH_FLYTE_image",
            "x",
            "HATCH_FLYTE_image: unknown variable, did you mean `HATCH_FLYTE_IMAGE`?",
            LIST_OF_VARIABLES,
        ),
        ("HATCH_FLYTE_", "x", "HATCH_FLYTE_: unknown variable", LIST_OF_VARIABLES),
        (
            "HATCH_FLYTE_DEFAULT_CLUSTERS",
            "x",
            (
                "HATCH_FLYTE_DEFAULT_CLUSTERS: does not belong here, but into "
                "[tool.hatch-flyte] or [tool.hatch.publish.flyte]"
            ),
            "",
        ),
        (
            "HATCH_FLYTE_ENDPOINT",
            "x",
            "HATCH_FLYTE_ENDPOINT: does not belong here, but into a cluster's table, [tool.hatch-flyte.clusters.NAME]",
            "",
        ),
        (
            "HATCH_FLYTE_DRY_RUN",
            "maybe",
            "HATCH_FLYTE_DRY_RUN: expected true, false, yes, no, 1 or 0 (got 'maybe')",
            "",
        ),
        (
            "HATCH_FLYTE_CLUSTER",
            "staging,,b c",
            (
                f"HATCH_FLYTE_CLUSTER[1]: expected {CLUSTER_OR_GROUP} (got '')\n"
                f"HATCH_FLYTE_CLUSTER[2]: expected {CLUSTER_OR_GROUP} (got 'b c')"
            ),
            "",
        ),
        ("HATCH_FLYTE_IMAGES", "x", "HATCH_FLYTE_IMAGES: expected NAME=VALUE, separated by commas (got 'x')", ""),
        (
            "HATCH_FLYTE_IMAGES",
            "gpu=",
            "HATCH_FLYTE_IMAGES.gpu: expected an image reference without blanks (got '')",
            "",
        ),
        ("HATCH_FLYTE_COMMIT", "a b", "HATCH_FLYTE_COMMIT: expected letters, digits, '.', '_' and '-' (got 'a b')", ""),
        ("HATCH_FLYTE_PYTHON", " ", "HATCH_FLYTE_PYTHON: expected a string that is not empty (got ' ')", ""),
    ],
)
def test_what_is_wrong_in_a_variable_is_told(project: Project, name: str, text: str, problem: str, hint: str) -> None:
    error = project.error(environ={name: text, "OTHER": "x"})
    assert (error.message, error.hint) == (problem, hint)


@pytest.mark.parametrize(
    ("options", "problem", "hint"),
    [
        ({"clutser": "x"}, "-o clutser: unknown option, did you mean `-o cluster`?", LIST_OF_OPTIONS),
        ({"dry_run": ""}, "-o dry_run: unknown option, did you mean `-o dry-run`?", LIST_OF_OPTIONS),
        ({"user": "x"}, "-o user: unknown option", LIST_OF_OPTIONS),
        ({"image": "x"}, f"-o image: does not belong here, but into {IMAGE_HOMES}", ""),
        (
            {"cluster": ""},
            f"-o cluster[0]: expected {CLUSTER_OR_GROUP} (got '')",
            "",
        ),
        ({"version": ""}, "-o version: expected a version (got '')", ""),
        ({"keep-going": "on"}, "-o keep-going: expected true, false, yes, no, 1 or 0 (got 'on')", ""),
    ],
)
def test_what_is_wrong_in_an_option_of_hatch_is_told(
    project: Project, options: dict[str, Any], problem: str, hint: str
) -> None:
    error = project.error(options={"no_prompt": False, "initialize_auth": "x"} | options)
    assert (error.message, error.hint) == (problem, hint)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"domain": "a b"}, "--domain: expected letters, digits, '.', '_' and '-' (got 'a b')"),
        (
            {"modules": ("acme", "a/b")},
            "--modules[1]: expected a dotted module name or glob (got 'a/b')",
        ),
        ({"images": ("gpu=a b",)}, "--images.gpu: expected an image reference without blanks (got 'a b')"),
        ({"no_prompt": True}, "--no_prompt: unknown option"),
    ],
)
def test_an_option_of_the_command_line_is_named_as_it_is_written_there(
    project: Project, options: dict[str, Any], problem: str
) -> None:
    assert project.problems(options=options, option_style="--") == [problem]


def test_hints_are_given_once_for_each_kind_of_place(project: Project) -> None:
    error = project.error(
        TOOL + "zzz = 1\nyyy = 2", environ={"HATCH_FLYTE_A": "", "HATCH_FLYTE_B": ""}, options={"c": "", "d": ""}
    )
    assert error.hint.splitlines() == [
        (
            "Known keys: modules, exclude, optional-modules, import-timeout, image, images, env, resources, tasks, "
            "default-launch-plans, code, destination, python, load-check, strict, select-rules, ignore-rules, "
            "ignore-files, allow, "
            "bundle-warn-size, bundle-max-size, output-dir, ownership-annotation, default-clusters, groups, clusters, "
            "version."
        ),
        LIST_OF_VARIABLES,
        LIST_OF_OPTIONS,
    ]
    assert len(error.problems) == 6


@pytest.mark.parametrize(
    ("pyproject", "sources"),
    [
        (HOOK + "dependencies = ['x']\nrequire-runtime-dependencies = true\nrequire-runtime-features = ['x']", {}),
        (HOOK + "enable-by-default = false", {}),
        (PUBLISH + "disable = true", {}),
        ("", {"user_table": {"disable": True}}),
        ("", {"options": {"no_prompt": True, "initialize_auth": False}}),
        ("", {"environ": {"HATCH_BUILD_CLEAN": "1", "HATCH_FLYTESTUFF": "x"}}),
    ],
)
def test_what_is_hatchs_own_is_tolerated(project: Project, pyproject: str, sources: dict[str, Any]) -> None:
    assert project.load(pyproject, **sources).settings


def test_hatchs_keys_are_tolerated_only_where_hatch_reads_them(project: Project) -> None:
    assert project.problems(TOOL + "dependencies = []\n" + HOOK + "disable = true") == [
        "tool.hatch-flyte.dependencies: unknown key",
        "tool.hatch.build.targets.wheel.hooks.flyte.disable: unknown key",
    ]


def test_settings_are_what_json_can_write(project: Project) -> None:
    config = project.load(
        TOOL + 'modules = ["a"]\nimages = { gpu = "x" }\n' + STAGING + 'endpoint = "x"',
        environ={"HATCH_FLYTE_DATA": "x"},
    )
    assert json.loads(json.dumps({key: one.value for key, one in config.settings.items()}))["modules"] == ["a"]


def test_clusters_cannot_be_said_in_a_text() -> None:
    reports: list[tuple[str, str]] = []
    kind = KEYS["clusters"].kind
    assert isinstance(kind, Tables)
    assert kind.from_text("x", lambda inside, what: reports.append((inside, what))) == {}
    assert reports == [("", "expected a table (got 'x', a string)")]
    assert not KEYS["clusters"].places & (Place.VARIABLE | Place.HATCH_OPTION | Place.FLAG)
