"""One binding: a promise, a scalar, a list or a map of them. propeller's `validators/bindings.go:validateBinding`.

Owns what fits what is expected, and what is said where it doesn't. Knows nothing of a node's other bindings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from flyteidl.core.literals_pb2 import BindingDataMap
from flyteidl.core.types_pb2 import LiteralType

from hatch_flyte.rules.compiler.codes import ErrorCode
from hatch_flyte.rules.compiler.literals import scalar_type
from hatch_flyte.rules.compiler.typing import type_text
from hatch_flyte.rules.compiler.variable import parse_variable
from hatch_flyte.rules.compiler.vars import output_type
from hatch_flyte.rules.prototext import message_text
from hatch_flyte.wire.connections import START_NODE

if TYPE_CHECKING:
    from flyteidl.core.literals_pb2 import BindingData, BindingDataCollection, OutputReference, Scalar
    from google.protobuf.message import Message

    from hatch_flyte.rules.compiler.builders import NodeBuilder, WorkflowBuilder
    from hatch_flyte.rules.compiler.errors import CompileErrors


class Bound(NamedTuple):
    """What a binding came to."""

    type: LiteralType | None
    """The type of what is bound: of a promise that of the whole output; None if it isn't known."""
    upstream: tuple[str, ...] = ()
    """The nodes that are promised from."""


class _Promise(NamedTuple):
    """An output that is promised."""

    promise: OutputReference
    provider: NodeBuilder
    whole: LiteralType | None
    """The output's type; None if it isn't known."""
    indexed: bool
    """Whether one of its elements is meant."""


