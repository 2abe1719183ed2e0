"""Whether a checkout is clean, for clusters that take nothing else.

`{dirty}` in a version and this go by the same definition: `source_control.changes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_flyte.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hatch_flyte.config import Target

SHOWN_FILES = 5


def check_clean(targets: Iterable[Target], changes: Callable[[], Sequence[str]], where: Callable[[str], str]) -> None:
    """Raise `ConfigError` if one of `targets` wants a clean checkout, and it is not, or nobody can tell.

    `changes` gives the files that were changed, and is asked only if a target wants it; `where` the full name of a
    cluster's key, of the cluster's name.
    """
    clusters = [target.cluster for target in targets if target.require_clean]
    if not clusters:
        return
    try:
        changed = changes()
    except ConfigError as problem:
        got = "; ".join(one.what for one in problem.problems)
        raise ConfigError(
            [Problem(where(name), f"expected a clean checkout, which cannot be told here: {got}") for name in clusters],
            hint="Publish from the checkout.",
        ) from problem
    if changed:
        raise ConfigError(
            [Problem(where(name), f"expected a clean checkout (got {_listed(changed)})") for name in clusters],
            hint="Commit these changes or put them away (`git stash`), and build from what is committed.",
        )


def _listed(changed: Sequence[str]) -> str:
    more = f" and {len(changed) - SHOWN_FILES} more" if len(changed) > SHOWN_FILES else ""
    return f"changes in {', '.join(changed[:SHOWN_FILES])}{more}"
