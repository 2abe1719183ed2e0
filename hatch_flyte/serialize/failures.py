"""Words for what the worker reports when it cannot finish.

Knows the facts by their keys; see `inside.streams.Failure`.
"""

from __future__ import annotations

import re
from textwrap import indent
from typing import TYPE_CHECKING, Any

from hatch_flyte.errors import HatchFlyteError, InterpreterError, SerializeError, WheelError
from hatch_flyte.serialize.interpreter import OLDEST_FLYTEKIT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hatch_flyte.config.values import Places
    from hatch_flyte.serialize.interpreter import Interpreter
    from hatch_flyte.wheel import Wheel

    Facts = Mapping[str, Any]

_NO_FILE = (
    "Serializing works on the unpacked wheel, in an empty folder: ship the file in the wheel, and find it with "
    "importlib.resources or from `__file__`."
)
_DATA_NOT_SHIPPED = (
    "The wheel does not ship `{file}`, and a pod has only what the wheel ships: have the build include it "
    "(hatchling: `artifacts` under [tool.hatch.build.targets.wheel] for what git ignores; setuptools: "
    "[tool.setuptools.package-data])."
)
_NO_SUCH_FILE = re.compile(r"No such file or directory: '([^']+)'")
_NOT_SHIPPED = (
    "`{name}` would be one of the wheel's own modules, and the wheel does not ship it: have the build include it "
    "(hatchling: [tool.hatch.build.targets.wheel]; setuptools: `packages`), or correct the import."
)
_WHERE_TO_LOOK = (
    "Modules without entities can be left out: `modules` and `exclude` under [tool.hatch-flyte] say where to look, "
    "`optional-modules` which may fail."
)
_REBOUND = (
    "A pod finds a task by its module and name. When this module has been imported, the name stands for something "
    "else: give that another name, and let `@task` be the topmost decorator."
)
_MADE_OF_FUNCTION = (
    "A task that is made by `task(function)` has the function's name and module: put `@task` on the function's "
    "definition, and let decorators below it keep the name (functools.wraps)."
)
_NESTED = "cannot be a nested/inner or local function"
"""flytekit's words for it (flytekit/core/python_function_task.py)."""
_NOT_FOUND = "A pod finds a task by its module and name: define it at the top of a module, not in a function or class."
_NOT_LOADED = "It did load when it was serialized: what the module needs must be in the wheel, or be installed."
_SWITCH = "`load-check = false` under [tool.hatch-flyte] switches this check off."


def error_of(facts: Facts, wheel: Wheel, interpreter: Interpreter, places: Places) -> HatchFlyteError:
    """Return the error to raise for the worker's `failed` message; `places` are where the configuration was said."""
    words = {
        "crash": _crash,
        "entity": _entity,
        "flytekit": _flytekit,
        "hang": _hang,
        "path": _path,
        "room": _room,
        "spec": _spec,
    }
    if facts["kind"] == "wheel":
        return WheelError(f"{wheel.path}: the wheel is damaged ({facts['error']})")
    if facts["kind"] == "modules":
        return _modules(facts, interpreter, wheel)
    if facts["kind"] == "stock":
        return _stock(facts, interpreter, places.where("image"))
    return words[facts["kind"]](facts, interpreter)


def _modules(facts: Facts, interpreter: Interpreter, wheel: Wheel) -> SerializeError:
    causes = facts["causes"]
    count = sum(len(cause["modules"]) for cause in causes)
    head = "a module does not import" if count == 1 else f"{count} modules do not import"
    remedies = [_remedy(cause, interpreter, wheel) for cause in causes]
    hints = dict.fromkeys(filter(None, remedies))
    # Where the remedy is to mend the module, leaving it out would only move the failure into the pod.
    if "" in remedies or any(_missing_module(cause) and not _is_own(cause, wheel) for cause in causes):
        hints[_WHERE_TO_LOOK] = None
    return SerializeError("\n".join([f"serialize: {head}", *map(_cause, causes)]), hint="\n".join(hints))


