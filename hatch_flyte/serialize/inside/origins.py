"""What the wheel's modules import, and which distribution each of that comes from."""

from __future__ import annotations

import ast
import builtins
import csv
import functools
import importlib
import json
import os
import sys
from importlib.metadata import Distribution, distributions
from importlib.util import resolve_name
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

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
        self._folders: dict[str, str] = {}
        """By folder that a distribution is installed from as editable: the name."""
        for distribution in distributions():
            name = distribution.metadata["Name"]
            if name and name not in self.facts:
                self.facts[name] = {"version": distribution.version, "requires": distribution.requires or []}
                self._owners.update((file, name) for file in _files(distribution))
                if folder := _editable_folder(distribution):
                    self._folders[folder] = name

    def owner(self, file: str) -> str:
        """Return the distribution that a file belongs to, or nothing."""
        real = os.path.realpath(file)
        return self._owners.get(file) or self._owners.get(real) or self._editable_owner(real)

    def _editable_owner(self, file: str) -> str:
        """Return the distribution whose folder is the innermost around a file; in an environment there, nobody's."""
        around = [folder for folder in self._folders if file.startswith(folder)]
        innermost = max(around, key=len, default="")
        return "" if "site-packages" in Path(file[len(innermost) :]).parts else self._folders.get(innermost, "")


def _editable_folder(distribution: Distribution) -> str:
    """Return the folder of an editable installation (PEP 660), which the environment records by PEP 610; or nothing."""
    facts = json.loads(distribution.read_text("direct_url.json") or "{}")
    url = urlsplit(facts.get("url", ""))
    is_editable = url.scheme == "file" and facts.get("dir_info", {}).get("editable")
    return os.path.join(os.path.realpath(url2pathname(url.path)), "") if is_editable else ""  # noqa: PTH118 # with its end


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
            elif not any(line in lines for lines in _guards(self._place.root / file)):
                found.append({**facts, "distribution": installed.owner(origin), "path": origin})
        return found


@functools.cache
def _guards(source: Path) -> list[range]:
    """Return the lines whose imports may fail, since they stand in a `try` that catches that."""
    try:
        tree = ast.parse(source.read_bytes())
    except (OSError, SyntaxError, ValueError):  # a compiled module
        return []
    blocks = [node for node in ast.walk(tree) if isinstance(node, ast.Try) and _catches_import(node)]
    return [range(block.body[0].lineno, (block.body[-1].end_lineno or 0) + 1) for block in blocks]


def _origin(name: str) -> str:
    """Return the file of a module that is loaded; nothing for a namespace package, or one of Python's own."""
    if name.partition(".")[0] in getattr(sys, "stdlib_module_names", sys.builtin_module_names):
        return ""
    return getattr(sys.modules.get(name), "__file__", None) or ""


def _catches_import(node: ast.Try) -> bool:
    return any(handler.type is None or _names_of(handler.type) & _CATCHES for handler in node.handlers)


def _names_of(expression: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)}
