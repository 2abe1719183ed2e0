"""What a workflow refers to, as it is registered: found in a store, for the compiler to look it up.

Knows which entity an identifier means, and no rule of the compiler's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.registry import records
from hatch_flyte.rules import workflows
from hatch_flyte.rules.compiler.references import LaunchPlanInterface, Lookup, References, TaskInterface
from hatch_flyte.rules.compiler.requirements import key_of

if TYPE_CHECKING:
    from flyteidl.admin.launch_plan_pb2 import LaunchPlanClosure
    from flyteidl.core.identifier_pb2 import Identifier as IdentifierMessage
    from flyteidl.core.tasks_pb2 import TaskTemplate

    from hatch_flyte.registry.store import Store
    from hatch_flyte.rules.compiler.requirements import Requirements


class Required:
    """The tasks and launch plans that a workflow refers to; whatever resource type its identifiers say."""

    def __init__(self, store: Store, workflow: IdentifierMessage, requirements: Requirements) -> None:
        """Find them all; raises `RefusalError` about `workflow` for the first that isn't there."""
        self.tasks: dict[Identifier, TaskTemplate] = {}
        self._launch_plans: dict[Identifier, LaunchPlanClosure] = {}
        wanted = [_of_kind(Kind.TASK, one) for one in requirements.tasks]
        for identifier in [*wanted, *(_of_kind(Kind.LAUNCH_PLAN, one) for one in requirements.launch_plans)]:
            stored = store.find(identifier)
            if stored is None:
                raise workflows.missing_reference(workflow, identifier)
            closure = records.content(stored, identifier.kind).closure
            if identifier.kind is Kind.TASK:
                self.tasks[identifier] = closure.compiled_task.template
            else:
                self._launch_plans[identifier] = closure

    @property
    def references(self) -> References:
        """The same for the compiler, which doesn't take a task for another one's resource type or organisation."""
        return References(self._task, self._launch_plan)

    def _task(self, identifier: IdentifierMessage) -> TaskInterface | Lookup:
        template = self.tasks[_of_kind(Kind.TASK, identifier)]
        if key_of(template.id) != key_of(identifier):
            return Lookup.MISSING
        return TaskInterface(template.interface if template.HasField("interface") else None)

    def _launch_plan(self, identifier: IdentifierMessage) -> LaunchPlanInterface:
        closure = self._launch_plans[_of_kind(Kind.LAUNCH_PLAN, identifier)]
        return LaunchPlanInterface(
            closure.expected_inputs if closure.HasField("expected_inputs") else None,
            closure.expected_outputs if closure.HasField("expected_outputs") else None,
        )


def _of_kind(kind: Kind, message: IdentifierMessage) -> Identifier:
    return Identifier(kind, message.project, message.domain, message.name, message.version)
