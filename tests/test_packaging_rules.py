from __future__ import annotations

import re
from typing import Any

import pytest
from support_archives import launch_plan, task, workflow

from hatch_flyte.config.values import Places
from hatch_flyte.entity import Kind
from hatch_flyte.errors import SerializeError
from hatch_flyte.leaks import Machine
from hatch_flyte.packaging_rules import cautions_about, check_closed, check_leaks
from hatch_flyte.serialize import Serialized, SerializedEntity, Skipped, VariableRead
from hatch_flyte.wire.messages import to_bytes


def entity(kind: Kind = Kind.TASK, name: str = "acme.fit", **changes: Any) -> SerializedEntity:
    facts: dict[str, Any] = {
        "data": b"",
        "module": "acme",
        "file": "acme.py",
        "line": 7,
        "auto_activate": False,
    } | changes
    return SerializedEntity(kind=kind, name=name, **facts)


def serialized(*entities: SerializedEntity, **changes: Any) -> Serialized:
    facts: dict[str, Any] = {"python": "3.12.1", "flytekit": "1.16.31", "default_image": "ghcr.io/acme/p:1"} | changes
    return Serialized(entities=entities, **facts)


PLACES = Places({"image": "--image"})


def cautions(*entities: SerializedEntity, **changes: Any) -> list[str]:
    return [caution.message for caution in cautions_about(serialized(*entities, **changes), PLACES)]


def test_what_is_as_it_should_be_is_no_caution() -> None:
    assert cautions(entity(image="ghcr.io/acme/p:1"), entity(image="ghcr.io/acme/p@sha256:00")) == []


def test_modules_that_were_skipped_are_told() -> None:
    skipped = Skipped(("acme.gpu", "acme.gpu.x"), "ModuleNotFoundError: torch")

    assert cautions(skipped=(skipped,)) == [
        "tool.hatch-flyte.optional-modules: acme.gpu, acme.gpu.x: left out (ModuleNotFoundError: torch)"
    ]


def test_what_fits_nothing_is_told() -> None:
    assert cautions(unused=('tool.hatch-flyte.tasks."acme.fitt"',)) == [
        'tool.hatch-flyte.tasks."acme.fitt": expected the name of a task or module (got one that nothing has)'
    ]


def test_a_configured_image_that_moves_is_told_where_no_task_has_it() -> None:
    moving = "ghcr.io/acme/x:latest"

    assert cautions(entity(image="ghcr.io/acme/p:1"), default_image=moving) == [
        f"--image: expected an image that stays the same (got `{moving}`)"
    ]
    # What tasks have is an affair of the rule image-tag.
    assert cautions(entity(image=moving), default_image=moving) == []


def test_the_value_of_a_variable_of_the_build_is_told() -> None:
    found = cautions(entity(variables=(VariableRead("REGION", "acme.py:3"),)))

    assert found == ["acme.py:3: the task `acme.fit` holds the value of REGION in the environment that builds"]


@pytest.mark.parametrize("name", ["GITHUB_TOKEN", "db_password", "AWS_SECRET_ACCESS_KEY", "API_KEY"])
def test_the_value_of_a_secret_variable_is_refused(name: str) -> None:
    with pytest.raises(SerializeError) as caught:
        cautions(entity(variables=(VariableRead(name, "acme.py:3"),)))

    assert f"holds the value of {name}, a secret of the environment" in caught.value.message
    assert "secret_requests" in caught.value.hint


class TestClosed:
    ALL = (
        entity(Kind.TASK, "acme.double", data=to_bytes(task())),
        entity(Kind.WORKFLOW, "acme.flow", data=to_bytes(workflow())),
        entity(Kind.LAUNCH_PLAN, "acme.flow", data=to_bytes(launch_plan())),
    )

    def test_with_everything_there_it_is(self) -> None:
        check_closed(serialized(*self.ALL), ["acme.lab"])

    def test_what_needs_an_excluded_entity_is_refused(self) -> None:
        with pytest.raises(SerializeError) as caught:
            check_closed(serialized(*self.ALL[1:]), ["acme.lab"])

        assert caught.value.message == (
            "acme.py:7: the workflow `acme.flow` needs the task `acme.double`, whose module is excluded"
        )


class TestLeaks:
    MACHINE = Machine(("/home/ann",))

    def test_a_leak_in_an_entity_is_refused_with_its_place(self) -> None:
        with pytest.raises(SerializeError) as caught:
            check_leaks(serialized(entity(data=b"\n\x0b/home/ann/x")), "{}", self.MACHINE)

        assert caught.value.message == (
            "acme.py:7: the task `acme.fit` holds something of the machine that builds (got `/home/ann/x`)"
        )

    def test_a_leak_in_the_manifest_is_refused(self) -> None:
        with pytest.raises(SerializeError, match=re.escape("manifest: expected nothing of the machine that builds")):
            check_leaks(serialized(entity()), '{"x": "/home/ann/x"}', self.MACHINE)

    def test_without_one_nothing_is(self) -> None:
        check_leaks(serialized(entity(data=b"/root")), "{}", self.MACHINE)
