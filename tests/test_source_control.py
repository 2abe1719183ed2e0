from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from hatch_flyte.errors import ConfigError
from hatch_flyte.source_control import (
    BRANCH_VARIABLES,
    COMMIT_VARIABLES,
    REFERENCE_VARIABLES,
    TAG_VARIABLES,
    Checkout,
    branch,
    changes,
    commit,
    dirty,
    tag,
)

if TYPE_CHECKING:
    from pathlib import Path

HASH = "0123456789abcdef0123456789abcdef01234567"
COMMIT_HINT = (
    "Set HATCH_FLYTE_COMMIT, or build the wheel straight from the checkout, not from an sdist: "
    "`hatch build -t wheel`, `python -m build --wheel` or `uv build --wheel`."
)
VERSION_HINT = "Publish from the checkout, or say the version: `--version VERSION`, `-o version=VERSION`."


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment with git and nothing of this machine: no user's settings, no repository above tmp_path."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path / "home"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CEILING_DIRECTORIES": str(tmp_path),
        "GIT_AUTHOR_NAME": "Ann",
        "GIT_AUTHOR_EMAIL": "ann@example.org",
        "GIT_COMMITTER_NAME": "Ann",
        "GIT_COMMITTER_EMAIL": "ann@example.org",
    }


def git(root: Path, environ: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, env=environ, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def empty(tmp_path: Path, environ: dict[str, str]) -> Path:
    """A repository without a commit, that tracks its pyproject.toml."""
    root = tmp_path / "checkout"
    root.mkdir()
    (root / "pyproject.toml").write_text("[project]\n")
    git(root, environ, "init", "-q", "-b", "main")
    git(root, environ, "add", "pyproject.toml")
    return root


@pytest.fixture
def checkout(empty: Path, environ: dict[str, str]) -> Path:
    git(empty, environ, "commit", "-q", "-m", "first")
    return empty


def refusal(fact: object, root: Path, environ: dict[str, str]) -> ConfigError:
    assert callable(fact)
    with pytest.raises(ConfigError) as caught:
        fact(root, environ)
    return caught.value


def test_git_says_commit_branch_and_whether_files_were_changed(checkout: Path, environ: dict[str, str]) -> None:
    facts = Checkout(checkout, environ)
    assert facts.commit() == git(checkout, environ, "rev-parse", "HEAD")
    assert facts.branch() == "main"
    assert facts.dirty() is False
    (checkout / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert facts.dirty() is True


def test_new_files_make_no_checkout_dirty(checkout: Path, environ: dict[str, str]) -> None:
    (checkout / "dist").mkdir()
    (checkout / "dist" / "x.whl").touch()
    assert dirty(checkout, environ) is False


def test_a_staged_file_makes_a_checkout_dirty(checkout: Path, environ: dict[str, str]) -> None:
    (checkout / "new.py").touch()
    git(checkout, environ, "add", "new.py")
    assert dirty(checkout, environ) is True


def test_a_project_in_a_folder_of_a_repository_has_its_commit(checkout: Path, environ: dict[str, str]) -> None:
    project = checkout / "packages" / "a"
    project.mkdir(parents=True)
    (project / "pyproject.toml").touch()
    git(checkout, environ, "add", ".")
    git(checkout, environ, "commit", "-q", "-m", "second")
    assert commit(project, environ) == git(checkout, environ, "rev-parse", "HEAD")


def test_a_linked_worktree_has_its_own_branch(checkout: Path, environ: dict[str, str]) -> None:
    git(checkout, environ, "worktree", "add", "-q", "-b", "feature/x", "../tree")
    assert branch(checkout.parent / "tree", environ) == "feature/x"


def test_a_variable_of_our_own_comes_first(checkout: Path, environ: dict[str, str]) -> None:
    assert commit(checkout, environ | {"HATCH_FLYTE_COMMIT": "v7", "GITHUB_SHA": HASH}) == "v7"


@pytest.mark.parametrize("name", COMMIT_VARIABLES)
def test_a_variable_of_the_ci_comes_before_git(checkout: Path, environ: dict[str, str], name: str) -> None:
    assert commit(checkout, environ | {"HATCH_FLYTE_COMMIT": "", name: HASH}) == HASH


def test_a_variable_that_holds_no_hash_is_passed_over(checkout: Path, environ: dict[str, str]) -> None:
    assert commit(checkout, environ | {"BUILDKITE_COMMIT": "HEAD", "GIT_COMMIT": HASH.upper()}) == HASH


@pytest.mark.parametrize("name", BRANCH_VARIABLES)
def test_a_ci_says_the_branch(tmp_path: Path, name: str) -> None:
    assert branch(tmp_path, {name: "main"}) == "main"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"GITHUB_REF": "refs/heads/feature/x"}, "feature/x"),
        ({"GITHUB_HEAD_REF": "feature/x", "GITHUB_REF": "refs/pull/12/merge"}, "feature/x"),
        ({"GITHUB_HEAD_REF": "", "GITHUB_REF": "refs/tags/v1", "BRANCH_NAME": "rest"}, "rest"),
        ({"GIT_BRANCH": "origin/release"}, "release"),
        ({"BUILD_SOURCEBRANCH": "refs/heads/main"}, "main"),
        ({"SYSTEM_PULLREQUEST_SOURCEBRANCH": "refs/heads/x", "BUILD_SOURCEBRANCH": "refs/pull/1/merge"}, "x"),
        ({"CODEBUILD_WEBHOOK_HEAD_REF": "refs/heads/x"}, "x"),
        ({"SEMAPHORE_GIT_PR_BRANCH": "x", "SEMAPHORE_GIT_BRANCH": "main"}, "x"),
        ({"CHANGE_BRANCH": "x", "BRANCH_NAME": "PR-7"}, "x"),
    ],
)
def test_a_reference_is_told_as_its_branch(tmp_path: Path, variables: dict[str, str], expected: str) -> None:
    assert branch(tmp_path, variables) == expected


