"""Which paths the ignore files of git, Docker and flytekit leave out, each by its own rules.

Pure functions of a file's text and of paths; neither file system nor git is asked. pathspec is not used: it knows
neither of Docker's dialects, and lets `!acme` of a `.gitignore` bring back what lies in an ignored folder below.
"""

from __future__ import annotations

import functools
import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Ignores = Callable[[str], bool]
    """Whether an ignore file leaves a file out: takes its path from the folder of the ignore file, with `/`."""

_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": r"\ \t",
    "digit": "0-9",
    "lower": "a-z",
    "space": r"\s",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}
_SET_ITEM = re.compile(r"\[:(\w+):\]|(\\.|.)(?:-(\\.|.))?", re.DOTALL)
"""A class by its name, or a character, or a range."""
_NEVER = "(?!)"


@dataclass(frozen=True, slots=True)
class _Dialect:
    """How a glob is spelled."""

    tokens: re.Pattern[str]
    """Its parts: `deep` crosses folders, `set` is what stands in brackets, `escaped`, or any `other` character."""
    negations: tuple[str, ...]
    """Characters that turn a set into its opposite."""
    flags: re.RegexFlag = re.DOTALL


def _tokens(deep: str, escaped: str, other: str) -> re.Pattern[str]:
    inside = r"\]?(?:\[:\w+:\]|\\.|[^\]\\])*" if escaped else r"\]?[^\]]*"
    return re.compile(
        rf"(?P<deep>{deep})|(?P<star>\*+)|(?P<one>\?)|\[(?P<set>[!^]?{inside})\]|(?P<escaped>{escaped or _NEVER})"
        rf"|(?P<other>{other})",
        re.DOTALL,
    )


_GIT = _Dialect(_tokens(r"(?:(?<=/)|\A)\*{2,}(?:/|\Z)", r"\\.", r"[^\[\\]"), ("!", "^"))
_DOCKER = _Dialect(_tokens(r"\*\*/?", r"\\.", r"[^\[\\]"), ("^",))
_FLYTEKIT = _Dialect(_tokens(r"\*\*/?", "", r"."), ("!",), re.DOTALL | re.IGNORECASE)


def ignores(name: str, text: str) -> Ignores:
    """Return what an ignore file leaves out: `name` is one of `IGNORE_FILES`, `text` its content.

    `.gitignore` (gitignore(5)): a pattern without a slash, but at its end, counts in every folder, others from the
    ignore file's folder on; what is in an ignored folder cannot be brought back. What git tracks in spite of its
    patterns, and what its other ignore files say, is not known here.

    `.dockerignore` (Docker's reference, ".dockerignore file"): all patterns count from the ignore file's folder on
    (`*.ipynb` means that folder only, `**/*.ipynb` any), each also means what is below, and the last that fits counts.

    `.flyteignore` as flytekit 1.16 reads it, with the Docker SDK's matcher: as Docker, but upper and lower case are
    the same, `[!a]` is a set's opposite, nothing escapes. Unlike there `**/data` also means what is below `a/b/data`.

    A pattern that the dialect does not allow fits nothing.
    """
    lines = re.split(r"\r?\n", text.removeprefix("\ufeff"))
    if name == ".gitignore":
        return _git_ignores(lines)
    if name == ".dockerignore":
        return _docker_ignores(lines, _DOCKER)
    return _docker_ignores(lines, _FLYTEKIT)


@dataclass(frozen=True, slots=True)
class _Rule:
    fits: re.Pattern[str]
    ignored: bool
    """False for an exception (`!`)."""
    folders_only: bool = False


def _git_ignores(lines: list[str]) -> Ignores:
    # The last rule that fits counts: it is the first from the end.
    rules = [rule for line in reversed(lines) if (rule := _git_rule(line))]

    def verdict(path: str, *, is_folder: bool) -> bool:
        fitting = (rule for rule in rules if (is_folder or not rule.folders_only) and rule.fits.fullmatch(path))
        return next((rule.ignored for rule in fitting), False)

    @functools.cache
    def inside(folder: str) -> bool:
        return bool(folder) and (inside(posixpath.dirname(folder)) or verdict(folder, is_folder=True))

    return lambda path: inside(posixpath.dirname(path)) or verdict(path, is_folder=False)


def _git_rule(line: str) -> _Rule | None:
    line = re.sub(r"(?<!\\)((?:\\\\)*) +\Z", r"\1", line)  # blanks at the end, unless a backslash keeps them
    pattern = line.removeprefix("!")
    glob = pattern.removesuffix("/")
    anywhere = "" if "/" in glob else "(?:.*/)?"
    glob = glob.removeprefix("/")
    if line.startswith("#") or not glob:
        return None
    return _rule(_GIT, glob, f"{anywhere}{{}}", ignored=pattern == line, folders_only=pattern.endswith("/"))


def _docker_ignores(lines: list[str], dialect: _Dialect) -> Ignores:
    rules = [rule for line in reversed(lines) if (rule := _docker_rule(line, dialect))]
    return lambda path: next((rule.ignored for rule in rules if rule.fits.fullmatch(path)), False)


def _docker_rule(line: str, dialect: _Dialect) -> _Rule | None:
    text = line.strip()
    pattern = text.removeprefix("!").strip()
    glob = posixpath.normpath(pattern).lstrip("/")
    if line.startswith("#") or not pattern or glob in ("", "."):
        return None
    return _rule(dialect, glob, "{}(?:/.*)?", ignored=not text.startswith("!"))


def _rule(dialect: _Dialect, glob: str, form: str, *, ignored: bool, folders_only: bool = False) -> _Rule | None:
    regex = "".join(_translated(dialect, glob))
    try:
        return _Rule(re.compile(form.format(regex), dialect.flags), ignored, folders_only) if regex else None
    except re.error:  # a range from z to a
        return None


def _translated(dialect: _Dialect, glob: str) -> list[str]:
    """Return the parts of a regular expression; none for a glob that is not closed, or ends with a backslash."""
    parts, end = [], 0
    for token in dialect.tokens.finditer(glob):
        if token.start() != end:
            return []
        parts.append(_part(dialect, token))
        end = token.end()
    return parts if end == len(glob) else []


def _part(dialect: _Dialect, token: re.Match[str]) -> str:
    kind, text = token.lastgroup, token[token.lastgroup or 0]
    if kind == "deep":
        # At the end all that is below; before something else any number of folders, or none.
        return ".*" if token.end() == len(token.string) and not text.endswith("/") else "(?:.*/)?"
    if kind == "star":
        return "[^/]*"
    if kind == "one":
        return "[^/]"
    if kind == "set":
        return _set(dialect, text)
    return re.escape(text[-1])


def _set(dialect: _Dialect, text: str) -> str:
    negated = text.startswith(dialect.negations)
    inside = text[negated:]
    if dialect is _FLYTEKIT:
        inside = inside.replace("\\", r"\\")
    items = "".join(map(_item, _SET_ITEM.finditer(inside)))
    return f"(?!/)[{'^' if negated else ''}{items}]" if items else _NEVER


def _item(item: re.Match[str]) -> str:
    name, low, high = item.groups()
    if name:
        return _CLASSES.get(name, "")
    return f"{re.escape(low[-1])}-{re.escape(high[-1])}" if high else re.escape(low[-1])