def _remedy(cause: Facts, interpreter: Interpreter, wheel: Wheel) -> str:
    """Return what to do about a module that does not import; empty where only its author can tell."""
    if name := _missing_module(cause):
        return _NOT_SHIPPED.format(name=name) if _is_own(cause, wheel) else _not_installed(interpreter)
    if "FileNotFoundError" in cause["types"]:
        return _no_file(cause, wheel)
    return _NOT_FOUND if _NESTED in cause["error"] else ""


def _is_own(cause: Facts, wheel: Wheel) -> bool:
    """Return whether a missing module is of a package of the wheel.

    A package with an `__init__` is of one distribution; a namespace may have parts elsewhere.
    """
    return _missing_module(cause).partition(".")[0] in wheel.modules


def _no_file(facts: Facts, wheel: Wheel) -> str:
    found = _NO_SUCH_FILE.search(facts["trace"])
    if found and found[1].partition("/")[0] in wheel.modules:
        return _DATA_NOT_SHIPPED.format(file=found[1])
    return _NO_FILE


def _missing_module(cause: Facts) -> str:
    found = re.search(r"No module named '([^']+)'", str(cause["error"]))
    return found[1] if found and "ModuleNotFoundError" in cause["types"] else ""


def _cause(cause: Facts) -> str:
    name, *also = cause["modules"]
    lines = [f"{name}: {_raised(cause)}", *_indented(cause)]
    if also:
        lines.append(f"  The same keeps these from importing: {', '.join(also)}")
    return "\n".join(lines)


def _raised(cause: Facts) -> str:
    if "SystemExit" in cause["types"]:
        return f"ends the interpreter when imported (sys.exit({cause['code']}))"
    return str(cause["error"])


def _indented(raised: Facts) -> list[str]:
    """Return the frames of what was raised, without the line at their end that stands before them already."""
    frames = _frames(raised["trace"])
    last = frames.removesuffix(str(raised["error"]))
    return [indent(last.rstrip(), "  ")] if last.strip() else []


def _frames(trace: str) -> str:
    return trace.removeprefix("Traceback (most recent call last):\n")


def _not_installed(interpreter: Interpreter) -> str:
    return (
        f"The interpreter is {interpreter}. What is missing there has to be installed there, or `python` under "
        "[tool.hatch-flyte] has to name one that has it."
    )


def _entity(facts: Facts, interpreter: Interpreter) -> SerializeError:
    where = _where(facts)
    unknown = re.search(r"Image Config with name (\S+) not found", facts["trace"])
    if unknown:
        return SerializeError(
            f"{where}expected an image that is configured (got `{unknown[1]}`, which the {facts['entity']} asks for)",
            hint=f'Add it under [tool.hatch-flyte]: images = {{ {unknown[1]} = "NAME:TAG" }}.',
        )
    hint = _NO_FILE if "FileNotFoundError" in facts["types"] else f"The interpreter is {interpreter}."
    what = f"flytekit does not accept the {facts['entity'] or 'definitions'}"
    return SerializeError(f"{where}{what}\n{indent(_frames(facts['trace']), '  ')}", hint=hint)


def _where(facts: Facts) -> str:
    """Return the place of a definition, ready to be put before what is wrong with it."""
    source = facts["source"]
    return f"{source['file']}:{source['line']}: " if source.get("file") else ""


def _hang(facts: Facts, interpreter: Interpreter) -> SerializeError:
    return SerializeError(
        f"serialize: importing {facts['module']} takes more than {facts['seconds']} s; it was here\n"
        f"{indent(facts['trace'], '  ')}",
        hint="Importing a module must not wait for anything: move that into a task. For an import that is only slow, "
        f"raise `import-timeout` under [tool.hatch-flyte]. The interpreter is {interpreter}.",
    )