class TestTag:
    @pytest.mark.parametrize("name", TAG_VARIABLES)
    def test_a_ci_says_the_tag(self, tmp_path: Path, name: str) -> None:
        assert tag(tmp_path, {name: "v1.4"}) == "v1.4"

    @pytest.mark.parametrize("name", REFERENCE_VARIABLES)
    def test_a_reference_is_told_as_its_tag(self, tmp_path: Path, name: str) -> None:
        assert tag(tmp_path, {name: "refs/tags/services/a/v1"}) == "services/a/v1"

    def test_git_says_the_tag_of_the_commit(self, checkout: Path, environ: dict[str, str]) -> None:
        facts = Checkout(checkout, environ)
        assert facts.tag() == ""
        git(checkout, environ, "tag", "v1.4")
        git(checkout, environ, "checkout", "-q", "--detach")
        assert facts.tag() == "v1.4"
        git(checkout, environ, "commit", "-q", "--allow-empty", "-m", "later")
        assert facts.tag() == ""

    def test_where_the_ci_says_a_branch_a_tag_of_its_commit_does_not_count(
        self, checkout: Path, environ: dict[str, str]
    ) -> None:
        git(checkout, environ, "tag", "v1.4")
        assert tag(checkout, environ | {"GITHUB_REF": "refs/heads/main"}) == ""

    def test_outside_a_repository_there_is_none(self, tmp_path: Path, environ: dict[str, str]) -> None:
        assert tag(tmp_path, environ) == ""


class TestChanges:
    def test_the_files_that_were_changed_are_named_from_the_top(self, checkout: Path, environ: dict[str, str]) -> None:
        (checkout / "deep").mkdir()
        for name in ("a.py", "deep/b.py", "c.py"):
            (checkout / name).write_text("a line\nand another\n")
        git(checkout, environ, "add", ".")
        git(checkout, environ, "commit", "-q", "-m", "second")
        (checkout / "deep" / "b.py").write_text("")
        (checkout / "c.py").unlink()
        git(checkout, environ, "mv", "a.py", "moved.py")
        (checkout / "new.py").touch()

        assert Checkout(checkout, environ).changes() == ("c.py", "deep/b.py", "a.py -> moved.py")

    def test_of_a_clean_checkout_there_are_none(self, checkout: Path, environ: dict[str, str]) -> None:
        assert changes(checkout, environ) == ()


