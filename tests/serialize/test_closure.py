from __future__ import annotations

from packaging.requirements import Requirement

from hatch_flyte.serialize.closure import Installed, closure, meets, unmet
from hatch_flyte.serialize.probe import environment

INSTALLED = [
    Installed("Acme_Base", "1.0", ["middle[fast]>=1", 'windows-only; sys_platform == "win32"', "not a requirement!"]),
    Installed("middle", "1.2", ["deep", 'speed; extra == "fast"', 'slow; extra == "slow"']),
    Installed("speed", "0.1", ["middle"]),
    Installed("deep", "2.0.dev1", []),
]


def brought(*roots: str) -> set[str]:
    return closure(map(Requirement, roots), INSTALLED, environment())


def test_what_requirements_bring_is_everything_below_them() -> None:
    assert brought("acme.base") == {"acme-base", "middle", "deep", "speed"}


def test_extras_bring_what_they_name() -> None:
    assert brought("middle") == {"middle", "deep"}
    assert brought("middle[slow]") == {"middle", "deep", "slow"}


def test_markers_that_do_not_hold_bring_nothing() -> None:
    assert brought('middle; python_version < "3"') == set()


def test_what_is_not_installed_stands_for_itself() -> None:
    assert brought("unheard-of") == {"unheard-of"}


def test_versions_that_are_not_taken_are_told() -> None:
    wanted = [Requirement(text) for text in ("middle<1.2", "deep>=1", "missing>9", 'speed>1; python_version < "3"')]

    assert [(str(one), version) for one, version in unmet(wanted, INSTALLED, environment())] == [("middle<1.2", "1.2")]


def test_a_version_that_is_none_is_not_judged() -> None:
    assert meets(Requirement("x>1"), "unknown")
