"""Two messages part by part: where they are not the same, and what stands there.

Goes through messages as people see them: a type, a value, a binding, a condition is one thing with words for it, and
an input or a node that only one side has is one difference. Whatever has no words is compared field by field. Knows
nothing of groups.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from google.protobuf.message import Message

from hatch_flyte import words
from hatch_flyte.wire.difference import item_names, message_differences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from google.protobuf.descriptor import FieldDescriptor

_NODE: Final = "flyteidl.core.Node"
_TEMPLATE: Final = "flyteidl.core.WorkflowTemplate"

_WHOLE: Final[dict[str, Callable[[Any], str]]] = {
    "flyteidl.admin.Schedule": words.schedule_words,
    "flyteidl.core.BindingData": words.binding_words,
    "flyteidl.core.BooleanExpression": words.condition_words,
    "flyteidl.core.Identifier": words.reference_words,
    "flyteidl.core.Literal": words.literal_words,
    "flyteidl.core.LiteralType": words.type_words,
}
"""Messages that are one thing: where their words differ nothing more is said; where not, fields are compared."""

_ITEMS: Final[dict[str, Callable[[Any], str]]] = {
    "flyteidl.core.Alias": lambda alias: alias.alias,
    "flyteidl.core.Binding": lambda binding: words.binding_words(binding.binding),
    "flyteidl.core.KeyValuePair": lambda pair: pair.value,
    "flyteidl.core.Parameter": words.parameter_words,
    "flyteidl.core.Resources.ResourceEntry": lambda entry: entry.value,
    "flyteidl.core.Secret": lambda secret: " ".join(filter(None, (secret.group, secret.group_version, secret.key))),
    "flyteidl.core.Variable": lambda variable: words.type_words(variable.type),
    _NODE: words.node_words,
    _TEMPLATE: lambda template: f"{len(template.nodes)} nodes",
}
"""Messages that are added and removed as a whole, in these words; where both sides have one, fields are compared."""

_PLAIN_KEY: Final = re.compile(r"[^\[\]\"\s]+")
"""A key that can stand between brackets as it is; others are quoted, so that no two places have one name."""


@dataclass(frozen=True, slots=True)
class Part:
    """A place where two messages are not the same."""

    field: str
    """Where: names of fields joined by dots, `[n]` for the n-th item of a list, `[name]` for what has a name."""
    old: object
    """Words or a proto3-JSON value; None where there is nothing."""
    new: object
    within: tuple[str, ...] = ()
    """The nodes and embedded workflows it is in, outermost first, in words."""
    rest: str = ""
    """The end of `field` that leads on from the innermost of `within`."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the comparison is."""

    field: str = ""
    within: tuple[str, ...] = ()
    start: int = 0
    """Length of the part of `field` that `within` speaks of."""

    def into(self, name: str) -> _Place:
        return replace(self, field=f"{self.field}.{name}" if self.field else name)

    def at(self, key: str) -> _Place:
        shown = key if _PLAIN_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False)
        return replace(self, field=f"{self.field}[{shown}]")

    def inside(self, called: str) -> _Place:
        return _Place(self.field, (*self.within, called), len(self.field))

    def part(self, old: object, new: object, *, field: str = "") -> Part:
        field = field or self.field
        return Part(field, old, new, self.within, field[self.start :].lstrip("."))


def differing_parts(old: Message, new: Message) -> Iterator[Part]:
    """Yield the places where two messages of one type differ, in the order of the definition.

    As in JSON, an empty message is not the same as none. Fields that flyteidl doesn't know are not looked at.
    """
    return _compared(_Place(), old, new)


def _compared(place: _Place, old: Any, new: Any) -> Iterator[Part]:
    """Compare two messages of one type, one of which may be None."""
    if old == new:
        return
    sides, alone = (old, new), old is None or new is None
    model = old if new is None else new
    kind = model.DESCRIPTOR.full_name
    place = _called(place, kind, model, alone=alone)
    in_words = _WHOLE.get(kind) or (_ITEMS.get(kind) if alone else None)
    said = [None if side is None or in_words is None else in_words(side) for side in sides]
    if said[0] != said[1]:
        yield place.part(*said)
        return
    sides = tuple(type(model)() if side is None else side for side in sides)
    if kind == _NODE and sides[0].WhichOneof("target") != sides[1].WhichOneof("target"):
        yield place.part(*map(words.node_words, sides))
        sides = tuple(map(_without_target, sides))
    parts = list(_fields(place, *sides))
    yield from parts
    if alone and not parts:
        yield place.part(None if old is None else {}, None if new is None else {})


