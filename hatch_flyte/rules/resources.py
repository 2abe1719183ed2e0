"""Rules about a task's resources: quantities, GPUs, a request against its own limit and against the platform's.

Source: task_validator.go:validateTaskResources. Only CPU, memory, GPU and ephemeral storage are looked at. A limit
without a request is compared with nothing, and values are compared rounded up to whole ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flyteidl.core.tasks_pb2 import Resources

from hatch_flyte.rules import catalogue
from hatch_flyte.rules.identifiers import identifier_text
from hatch_flyte.rules.quantities import Quantity, QuantityError, parsed
from hatch_flyte.rules.refusal import invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flyteidl.admin.matchable_resource_pb2 import TaskResourceSpec
    from flyteidl.core.identifier_pb2 import Identifier

    Quantities = Mapping[int, Quantity]
    """Quantities by `Resources.ResourceName`."""

NAMES: Final = (Resources.CPU, Resources.MEMORY, Resources.GPU, Resources.EPHEMERAL_STORAGE)
"""The resources that are looked at, in the order in which they are compared here; flyteadmin's is random."""

_HELP: Final = (
    "Please follow K8s conventions for resources "
    "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"
)
_CONTACT: Final = "Please contact Flyte Admins to change these limits or consult the configuration"
_WITHOUT_LIMITS: Final[dict[int, Quantity]] = {}


def platform_limits(limits: TaskResourceSpec) -> Quantities:
    """Return what project and domain allow: what isn't set, is zero or can't be read is no limit."""
    texts = {name: getattr(limits, Resources.ResourceName.Name(name).lower()) for name in NAMES}
    found = {name: _readable(text) for name, text in texts.items()}
    return {name: quantity for name, quantity in found.items() if quantity and not quantity.is_zero}


def check_resources(identifier: Identifier | None, resources: Resources, platform: Quantities | None = None) -> None:
    """Refuse a container's resources; `identifier` is what messages name: the template's own, as it was sent."""
    name = identifier_text(identifier)
    requests, limits = _quantities(name, resources.requests), _quantities(name, resources.limits)
    check_quantities(name, requests, limits, platform)


def check_quantities(name: str, requests: Quantities, limits: Quantities, platform: Quantities | None = None) -> None:
    """Refuse requests that are over their limits, or over the platform's; messages name the task by `name`."""
    allowed = _WITHOUT_LIMITS if platform is None else platform
    for resource in NAMES:
        request, limit, most = requests.get(resource), limits.get(resource), allowed.get(resource)
        if request is None:
            continue
        if resource == Resources.GPU:
            _check_gpu(name, request, limit)
        else:
            _check_limits(_name(resource), request, limit, most)
        if most and request.value() > most.value():
            raise _over_platform(f"{_name(resource)} default [{request}]", most)


def _check_gpu(name: str, request: Quantity, limit: Quantity | None) -> None:
    if limit is not None and limit.value() != request.value():
        text = f"For extended resource 'gpu' the default value must equal the limit value for task [{name}]"
        raise invalid(text, rule=catalogue.RESOURCE_GPU)


def _check_limits(resource: str, request: Quantity, limit: Quantity | None, most: Quantity | None) -> None:
    if limit is None:
        return
    if limit.value() < request.value():
        raise invalid(
            f"Requested {resource} default [{request}] is greater than the limit [{limit}]. "
            "Please fix your configuration",
            rule=catalogue.RESOURCE_LIMIT,
        )
    if most and limit.value() > most.value():
        raise _over_platform(f"{resource} limit [{limit}]", most)


def _over_platform(what: str, most: Quantity) -> Exception:
    text = f"Requested {what} is greater than current limit set in the platform configuration [{most}]. {_CONTACT}"
    return invalid(text, rule=catalogue.RESOURCE_PLATFORM)


def _quantities(identifier: str, entries: Iterable[Resources.ResourceEntry]) -> dict[int, Quantity]:
    found: dict[int, Quantity] = {}
    for entry in entries:
        if entry.name not in NAMES:
            continue
        name = _name(entry.name)
        if entry.name in found:
            text = f"can't specify {name} limit for task [{identifier}] multiple times"
            raise invalid(text, rule=catalogue.RESOURCE_QUANTITY)
        try:
            found[entry.name] = parsed(entry.value)
        except QuantityError as error:
            text = f"Parsing of {name} request failed for value {entry.value} - reason  {error}. {_HELP}"
            raise invalid(text, rule=catalogue.RESOURCE_QUANTITY) from error
        if entry.name == Resources.GPU and not found[entry.name].is_whole:
            text = f"gpu for [{identifier}] must be a whole number, got: {entry.value} instead"
            raise invalid(text, rule=catalogue.RESOURCE_GPU)
    return found


def _name(resource: int) -> str:
    return str(Resources.ResourceName.Name(resource))


def _readable(text: str) -> Quantity | None:
    try:
        return parsed(text)
    except QuantityError:
        return None
