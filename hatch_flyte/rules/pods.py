"""Pod specifications as flyteadmin reads them: as Kubernetes' `PodSpec`, of which it looks at containers' resources.

A specification that Kubernetes' types don't fit is refused. The fields that tasks have are looked at; the rest of
Kubernetes' 400 is taken as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flyteidl.core.tasks_pb2 import Resources
from google.protobuf import json_format

from hatch_flyte.rules import catalogue
from hatch_flyte.rules.quantities import Quantity, QuantityError, parsed
from hatch_flyte.rules.refusal import RefusalError, invalid

if TYPE_CHECKING:
    from google.protobuf.struct_pb2 import Struct

    Json = Any

_TEXT: Final = "text"
_WHOLE: Final = "whole number"
_FLAG: Final = "flag"
_OBJECT: Final = "table"
_TEXTS: Final = "list of texts"
_OBJECTS: Final = "list of tables"
_MAP: Final = "table of texts"
_QUANTITIES: Final = "table of quantities"

_CONTAINER: Final = {
    "name": _TEXT,
    "image": _TEXT,
    "command": _TEXTS,
    "args": _TEXTS,
    "workingdir": _TEXT,
    "ports": _OBJECTS,
    "envfrom": _OBJECTS,
    "env": _OBJECTS,
    "resources": _OBJECT,
    "volumemounts": _OBJECTS,
    "imagepullpolicy": _TEXT,
    "securitycontext": _OBJECT,
    "tty": _FLAG,
    "stdin": _FLAG,
}
_POD: Final = {
    "containers": _OBJECTS,
    "initcontainers": _OBJECTS,
    "volumes": _OBJECTS,
    "restartpolicy": _TEXT,
    "terminationgraceperiodseconds": _WHOLE,
    "activedeadlineseconds": _WHOLE,
    "dnspolicy": _TEXT,
    "nodeselector": _MAP,
    "serviceaccountname": _TEXT,
    "nodename": _TEXT,
    "hostnetwork": _FLAG,
    "securitycontext": _OBJECT,
    "imagepullsecrets": _OBJECTS,
    "hostname": _TEXT,
    "affinity": _OBJECT,
    "schedulername": _TEXT,
    "tolerations": _OBJECTS,
    "priorityclassname": _TEXT,
    "priority": _WHOLE,
    "runtimeclassname": _TEXT,
}
_RESOURCES: Final = {"requests": _QUANTITIES, "limits": _QUANTITIES}
"""What Kubernetes' types are, by their JSON names in small letters: Go doesn't regard their case."""

_NAMES: Final = {"ephemeral-storage": Resources.EPHEMERAL_STORAGE, "cpu": Resources.CPU, "memory": Resources.MEMORY}


def pod_containers(spec: Struct) -> list[dict[str, Json]]:
    """Return the containers of a pod, their fields by small letters. Refuses what is no pod's specification."""
    try:
        content = json_format.MessageToDict(spec)
    except (json_format.Error, ValueError) as error:  # infinities and the like, which JSON has not
        raise _unreadable(str(error)) from error
    pod = _object("pod_spec", content, _POD)
    for number, one in enumerate(pod.get("initcontainers") or []):
        _container(f"pod_spec.initContainers[{number}]", one)
    return [_container(f"pod_spec.containers[{number}]", one) for number, one in enumerate(pod.get("containers") or [])]


def container_quantities(container: dict[str, Json], what: str) -> dict[int, Quantity]:
    """Return a container's `requests` or `limits`, as far as flyteadmin compares them."""
    given = (container.get("resources") or {}).get(what) or {}
    found = {_NAMES.get(name, _named(name)): _quantity(value) for name, value in given.items()}
    return {name: quantity for name, quantity in found.items() if name is not None}


def all_quantities(container: dict[str, Json], what: str) -> dict[str, Quantity]:
    """Return all of a container's `requests` or `limits`, by Kubernetes' names."""
    given = (container.get("resources") or {}).get(what) or {}
    return {name: _quantity(value) for name, value in given.items()}


def _named(name: str) -> int | None:
    """Return the resource that flyteadmin takes a name for: that of its own enum in any case."""
    known = Resources.ResourceName.DESCRIPTOR.values_by_name.get(name.upper())
    return known.number if known else None


def _container(where: str, value: Json) -> dict[str, Json]:
    container = _object(where, value or {}, _CONTAINER)
    resources = _object(f"{where}.resources", container.get("resources") or {}, _RESOURCES)
    return {**container, "resources": resources}


def _object(where: str, value: Json, kinds: dict[str, str]) -> dict[str, Json]:
    """Return a table with its keys in small letters; each value must be of its kind."""
    found = {}
    for key, item in value.items():
        name = key.lower()
        kind = kinds.get(name)
        if kind and item is not None and not _is(kind, item):
            raise _unreadable(f"{where}.{key}: expected a {kind} (got {item!r:.60})")
        found[name] = item
    return found


def _is(kind: str, value: Json) -> bool:
    if kind in {_TEXTS, _OBJECTS}:
        return isinstance(value, list) and all(
            one is None or isinstance(one, str if kind == _TEXTS else dict) for one in value
        )
    if kind in {_MAP, _QUANTITIES}:
        wanted = _is_quantity if kind == _QUANTITIES else _is_text
        return isinstance(value, dict) and all(one is None or wanted(one) for one in value.values())
    if kind == _WHOLE:
        return isinstance(value, float) and value.is_integer()
    return isinstance(value, {_TEXT: str, _FLAG: bool, _OBJECT: dict}[kind])


def _is_text(value: Json) -> bool:
    return isinstance(value, str)


def _is_quantity(value: Json) -> bool:
    if isinstance(value, bool) or not isinstance(value, (str, float, int)):
        return False
    try:
        _quantity(value)
    except QuantityError:
        return False
    return True


def _quantity(value: Json) -> Quantity:
    if value is None:
        return parsed("0")
    if isinstance(value, str):
        return parsed(value.strip())
    return parsed(f"{value:.17g}" if value != int(value) else str(int(value)))


def _unreadable(text: str) -> RefusalError:
    return invalid(f"the pod specification can't be read: {text}", rule=catalogue.TASK_POD)
