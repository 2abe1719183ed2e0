"""What changed in one entity: two specs from anywhere in, changes out.

From two archives, or from an archive and a registry: where an entity is registered is not part of what it is, and what
the normal form of `wire.normal` leaves out has no meaning.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, cast

from flyteidl.admin.launch_plan_pb2 import LaunchPlan, LaunchPlanSpec

from hatch_flyte.changes.change import Change, Group
from hatch_flyte.changes.parts import differing_parts
from hatch_flyte.changes.rules import change_for
from hatch_flyte.entity import Kind
from hatch_flyte.wire.identifiers import DOMAIN, PROJECT, VERSION
from hatch_flyte.wire.messages import SPECS, own_identifier, to_bytes
from hatch_flyte.wire.nodes import reference, template_nodes, templates
from hatch_flyte.wire.normal import OWNER, normal_form

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flyteidl.core.identifier_pb2 import Identifier
    from google.protobuf.message import Message

_OPEN: Final = {"project": PROJECT, "domain": DOMAIN, "version": VERSION}
"""What an archive may leave open in an identifier, and the template that stands for it."""


def changes_of(old: Message, new: Message) -> tuple[Change, ...]:
    """Return what changed from `old` to `new`, nothing left out; empty if they mean the same.

    Both are a `TaskSpec`, a `WorkflowSpec` or a `LaunchPlan`, as archives hold them or filled in for a registry; a
    `LaunchPlanSpec` stands for a launch plan of which only the spec is compared. Project, domain and version of their
    own identifiers are not compared, nor those of references to entities that are registered beside them; others are
    pins and are.
    Raises `ValueError` for specs of two kinds.
    """
    old, new = _payloads(old, new)
    if type(old) is not type(new):
        raise ValueError(f"expected two specs of one kind (got {old.DESCRIPTOR.name} and {new.DESCRIPTOR.name})")
    kind = next(kind for kind, spec in SPECS.items() if isinstance(old, spec))
    ours, theirs = _comparable(kind, old), _comparable(kind, new)
    if to_bytes(ours) == to_bytes(theirs):
        return tuple(_owners(old, new))
    known = [change_for(part) for part in differing_parts(ours, theirs)]
    return (*known, *_unknown(ours, theirs, known), *_owners(old, new))


def identity_changes(kind: Kind, old: Message, new: Message) -> tuple[Change, ...]:
    """Return what changed in where two archives say that an entity is to be registered, if they say so."""
    ours, theirs = (own_identifier(kind, one) for one in (old, new))
    field = "id" if kind is Kind.LAUNCH_PLAN else "template.id"
    return tuple(
        Change(Group.OTHER, "", f"{field}.{name}", ours_said or None, theirs_said or None)
        for name, template in _OPEN.items()
        for ours_said, theirs_said in [(_said(ours, name, template), _said(theirs, name, template))]
        if ours_said != theirs_said
    )


def _said(identifier: Identifier, name: str, template: str) -> str:
    value = str(getattr(identifier, name))
    return "" if value == template else value


def _payloads(*specs: Message) -> tuple[Message, ...]:
    """Return both as an archive has them; of launch plans only the specs where one is no more than that."""
    if not any(isinstance(spec, LaunchPlanSpec) for spec in specs):
        return specs
    return tuple(LaunchPlan(spec=spec.spec if isinstance(spec, LaunchPlan) else spec) for spec in specs)


def _comparable(kind: Kind, message: Message) -> Message:
    """Return a copy in normal form, in which identifiers say only what is pinned."""
    normal = normal_form(kind, message)
    own = own_identifier(kind, normal)
    open_values = {name: {"", template, getattr(own, name)} for name, template in _OPEN.items()}
    for identifier in _identifiers(kind, normal):
        for name, values in open_values.items():
            if getattr(identifier, name) in values:
                identifier.ClearField(name)
    return normal


def _identifiers(kind: Kind, message: Message) -> Iterator[Identifier]:
    holder = cast("Any", message)
    holders = [(holder, "id"), (holder.spec, "workflow_id")] if kind is Kind.LAUNCH_PLAN else [(holder.template, "id")]
    if kind is Kind.WORKFLOW:
        holders += [(template, "id") for template in holder.sub_workflows]
        for template in templates(holder):
            yield from filter(None, map(reference, template_nodes(template)))
    yield from (getattr(one, field) for one, field in holders if one.HasField(field))


def _owners(old: Message, new: Message) -> Iterator[Change]:
    """Yield that a launch plan went from one distribution to another; that it says whose it is, is no change."""
    if isinstance(old, LaunchPlan) and isinstance(new, LaunchPlan):
        ours, theirs = (one.spec.annotations.values.get(OWNER) for one in (old, new))
        if ours and theirs and ours != theirs:
            yield Change(Group.OWNER, "", f"spec.annotations.values[{OWNER}]", ours, theirs)


def _unknown(old: Message, new: Message, known: list[Change]) -> Iterator[Change]:
    """Yield what is not the same in fields that this flyteidl doesn't know, or else not the same in bytes alone."""
    ours, theirs = (_unknown_lines(one) for one in (old, new))
    if ours != theirs:
        gone, come = (sorted((one - other).elements()) for one, other in ((ours, theirs), (theirs, ours)))
        yield Change(Group.OTHER, "", "(fields unknown to this flyteidl)", gone or None, come or None)
    elif not known:
        digests = (f"SHA-256 {hashlib.sha256(to_bytes(one)).hexdigest()}" for one in (old, new))
        yield Change(Group.OTHER, "", "(bytes)", *digests)


def _unknown_lines(message: Message) -> Counter[str]:
    """Return the lines of the text form that only unknown fields have."""
    from google.protobuf import text_format

    known = type(message)()
    known.CopyFrom(message)
    known.DiscardUnknownFields()
    if to_bytes(known) == to_bytes(message):
        return Counter()
    lines = (
        text_format.MessageToString(one, as_utf8=True, print_unknown_fields=True).splitlines()
        for one in (message, known)
    )
    every, rest = (Counter(line.strip() for line in one) for one in lines)
    return every - rest
