"""Which projects are taken, and what becomes of an update."""

from __future__ import annotations

from typing import Any

import pytest
from flyteidl.admin.common_pb2 import Labels
from flyteidl.admin.project_pb2 import Domain, Project

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.rules.projects import check_place, check_project, updated
from hatch_flyte.rules.refusal import RefusalError


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": ""}, "^missing project_name$"),
        ({"id": ""}, "^missing project_id$"),
        ({"id": "A"}, r"^invalid project id \[A\]: \[a lowercase RFC 1123 label must"),
        ({"name": "ü" * 33}, "^project_name cannot exceed 64 characters$"),
        ({"description": "x" * 301}, "^project_description cannot exceed 300 characters$"),
        ({"domains": [Domain(id="development")]}, "^Domains are currently only set system wide"),
        ({"labels": Labels(values={"a b": ""})}, "^invalid label key"),
    ],
)
def test_a_project_that_lacks_something_is_refused(fields: dict[str, Any], message: str) -> None:
    check_project(Project(id="p", name="P"))
    with pytest.raises(RefusalError, match=message):
        check_project(Project(**{"id": "p", "name": "P"} | fields))


def test_no_project_is_told_as_such() -> None:
    with pytest.raises(RefusalError, match=r"^missing project$"):
        check_project(None)


def test_an_update_changes_what_it_says_and_always_the_state() -> None:
    stored = Project(id="p", name="P", description="d", labels=Labels(values={"a": "b"}), state=Project.ARCHIVED)
    assert updated(stored, Project(id="p")) == Project(
        id="p", name="P", description="d", labels=Labels(values={"a": "b"}), state=Project.ACTIVE
    )
    changed = updated(stored, Project(id="p", name="Q", description="e", labels=Labels(), state=Project.ARCHIVED))
    assert changed == Project(id="p", name="Q", description="e", labels=Labels(), state=Project.ARCHIVED)


@pytest.mark.parametrize(
    ("project", "domain", "message"),
    [
        (None, "moon", r"that project \[p\] and domain \[moon\] are registered, err: \[project \[p\] not found\]$"),
        (Project(id="p", state=Project.ARCHIVED), "moon", r"^project \[p\] is not active$"),
        (Project(id="p"), "moon", r"^domain \[moon\] is unrecognized by system$"),
    ],
)
def test_an_entity_needs_an_active_project_and_a_known_domain(
    project: Project | None, domain: str, message: str
) -> None:
    with pytest.raises(RefusalError, match=message):
        check_place(Identifier(Kind.TASK, "p", domain, "n", "v"), project)
