"""What breaks from one release to the next: interfaces compared, in the direction in which each side is used.

An input may take more than before, an output may give less: whether a value of one type may stand for one of another is
propeller's rule (`rules/compiler/typing`, its `AreTypesCastable`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_flyte.breaking import rules
from hatch_flyte.breaking.interfaces import sent_interfaces, stored_interfaces
from hatch_flyte.breaking.rules import BreakingChange
from hatch_flyte.entity import Kind
from hatch_flyte.rules.compiler.typing import castable
from hatch_flyte.words import literal_words, type_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from google.protobuf.message import Message

    from hatch_flyte.breaking.interfaces import Interface, Key
    from hatch_flyte.breaking.rules import BreakingRule
    from hatch_flyte.entity import Identifier
    from hatch_flyte.entries import Entry

    Said = Iterator[tuple[BreakingRule, str]]


def breaking_changes(stored: Mapping[Identifier, Message], entries: Iterable[Entry]) -> tuple[BreakingChange, ...]:
    """Return what the release of `entries` breaks for those who use the one that is `stored`.

    `stored` are `admin.Task`, `admin.Workflow` (whole) and `admin.LaunchPlan` messages of one release, `entries` an
    archive's entities filled in; versions and places are not compared. A workflow's default launch plan, which has its
    name, speaks for both: what it gives a default need not be given.
    """
    before, after = stored_interfaces(stored), sent_interfaces(entries)
    return tuple(
        BreakingChange(rule, kind, name, message)
        for (kind, name), old in sorted(before.items(), key=lambda item: (list(Kind).index(item[0][0]), item[0][1]))
        if not _spoken_for((kind, name), before)
        for rule, message in _broken((kind, name), old, after)
    )


def _spoken_for(key: Key, interfaces: Mapping[Key, Interface]) -> bool:
    return key[0] is Kind.WORKFLOW and (Kind.LAUNCH_PLAN, key[1]) in interfaces


def _broken(key: Key, old: Interface, after: Mapping[Key, Interface]) -> Said:
    new = after.get(key)
    if new is None:
        yield rules.ENTITY_REMOVED, "is not in this release"
        return
    yield from _inputs(old, new)
    yield from _outputs(old, new)
    if old.scheduled and new.scheduled:
        yield from _fixed(old, new)


def _inputs(old: Interface, new: Interface) -> Said:
    gone = [name for name in old.inputs if name not in new.inputs]
    come = [name for name in new.inputs if name not in old.inputs]
    renamed = _renamed(old, new, gone, come)
    for name in gone:
        if name in renamed:
            words = type_words(old.inputs[name])
            yield rules.INPUT_RENAMED, f"input {name} is gone, {renamed[name]} has come ({words})"
        else:
            yield rules.INPUT_REMOVED, f"input {name} is gone"
    for name in come:
        if name in new.required and name not in renamed.values() and name not in old.fixed:
            yield rules.INPUT_REQUIRED, f"input {name} is new and has no default"
    for name in sorted(old.inputs.keys() & new.inputs.keys()):
        if not castable(old.inputs[name], new.inputs[name]):
            yield rules.INPUT_RETYPED, f"input {name}: {type_words(old.inputs[name])} -> {type_words(new.inputs[name])}"
        elif name in new.required and name not in old.required:
            yield rules.INPUT_REQUIRED, f"input {name} has no default any more"


def _renamed(old: Interface, new: Interface, gone: Sequence[str], come: Sequence[str]) -> dict[str, str]:
    """Return new names by old ones: where of a type one input is gone and one has come."""
    pairs = {}
    for name in gone:
        alike = [one for one in come if new.inputs[one] == old.inputs[name]]
        rivals = [one for one in gone if old.inputs[one] == old.inputs[name]]
        if len(alike) == len(rivals) == 1:
            pairs[name] = alike[0]
    return pairs


def _outputs(old: Interface, new: Interface) -> Said:
    for name, typed in old.outputs.items():
        if name not in new.outputs:
            yield rules.OUTPUT_REMOVED, f"output {name} is gone"
        elif not castable(new.outputs[name], typed):
            yield rules.OUTPUT_RETYPED, f"output {name}: {type_words(typed)} -> {type_words(new.outputs[name])}"


def _fixed(old: Interface, new: Interface) -> Said:
    for name in sorted(old.fixed.keys() | new.fixed.keys()):
        before, after = old.fixed.get(name), new.fixed.get(name)
        if before != after:
            said = (literal_words(one) if one is not None else "not fixed" for one in (before, after))
            yield rules.FIXED_INPUT_CHANGED, f"fixed input {name}: {' -> '.join(said)}"
