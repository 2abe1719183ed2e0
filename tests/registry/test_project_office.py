"""Projects: registered, changed, listed, and made on demand."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from flyteidl.admin.project_pb2 import Project, ProjectListRequest

from hatch_flyte.registry.project_office import ProjectOffice
from hatch_flyte.registry.store import Store
from hatch_flyte.rules.refusal import RefusalError
from hatch_flyte.status_code import Code

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def office() -> Iterator[ProjectOffice]:
    with closing(Store(None)) as store:
        yield ProjectOffice(store)


def listed(office: ProjectOffice) -> list[str]:
    return [project.id for project in office.page(ProjectListRequest()).projects]


def test_a_project_has_every_domain(office: ProjectOffice) -> None:
    [first] = office.page(ProjectListRequest()).projects
    assert first.id == "flytesnacks"
    assert [domain.id for domain in first.domains] == ["development", "staging", "production"]


def test_a_project_is_registered_once(office: ProjectOffice) -> None:
    office.register(Project(id="a", name="A"))
    with pytest.raises(RefusalError, match="value with matching already exists") as caught:
        office.register(Project(id="a", name="A"))
    assert caught.value.code is Code.ALREADY_EXISTS
    assert listed(office) == ["a", "flytesnacks"]


def test_an_archived_project_is_not_listed_nor_usable(office: ProjectOffice) -> None:
    office.update(Project(id="flytesnacks", state=Project.ARCHIVED))
    assert listed(office) == []
    assert not office.is_usable("flytesnacks")
    office.update(Project(id="flytesnacks"))
    assert office.is_usable("flytesnacks")


@pytest.mark.parametrize(
    ("project", "message"),
    [
        (Project(name="n"), "^missing project_id$"),
        (Project(id="ghost", name="x" * 99), r"^project \[ghost\] not found$"),
        (Project(id="flytesnacks", name="x" * 65), "^project_name cannot exceed 64 characters$"),
    ],
)
def test_a_wrong_update_is_refused(office: ProjectOffice, project: Project, message: str) -> None:
    with pytest.raises(RefusalError, match=message):
        office.update(project)


def test_a_project_is_made_only_where_there_is_none(office: ProjectOffice) -> None:
    for _ in range(2):
        office.ensure("new")
    assert listed(office) == ["flytesnacks", "new"]
    with pytest.raises(RefusalError, match=r"invalid project id \[New\]"):
        office.ensure("New")
    with pytest.raises(RefusalError, match="missing project_name"):
        office.ensure("")
