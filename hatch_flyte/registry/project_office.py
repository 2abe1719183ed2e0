"""What the local registry does with projects. May raise `RefusalError` or `StoreError`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyteidl.admin.project_pb2 import Project, Projects

from hatch_flyte.rules import listing, projects

if TYPE_CHECKING:
    from flyteidl.admin.project_pb2 import ProjectListRequest

    from hatch_flyte.registry.store import Store


class ProjectOffice:
    """The projects of a store, as the control plane lets one make and read them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def register(self, project: Project | None) -> None:
        """Create a project from what a request says; None stands for nothing."""
        projects.check_project(project)
        if project is not None and not self._store.insert_project(project):
            raise projects.project_exists()

    def update(self, project: Project) -> None:
        """Change a project; what `project` leaves empty stays, but for the state."""
        if not project.id:
            raise projects.no_identifier()
        stored = self._store.find_project(project.id)
        if stored is None:
            raise projects.project_not_found(project.id)
        projects.check_project_update(project)
        self._store.update_project(projects.updated(stored, project))

    def get(self, identifier: str) -> Project:
        """Return a project, be it archived, with all domains."""
        if not identifier:
            raise projects.no_identifier()
        found = self._store.find_project(identifier)
        if found is None:
            raise projects.project_not_found(identifier)
        found.domains.extend(projects.domains())
        return found

    def page(self, request: ProjectListRequest) -> Projects:
        """Return the projects that a request asks for, each with all domains."""
        query = listing.project_query(request)
        found = self._store.select_projects(query)
        for project in found:
            project.domains.extend(projects.domains())
        return Projects(projects=found, token=listing.next_token(query, len(found)))

    def ensure(self, identifier: str) -> None:
        """Make a project of that name if there is none."""
        if self._store.find_project(identifier) is None:
            project = Project(id=identifier, name=identifier)
            projects.check_project(project)
            self._store.insert_project(project)

    def is_usable(self, identifier: str) -> bool:
        """Return whether entities can be registered in a project, be it that it is made for them.

        Refuses what cannot be a project's name.
        """
        stored = self._store.find_project(identifier)
        if stored is None:
            projects.check_project(Project(id=identifier, name=identifier))
        return stored is None or stored.state == Project.ACTIVE
