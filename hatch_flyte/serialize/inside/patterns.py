"""Patterns for dotted names, of modules and tasks: names and globs, each with what lies below."""

from __future__ import annotations

import fnmatch


def fits(name: str, pattern: str) -> bool:
    """Return whether `pattern` means the dotted name: it is what the pattern says, or lies below something that is."""
    parts = name.split(".")
    return any(fnmatch.fnmatchcase(".".join(parts[:end]), pattern) for end in range(1, len(parts) + 1))
