"""The normal form in which an archive of ours and one of `pyflyte package` are the same.

Owns the closed list of what may differ between them without a difference in meaning:

1. The order of every `upstream_node_ids`: flytekit takes it from a set, so it varies from run to run; the control plane
   sorts it.
2. `source_root` inside the value of the environment variable `_F_SS_C`, which is base64(gzip(JSON)): the folder in
   which flytekit serialized. Nothing reads it at run time. The value becomes that JSON, keys sorted, `source_root`
   null, because compressed bytes are not the same for every zlib either.
3. The annotation `hatch-flyte/distribution` of launch plans, which says whose they are.

Nothing else. Maps have no order, and bytes none that counts: compare messages, or `messages.to_bytes`.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import zlib
from typing import TYPE_CHECKING, Any, Final, cast

from hatch_flyte.entity import Kind
from hatch_flyte.wire.nodes import template_nodes, templates
from hatch_flyte.wire.pods import pod_variables

if TYPE_CHECKING:
    from google.protobuf.message import Message

OWNER: Final = "hatch-flyte/distribution"
"""The annotation that names the distribution a launch plan belongs to."""

CONTEXT: Final = "_F_SS_C"
"""The environment variable in which flytekit hands its settings to dynamic and eager tasks."""


def normal_form(kind: Kind, message: Message) -> Message:
    """Return a copy of an archive's payload in normal form."""
    normal = type(message)()
    normal.CopyFrom(message)
    holder = cast("Any", normal)
    if kind is Kind.WORKFLOW:
        for template in templates(holder):
            for node in template_nodes(template):
                node.upstream_node_ids.sort()
    elif kind is Kind.LAUNCH_PLAN:
        if OWNER in holder.spec.annotations.values:
            del holder.spec.annotations.values[OWNER]
    else:
        _normalize_context(holder.template)
    return normal


def _normalize_context(template: Any) -> None:
    for pair in template.container.env:
        if pair.key == CONTEXT:
            pair.value = _without_root(pair.value)
    for value in pod_variables(template.k8s_pod.pod_spec, CONTEXT):
        value.string_value = _without_root(value.string_value)


def _without_root(value: str) -> str:
    try:
        context = json.loads(gzip.decompress(base64.b64decode(value, validate=True)))
    except (binascii.Error, OSError, EOFError, zlib.error, ValueError):
        return value
    return json.dumps({**context, "source_root": None}, sort_keys=True) if isinstance(context, dict) else value