def _called(place: _Place, kind: str, message: Any, *, alone: bool) -> _Place:
    """Return `place` as one within a node or an embedded workflow, if it is one."""
    if kind == _TEMPLATE and place.field.endswith("]"):
        return place.inside(f"workflow {message.id.name}")
    if kind != _NODE:
        return place
    name = _PLACED_NODES.get(place.field.rpartition(".")[2], f"node {message.id}")
    return place.inside(name if alone else f"{name} ({words.node_words(message)})")


_PLACED_NODES: Final = {"failure_node": "failure node", "node": "each"}
"""Nodes that are known by their place: a workflow's failure node, and what a map runs."""


def _without_target(node: Any) -> Any:
    copy = type(node)()
    copy.CopyFrom(node)
    copy.ClearField(node.WhichOneof("target") or "task_node")
    return copy


def _fields(place: _Place, old: Message, new: Message) -> Iterator[Part]:
    ours, theirs = ({field.name: value for field, value in side.ListFields()} for side in (old, new))
    fields = {field.index: field for side in (old, new) for field, _ in side.ListFields()}
    for _, field in sorted(fields.items()):
        pair = ours.get(field.name), theirs.get(field.name)
        if pair[0] == pair[1]:
            continue
        model = pair[1] if pair[0] is None else pair[0]
        here = place.into(field.name)
        # Messages first: Struct and ListValue are a mapping and a sequence, too.
        if isinstance(model, Message) and model.DESCRIPTOR.file.package != "google.protobuf":
            yield from _compared(here, *pair)
        elif isinstance(model, Message | str | bytes) or not isinstance(model, Mapping | Sequence):
            yield from _plain(place, *(_only(type(old), field.name, one) for one in pair))
        elif isinstance(model, Mapping):
            yield from _map(here, *(one or {} for one in pair))
        else:
            yield from _list(here, field, *(one or () for one in pair))


def _map(place: _Place, old: Any, new: Any) -> Iterator[Part]:
    for key in sorted({*old, *new}):
        # get: a protobuf map makes an entry when it is asked by `[]` for one that isn't there.
        ours, theirs = (one.get(key) for one in (old, new))
        if isinstance(ours if theirs is None else theirs, Message):
            yield from _compared(place.at(str(key)), ours, theirs)
        elif ours != theirs:
            yield place.at(str(key)).part(ours, theirs)


def _list(place: _Place, field: FieldDescriptor, old: Sequence[Any], new: Sequence[Any]) -> Iterator[Part]:
    """Compare lists whose items have names by name, of other messages by place, of anything else as a whole."""
    if field.message_type is None:
        sides = [[_scalar(field, one) for one in side] or None for side in (old, new)]
        if sides[0] != sides[1]:
            yield place.part(*sides)
        return
    names = item_names(field, old, new)
    ours, theirs = (dict(zip(called, side, strict=True)) for called, side in zip(names, (old, new), strict=True))
    for name in dict.fromkeys((*ours, *theirs)):
        yield from _compared(place.at(name), ours.get(name), theirs.get(name))
    order = [[name for name in called if name in ours and name in theirs] for called in names]
    if order[0] != order[1]:
        yield place.part(*order)


def _scalar(field: FieldDescriptor, value: Any) -> Any:
    known = field.enum_type.values_by_number.get(value) if field.enum_type else None
    return known.name if known else value


def _only(message_type: type[Message], name: str, value: Any) -> Message:
    """Return a message that has one field, or none where `value` is None."""
    only = message_type()
    if isinstance(value, Message):
        getattr(only, name).CopyFrom(value)
    elif value is not None:
        setattr(only, name, value)
    return only


def _plain(place: _Place, old: Message, new: Message) -> Iterator[Part]:
    """Compare two messages that have at most the one field, a scalar or a message of protobuf's own."""
    for difference in message_differences(place.field, old, new):
        for path, sent, stored in _opened(difference.field, difference.sent, difference.stored):
            yield place.part(sent, stored, field=path)


def _opened(path: str, old: Any, new: Any) -> Iterator[tuple[str, object, object]]:
    """Yield what stands in a JSON value that only one side has, place by place; lists of plain values as they are."""
    whole = old if new is None else new if old is None else None
    if isinstance(whole, dict):
        inside = {f"{path}.{key}" if key.isidentifier() else f"{path}[{key}]": key for key in sorted(whole)}
    elif isinstance(whole, list) and any(isinstance(one, dict | list) for one in whole):
        inside = {f"{path}[{at}]": at for at in range(len(whole))}
    else:
        inside = {}
    if not inside:
        yield path, old, new
    for here, key in inside.items():
        yield from _opened(here, *(None if side is None else side[key] for side in (old, new)))