def test_outside_a_repository_there_is_no_fact(tmp_path: Path, environ: dict[str, str]) -> None:
    error = refusal(commit, tmp_path, environ)
    assert error.message.startswith(
        f"{{commit}}: expected a fact of the checkout (got none: {tmp_path}: fatal: not a git"
    )
    assert error.hint == COMMIT_HINT
    for fact in (branch, dirty):
        assert refusal(fact, tmp_path, environ).hint == VERSION_HINT


def test_a_repository_that_does_not_track_the_project_does_not_count(checkout: Path, environ: dict[str, str]) -> None:
    unpacked = checkout / "tmp" / "demo-1.0"
    unpacked.mkdir(parents=True)
    (unpacked / "pyproject.toml").touch()
    error = refusal(commit, unpacked, environ)
    assert error.message == (
        f"{{commit}}: expected a fact of the checkout (got none: no repository tracks {unpacked / 'pyproject.toml'})"
    )
    assert error.hint == COMMIT_HINT


def test_a_git_file_that_points_nowhere_is_no_repository(tmp_path: Path, environ: dict[str, str]) -> None:
    # uv puts one into the sdist that it unpacks.
    (tmp_path / ".git").touch()
    (tmp_path / "pyproject.toml").touch()
    assert "fatal: invalid gitfile format" in refusal(commit, tmp_path, environ).message


def test_a_repository_of_a_git_hook_does_not_count(checkout: Path, environ: dict[str, str], tmp_path: Path) -> None:
    project = tmp_path / "other"
    project.mkdir()
    (project / "pyproject.toml").touch()
    hook = environ | {"GIT_DIR": str(checkout / ".git"), "GIT_INDEX_FILE": str(checkout / ".git" / "index")}
    assert "not a git repository" in refusal(commit, project, hook).message


def test_a_repository_without_a_commit_is_told(empty: Path, environ: dict[str, str]) -> None:
    assert refusal(commit, empty, environ).message == (
        f"{{commit}}: expected a fact of the checkout (got none: the repository of {empty} has no commit yet)"
    )
    assert branch(empty, environ) == "main"


def test_a_detached_head_is_on_no_branch(checkout: Path, environ: dict[str, str]) -> None:
    git(checkout, environ, "checkout", "-q", "--detach")
    error = refusal(branch, checkout, environ)
    assert error.message == (
        f"{{branch}}: expected a fact of the checkout (got none: in {checkout} a commit is checked out, no branch)"
    )
    assert error.hint == VERSION_HINT


@pytest.mark.parametrize("fact", [commit, branch, dirty])
def test_a_repository_that_git_does_not_trust_is_told_with_gits_remedy(
    checkout: Path, environ: dict[str, str], fact: object
) -> None:
    error = refusal(fact, checkout, environ | {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"})
    assert f"git does not trust {checkout} (fatal: detected dubious ownership in repository at" in error.message
    assert error.hint.startswith(f"If you do: `git config --global --add safe.directory {checkout}`. ")


@pytest.mark.parametrize("fact", [commit, branch, dirty])
def test_a_missing_git_is_told(checkout: Path, environ: dict[str, str], tmp_path: Path, fact: object) -> None:
    nothing = tmp_path / "bin"
    nothing.mkdir()
    error = refusal(fact, checkout, environ | {"PATH": str(nothing)})
    assert error.message.endswith(
        "expected a fact of the checkout (got none: git cannot be run: No such file or directory)"
    )


def test_a_damaged_repository_is_told(checkout: Path, environ: dict[str, str]) -> None:
    shutil.rmtree(checkout / ".git" / "objects")
    (checkout / ".git" / "objects").mkdir()
    assert "{dirty}: expected a fact of the checkout (got none: fatal: " in refusal(dirty, checkout, environ).message


def test_the_repr_of_a_checkout_shows_no_environment(tmp_path: Path) -> None:
    assert "hunter2" not in repr(Checkout(tmp_path, {"SECRET": "hunter2"}))
