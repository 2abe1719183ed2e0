"""What version control says of a project: commit, branch, whether files were changed. git, or the CI that ran it.

The one module that runs git. It is asked only where a template wants a fact. The environment is a parameter.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hatch_flyte.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

COMMIT_VARIABLES = (
    "GITHUB_SHA",
    "CI_COMMIT_SHA",  # GitLab
    "BITBUCKET_COMMIT",
    "CIRCLE_SHA1",
    "BUILDKITE_COMMIT",
    "BUILD_SOURCEVERSION",  # Azure Pipelines
    "CODEBUILD_RESOLVED_SOURCE_VERSION",  # AWS
    "TRAVIS_COMMIT",
    "DRONE_COMMIT_SHA",
    "SEMAPHORE_GIT_SHA",
    "APPVEYOR_REPO_COMMIT",
    "GIT_COMMIT",  # Jenkins
)
"""Where CI systems say the commit, as their manuals have it. Some say other things too (`HEAD`): only hashes count."""

BRANCH_VARIABLES = (
    "GITHUB_HEAD_REF",  # of a pull request
    "GITHUB_REF",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
    "CI_COMMIT_BRANCH",
    "BITBUCKET_BRANCH",
    "CIRCLE_BRANCH",
    "BUILDKITE_BRANCH",
    "SYSTEM_PULLREQUEST_SOURCEBRANCH",  # Azure Pipelines, of a pull request
    "BUILD_SOURCEBRANCH",
    "CODEBUILD_WEBHOOK_HEAD_REF",
    "TRAVIS_PULL_REQUEST_BRANCH",
    "TRAVIS_BRANCH",
    "DRONE_SOURCE_BRANCH",
    "SEMAPHORE_GIT_PR_BRANCH",
    "SEMAPHORE_GIT_BRANCH",
    "APPVEYOR_PULL_REQUEST_HEAD_REPO_BRANCH",
    "APPVEYOR_REPO_BRANCH",
    "CHANGE_BRANCH",  # Jenkins, multibranch, of a pull request: BRANCH_NAME is `PR-7` there
    "BRANCH_NAME",  # Jenkins, multibranch
    "GIT_BRANCH",  # Jenkins: `origin/main`
)
"""Where CI systems, which check out a commit and no branch, say the branch. References to no branch don't count."""

TAG_VARIABLES = (
    "CI_COMMIT_TAG",  # GitLab
    "BITBUCKET_TAG",
    "CIRCLE_TAG",
    "BUILDKITE_TAG",
    "TRAVIS_TAG",
    "DRONE_TAG",
    "SEMAPHORE_GIT_TAG_NAME",
    "APPVEYOR_REPO_TAG_NAME",
    "TAG_NAME",  # Jenkins, multibranch
)
"""Where CI systems say the tag that they were started for."""

REFERENCE_VARIABLES = ("GITHUB_REF", "BUILD_SOURCEBRANCH", "CODEBUILD_WEBHOOK_HEAD_REF")
"""Where CI systems say a reference in full, `refs/tags/v1`."""

