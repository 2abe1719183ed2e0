"""Templates: `image`, filled when packaging, and `version`, filled at publish. One rule for what a version may hold.

Knows neither git nor files: facts about the checkout are asked for through functions, and only where a template wants
them, so that no git fact gets into an archive unasked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from hatch_flyte.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

IMAGE_PLACEHOLDERS = ("name", "version", "commit")
VERSION_PLACEHOLDERS = ("name", "version", "commit", "branch", "dirty", "digest")
CI = "ci"
"""The version that stands for the rules of Flyte's documentation: the tag of a release, else `<branch>-<commit>`."""
CONTENT = "content"
"""The version that stands for `{digest}`: another one whenever something else would be registered."""
SHORT_COMMIT = 7
"""Digits of a commit in `ci`: as many as GitHub shows, and `git rev-parse --short` gives in a small repository."""
DIGEST_LENGTH = 12
"""Digits of `{digest}`: among a million versions, two are alike once in five hundred tries."""
STOCK = "stock"
"""The image that stands for flytekit's own."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_HASH = re.compile(r"[0-9a-f]{40,64}")


class Facts(Protocol):
    """What a version template may ask of the checkout. Each may raise `ConfigError`."""

    def commit(self) -> str:
        """Return the commit that is built."""
        ...

    def branch(self) -> str:
        """Return the branch that is built."""
        ...

    def dirty(self) -> bool:
        """Return whether tracked files were changed since that commit."""
        ...

    def tag(self) -> str:
        """Return the tag that is built; empty if it is a branch."""
        ...


def safe_version(text: str) -> str:
    """Return `text` with `-` for characters other than letters, digits, `.`, `_`, `-`.

    `1.4.dev3+gabc` gives `1.4.dev3-gabc`. A version becomes part of paths and addresses in Flyte's control plane, where
    `+`, `?`, `#` or `%` break, and of image tags, where Docker allows just these characters.
    """
    return _UNSAFE.sub("-", text)


def image_expectation(template: str) -> str:
    """Return what was expected of an image template that is none; nothing of one that is."""
    if not template or re.search(r"\s", template):
        return "an image reference without blanks"
    return _placeholder_expectation(template, IMAGE_PLACEHOLDERS)


def version_expectation(template: str) -> str:
    """Return what was expected of a version template that is none; nothing of one that is."""
    if not template.strip():
        return "a version"
    return _placeholder_expectation(template, VERSION_PLACEHOLDERS)


def fill_image(template: str, name: str, version: str, commit: Callable[[], str]) -> str:
    """Return the image reference for a distribution; `commit` is asked only if the template uses it.

    `{name}` is the normalized name (PEP 503: `Acme_Flows` → `acme-flows`), since repositories are lower case;
    `{version}` and `{commit}` are made safe for a tag. Raises `ConfigError` for another placeholder, and what `commit`
    raises.
    """
    _require("image", template, image_expectation(template))
    return _fill(
        template,
        {
            "name": lambda: re.sub(r"[-_.]+", "-", name).lower(),
            "version": lambda: safe_version(version),
            "commit": lambda: safe_version(commit()),
        },
    )


def registered_version(template: str, *, name: str, version: str, digest: str, facts: Facts) -> str:
    """Return the version to register distribution `name` `version` under: `template` filled, else `version`; safe.

    `{dirty}` is `-dirty` if tracked files were changed, else nothing (as `git describe --dirty`), `{digest}` the
    beginning of `digest`, that of the archive's content. `CI` and `CONTENT` are templates by name. `name` and `version`
    are empty for an archive that knows none. Raises `ConfigError` for another placeholder, for one that the archive
    has no value for, and what `facts` raise.
    """
    template = template or "{version}"
    _require("version", template, version_expectation(template))
    if template == CI:
        return safe_version(_ci_version(facts))
    if template == CONTENT:
        template = "{digest}"
    known = {"name": name, "version": version}
    used = set(_PLACEHOLDER.findall(template))
    if missing := sorted(key for key, value in known.items() if key in used and not value):
        listed = " and ".join(f"{{{key}}}" for key in missing)
        _require("version", template, f"a version without {listed}, which an archive without a manifest does not know")
    return safe_version(
        _fill(
            template,
            {
                "name": lambda: name,
                "version": lambda: version,
                "commit": facts.commit,
                "branch": facts.branch,
                "dirty": lambda: _dirty_suffix(facts),
                "digest": lambda: digest[:DIGEST_LENGTH],
            },
        )
    )


def _ci_version(facts: Facts) -> str:
    """Return the version that Flyte's documentation advises for CI, marked where it would be another commit's content.

    Where nobody knows whether files were changed (a job without a checkout), they count as they were committed.
    """
    try:
        suffix = _dirty_suffix(facts)
    except ConfigError:
        suffix = ""
    if tag := facts.tag():
        return f"{tag}{suffix}"
    branch, commit = facts.branch(), facts.commit()
    short = commit[:SHORT_COMMIT] if _HASH.fullmatch(commit) else commit
    return f"{branch}-{short}{suffix}"


def _dirty_suffix(facts: Facts) -> str:
    return "-dirty" if facts.dirty() else ""


def _fill(template: str, values: Mapping[str, Callable[[], str]]) -> str:
    return _PLACEHOLDER.sub(lambda match: values[match[1]](), template)


def _placeholder_expectation(template: str, known: tuple[str, ...]) -> str:
    listed = ", ".join(f"{{{key}}}" for key in known)
    if set(_PLACEHOLDER.findall(template)) - set(known):
        return f"no placeholders but {listed}"
    if re.search("[{}]", _PLACEHOLDER.sub("", template)):
        return f"braces only around placeholders ({listed})"
    return ""


def _require(where: str, template: str, expectation: str) -> None:
    if expectation:
        raise ConfigError([Problem(where, f"expected {expectation} (got {template!r})")])
