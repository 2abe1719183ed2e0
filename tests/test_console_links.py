from __future__ import annotations

from dataclasses import replace

import pytest
from support_registries import TARGET

from hatch_flyte.console import console_link
from hatch_flyte.entity import Identifier, Kind

PLAN = Identifier(Kind.LAUNCH_PLAN, "pipelines", "staging", "acme.flow", "1.4")
PAGE = "projects/pipelines/domains/staging/launch_plan/acme.flow/version/1.4"


@pytest.mark.parametrize("console", ["https://flyte.acme.io", "https://flyte.acme.io/console"])
def test_a_page_is_where_pyflyte_register_says_it_is(console: str) -> None:
    assert console_link(replace(TARGET, console=console), PLAN) == f"https://flyte.acme.io/console/{PAGE}"


@pytest.mark.flytekit
def test_flytekit_has_the_same_page() -> None:
    from flyteidl.core.identifier_pb2 import LAUNCH_PLAN
    from flytekit.configuration import Config
    from flytekit.models.core.identifier import Identifier as Theirs
    from flytekit.remote import FlyteRemote

    remote = FlyteRemote(Config.for_endpoint("flyte.acme.io"))
    theirs = remote.generate_console_url(Theirs(LAUNCH_PLAN, "pipelines", "staging", "acme.flow", "1.4"))

    assert console_link(replace(TARGET, console="https://flyte.acme.io"), PLAN) == theirs


def test_names_cannot_lead_elsewhere() -> None:
    odd = replace(PLAN, name="../x?y#z", version="a b")

    link = console_link(replace(TARGET, console="https://flyte.acme.io"), odd)

    assert link.endswith("/launch_plan/..%2Fx%3Fy%23z/version/a%20b")


def test_without_a_console_there_is_no_page() -> None:
    assert console_link(TARGET, PLAN) == ""