def _spec(facts: Facts, _: Interpreter) -> SerializeError:
    copies = ", ".join(map(str, facts["copies"]))
    copied = copies or "the project's modules"
    without = "Leave out `copy`" if copies else "Set `source_copy_mode=CopyFileDetection.NO_COPY`"
    return SerializeError(
        f"{_where(facts)}the ImageSpec `{facts['name']}` of the task {facts['task']}: expected one that copies no "
        f"files (got one that copies {copied})",
        hint="The tag of such an image depends on the files of the machine that builds it, and a wheel build builds "
        f'none. {without} and have the files shipped with `code = "wheel"`, or name an image that was built (`image`, '
        "`images` or `tasks` under [tool.hatch-flyte]).",
    )


def _path(facts: Facts, _: Interpreter) -> SerializeError:
    subject = f"{_where(facts)}{facts['entity']}" + (f", {facts['part']}" if facts["part"] else "")
    if facts["stored"]:
        return SerializeError(
            f"{subject}: expected values that a cluster can read (got one that flytekit stored as a file of "
            f"this machine, {facts['path']})",
            hint="A default of a type that is passed as a file (pickled objects, FlyteFile, data frames) exists here "
            "only. Make it a required input, or name a file that is stored remotely.",
        )
    return SerializeError(
        f"{subject}: expected no path of this machine (got one to `{facts['path']}` in the unpacked wheel)",
        hint="Where a module lies is known only at run time: compute the path in the task.",
    )


def _room(facts: Facts, interpreter: Interpreter) -> SerializeError:
    return SerializeError(
        f"serialize: the wheel cannot be unpacked to {facts['folder']} ({facts['error']})",
        hint=f"Make room there, or have TMPDIR name another folder. The interpreter is {interpreter}.",
    )


def _stock(facts: Facts, interpreter: Interpreter, where: str) -> SerializeError:
    return SerializeError(
        f"{where}: flytekit {facts['version']} has no image of its own for Python {facts['python']}",
        hint=f"Name an image instead of `stock`. The interpreter is {interpreter}.",
    )


def _flytekit(facts: Facts, interpreter: Interpreter) -> SerializeError:
    python, version = facts["python"], facts["version"]
    if not version:
        return InterpreterError(
            f"{interpreter}: expected an environment with flytekit (got Python {python} without it)",
            hint="Install flytekit there, or change `python` under [tool.hatch-flyte].",
        )
    return InterpreterError(
        f"{interpreter}: flytekit {version} does not work on Python {python}\n  {facts['error']}",
        hint=f"Known to work: flytekit {OLDEST_FLYTEKIT} and the newest, on Python 3.10 to 3.12, with all that it "
        "requires. Change that environment, or `python` under [tool.hatch-flyte].",
    )


def _crash(facts: Facts, interpreter: Interpreter) -> SerializeError:
    return SerializeError(
        f"serialize: the worker failed in a way that it should not\n{indent(facts['trace'], '  ')}",
        hint=f"Please report this. The interpreter is {interpreter}.",
    )


def loading_error(problems: Sequence[Facts], places: Mapping[str, str]) -> SerializeError:
    """Return the error for tasks that a pod could not load; `places` are where the user wrote them, by name."""
    lines = ["load check: a pod could not load these tasks from what the wheel ships"]
    hints: dict[str, None] = {}
    for problem in problems:
        where = f"{places.get(problem['task'], '')}: task `{problem['task']}`"
        if "expected" in problem:
            lines.append(f"{where}, defined here: expected {problem['expected']} (got {problem['got']})")
            hints[_REBOUND] = None
            if problem["got"].startswith("function "):
                hints[_MADE_OF_FUNCTION] = None
        else:
            lines += [f"{where}: {_raised(problem)}", *_indented(problem)]
            hints[_NOT_FOUND if "AttributeError" in problem["types"] else _NOT_LOADED] = None
    return SerializeError("\n".join(lines), hint="\n".join([*hints, _SWITCH]))
