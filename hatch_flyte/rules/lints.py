"""Our own rules in code: what a control plane takes of an entity, and what then fails in the cluster.

`lint_rules` names them. Functions of messages, each of one entity: they give what breaks a rule, and say nothing of
what the control plane's own rules are for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from flyteidl.core.tasks_pb2 import Resources

from hatch_flyte.rules.cron import CronError, never_comes
from hatch_flyte.rules.labels import label_value_problems, qualified_name_problems, subdomain_problems
from hatch_flyte.rules.lint_rules import CACHE_VERSION, IMAGE_TAG, KUBERNETES_NAME, NEVER_STARTED, REQUEST_OVER_LIMIT
from hatch_flyte.rules.pods import all_quantities, pod_containers
from hatch_flyte.rules.quantities import QuantityError, parsed
from hatch_flyte.rules.refusal import RefusalError
from hatch_flyte.rules.rule import Breach
from hatch_flyte.rules.schedules import has_schedule
from hatch_flyte.wire.nodes import template_nodes, templates
from hatch_flyte.wire.pods import pod_images

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from flyteidl.admin.launch_plan_pb2 import LaunchPlanSpec
    from flyteidl.admin.schedule_pb2 import Schedule
    from flyteidl.admin.task_pb2 import TaskSpec
    from flyteidl.admin.workflow_pb2 import WorkflowSpec
    from flyteidl.core.interface_pb2 import ParameterMap
    from flyteidl.core.tasks_pb2 import K8sObjectMetadata, K8sPod
    from flyteidl.core.types_pb2 import LiteralType
    from flyteidl.core.workflow_pb2 import Node

    from hatch_flyte.rules.quantities import Quantity

    Amounts = Mapping[str, Quantity]
    """Quantities by the names of resources."""

_VARIABLE: Final = "[-._a-zA-Z][-._a-zA-Z0-9]*"
"""Names of environment variables that every release of Kubernetes takes."""


def task_lints(spec: TaskSpec) -> Iterator[Breach]:
    """Yield what is to be said of a task."""
    template = spec.template
    yield from _images([template.container.image, *pod_images(template.k8s_pod.pod_spec)])
    yield from _over_limits(_container_amounts(template.container.resources), _pod_amounts(template.k8s_pod))
    if template.metadata.discoverable and not template.metadata.discovery_version:
        yield Breach(CACHE_VERSION, "its outputs are cached, and the cache has no version")
    yield from _variables(pair.key for pair in template.container.env)
    yield from _labelled(template.metadata.metadata)
    yield from _labelled(template.k8s_pod.metadata)
    yield from _subdomain("pod template", template.metadata.pod_template_name)
    yield from _subdomain("service account", template.security_context.run_as.k8s_service_account)


def workflow_lints(spec: WorkflowSpec) -> Iterator[Breach]:
    """Yield what is to be said of a workflow: of what its nodes override in their tasks."""
    for template in templates(spec):
        for node in template_nodes(template):
            for breach in _node_lints(node):
                yield Breach(breach.rule, breach.message, node.id)


def launch_plan_lints(spec: LaunchPlanSpec, expected: ParameterMap | None) -> Iterator[Breach]:
    """Yield what is to be said of a launch plan; `expected` are the inputs that it leaves open, if they are known."""
    yield from _annotated(spec.annotations.values)
    yield from _variables(pair.key for pair in spec.envs.values)
    accounts = (
        spec.security_context.run_as.k8s_service_account,
        spec.auth_role.kubernetes_service_account,
        spec.auth.kubernetes_service_account,
    )
    for account in dict.fromkeys(accounts):
        yield from _subdomain("service account", account)
    for name, parameter in sorted(expected.parameters.items() if expected is not None else ()):
        if parameter.required and _is_empty(parameter.var.type):
            yield Breach(NEVER_STARTED, f"input {name} is required, and no value is of its type")
    if has_schedule(spec) and _never_comes(spec.entity_metadata.schedule):
        yield Breach(NEVER_STARTED, "its schedule never starts it")


def moves(image: str) -> bool:
    """Return whether what an image's name stands for changes: it has neither a digest nor a tag, or `latest`."""
    name, _, tag = image.rpartition("/")[2].partition(":")
    return "@" not in name and tag in ("", "latest")


