from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_flyte.config.values import TaskDefaults

if TYPE_CHECKING:
    from support_config import Project

TABLES = """
[tool.hatch-flyte]
env = { A = "1", "B.C" = "" }
resources = { requests = { cpu = 2, mem = "1.5Gi" } }
[tool.hatch-flyte.tasks."acme.training.fit"]
image = "ghcr.io/acme/fit:{version}"
env = { DEEP = "yes" }
[tool.hatch-flyte.tasks."acme.training"]
resources = { requests = { gpu = "1" }, limits = { gpu = "1" } }
[tool.hatch-flyte.tasks."acme.training.a_glob_*"]
"""


def test_tables_of_tasks_give_values_the_one_that_counts_most_last(project: Project) -> None:
    tasks = project.load(TABLES).packaging.tasks

    assert [task.pattern for task in tasks] == ["acme.training.a_glob_*", "acme.training", "acme.training.fit"]
    assert tasks[1].resources == {"requests.gpu": "1", "limits.gpu": "1"}
    assert tasks[2] == TaskDefaults(
        pattern="acme.training.fit",
        image="ghcr.io/acme/fit:{version}",
        env={"DEEP": "yes"},
        where='tool.hatch-flyte.tasks."acme.training.fit"',
    )


def test_variables_and_quantities_are_kept_as_texts(project: Project) -> None:
    packaging = project.load(TABLES).packaging

    assert packaging.env == {"A": "1", "B.C": ""}
    assert packaging.resources == {"requests.cpu": "2", "requests.mem": "1.5Gi"}


def test_the_hooks_table_replaces_key_by_key(project: Project) -> None:
    hook = '[tool.hatch.build.targets.wheel.hooks.flyte.tasks."acme.training.fit"]\nimage = "other:1"\n'

    fit = project.load(TABLES + hook).packaging.tasks[-1]

    assert (fit.image, fit.env) == ("other:1", {"DEEP": "yes"})
    assert fit.where == 'tool.hatch.build.targets.wheel.hooks.flyte.tasks."acme.training.fit"'


def test_quantities_and_variables_come_from_the_environment_too(project: Project) -> None:
    environ = {"HATCH_FLYTE_RESOURCES": "requests.cpu=500m, limits.mem=1Gi", "HATCH_FLYTE_ENV": "A=2"}

    packaging = project.load(TABLES, environ=environ).packaging

    assert packaging.resources == {"requests.cpu": "500m", "requests.mem": "1.5Gi", "limits.mem": "1Gi"}
    assert packaging.env == {"A": "2", "B.C": ""}
    assert project.load("", environ={"HATCH_FLYTE_IMPORT_TIMEOUT": "7"}).packaging.import_timeout == 7
