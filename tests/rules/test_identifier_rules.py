"""Which identifiers are taken, and how flyteadmin writes them."""

from __future__ import annotations

from typing import Any

import pytest
from flyteidl.core.identifier_pb2 import LAUNCH_PLAN, TASK
from flyteidl.core.identifier_pb2 import Identifier as IdentifierMessage

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.rules.identifiers import asked_for, checked, complete, identifier_text, missing_entity
from hatch_flyte.rules.refusal import RefusalError
from hatch_flyte.status_code import Code


def message(**fields: Any) -> IdentifierMessage:
    whole = {"resource_type": TASK, "project": "p", "domain": "d", "name": "n", "version": "v"}
    return IdentifierMessage(**whole | fields)


def test_a_complete_identifier_is_taken_without_its_organisation() -> None:
    assert checked(message(org="o"), Kind.TASK) == Identifier(Kind.TASK, "p", "d", "n", "v")


@pytest.mark.parametrize("field", ["project", "domain", "name", "version"])
def test_each_part_must_be_there(field: str) -> None:
    with pytest.raises(RefusalError, match=f"^missing {field}$"):
        checked(message(**{field: ""}), Kind.TASK)


def test_the_kind_is_looked_at_first() -> None:
    with pytest.raises(RefusalError) as caught:
        checked(message(resource_type=LAUNCH_PLAN, project=""), Kind.TASK)
    assert caught.value.message == (
        "unexpected resource type launch_plan for identifier "
        '[resource_type:LAUNCH_PLAN domain:"d" name:"n" version:"v"], expected task instead'
    )


@pytest.mark.parametrize("take", [checked, asked_for, complete])
def test_no_identifier_is_told_as_such(take: Any) -> None:
    with pytest.raises(RefusalError, match=r"^missing id$"):
        take(None, Kind.TASK)


def test_a_kind_may_be_left_out_of_what_is_asked_for_only() -> None:
    untyped = message(resource_type=0)
    assert asked_for(untyped, Kind.WORKFLOW).kind is Kind.WORKFLOW
    assert complete(untyped, Kind.TASK).kind is Kind.TASK
    with pytest.raises(RefusalError, match="unexpected resource type unspecified"):
        checked(untyped, Kind.WORKFLOW)


def test_what_is_not_there_is_named_without_its_kind_in_the_identifier() -> None:
    refusal = missing_entity(Identifier(Kind.LAUNCH_PLAN, "p", "d", "n", "v"))
    text = 'missing entity of type LAUNCH_PLAN with identifier project:"p" domain:"d" name:"n" version:"v"'
    assert (refusal.code, refusal.message) == (Code.NOT_FOUND, text)


def test_an_identifier_is_written_as_go_writes_it() -> None:
    assert identifier_text(None) == "<nil>"
    assert identifier_text(message(resource_type=77, version="", org="o")) == (
        'resource_type:77 project:"p" domain:"d" name:"n" org:"o"'
    )