_HASH = re.compile(r"[0-9a-f]{7,64}")
_LOCAL_VARIABLES = frozenset(
    {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX"}
)
"""What git sets for its hooks: it would point at the hook's repository, wherever the project lies."""

_STATE = len("XY ")
"""What stands before the name of a file in `git status --porcelain`."""
_COMMIT_HINT = (
    "Set HATCH_FLYTE_COMMIT, or build the wheel straight from the checkout, not from an sdist: "
    "`hatch build -t wheel`, `python -m build --wheel` or `uv build --wheel`."
)
_VERSION_HINT = "Publish from the checkout, or say the version: `--version VERSION`, `-o version=VERSION`."


@dataclass(frozen=True, slots=True)
class Checkout:
    """The facts about one project, for templates."""

    root: Path
    """The project's folder."""
    environ: Mapping[str, str] = field(repr=False)

    def commit(self) -> str:
        """Return the commit; see `commit`."""
        return commit(self.root, self.environ)

    def branch(self) -> str:
        """Return the branch; see `branch`."""
        return branch(self.root, self.environ)

    def dirty(self) -> bool:
        """Return whether tracked files were changed; see `dirty`."""
        return dirty(self.root, self.environ)

    def changes(self) -> tuple[str, ...]:
        """Return the tracked files that were changed; see `changes`."""
        return changes(self.root, self.environ)

    def tag(self) -> str:
        """Return the tag, or nothing; see `tag`."""
        return tag(self.root, self.environ)


def commit(root: Path, environ: Mapping[str, str]) -> str:
    """Return the commit that is built: `HATCH_FLYTE_COMMIT`, else the CI's variable, else git's full hash.

    git counts only if it tracks the pyproject.toml in `root`: an unpacked sdist may lie inside a repository that is
    not its own. Raises `ConfigError`.
    """
    if said := environ.get("HATCH_FLYTE_COMMIT"):
        return said
    for name in COMMIT_VARIABLES:
        if _HASH.fullmatch(said := environ.get(name, "").lower()):
            return said
    git = _Git(root, environ, "commit", _COMMIT_HINT)
    git.require_checkout()
    found = git.run("rev-parse", "--verify", "--quiet", "HEAD").stdout.strip()
    if not found:
        raise git.missing(f"the repository of {root} has no commit yet")
    return found


def branch(root: Path, environ: Mapping[str, str]) -> str:
    """Return the branch that is built, without `refs/heads/` or `origin/`: the CI's variable, else git's.

    Raises `ConfigError`; so for a detached HEAD.
    """
    if said := _ci_branch(environ):
        return said
    git = _Git(root, environ, "branch", _VERSION_HINT)
    git.require_checkout()
    found = git.run("symbolic-ref", "--quiet", "--short", "HEAD").stdout.strip()
    if not found:
        raise git.missing(f"in {root} a commit is checked out, no branch")
    return found


def _ci_branch(environ: Mapping[str, str]) -> str:
    for name in BRANCH_VARIABLES:
        said = environ.get(name, "")
        if said and (not said.startswith("refs/") or said.startswith("refs/heads/")):
            return said.removeprefix("refs/heads/").removeprefix("origin/")
    return ""


def tag(root: Path, environ: Mapping[str, str]) -> str:
    """Return the tag that is built: the CI's, else the one of git's commit; empty if there is none.

    Where the CI says a branch, the commit's tags don't count: that build is the branch's. Without a checkout there is
    no tag. Raises `ConfigError` where git cannot be run.
    """
    for name in REFERENCE_VARIABLES:
        if (said := environ.get(name, "")).startswith("refs/tags/"):
            return said.removeprefix("refs/tags/")
    if said := next(filter(None, (environ.get(name, "") for name in TAG_VARIABLES)), ""):
        return said
    if _ci_branch(environ):
        return ""
    git = _Git(root, environ, "tag", _VERSION_HINT)
    return git.run("describe", "--tags", "--exact-match", "HEAD").stdout.strip() if git.tracks_project() else ""


def dirty(root: Path, environ: Mapping[str, str]) -> bool:
    """Return whether tracked files of the repository were changed since its last commit; see `changes`."""
    return bool(changes(root, environ))


def changes(root: Path, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the tracked files of the repository that were changed since its last commit; new files don't count.

    That is what `git describe --dirty` goes by; names are as `git status` shows them. Raises `ConfigError`.
    """
    git = _Git(root, environ, "dirty", _VERSION_HINT)
    git.require_checkout()
    status = git.run("status", "--porcelain", "--untracked-files=no")
    if status.returncode:
        raise git.missing(_first_line(status.stderr))
    return tuple(line[_STATE:] for line in status.stdout.splitlines())


@dataclass(frozen=True, slots=True)
class _Git:
    """git in one folder, asked for one fact."""

    root: Path
    environ: Mapping[str, str]
    fact: str
    hint: str

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run git; its messages in English, its index left alone."""
        environ = {key: value for key, value in self.environ.items() if key not in _LOCAL_VARIABLES}
        try:
            return subprocess.run(  # noqa: S603 # the arguments are this module's
                ["git", *arguments],  # noqa: S607 # git has no one place
                cwd=self.root,
                env={**environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"},
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
            )
        except OSError as problem:
            raise self.missing(f"git cannot be run: {problem.strerror}") from problem

    def tracks_project(self) -> bool:
        """Return whether git knows the project."""
        return self._listed().returncode == 0

    def _listed(self) -> subprocess.CompletedProcess[str]:
        return self.run("ls-files", "--error-unmatch", "--", "pyproject.toml")

    def require_checkout(self) -> None:
        """Raise unless git knows the project."""
        listed = self._listed()
        if listed.returncode == 0:
            return
        if "dubious ownership" in listed.stderr:
            raise ConfigError(
                [Problem(f"{{{self.fact}}}", f"git does not trust {self.root} ({_first_line(listed.stderr)})")],
                hint=f"If you do: `{listed.stderr.splitlines()[-1].strip()}`. {self.hint}",
            )
        if "did not match" in listed.stderr:
            raise self.missing(f"no repository tracks {self.root / 'pyproject.toml'}")
        raise self.missing(f"{self.root}: {_first_line(listed.stderr)}")

    def missing(self, why: str) -> ConfigError:
        """Return the error for a fact that nobody says."""
        return ConfigError(
            [Problem(f"{{{self.fact}}}", f"expected a fact of the checkout (got none: {why})")], hint=self.hint
        )


def _first_line(text: str) -> str:
    return next(iter(text.splitlines()), "git says nothing")
