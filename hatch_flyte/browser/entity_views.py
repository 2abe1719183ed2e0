"""What a page shows of one entity: functions from the control plane's messages to values."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from flyteidl.core import tasks_pb2
from google.protobuf import json_format

from hatch_flyte.activation import owner_of
from hatch_flyte.browser.addresses import Place, entity_address
from hatch_flyte.browser.drawing import graph_section
from hatch_flyte.browser.model import Cell, Facts, Table, Text
from hatch_flyte.entity import Kind
from hatch_flyte.wire.messages import to_identifier
from hatch_flyte.wire.pods import pod_images
from hatch_flyte.words import duration_words, literal_words, parameter_words, schedule_words, type_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from flyteidl.admin.launch_plan_pb2 import LaunchPlan
    from flyteidl.admin.task_pb2 import Task
    from flyteidl.admin.workflow_pb2 import Workflow
    from flyteidl.core.identifier_pb2 import Identifier as IdentifierMessage
    from flyteidl.core.interface_pb2 import TypedInterface

    from hatch_flyte.browser.model import Section


def entity_sections(kind: Kind, message: Any) -> Iterator[Section]:
    """Yield what is to be said of an `admin.Task`, `admin.Workflow` or `admin.LaunchPlan`."""
    if kind is Kind.TASK:
        yield from _task(message)
    elif kind is Kind.WORKFLOW:
        yield from _workflow(message)
    else:
        yield from _launch_plan(message)


def reference_cell(message: IdentifierMessage) -> Cell:
    """Return the name of an entity that another one refers to, leading to its page."""
    try:
        href = entity_address(to_identifier(message))
    except ValueError:
        href = ""
    return Cell(message.name, href, code=True)


def _task(task: Task) -> Iterator[Section]:
    template = task.closure.compiled_task.template
    yield Facts("task", "Task", tuple(_task_facts(template)))
    yield from _interface(template.interface)
    container = template.container
    yield from _resources(container.resources)
    if container.env:
        rows = tuple((Cell(one.key, code=True), Cell(one.value, code=True)) for one in container.env)
        yield Table("environment", "Environment", ("Variable", "Value"), rows)
    command = [*container.command, *container.args]
    if command:
        yield Text("command", "Command", shlex.join(command))
    if template.sql.statement:
        yield Text("sql", "SQL", template.sql.statement)
    if template.HasField("k8s_pod"):
        yield Text("pod", "Pod", message_json(template.k8s_pod))
    if template.custom.fields:
        yield Text("custom", "Configuration", message_json(template.custom))


def _task_facts(template: Any) -> Iterator[tuple[str, Cell]]:
    metadata = template.metadata
    yield "Type", Cell(template.type, code=True)
    images = [template.container.image, *pod_images(template.k8s_pod.pod_spec)]
    yield from (("Image", Cell(image, code=True)) for image in images if image)
    yield "Retries", Cell(str(metadata.retries.retries))
    yield "Timeout", Cell(duration_words(metadata.timeout) if metadata.timeout.ByteSize() else "none")
    yield "Cache", _cache(metadata)
    if metadata.interruptible:
        yield "Interruptible", Cell("yes")
    if metadata.pod_template_name:
        yield "Pod template", Cell(metadata.pod_template_name, code=True)
    accelerator = template.extended_resources.gpu_accelerator.device
    if accelerator:
        yield "Accelerator", Cell(accelerator, code=True)
    if template.HasField("security_context"):
        yield from _security(template.security_context)
    if metadata.deprecated_error_message:
        yield "Deprecated", Cell(metadata.deprecated_error_message)
    runtime = metadata.runtime
    yield "Made with", Cell(" ".join(filter(None, (runtime.flavor, "flytekit", runtime.version))))


def _cache(metadata: Any) -> Cell:
    if not metadata.discoverable:
        return Cell("off", mark="quiet")
    words = [f"version {metadata.discovery_version}"] if metadata.discovery_version else ["on"]
    words += ["one at a time"] * metadata.cache_serializable
    if metadata.cache_ignore_input_vars:
        words.append(f"whatever {', '.join(metadata.cache_ignore_input_vars)}")
    return Cell(", ".join(words))


def _security(context: Any) -> Iterator[tuple[str, Cell]]:
    for secret in context.secrets:
        yield "Secret", Cell("/".join(filter(None, (secret.group, secret.key))), code=True)
    if context.run_as.k8s_service_account:
        yield "Service account", Cell(context.run_as.k8s_service_account, code=True)
    if context.run_as.iam_role:
        yield "IAM role", Cell(context.run_as.iam_role, code=True)


def _resources(resources: Any) -> Iterator[Section]:
    names = tasks_pb2.Resources.ResourceName
    asked: dict[int, list[str]] = {}
    for column, entries in enumerate((resources.requests, resources.limits)):
        for entry in entries:
            asked.setdefault(entry.name, ["", ""])[column] = entry.value
    if not asked:
        return
    known = names.DESCRIPTOR.values_by_number
    rows = tuple(
        (Cell(known[name].name.lower().replace("_", " ") if name in known else str(name)), *(map(_value, both)))
        for name, both in asked.items()
    )
    yield Table("resources", "Resources", ("Resource", "Request", "Limit"), rows)


def _value(text: str) -> Cell:
    return Cell(text, code=True) if text else Cell("none", mark="quiet")


def _workflow(workflow: Workflow) -> Iterator[Section]:
    compiled = workflow.closure.compiled_workflow
    yield graph_section(compiled)
    template = compiled.primary.template
    yield from _interface(template.interface)
    used = [one.template.id for one in compiled.tasks]
    if used:
        yield Table("tasks", "Tasks", ("Name", "Version"), tuple(map(_used, used)))
    embedded = [one.template.id for one in compiled.sub_workflows]
    if embedded:
        yield Table("workflows", "Embedded workflows", ("Name", "Version"), tuple(map(_used, embedded)))
    if template.metadata.on_failure:
        yield Facts("failure", "When a node fails", (("Others", Cell("run on as far as they can")),))


def _used(identifier: IdentifierMessage) -> tuple[Cell, Cell]:
    return reference_cell(identifier), Cell(identifier.version, code=True)


def _launch_plan(plan: LaunchPlan) -> Iterator[Section]:
    spec = plan.spec
    yield Facts("launch-plan", "Launch plan", tuple(_plan_facts(plan)))
    parameters = sorted(plan.closure.expected_inputs.parameters.items())
    yield _described("inputs", "Inputs", [(name, parameter_words(one), one.var) for name, one in parameters])
    fixed = spec.fixed_inputs.literals
    if fixed:
        pairs = tuple(
            (Cell(name, code=True), Cell(literal_words(one), code=True)) for name, one in sorted(fixed.items())
        )
        yield Table("fixed", "Fixed inputs", ("Name", "Value"), pairs)
    yield _variables("outputs", "Outputs", plan.closure.expected_outputs.variables)
    for title, values in (("Labels", spec.labels.values), ("Annotations", spec.annotations.values)):
        if values:
            yield _pairs(title, values)
    if spec.envs.values:
        yield _pairs("Environment", {one.key: one.value for one in spec.envs.values})


def _plan_facts(plan: LaunchPlan) -> Iterator[tuple[str, Cell]]:
    spec = plan.spec
    owner, schedule = owner_of(plan), schedule_words(spec.entity_metadata.schedule)
    yield "Workflow", reference_cell(spec.workflow_id)
    yield "Workflow version", Cell(spec.workflow_id.version, code=True)
    yield "Schedule", Cell(schedule, code=True) if schedule else Cell("none", mark="quiet")
    yield "Distribution", _owner_cell(plan, owner) if owner else Cell("none named", mark="quiet")
    if spec.max_parallelism:
        yield "Nodes at once", Cell(str(spec.max_parallelism))
    if spec.entity_metadata.notifications:
        yield "Notifications", Cell(str(len(spec.entity_metadata.notifications)))
    yield from _security(spec.security_context)
    if spec.raw_output_data_config.output_location_prefix:
        yield "Outputs go to", Cell(spec.raw_output_data_config.output_location_prefix, code=True)


def _owner_cell(plan: LaunchPlan, owner: str) -> Cell:
    place = Place(plan.id.project, plan.id.domain)
    return Cell(owner, place.path("releases", owner, "version", plan.id.version), code=True)


def _pairs(title: str, values: Mapping[str, str]) -> Table:
    rows = tuple((Cell(key, code=True), Cell(value, code=True)) for key, value in sorted(values.items()))
    return Table(title.lower(), title, ("Name", "Value"), rows)


def _interface(interface: TypedInterface) -> Iterable[Section]:
    yield _variables("inputs", "Inputs", interface.inputs.variables)
    yield _variables("outputs", "Outputs", interface.outputs.variables)


def _variables(key: str, title: str, variables: Mapping[str, Any]) -> Table:
    return _described(key, title, [(name, type_words(one.type), one) for name, one in sorted(variables.items())])


def _described(key: str, title: str, variables: Iterable[tuple[str, str, Any]]) -> Table:
    """Return names, what is said of them in words, and descriptions: those are left out where there is none at all.

    flytekit gives the name where it has no description.
    """
    said = [(name, words, "" if one.description == name else one.description) for name, words, one in variables]
    any_said = any(description for _, _, description in said)
    rows = tuple(
        (Cell(name, code=True), Cell(words, code=True), *((Cell(description),) if any_said else ()))
        for name, words, description in said
    )
    columns = ("Name", "Type", *(("Description",) if any_said else ()))
    return Table(key, title, columns, rows, empty=f"None: no {title.lower()}.")


def message_json(message: Any) -> str:
    """Return a message as JSON over several lines; what has no JSON form, in its own."""
    try:
        return json.dumps(json_format.MessageToDict(message), indent=2, ensure_ascii=False, sort_keys=True)
    except (json_format.Error, ValueError, OverflowError):
        return str(message)
