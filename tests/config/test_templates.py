from __future__ import annotations

from dataclasses import dataclass

import pytest

from hatch_flyte.config.templates import (
    fill_image,
    image_expectation,
    registered_version,
    safe_version,
    version_expectation,
)
from hatch_flyte.errors import ConfigError, Problem

DIGEST = "0123456789abcdef" * 4
HASH = "89abcdef0123456789abcdef0123456789abcdef"


def never() -> str:
    pytest.fail("a fact was asked for that no template wants")


@dataclass
class Facts:
    is_dirty: bool | None = False
    """None: nobody knows."""
    of_tag: str = ""
    of_commit: str = "abc1234"

    def commit(self) -> str:
        return self.of_commit

    def branch(self) -> str:
        return never() if self.of_tag else "feature/X+1"

    def dirty(self) -> bool:
        if self.is_dirty is None:
            raise ConfigError([Problem("{dirty}", "no checkout")])
        return self.is_dirty

    def tag(self) -> str:
        return self.of_tag


class NoFacts:
    def commit(self) -> str:
        return never()

    def branch(self) -> str:
        return never()

    def dirty(self) -> bool:
        return bool(never())

    def tag(self) -> str:
        return never()


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("1.4.dev3+gabc", "1.4.dev3-gabc"),
        ("1!2.0", "1-2.0"),
        ("1.0_a-b", "1.0_a-b"),
        ("feature/x y#?%ü", "feature-x-y----"),
    ],
)
def test_a_safe_version_has_letters_digits_dot_underscore_and_hyphen(text: str, safe: str) -> None:
    assert safe_version(text) == safe


@pytest.mark.parametrize(
    ("template", "image"),
    [
        ("ghcr.io/acme/pipelines:{version}", "ghcr.io/acme/pipelines:1.4.dev3-gabc"),
        ("ghcr.io/acme/{name}:{version}", "ghcr.io/acme/acme-flows:1.4.dev3-gabc"),
        ("localhost:5000/x@sha256:00", "localhost:5000/x@sha256:00"),
        ("stock", "stock"),
    ],
)
def test_an_image_is_filled_without_asking_for_the_commit(template: str, image: str) -> None:
    assert fill_image(template, name="Acme_.Flows", version="1.4.dev3+gabc", commit=never) == image


def test_the_commit_is_asked_where_an_image_uses_it() -> None:
    assert fill_image("x:{commit}", name="n", version="1", commit=lambda: "abc+1") == "x:abc-1"


@pytest.mark.parametrize("template", ["x:{branch}", "x:{Version}", "x:{}", "x:{version!r}", "x:{version:>9}"])
def test_another_placeholder_in_an_image_is_refused_with_the_known_ones(template: str) -> None:
    with pytest.raises(ConfigError) as caught:
        fill_image(template, name="n", version="1", commit=never)
    assert str(caught.value) == (
        f"image: expected no placeholders but {{name}}, {{version}}, {{commit}} (got '{template}')"
    )


@pytest.mark.parametrize("template", ["x:{version", "x:version}", "x:{{version}}"])
def test_a_stray_brace_is_refused(template: str) -> None:
    assert image_expectation(template) == "braces only around placeholders ({name}, {version}, {commit})"


@pytest.mark.parametrize("template", ["", " ", "a b", "a\n"])
def test_an_image_has_no_blanks(template: str) -> None:
    assert image_expectation(template) == "an image reference without blanks"


def test_a_version_template_is_not_blank() -> None:
    assert version_expectation(" ") == "a version"


@pytest.mark.parametrize(("template", "version"), [("", "1.0-local"), ("v{version}", "v1.0-local"), ("7", "7")])
def test_the_distributions_version_is_registered_unless_a_template_says_otherwise(template: str, version: str) -> None:
    assert registered_version(template, name="acme", version="1.0+local", digest=DIGEST, facts=NoFacts()) == version


def test_a_version_template_takes_facts_of_the_checkout() -> None:
    template = "{name}-{version}-{branch}-{commit}{dirty}"
    clean = registered_version(template, name="acme", version="1.0", digest=DIGEST, facts=Facts())
    changed = registered_version(template, name="acme", version="1.0", digest=DIGEST, facts=Facts(is_dirty=True))
    assert clean == "acme-1.0-feature-X-1-abc1234"
    assert changed == f"{clean}-dirty"


def test_another_placeholder_in_a_version_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError) as caught:
        registered_version("{tag}", name="acme", version="1.0", digest=DIGEST, facts=NoFacts())
    assert str(caught.value) == (
        "version: expected no placeholders but {name}, {version}, {commit}, {branch}, {dirty}, {digest} (got '{tag}')"
    )


@pytest.mark.parametrize(
    ("template", "listed"), [("", "{version}"), ("{version}", "{version}"), ("{version}{name}", "{name} and {version}")]
)
def test_a_template_cannot_use_what_an_archive_without_manifest_does_not_know(template: str, listed: str) -> None:
    with pytest.raises(ConfigError) as caught:
        registered_version(template, name="", version="", digest=DIGEST, facts=NoFacts())
    assert str(caught.value) == (
        f"version: expected a version without {listed}, which an archive without a manifest does not know "
        f"(got '{template or '{version}'}')"
    )


def test_an_archive_without_manifest_takes_the_version_that_is_said() -> None:
    assert registered_version("2+x", name="", version="", digest=DIGEST, facts=NoFacts()) == "2-x"


@pytest.mark.parametrize(
    ("facts", "version"),
    [
        (Facts(of_commit=HASH), "feature-X-1-89abcde"),
        (Facts(of_commit=HASH, is_dirty=True), "feature-X-1-89abcde-dirty"),
        (Facts(of_commit=HASH, is_dirty=None), "feature-X-1-89abcde"),
        (Facts(of_commit="release-candidate"), "feature-X-1-release-candidate"),
        (Facts(of_tag="v1.2"), "v1.2"),
        (Facts(of_tag="services/a/v1.2"), "services-a-v1.2"),
        (Facts(of_tag="v1.2", is_dirty=True), "v1.2-dirty"),
    ],
)
def test_ci_is_the_tag_of_a_release_else_branch_and_short_commit(facts: Facts, version: str) -> None:
    assert registered_version("ci", name="acme", version="1.0", digest=DIGEST, facts=facts) == version


@pytest.mark.parametrize(("template", "version"), [("content", "0123456789ab"), ("dev-{digest}", "dev-0123456789ab")])
def test_a_version_by_content_asks_no_checkout(template: str, version: str) -> None:
    assert registered_version(template, name="", version="", digest=DIGEST, facts=NoFacts()) == version


def test_ci_and_content_stand_for_templates_only_as_the_whole_version() -> None:
    assert registered_version("ci-1", name="a", version="1", digest=DIGEST, facts=NoFacts()) == "ci-1"