def _node_lints(node: Node) -> Iterator[Breach]:
    overrides = node.task_node.overrides
    yield from _images([overrides.container_image, *pod_images(overrides.pod_template.pod_spec)])
    yield from _over_limits(_container_amounts(overrides.resources), _pod_amounts(overrides.pod_template))
    yield from _labelled(overrides.pod_template.metadata)


def _images(images: Iterable[str]) -> Iterator[Breach]:
    for image in dict.fromkeys(filter(None, images)):
        if moves(image):
            yield Breach(IMAGE_TAG, f"expected an image that stays the same (got `{image}`)")


def _over_limits(*containers: Iterable[tuple[str, Amounts, Amounts]]) -> Iterator[Breach]:
    """Compare requests with limits, of containers with what precedes a resource's name in the message."""
    for place, requests, limits in (one for some in containers for one in some):
        for name, request in requests.items():
            if name in limits and _is_greater(request, limits[name]):
                text = f"{place}{name}: the request, {request}, is greater than the limit, {limits[name]}"
                yield Breach(REQUEST_OVER_LIMIT, text)


def _container_amounts(resources: Resources) -> Iterator[tuple[str, Amounts, Amounts]]:
    yield "", _amounts(resources.requests), _amounts(resources.limits)


def _amounts(entries: Iterable[Resources.ResourceEntry]) -> Amounts:
    """Return the quantities that can be read, by the names that Kubernetes or the enum has."""
    found = {}
    for entry in entries:
        known = Resources.ResourceName.DESCRIPTOR.values_by_number.get(entry.name)
        try:
            found[known.name.lower().replace("_", "-") if known else str(entry.name)] = parsed(entry.value)
        except QuantityError:
            continue  # resource-quantity, or the compiler's
    return found


def _pod_amounts(pod: K8sPod) -> Iterator[tuple[str, Amounts, Amounts]]:
    if not pod.HasField("pod_spec"):
        return
    try:
        containers = pod_containers(pod.pod_spec)
    except RefusalError:
        return  # task-pod
    for container in containers:
        place = f"container {container.get('name') or ''}, "
        yield place, all_quantities(container, "requests"), all_quantities(container, "limits")


def _is_greater(one: Quantity, other: Quantity) -> bool:
    """Return whether a quantity is greater than another one, exactly, however large their exponents are."""
    if one.mantissa <= 0 or other.mantissa <= 0:
        return one.mantissa > 0
    sizes = [len(str(each.mantissa)) + each.exponent for each in (one, other)]
    if sizes[0] != sizes[1]:
        return sizes[0] > sizes[1]
    least = min(one.exponent, other.exponent)
    scaled = [each.mantissa * int(10 ** (each.exponent - least)) for each in (one, other)]
    return scaled[0] > scaled[1]


def _variables(names: Iterable[str]) -> Iterator[Breach]:
    for name in names:
        if not re.fullmatch(_VARIABLE, name):
            yield Breach(KUBERNETES_NAME, f"environment variable {name!r}: expected letters, digits, `_`, `-` and `.`")


def _labelled(metadata: K8sObjectMetadata) -> Iterator[Breach]:
    for key, value in sorted(metadata.labels.items()):
        yield from _named(f"label {key!r}", qualified_name_problems(key))
        yield from _named(f"value {value!r} of label {key!r}", label_value_problems(value))
    yield from _annotated(metadata.annotations)


def _annotated(annotations: Mapping[str, str]) -> Iterator[Breach]:
    for key in sorted(annotations):
        yield from _named(f"annotation {key!r}", qualified_name_problems(key.lower()))


def _subdomain(what: str, name: str) -> Iterator[Breach]:
    if name:
        yield from _named(f"{what} {name!r}", subdomain_problems(name))


def _named(what: str, problems: Iterable[str]) -> Iterator[Breach]:
    for problem in problems:
        yield Breach(KUBERNETES_NAME, f"{what}: {problem}")


def _is_empty(type_: LiteralType) -> bool:
    """Return whether no value is of a type: an enum without values, a union without variants or of such only."""
    kind = type_.WhichOneof("type")
    if kind == "enum_type":
        return not type_.enum_type.values
    return kind == "union_type" and all(_is_empty(variant) for variant in type_.union_type.variants)


def _never_comes(schedule: Schedule) -> bool:
    if schedule.HasField("rate"):
        return not schedule.rate.value
    expression = schedule.cron_expression or schedule.cron_schedule.schedule
    try:
        return bool(expression) and never_comes(expression)
    except CronError:
        return False  # schedule-cron
