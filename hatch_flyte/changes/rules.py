"""Which group each field of an entity belongs to, and what it is called there.

Two lists, of an entity's own fields and of what stands within its nodes; the first rule that fits counts. A field that
no rule knows is a change like any other, called by its path in the protobuf.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hatch_flyte.changes.change import Change, Group

if TYPE_CHECKING:
    from hatch_flyte.changes.parts import Part

_KEY: Final = r"\[(?P<key>\"(?:[^\"\\]|\\.)*\"|[^\]]*)\]"
_POD: Final = r"template\.k8s_pod\.pod_spec\.(?:initC|c)ontainers" + _KEY
_RESOURCE: Final = rf"resources\.(?P<word>request|limit)s{_KEY}(?:\.value)?"


def _compiled(*rules: tuple[str, Group, str]) -> tuple[tuple[re.Pattern[str], Group, str], ...]:
    """Return rules whose patterns fit a field and all that is in it."""
    return tuple(
        (re.compile(rf"(?:{pattern})(?P<inside>(?:[.\[].*)?)", re.DOTALL), group, subject)
        for pattern, group, subject in rules
    )


_RULES: Final = _compiled(
    (
        rf"(?:template\.)?interface\.(?P<word>in|out)puts\.variables{_KEY}(?:\.type)?",
        Group.INTERFACE,
        "{word}put {key}",
    ),
    (r"(?:template\.)?interface", Group.INTERFACE, ""),
    (rf"spec\.default_inputs\.parameters{_KEY}\.default", Group.INPUTS, "default of {key}"),
    (rf"spec\.default_inputs\.parameters{_KEY}\.required", Group.INTERFACE, "input {key} required"),
    (rf"spec\.default_inputs\.parameters{_KEY}(?:\.var\.type|\.var)?", Group.INTERFACE, "input {key}"),
    (r"spec\.default_inputs", Group.INPUTS, "default inputs"),
    (rf"spec\.fixed_inputs\.literals{_KEY}", Group.INPUTS, "fixed {key}"),
    (r"spec\.fixed_inputs", Group.INPUTS, "fixed inputs"),
    (r"template\.container\.image", Group.IMAGE, ""),
    (rf"template\.container\.{_RESOURCE}", Group.RESOURCES, "{word} {key}"),
    (r"template\.(?:container\.resources|extended_resources)", Group.RESOURCES, ""),
    (r"template\.container\.command", Group.CODE, "command"),
    (r"template\.container\.args", Group.CODE, "arguments"),
    (rf"template\.container\.env{_KEY}(?:\.value)?", Group.ENVIRONMENT, "{key}"),
    (r"template\.container\.env", Group.ENVIRONMENT, ""),
    (rf"{_POD}\.image", Group.IMAGE, "container {key}"),
    (rf"{_POD}\.resources", Group.RESOURCES, "container {key}"),
    (rf"{_POD}\.(?P<word>command|args)", Group.CODE, "container {key} {word}"),
    (rf"{_POD}\.env", Group.ENVIRONMENT, "container {key}"),
    (r"template\.sql", Group.CODE, "SQL"),
    (r"template\.metadata\.retries(?:\.retries)?", Group.RETRIES, ""),
    (r"template\.metadata\.timeout", Group.TIMEOUT, ""),
    (r"template\.metadata\.discoverable", Group.CACHE, "on"),
    (r"template\.metadata\.discovery_version", Group.CACHE, "version"),
    (r"template\.metadata\.cache_serializable", Group.CACHE, "serialized"),
    (r"template\.metadata\.cache_ignore_input_vars", Group.CACHE, "ignored inputs"),
    (r"template\.metadata\.runtime(?:\.version)?", Group.MADE_WITH, "flytekit"),
    (rf"(?:template\.)?outputs{_KEY}(?:\.binding)?", Group.NODES, "output {key}"),
    (r"(?:template\.)?(?P<word>node|output)s", Group.NODES, "order of {word}s"),
    (r"sub_workflows", Group.NODES, "order of embedded workflows"),
    (r"spec\.workflow_id", Group.WORKFLOW, ""),
    (r"spec\.entity_metadata\.schedule", Group.SCHEDULE, ""),
    (r"spec\.entity_metadata\.notifications", Group.NOTIFICATIONS, ""),
    (rf"spec\.(?P<word>label|annotation)s\.values{_KEY}", Group.LABELS, "{word} {key}"),
    (r"spec\.(?P<word>label|annotation)s", Group.LABELS, "{word}s"),
    (rf"spec\.envs\.values{_KEY}(?:\.value)?", Group.ENVIRONMENT, "{key}"),
    (r"spec\.envs", Group.ENVIRONMENT, ""),
    (r"template\.security_context|spec\.(?:security_context|auth|auth_role|role)", Group.SECURITY, ""),
    (r"description", Group.DESCRIPTION, ""),
)

_NODE_RULES: Final = _compiled(
    (rf"inputs{_KEY}(?:\.binding)?", Group.NODES, "input {key}"),
    (r"upstream_node_ids", Group.NODES, "waits for"),
    (r"task_node\.reference_id|workflow_node\.(?:launchplan_ref|sub_workflow_ref)", Group.NODES, "runs"),
    (rf"task_node\.overrides\.{_RESOURCE}", Group.NODES, "{word} {key}"),
    (r"task_node\.overrides\.container_image", Group.NODES, "image"),
    (r"branch_node\.if_else\.(?:case|other\[\d+\])\.condition", Group.NODES, "condition"),
    (r"gate_node\.sleep\.duration", Group.NODES, "sleeps"),
    (r"metadata\.retries(?:\.retries)?", Group.NODES, "retries"),
    (r"metadata\.(?P<word>name|timeout|interruptible)", Group.NODES, "{word}"),
)


def change_for(part: Part) -> Change:
    """Return the change that `part` is to the users of its entity."""
    if not part.within:
        group, subject = _named(part.rest, _RULES) or (Group.OTHER, "")
        return Change(group, subject, part.field, part.old, part.new)
    _, subject = _named(part.rest, (*_NODE_RULES, *_RULES)) or (Group.NODES, part.rest)
    subject = ", ".join(filter(None, (*part.within, subject)))
    return Change(Group.NODES, subject, part.field, part.old, part.new)


def _named(field: str, rules: tuple[tuple[re.Pattern[str], Group, str], ...]) -> tuple[Group, str] | None:
    for pattern, group, subject in rules:
        match = pattern.fullmatch(field)
        if match:
            words = subject.format_map(match.groupdict())
            return group, f"{words} {match['inside'].lstrip('.')}".strip()
    return None
