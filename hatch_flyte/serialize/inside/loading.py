"""The load check: loads every task as a pod would, from what the wheel ships alone, and compares it with its protobuf.

Asked with a JSON object and the wheel, and later, while flytekit is being imported, with the tasks. Answers what failed
or differed, and what the wheel's modules imported from where.
"""

from __future__ import annotations

import base64
import importlib
from typing import TYPE_CHECKING, Any, NoReturn

from hatch_flyte.serialize.inside.imports import Importer
from hatch_flyte.serialize.inside.origins import Imports, Installed
from hatch_flyte.serialize.inside.program import Program, run
from hatch_flyte.serialize.probe import environment

if TYPE_CHECKING:
    from collections.abc import Mapping


class Loader(Program):
    """The tasks of one wheel."""

    def work(self, request: dict[str, Any]) -> dict[str, Any]:
        """Load the tasks."""
        self.place.unpack(self.streams, request["files"])
        self.place.shut_out_machine(request["sys_path"])
        package = self.load_flytekit(lambda: importlib.import_module("flytekit"))
        self.traces.hide(package)
        flags = importlib.import_module("flytekit.configuration.feature_flags").FeatureFlags
        flags.FLYTE_PYTHON_PACKAGE_ROOT = str(self.place.root)
        installed = Installed()
        tasks = self.streams.receive()
        self.streams.empty_input(lambda: self.place.leave(1))
        importer = Importer(self.streams, self.place, self.traces, request["seconds"])
        imports = Imports(self.place)
        problems = [facts for task in tasks if (facts := self._check(importer, task))]
        return {
            "problems": problems,
            "imports": imports.report(installed),
            "distributions": installed.facts,
            "environment": environment(),
            "flytekit": package.__version__,
        }

    def _check(self, importer: Importer, task: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return what is wrong with a task, or None."""
        self.streams.send({"at": f"loading the task {task['name']}"})
        self.place.enter()
        try:
            with importer.limit(task["name"]):
                loaded = _load(task)
        except BaseException as problem:  # noqa: BLE001 # the user's modules may raise anything
            return {"task": task["name"], **self.traces.facts(problem)}
        differing = _difference(task, loaded)
        return {"task": task["name"], **differing} if differing else None


def _load(task: Mapping[str, Any]) -> Any:
    """Return what flytekit's entry point loads by a task's arguments (flytekit/bin/entrypoint.py)."""
    load_object = importlib.import_module("flytekit.tools.module_loader").load_object_from_module
    resolver = load_object(task["resolver"])
    if task["mapped"]:
        return resolver().load_task(loader_args=task["arguments"])
    return resolver.load_task(loader_args=task["arguments"])


def _difference(task: Mapping[str, Any], loaded: Any) -> dict[str, Any]:
    classes = [cls.__name__ for cls in type(loaded).__mro__]
    if "PythonTask" not in classes:
        return {
            "expected": "a task under this name",
            "got": f"{type(loaded).__name__} {getattr(loaded, '__name__', '')}".strip(),
        }
    expected = {"type": task["type"]} if task["mapped"] else {"name": task["name"], "type": task["type"]}
    got = {"name": loaded.name, "type": loaded.task_type}
    for what, value in expected.items():
        if got[what] != value:
            return {"expected": f"a task with the {what} {value}", "got": str(got[what])}
    interface = loaded.interface.to_flyte_idl()
    stored = type(interface).FromString(base64.b64decode(task["interface"]))
    # A mapped task does not know at run time that some of its elements may fail, and its outputs be optional thereby.
    for what in ("inputs",) if task["mapped"] else ("inputs", "outputs"):
        ours, theirs = getattr(stored, what).variables, getattr(interface, what).variables
        for name in sorted({*ours, *theirs}):
            if name not in ours or name not in theirs or ours[name].type != theirs[name].type:
                return {"expected": f"the same {what}", "got": f"another `{name}`"}
    return {}


def main() -> NoReturn:
    """Check one wheel."""
    run(Loader)
