from __future__ import annotations

import pytest

from hatch_flyte.clean import check_clean
from hatch_flyte.config import Target
from hatch_flyte.errors import ConfigError, Problem


def cluster(name: str, *, require_clean: bool) -> Target:
    return Target(name, None, insecure=False, project="p", domain="d", require_clean=require_clean)


OPEN, STRICT = cluster("staging", require_clean=False), cluster("production", require_clean=True)


def where(name: str) -> str:
    return f"clusters.{name}.require-clean"


def refusal(*changed: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        check_clean([OPEN, STRICT], lambda: changed, where)
    return caught.value


def test_nobody_is_asked_where_no_cluster_wants_it() -> None:
    check_clean([OPEN], lambda: pytest.fail("asked"), where)


def test_a_clean_checkout_passes() -> None:
    check_clean([OPEN, STRICT], tuple, where)


def test_changed_files_are_named_with_the_cluster_and_what_to_do() -> None:
    assert str(refusal("a.py", "b.py")) == (
        "clusters.production.require-clean: expected a clean checkout (got changes in a.py, b.py)\n"
        "Commit these changes or put them away (`git stash`), and build from what is committed."
    )


def test_of_many_changed_files_the_first_are_named() -> None:
    error = refusal(*(f"{number}.py" for number in range(9)))

    assert error.message.endswith("(got changes in 0.py, 1.py, 2.py, 3.py, 4.py and 4 more)")


def test_where_nobody_can_tell_it_is_refused_too() -> None:
    def changes() -> tuple[str, ...]:
        raise ConfigError([Problem("{dirty}", "expected a fact of the checkout (got none: no git)")])

    with pytest.raises(ConfigError) as caught:
        check_clean([STRICT], changes, where)

    assert str(caught.value) == (
        "clusters.production.require-clean: expected a clean checkout, which cannot be told here: "
        "expected a fact of the checkout (got none: no git)\nPublish from the checkout."
    )
