"""What the wheel's modules import, and which distribution each of that comes from."""

from __future__ import annotations

import ast
import builtins
import csv
import functools
import importlib
import os
import sys
from importlib.metadata import Distribution, distributions
from importlib.util import resolve_name
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hatch_flyte.serialize.inside.place import Workplace

_CATCHES = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


class Installed:
    """The distributions of this environment, by name, and their files."""

    def __init__(self) -> None:
        self.facts: dict[str, dict[str, Any]] = {}
        """By name as the distribution spells it: version and requirements."""
        self._owners: dict[str, str] = {}
        for distribution in distributions():
            name = distribution.metadata["Name"]
            if name and name not in self.facts:
                self.facts[name] = {"version": distribution.version, "requires": distribution.requires or []}
                self._owners.update((file, name) for file in _files(distribution))

    def owner(self, file: str) -> str:
        """Return the distribution that a file belongs to, or nothing."""
        return self._owners.get(file) or self._owners.get(os.path.realpath(file), "")


def _files(distribution: Distribution) -> Iterator[str]:
    """Give a distribution's modules as absolute paths; the record is read as text, since `files` costs too much."""
    record = distribution.read_text("RECORD") or ""
    folder = str(distribution.locate_file(""))
    for row in csv.reader(record.splitlines()):
        if row and row[0].endswith((".py", ".so", ".pyd")):
            yield os.path.normpath(os.path.join(folder, row[0]))  # noqa: PTH118 # thousands of them


class Imports:
    """Watches what the wheel's modules import from now on."""

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._seen: dict[tuple[str, str], int] = {}
        """By file of the wheel and the name it imports: the line."""
        self._import = builtins.__import__
        self._import_module = importlib.import_module
        builtins.__import__ = self._watched_import
        importlib.import_module = self._watched_import_module

    def _watched_import(self, name: str, *arguments: Any, **named: Any) -> Any:
        module = self._import(name, *arguments, **named)
        frame = sys._getframe(1)  # noqa: SLF001 # the importing line
        if file := self._place.relative(frame.f_code.co_filename):
            names = ("globals", "locals", "fromlist", "level")
            given = {**dict(zip(names, arguments)), **named}  # noqa: B905 # Python 3.9 knows no `strict`
            level, package = given.get("level", 0), (given.get("globals") or {}).get("__package__") or ""
            full = resolve_name("." * level + name, package) if level else name
            self._note(file, full, frame.f_lineno)
            for one in given.get("fromlist") or ():
                if f"{full}.{one}" in sys.modules:
                    self._note(file, f"{full}.{one}", frame.f_lineno)
        return module

    def _watched_import_module(self, name: str, package: str | None = None) -> Any:
        module = self._import_module(name, package)
        frame = sys._getframe(1)  # noqa: SLF001 # the importing line
        if file := self._place.relative(frame.f_code.co_filename):
            self._note(file, module.__name__, frame.f_lineno)
        return module

    def _note(self, file: str, name: str, line: int) -> None:
        parts = name.split(".")
        for end in range(1, len(parts) + 1):  # the packages above are imported too
            self._seen.setdefault((file, ".".join(parts[:end])), line)

    def report(self, installed: Installed) -> list[dict[str, Any]]:
        """Return each import of something that is not Python's own: `file`, `line`, `module`, and where that is from.

        That is a file of the wheel (`of_wheel`), a `distribution`, or a `path` that belongs to none.
        """
        found = []
        for (file, name), line in self._seen.items():
            origin = _origin(name)
            if not origin:
                continue
            facts = {"file": file, "line": line, "module": name}
            if of_wheel := self._place.relative(origin):
                found.append({**facts, "of_wheel": of_wheel})
            elif not self._is_guarded(file, line):
                found.append({**facts, "distribution": installed.owner(origin), "path": origin})
        return found

    @functools.cache  # noqa: B019 # one object lives as long as the process
    def _is_guarded(self, file: str, line: int) -> bool:
        """Return whether the import is one that may fail: in a `try` that catches it."""
        source = Path(self._place.root, file)
        try:
            tree = ast.parse(source.read_bytes())
        except (OSError, SyntaxError, ValueError):  # a compiled module
            return False
        return any(_catches_import(node, line) for node in ast.walk(tree) if isinstance(node, ast.Try))


def _origin(name: str) -> str:
    """Return the file of a module that is loaded; nothing for a namespace package, or one of Python's own."""
    if name.partition(".")[0] in getattr(sys, "stdlib_module_names", sys.builtin_module_names):
        return ""
    return getattr(sys.modules.get(name), "__file__", None) or ""


def _catches_import(node: ast.Try, line: int) -> bool:
    inside = any(one.lineno <= line <= (one.end_lineno or one.lineno) for one in node.body)
    return inside and any(_names_of(handler.type) & _CATCHES or handler.type is None for handler in node.handlers)


def _names_of(expression: ast.expr | None) -> set[str]:
    return {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)} if expression else set()