@dataclass(frozen=True, slots=True)
class Input:
    """An input to which something is bound."""

    workflow: WorkflowBuilder
    node: NodeBuilder
    name: str
    typed: bool = True

    def validate(self, data: BindingData, expected: LiteralType | None, errors: CompileErrors) -> Bound | None:
        """Return what a binding comes to, or None if it doesn't fit (`validateBinding`).

        `expected` is None if it isn't known what would fit.
        """
        errors.work.spend()
        kind = data.WhichOneof("value")
        if kind == "promise":
            return self._promise(data.promise, expected, errors)
        if kind == "scalar":
            return self._scalar(data.scalar, expected, errors)
        if expected is not None and expected.HasField("union_type"):
            return self._union(data, expected, errors)
        if kind == "collection":
            return self._several(data.collection, (expected, _inner(expected, "collection_type")), errors)
        if kind == "map":
            return self._several(data.map, (expected, _inner(expected, "map_value_type")), errors)
        self._mismatching_bindings(expected, None, errors)
        return None

    def _union(self, data: BindingData, expected: LiteralType, errors: CompileErrors) -> Bound | None:
        """Find the variant for a list, a map or nothing: exactly one must take it."""
        fitting: list[tuple[LiteralType, Bound]] = []
        for variant in expected.union_type.variants:
            bound = self.validate(data, variant, errors.trial())
            if bound is not None:
                fitting.append((variant, bound))
            if len(fitting) > 1:
                break
        if len(fitting) == 1:
            return fitting[0][1]
        errors.fail()
        if not errors.is_trial:
            code = ErrorCode.AMBIGUOUS_BINDING_UNION_VALUE if fitting else ErrorCode.INCOMPATIBLE_BINDING_UNION_VALUE
            variants = " and ".join(f"[{message_text(variant)}]" for variant, _ in fitting)
            why = (
                f"is ambiguous as both variants {variants} match." if fitting else "does not match any of the variants."
            )
            received = f"Received [{message_text(data)}] which {why}"
            errors.collect(code, self.node.id, f"{self._expects('union type', expected)}  {received}")
        return None

    def _several(
        self,
        data: BindingDataCollection | BindingDataMap,
        expected: tuple[LiteralType | None, LiteralType | None],
        errors: CompileErrors,
    ) -> Bound | None:
        """Check the elements of a list or map; `expected` are the type of the whole and of an element."""
        whole, element = expected
        if whole is not None and element is None:
            self._mismatching_bindings(whole, data, errors)
            return None
        bindings = data.bindings.values() if isinstance(data, BindingDataMap) else data.bindings
        found = [self.validate(one, element, errors.scope()) for one in bindings]
        upstream = tuple(provider for bound in found if bound for provider in bound.upstream)
        return None if errors.has_errors else Bound(None, upstream)

    def _scalar(self, scalar: Scalar, expected: LiteralType | None, errors: CompileErrors) -> Bound | None:
        kind = scalar.WhichOneof("value")
        given = scalar_type(scalar)
        if given is None:
            text = f"*core.Scalar_{kind.capitalize()}" if kind else "<nil>"
            errors.collect(ErrorCode.UNRECOGNIZED_VALUE, self.node.id, f"Unrecognized value [{text}].")
        elif self.typed and expected is not None and not self.workflow.casts.castable(given, expected):
            errors.mismatching_types(self.node.id, self.name, type_text(given), self.workflow.casts.text(expected))
        values = expected.enum_type.values if expected is not None and expected.HasField("enum_type") else None
        if values is not None and scalar.primitive.string_value not in values:
            text = (
                f"Input [{self.name}] on node [{self.node.id}] is an Enum and expects value to be one of "
                f"[[{' '.join(values)}]].  Received [{scalar.primitive.string_value}]"
            )
            errors.collect(ErrorCode.ILLEGAL_ENUM_VALUE, self.node.id, text)
        return None if errors.has_errors else Bound(given)

    def _promise(self, promise: OutputReference, expected: LiteralType | None, errors: CompileErrors) -> Bound | None:
        provider = self.workflow.nodes.get(promise.node_id or START_NODE)
        if provider is None:
            text = f"Referenced node [{promise.node_id}] not found."
            errors.collect(ErrorCode.NODE_REFERENCE_NOT_FOUND, promise.node_id, text)
            errors.parameter_not_bound(self.node.id, self.name)
            return None
        parsed = parse_variable(promise.var)
        if parsed is None:
            errors.collect(ErrorCode.SYNTAX_ERROR, self.node.id, f"Failed to parse element [{promise.var}].")
            return None
        looking = errors.scope()
        whole = output_type(provider, parsed.name, looking)
        if looking.has_errors:
            errors.parameter_not_bound(self.node.id, self.name)
            return None
        return self._promised(_Promise(promise, provider, whole, parsed.position is not None), expected, errors)

    def _promised(self, given: _Promise, expected: LiteralType | None, errors: CompileErrors) -> Bound | None:
        """Compare what is promised with what is expected."""
        source = given.whole
        if given.indexed and source is not None:
            if source.HasField("collection_type"):
                source = source.collection_type
            else:
                self._mismatching_variables(given, (source, expected), errors)
        for attribute in given.promise.attr_path:
            name = attribute.string_value
            if source is None:
                break
            if not _has_field(source, name):
                text = f"Variable [{given.promise.var}] (type [{message_text(source)}]) doesn't have field [{name}]."
                errors.collect(ErrorCode.FIELD_NOT_FOUND, self.node.id, text)
                return None
            source = _attribute(source, name)
        if (
            self.typed
            and source is not None
            and expected is not None
            and not self.workflow.casts.castable(source, expected)
        ):
            self._mismatching_variables(given, (source, expected), errors)
            return None
        given.promise.node_id = given.provider.id
        return Bound(given.whole, (given.provider.id,))

    def _mismatching_variables(
        self, given: _Promise, types: tuple[LiteralType, LiteralType | None], errors: CompileErrors
    ) -> None:
        source, expected = (None if type_ is None else self.workflow.casts.text(type_) for type_ in types)
        text = (
            f"The output variable '{given.provider.prefix}{given.promise.var}' has type [{source}], "
            f"but it's assigned to the input variable '{self.node.prefix}{self.name}' "
            f"which has type type [{expected}]."
        )
        errors.collect(ErrorCode.MISMATCHING_TYPES, self.node.id, text)

    def _mismatching_bindings(
        self, expected: LiteralType | None, received: Message | None, errors: CompileErrors
    ) -> None:
        """Collect that something of no such kind is bound; what was received is shown for lists and maps."""
        errors.fail()
        if not errors.is_trial:
            shown = "" if received is None else message_text(received)
            text = f"{self._expects('type', expected)}  Received [{shown}]"
            errors.collect(ErrorCode.MISMATCHING_BINDINGS, self.node.id, text)

    def _expects(self, what: str, expected: LiteralType | None) -> str:
        type_ = message_text(expected or LiteralType())
        return f"Input [{self.name}] on node [{self.node.id}] expects bindings of {what} [{type_}]."


def _inner(type_: LiteralType | None, kind: str) -> LiteralType | None:
    """Return the type of a list's or map's elements; None where it is another type, or isn't known."""
    return getattr(type_, kind) if type_ is not None and type_.HasField(kind) else None


def _has_field(type_: LiteralType, name: str) -> bool:
    """Return whether something of a type may have a field; of a struct that doesn't say its fields, any."""
    several = type_.HasField("collection_type") or type_.HasField("map_value_type")
    fields = type_.structure.dataclass_type
    return several or not fields or name in fields


def _attribute(type_: LiteralType, name: str) -> LiteralType:
    """Return the type of a field or an element; what doesn't say it is taken for that of all of it."""
    if type_.HasField("collection_type"):
        return type_.collection_type
    if type_.HasField("map_value_type"):
        return type_.map_value_type
    return type_.structure.dataclass_type[name] if type_.structure.dataclass_type else type_
