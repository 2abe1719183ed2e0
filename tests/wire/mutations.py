"""Every small change that can be made to a message, one at a time, with the name of the field it is made to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message

NAMES: dict[str, Callable[[Any], str]] = {
    "Alias": lambda alias: alias.var,
    "Binding": lambda binding: binding.var,
    "KeyValuePair": lambda pair: pair.key,
    "Node": lambda node: node.id,
    "ResourceEntry": lambda entry: entry.DESCRIPTOR.fields_by_name["name"].enum_type.values_by_number[entry.name].name,
    "WorkflowTemplate": lambda template: template.id.name,
}
"""Lists of these are read by name."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change."""

    path: str
    """Where, as a reader of the changed message would say."""
    what: str
    """changed, cleared, dropped, swapped, added"""
    message: Any
    """The changed copy."""
    was: Any = None
    """The value that was cleared or dropped; the two that were swapped."""


@dataclass(frozen=True, slots=True)
class Place:
    """A message inside the one that is changed: the field names, and (key,) of lists and maps, that lead there."""

    root: Message
    steps: tuple[Any, ...] = ()

    def into(self, *steps: Any) -> Place:
        return Place(self.root, (*self.steps, *steps))

    def here(self, root: Message) -> Any:
        at: Any = root
        for step in self.steps:
            at = getattr(at, step) if isinstance(step, str) else at[step[0]]
        return at

    def copy(self) -> tuple[Message, Any]:
        root = type(self.root)()
        root.CopyFrom(self.root)
        return root, self.here(root)

    def path(self, root: Message, *more: Any) -> str:
        """Return the name of a field here; those of protobuf's own types have none."""
        at: Any = root
        text = ""
        for step in (*self.steps, *more):
            if isinstance(step, str):
                text += "" if at.DESCRIPTOR.file.package == "google.protobuf" else f".{step}"
                at = getattr(at, step)
            elif isinstance(at, Mapping):
                at = at.get(step[0], None)
                inside_struct = isinstance(at, Message) and at.DESCRIPTOR.full_name == "google.protobuf.Value"
                text += f".{step[0]}" if inside_struct and step[0].isidentifier() else f"[{step[0]}]"
            else:
                text += f"[{_called(at, step[0])}]"
                at = at[step[0]]
        return text.removeprefix(".")


def mutations(message: Message) -> Iterator[Mutation]:
    """Yield every change of a scalar, every cleared field, dropped and swapped item, and every added field.

    A field is added to one message of several that stand at the same place in lists and maps.
    """
    yield from _mutations(Place(message), set())


def _mutations(place: Place, seen: set[str]) -> Iterator[Mutation]:
    message = place.here(place.root)
    for field, value in message.ListFields():
        inside = place.into(field.name)
        root, here = place.copy()
        here.ClearField(field.name)
        yield Mutation(place.path(root, field.name), "cleared", root, value)
        if isinstance(value, Message):
            yield from _mutations(inside, seen)
        elif isinstance(value, Mapping):
            yield from _map(inside, field.message_type.fields_by_name["value"], seen)
        elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
            yield from _list(inside, field, seen)
        elif field.enum_type is None or len(field.enum_type.values) > 1:  # NullValue has one value
            root, here = place.copy()
            setattr(here, field.name, _other(field, value))
            yield Mutation(place.path(root, field.name), "changed", root)
    if message.DESCRIPTOR.file.package != "google.protobuf":
        yield from _added(place, message, seen)


def _map(place: Place, field: Any, seen: set[str]) -> Iterator[Mutation]:
    for key, value in place.here(place.root).items():
        root, here = place.copy()
        del here[key]
        yield Mutation(place.path(place.root, (key,)), "dropped", root, value)
        if isinstance(value, Message):
            yield from _mutations(place.into((key,)), seen)
        else:
            root, here = place.copy()
            here[key] = _other(field, value)
            yield Mutation(place.path(root, (key,)), "changed", root)


def _list(place: Place, field: Any, seen: set[str]) -> Iterator[Mutation]:
    items = place.here(place.root)
    for at, item in enumerate(items):
        root, here = place.copy()
        del here[at]
        yield Mutation(place.path(root), "dropped", root, item)
        if at and items[at - 1] != item:
            root, here = place.copy()
            order = [*here[: at - 1], here[at], here[at - 1], *here[at + 1 :]]
            del here[:]
            here.extend(order)
            yield Mutation(place.path(root), "swapped", root, [items[at - 1], item])
        if isinstance(item, Message):
            yield from _mutations(place.into((at,)), seen)
        else:
            root, here = place.copy()
            here[at] = _other(field, item)
            yield Mutation(place.path(root, (at,)), "changed", root)


def _added(place: Place, message: Message, seen: set[str]) -> Iterator[Mutation]:
    there = {field.name for field, _ in message.ListFields()}
    for field in message.DESCRIPTOR.fields:
        shape = ".".join(step for step in (*place.steps, field.name) if isinstance(step, str))
        if field.name in there or shape in seen:
            continue
        seen.add(shape)
        root, here = place.copy()
        value: Any = getattr(here, field.name)
        if isinstance(value, Message):
            value.SetInParent()
        elif isinstance(value, Mapping):
            continue
        elif not isinstance(value, str | bytes) and hasattr(value, "append"):
            value.add() if field.message_type else value.append(_other(field, 0 if field.enum_type else ""))
        else:
            setattr(here, field.name, _other(field, value))
        yield Mutation(place.path(root, field.name), "added", root)


def _called(items: Any, at: int) -> str:
    name = NAMES.get(items[at].DESCRIPTOR.name) if isinstance(items[at], Message) else None
    names = [name(item) for item in items] if name else []
    return names[at] if names and all(names) and len(set(names)) == len(names) else str(at)


def _other(field: Any, value: Any) -> Any:
    if field.enum_type:
        return next(one.number for one in field.enum_type.values if one.number != value)
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return f"{value}x"
    return value + (b"x" if isinstance(value, bytes) else 1)
