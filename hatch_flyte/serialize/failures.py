"""Words for what the worker reports when it cannot finish.

Knows the worker's facts by their keys; see `worker.Failure`.
"""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING, Any

from hatch_flyte.errors import HatchFlyteError, InterpreterError, SerializeError, WheelError
from hatch_flyte.serialize.interpreter import OLDEST_FLYTEKIT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hatch_flyte.serialize.interpreter import Interpreter
    from hatch_flyte.wheel import Wheel

    Facts = Mapping[str, Any]

_NO_FILE = (
    "Serializing works on the unpacked wheel, in an empty folder: ship the file in the wheel, and find it with "
    "importlib.resources or from `__file__`."
)


def error_of(facts: Facts, wheel: Wheel, interpreter: Interpreter) -> HatchFlyteError:
    """Return the error to raise for the worker's `failed` message."""
    words = {
        "crash": _crash,
        "entity": _entity,
        "flytekit": _flytekit,
        "modules": _modules,
        "path": _path,
        "room": _room,
        "stock": _stock,
    }
    if facts["kind"] == "wheel":
        return WheelError(f"{wheel.path}: the wheel is damaged ({facts['error']})")
    return words[facts["kind"]](facts, interpreter)


def _modules(facts: Facts, interpreter: Interpreter) -> SerializeError:
    causes = facts["causes"]
    count = sum(len(cause["modules"]) for cause in causes)
    head = "a module does not import" if count == 1 else f"{count} modules do not import"
    hints = [
        *([_not_installed(interpreter)] if _is_any(causes, "ModuleNotFoundError") else []),
        *([_NO_FILE] if _is_any(causes, "FileNotFoundError") else []),
        "Modules without entities can be left out: `modules` under [tool.hatch-flyte] says where to look.",
    ]
    return SerializeError("\n".join([f"serialize: {head}", *map(_cause, causes)]), hint="\n".join(hints))


def _is_any(causes: list[Facts], name: str) -> bool:
    return any(name in cause["types"] for cause in causes)


def _cause(cause: Facts) -> str:
    name, *also = cause["modules"]
    lines = [f"{name}: {_raised(cause)}", indent(_frames(cause["trace"]), "  ")]
    if also:
        lines.append(f"  The same keeps these from importing: {', '.join(also)}")
    return "\n".join(lines)


def _raised(cause: Facts) -> str:
    if "SystemExit" in cause["types"]:
        return f"ends the interpreter when imported (sys.exit({cause['code']}))"
    return str(cause["error"])


def _frames(trace: str) -> str:
    return trace.removeprefix("Traceback (most recent call last):\n")


def _not_installed(interpreter: Interpreter) -> str:
    return (
        f"The interpreter is {interpreter}. What is missing there has to be installed there, or `python` under "
        "[tool.hatch-flyte] has to name one that has it."
    )


def _entity(facts: Facts, interpreter: Interpreter) -> SerializeError:
    source = facts["source"]
    where = f"{source['file']}:{source['line']}: " if source.get("file") else ""
    hint = _NO_FILE if "FileNotFoundError" in facts["types"] else f"The interpreter is {interpreter}."
    what = f"flytekit does not accept the {facts['entity'] or 'definitions'}"
    return SerializeError(f"{where}{what}\n{indent(_frames(facts['trace']), '  ')}", hint=hint)


def _path(facts: Facts, _: Interpreter) -> SerializeError:
    if facts["stored"]:
        return SerializeError(
            f"{facts['entity']}: expected values that a cluster can read (got one that flytekit stored as a file of "
            f"this machine, {facts['path']})",
            hint="A default of a type that is passed as a file (pickled objects, FlyteFile, data frames) exists here "
            "only. Make it a required input, or name a file that is stored remotely.",
        )
    return SerializeError(
        f"{facts['entity']}: expected no path of this machine (got one to `{facts['path']}` in the unpacked wheel)",
        hint="Where a module lies is known only at run time: compute the path in the task.",
    )


def _room(facts: Facts, interpreter: Interpreter) -> SerializeError:
    return SerializeError(
        f"serialize: the wheel cannot be unpacked to {facts['folder']} ({facts['error']})",
        hint=f"Make room there, or have TMPDIR name another folder. The interpreter is {interpreter}.",
    )


def _stock(facts: Facts, interpreter: Interpreter) -> SerializeError:
    return SerializeError(
        f"tool.hatch-flyte.image: flytekit {facts['version']} has no image of its own for Python {facts['python']}",
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
