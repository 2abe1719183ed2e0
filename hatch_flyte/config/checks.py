"""What texts have to look like. Each check returns what was expected of a text that does not fit, else nothing."""

from __future__ import annotations

import re

from hatch_flyte.config.templates import STOCK, image_expectation

IGNORE_FILES = (".flyteignore", ".gitignore", ".dockerignore")

LOCAL = "local"
"""The built-in registry, where a cluster's name is asked for."""


def name_expectation(text: str) -> str:
    """Return what was expected of a name that the user gives; nothing of one that fits."""
    return "" if re.fullmatch(r"[A-Za-z0-9_-]+", text) else "a name of letters, digits, '-' and '_'"


def cluster_name_expectation(text: str) -> str:
    """Check the name of a cluster."""
    if text == LOCAL:
        return f"a name other than '{LOCAL}', which is the built-in registry's"
    return name_expectation(text)


def cluster_or_group_expectation(text: str) -> str:
    """Check what stands where clusters are named: a cluster, or a group after `@`."""
    return "" if not name_expectation(text.removeprefix("@")) else f"{name_expectation('')}, after '@' if a group's"


def image_name_expectation(text: str) -> str:
    """Check the name under which tasks ask for an image."""
    return "a name other than 'default', which is `image`'s" if text == "default" else name_expectation(text)


def named_image_expectation(text: str) -> str:
    """Check an image that has a name."""
    return f"an image reference ('{STOCK}' is for `image` alone)" if text == STOCK else image_expectation(text)


def module_expectation(text: str) -> str:
    """Check a module's dotted name, whose parts may hold the wildcards of fnmatch."""
    fits = all(re.sub(r"[*?]|\[[^]]+\]", "x", part).isidentifier() for part in text.split("."))
    return "" if fits else "a dotted module name or glob"


def task_expectation(text: str) -> str:
    """Check the name of a task or module, or a glob."""
    return "" if text.strip() else "the name of a task or module, or a glob"


def variable_expectation(text: str) -> str:
    """Check the name of an environment variable (as Kubernetes has them)."""
    return "" if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", text) else "the name of an environment variable"


def ignore_file_expectation(text: str) -> str:
    """Check the name of an ignore file that is known."""
    return "" if text in IGNORE_FILES else " or ".join(f'"{name}"' for name in IGNORE_FILES)


def rule_expectation(text: str) -> str:
    """Check the form of a rule's name; which rules there are is not known here."""
    return "" if re.fullmatch(r"[a-z]+(-[a-z]+)*", text) else "the name of a rule, as `image-tag`"


def destination_expectation(text: str) -> str:
    """Check a folder in a container."""
    fits = text.startswith("/") and ".." not in text.split("/") and text.isprintable()
    return "" if fits else "an absolute path with '/', without '..'"


def path_expectation(text: str) -> str:
    """Check the path of a file on this machine."""
    return "" if text.strip() and text.isprintable() else "the path of a file"


def prefix_expectation(text: str) -> str:
    """Check where tasks' output goes: the place is the object store's to judge."""
    fits = re.fullmatch(r"[a-z][a-z0-9+.-]*://\S+", text)
    return "" if fits else "an address such as s3://bucket/path"


def image_part_expectation(text: str) -> str:
    """Check the beginning of an image's name."""
    return "" if re.fullmatch(r"[^\s{}]+", text) else "the beginning of an image's name, without blanks"


def any_expectation(_: str) -> str:
    """Check nothing."""
    return ""


def path_part_expectation(text: str) -> str:
    """Check what becomes part of a path or an address."""
    # Project and domain are parts of paths and addresses in the control plane, a commit of image tags.
    return "" if re.fullmatch(r"[A-Za-z0-9._-]+", text) else "letters, digits, '.', '_' and '-'"
