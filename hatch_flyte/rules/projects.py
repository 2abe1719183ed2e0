"""Rules about projects and domains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flyteidl.admin.project_pb2 import Domain, InactiveProject, Project

from hatch_flyte.rules import catalogue
from hatch_flyte.rules.labels import check_labels, label_problems
from hatch_flyte.rules.refusal import RefusalError, invalid, missing, not_found
from hatch_flyte.status_code import Code

if TYPE_CHECKING:
    from hatch_flyte.entity import Identifier

DOMAINS: Final = ("development", "staging", "production")
"""The domains that every project has, as flyteadmin has them unless it is configured otherwise."""

_NAME_LENGTH: Final = 64
_DESCRIPTION_LENGTH: Final = 300


def domains() -> list[Domain]:
    """Return the domains as messages."""
    return [Domain(id=one, name=one) for one in DOMAINS]


def check_place(identifier: Identifier, project: Project | None) -> None:
    """Refuse an entity for a project that isn't there or not active, or for a domain that isn't one.

    `project` is what the registry has under `identifier.project`.
    """
    if project is None:
        raise invalid(
            f"failed to validate that project [{identifier.project}] and domain [{identifier.domain}] are registered, "
            f"err: [project [{identifier.project}] not found]",
            rule=catalogue.PLACE,
        )
    if project.state != Project.ACTIVE:
        raise invalid(f"project [{project.id}] is not active", InactiveProject(id=project.id), rule=catalogue.PLACE)
    if identifier.domain not in DOMAINS:
        raise invalid(f"domain [{identifier.domain}] is unrecognized by system", rule=catalogue.PLACE)


def check_project(project: Project | None) -> None:
    """Refuse to register a project that lacks something or is named as Kubernetes would not have it."""
    if project is None:
        raise missing("project", rule=catalogue.PROJECT)
    if not project.name:
        raise missing("project_name", rule=catalogue.PROJECT)
    _check_given(project)


def check_project_update(project: Project) -> None:
    """Refuse to update a project to what could not be registered; what is left empty stays as it is."""
    _check_given(project)


def no_identifier() -> RefusalError:
    """Return the refusal of a request about a project that it doesn't name."""
    return missing("project_id", rule=catalogue.PROJECT_ID)


def project_not_found(identifier: str) -> RefusalError:
    """Return the refusal of a request about a project that isn't there."""
    return not_found(f"project [{identifier}] not found")


def project_exists() -> RefusalError:
    """Return the refusal to register a project twice."""
    constraint = 'duplicate key value violates unique constraint "projects_pkey"'
    return RefusalError(Code.ALREADY_EXISTS, f"value with matching already exists ({constraint})")


def updated(stored: Project, update: Project) -> Project:
    """Return `stored` with what `update` says: the state always, the rest where it is not empty."""
    result = Project()
    result.CopyFrom(stored)
    result.state = update.state
    result.name = update.name or stored.name
    result.description = update.description or stored.description
    if update.HasField("labels"):
        result.labels.CopyFrom(update.labels)
    return result


def _check_given(project: Project) -> None:
    if not project.id:
        raise no_identifier()
    check_labels(project.labels.values)
    if found := label_problems(project.id):
        raise invalid(f"invalid project id [{project.id}]: [{' '.join(found)}]", rule=catalogue.PROJECT_ID)
    if len(project.name.encode()) > _NAME_LENGTH:
        raise invalid(f"project_name cannot exceed {_NAME_LENGTH} characters", rule=catalogue.PROJECT_TEXT)
    if len(project.description.encode()) > _DESCRIPTION_LENGTH:
        raise invalid(
            f"project_description cannot exceed {_DESCRIPTION_LENGTH} characters", rule=catalogue.PROJECT_TEXT
        )
    if project.domains:
        raise invalid(
            "Domains are currently only set system wide. Please retry without domains included in your request.",
            rule=catalogue.PROJECT_DOMAINS,
        )
