"""What the local registry does: the control plane's methods on entities, as rules over a store.

In-process callers and the gRPC server come through here, so both see one behaviour. Every method may raise
`RefusalError` or `StoreError`; none knows how a request came or how its answer leaves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flyteidl.admin.launch_plan_pb2 import ACTIVE, LaunchPlanList
from flyteidl.admin.matchable_resource_pb2 import MatchableResource, MatchingAttributes
from flyteidl.admin.task_pb2 import TaskList, TaskSpec
from flyteidl.admin.workflow_pb2 import WorkflowList, WorkflowSpec

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.registry import records
from hatch_flyte.registry.required import Required
from hatch_flyte.rules import identifiers, launch_plans, listing, projects, resources, structure, tasks, workflows
from hatch_flyte.rules.attributes import Place
from hatch_flyte.rules.compiler.requirements import requirements, workflow_index
from hatch_flyte.rules.compiler.task_compiler import compile_task
from hatch_flyte.rules.compiler.workflow_compiler import compile_required
from hatch_flyte.wire.compiled import compiled_closure

if TYPE_CHECKING:
    from flyteidl.admin.common_pb2 import NamedEntityIdentifier, ResourceListRequest
    from flyteidl.admin.launch_plan_pb2 import ActiveLaunchPlanListRequest, LaunchPlan, LaunchPlanSpec
    from flyteidl.core.identifier_pb2 import Identifier as IdentifierMessage
    from google.protobuf.message import Message

    from hatch_flyte.registry.store import Entity, Store
    from hatch_flyte.rules.resources import Quantities

_LISTS: Final[dict[Kind, tuple[Any, str]]] = {
    Kind.TASK: (TaskList, "tasks"),
    Kind.WORKFLOW: (WorkflowList, "workflows"),
    Kind.LAUNCH_PLAN: (LaunchPlanList, "launch_plans"),
}


class ControlPlane:
    """The entities of a store, as the control plane lets one make and read them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(self, kind: Kind, requested: IdentifierMessage | None, spec: Message | None) -> None:
        """Create an entity from what a request says; None stands for what it leaves out."""
        record = self._record(kind, requested, spec)
        if self._store.insert(record):
            return
        stored = self._store.find(record.identifier)
        if stored is not None:
            there, sent = records.content(stored, kind), records.content(record, kind)
            raise structure.already_there(record.identifier, there, sent)

    def get(self, kind: Kind, requested: IdentifierMessage | None) -> Any:
        """Return the `admin.Task`, `admin.Workflow` or `admin.LaunchPlan` that a request asks for.

        Of a task any resource type is taken; an identifier must be complete (flyteadmin looks for any task then).
        """
        wanted = identifiers.complete if kind is Kind.TASK else identifiers.asked_for
        return self.found(wanted(requested, kind))

    def found(self, identifier: Identifier) -> Any:
        """Return the entity with an identifier that is known to be well-formed."""
        stored = self._store.find(identifier)
        if stored is None:
            raise identifiers.missing_entity(identifier)
        return records.answer(records.content(stored, identifier.kind), stored)

    def page(self, kind: Kind, request: ResourceListRequest) -> Any:
        """Return the `TaskList`, `WorkflowList` or `LaunchPlanList` that a request asks for."""
        query = listing.entity_query(kind, request)
        found = self.listed(query, kind)
        message, field = _LISTS[kind]
        return message(**{field: found}, token=listing.next_token(query, len(found)))

    def active_page(self, request: ActiveLaunchPlanListRequest) -> LaunchPlanList:
        """Return the active launch plans that a request asks for."""
        query = listing.active_query(request)
        found = self.listed(query, Kind.LAUNCH_PLAN)
        return LaunchPlanList(launch_plans=found, token=listing.next_token(query, len(found)))

    def listed(self, query: listing.Query, kind: Kind) -> list[Any]:
        """Return the entities that `query` asks for, as a list shows them."""
        return [records.answer(records.brief(stored, kind), stored) for stored in self._store.select(query)]

    def update_launch_plan(self, requested: IdentifierMessage | None, state: int) -> None:
        """Bring a launch plan into a state. To activate it any resource type is taken."""
        requested = identifiers.with_type(requested, Kind.LAUNCH_PLAN)
        launch_plans.check_state(state, requested)
        wanted = identifiers.complete if state == ACTIVE else identifiers.checked
        identifier = wanted(requested, Kind.LAUNCH_PLAN)
        if self._store.find(identifier) is None:
            raise identifiers.missing_entity(identifier)
        if state == ACTIVE:
            self._store.activate(identifier)
        else:
            self._store.deactivate(identifier)

    def active_launch_plan(self, requested: NamedEntityIdentifier) -> LaunchPlan:
        """Return the active version of a launch plan's name."""
        identifiers.check_fields(requested, ("project", "domain", "name"))
        place = Identifier(Kind.LAUNCH_PLAN, requested.project, requested.domain, requested.name, "")
        stored = self._store.find_active(place)
        if stored is None:
            raise launch_plans.no_active_launch_plan(place.project, place.domain, place.name)
        return records.answer(records.content(stored, Kind.LAUNCH_PLAN), stored)

    def _record(self, kind: Kind, requested: Any, spec: Any) -> Entity:
        if kind is Kind.TASK:
            return self._task(requested, spec)
        return self._workflow(requested, spec) if kind is Kind.WORKFLOW else self._launch_plan(requested, spec)

    def _task(self, requested: IdentifierMessage, spec: TaskSpec) -> Entity:
        identifier = self._placed(requested, Kind.TASK)
        tasks.check_task(spec, self._limits(identifier))
        own = TaskSpec()
        own.CopyFrom(spec)
        own.template.id.CopyFrom(requested)
        tasks.check_compiled(compile_task(own.template))
        return records.task_record(identifier, own)

    def _limits(self, identifier: Identifier) -> Quantities | None:
        """Return how much a task may ask for in its project and domain; None for as much as it likes."""
        place = Place(MatchableResource.TASK_RESOURCE, identifier.project, identifier.domain)
        found = self._store.attributes.find_nearest(place)
        if found is None:
            return None
        return resources.platform_limits(MatchingAttributes.FromString(found[1]).task_resource_attributes.limits)

    def _workflow(self, requested: IdentifierMessage, spec: WorkflowSpec) -> Entity:
        identifier = self._placed(requested, Kind.WORKFLOW)
        workflows.check_workflow(spec)
        own = WorkflowSpec()
        own.CopyFrom(spec)
        own.template.id.CopyFrom(requested)
        index = workflow_index(own.sub_workflows)
        workflows.check_index(requested, index)
        required = requirements(own.template, index)
        registered = Required(self._store, requested, required)
        errors = compile_required(own.template, index, required, registered.references)
        workflows.check_compiled(requested, errors)
        closure = compiled_closure(own, registered.tasks)
        workflows.check_size(identifier, closure)
        return records.workflow_record(identifier, own, closure)

    def _launch_plan(self, requested: IdentifierMessage, spec: LaunchPlanSpec | None) -> Entity:
        named = spec.workflow_id if spec is not None and spec.HasField("workflow_id") else None
        workflow = identifiers.checked(named, Kind.WORKFLOW)
        stored = self._store.find(workflow)
        if spec is None or stored is None:
            raise identifiers.missing_entity(workflow)
        identifier = self._placed(requested, Kind.LAUNCH_PLAN)
        interface = records.brief(stored, Kind.WORKFLOW).closure.compiled_workflow.primary.template.interface
        launch_plans.check_launch_plan(spec, interface)
        return records.launch_plan_record(identifier, spec, interface)

    def _placed(self, requested: IdentifierMessage, kind: Kind) -> Identifier:
        identifier = identifiers.checked(requested, kind)
        projects.check_place(identifier, self._store.find_project(identifier.project))
        return identifier
