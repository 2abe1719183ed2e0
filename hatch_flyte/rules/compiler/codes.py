"""Every code with which the compiler refuses, as propeller names it (`errors/compiler_errors.go`), and its rule.

A rule's identifier is the code's name with hyphens, and as stable: `MismatchingTypes` in a message is the rule
`mismatching-types`. Codes that propeller has, but never raises when something is registered, are not here.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from hatch_flyte.rules.rule import Rule


class ErrorCode(Enum):
    """A code; the value is how messages write it."""

    AMBIGUOUS_BINDING_UNION_VALUE = "AmbiguousBindingUnionValue"
    BRANCH_NODE_HAS_NO_CONDITION = "BranchNodeHasNoCondition"
    BRANCH_NODE_HAS_NO_DEFAULT = "BranchNodeHasNoDefault"
    BRANCH_NODE_ID_NOT_FOUND = "BranchNodeIdNotFound"
    CYCLE_DETECTED = "CycleDetected"
    DUPLICATE_ALIAS = "DuplicateAlias"
    DUPLICATE_ID = "DuplicateId"
    FIELD_NOT_FOUND = "FieldNotFound"
    ILLEGAL_ENUM_VALUE = "IllegalEnumValue"
    INCOMPATIBLE_BINDING_UNION_VALUE = "IncompatibleBindingUnionValue"
    INVALID_VALUE = "InvalidValue"
    MISMATCHING_BINDINGS = "MismatchingBindings"
    MISMATCHING_TYPES = "MismatchingTypes"
    NODE_REFERENCE_NOT_FOUND = "NodeReferenceNotFound"
    NO_CONDITION_FOUND = "NoConditionFound"
    NO_NODES_FOUND = "NoNodesFound"
    PARAMETER_BOUND_MORE_THAN_ONCE = "ParameterBoundMoreThanOnce"
    PARAMETER_NOT_BOUND = "ParameterNotBound"
    SYNTAX_ERROR = "SyntaxError"
    TASK_REFERENCE_NOT_FOUND = "TaskReferenceNotFound"
    UNREACHABLE_NODES = "UnreachableNodes"
    UNRECOGNIZED_VALUE = "UnrecognizedValue"
    VALUE_REQUIRED = "ValueRequired"
    VARIABLE_NAME_NOT_FOUND = "VariableNameNotFound"
    WORKFLOW_REFERENCE_NOT_FOUND = "WorkflowReferenceNotFound"


_COMPILER: Final = "flytepropeller/pkg/compiler"
_BINDING: Final = "validators/bindings.go:validateBinding"
_BINDINGS: Final = "validators/bindings.go:ValidateBindings"
_BRANCH: Final = "validators/node.go:ValidateBranchNode"
_INTERFACE: Final = "validators/interface.go:ValidateUnderlyingInterface"
_REACHABLE: Final = "workflow_compiler.go:validateReachable"

_RULES: Final = {
    ErrorCode.AMBIGUOUS_BINDING_UNION_VALUE: (
        _BINDING,
        "A list or map bound to a union fits one of its variants only.",
        "Take a type whose variants can be told apart, or bind a task's output instead of a list or map.",
    ),
    ErrorCode.BRANCH_NODE_HAS_NO_CONDITION: (
        "validators/condition.go:ValidateBooleanExpression",
        "Each case of a branch has a condition, and each conjunction two sides.",
        "Give every case of the `conditional` a comparison.",
    ),
    ErrorCode.BRANCH_NODE_HAS_NO_DEFAULT: (
        _BRANCH,
        "A branch has an else, or an error for when no case is true.",
        "End the `conditional` with `.else_().then(…)` or `.else_().fail(…)`.",
    ),
    ErrorCode.BRANCH_NODE_ID_NOT_FOUND: (
        _BRANCH,
        "Each case of a branch has a node to run.",
        "Give every case of the `conditional` something to run.",
    ),
    ErrorCode.CYCLE_DETECTED: (
        _REACHABLE,
        "Neither nodes wait for each other in a circle, nor do workflows run each other.",
        "Take one of the promises or `>>` out of the circle.",
    ),
    ErrorCode.DUPLICATE_ALIAS: (
        "validators/node.go:validateEffectiveOutputParameters",
        "An output of a node has one alias at most.",
        "Leave all but one of the aliases out.",
    ),
    ErrorCode.DUPLICATE_ID: (
        "common/index.go:NewWorkflowIndex",
        "Embedded workflows have identifiers of their own.",
        "Serialize again: a workflow is embedded twice.",
    ),
    ErrorCode.FIELD_NOT_FOUND: (
        _BINDING,
        "A promise asks for a field that its dataclass has.",
        "Ask for a field that the dataclass has.",
    ),
    ErrorCode.ILLEGAL_ENUM_VALUE: (
        _BINDING,
        "A value bound to an enum is one of the enum's.",
        "Bind one of the enum's values.",
    ),
    ErrorCode.INCOMPATIBLE_BINDING_UNION_VALUE: (
        _BINDING,
        "A list or map bound to a union fits one variant.",
        "Bind a value that one of the union's types takes.",
    ),
    ErrorCode.INVALID_VALUE: (
        "task_compiler.go:validateK8sPod",
        "A task's pod can be read, and its containers are named as Kubernetes has it.",
        "Name the pod's containers by lower-case letters, digits and `-`.",
    ),
    ErrorCode.MISMATCHING_BINDINGS: (
        _BINDING,
        "Lists and maps are bound to what takes them, and every binding binds something.",
        "Bind a list to a list, a map to a map, and leave no value out.",
    ),
    ErrorCode.MISMATCHING_TYPES: (
        "validators/typing.go:AreTypesCastable",
        "A value fits the type of what it is bound to, compared with or put out as.",
        "Bind a value of the type that is expected, or have a task turn it into one.",
    ),
    ErrorCode.NODE_REFERENCE_NOT_FOUND: (
        "validators/node.go:validateNodeID",
        "A promise names a node of the workflow; in a branch or an approval, one that comes before it.",
        "Bind the output of a node of this workflow; in a branch, of one before it.",
    ),
    ErrorCode.NO_CONDITION_FOUND: (
        _INTERFACE,
        "A gate waits for an approval, a signal or a time.",
        "Give the gate a condition: `approve`, `wait_for_input` or `sleep`.",
    ),
    ErrorCode.NO_NODES_FOUND: (
        "workflow_compiler.go:ValidateWorkflow",
        "A workflow has nodes.",
        "Have the workflow call a task, a workflow or a launch plan.",
    ),
    ErrorCode.PARAMETER_BOUND_MORE_THAN_ONCE: (
        _BINDINGS,
        "An input is bound once.",
        "Bind the input once.",
    ),
    ErrorCode.PARAMETER_NOT_BOUND: (
        _BINDINGS,
        "Every required input of a node and every output of a workflow is bound to something that is there.",
        "Bind the input or output that is named, or give the task's parameter a default.",
    ),
    ErrorCode.SYNTAX_ERROR: (
        "typing/variable.go:ParseVarName",
        "A promise names one output, in letters, digits and underscores.",
        "Name the output in letters, digits and underscores.",
    ),
    ErrorCode.TASK_REFERENCE_NOT_FOUND: (
        "workflow_compiler.go:validateAllRequirements",
        "A node runs a task that is registered under exactly that identifier.",
        "Refer to a task, by `reference_task`, and without an organisation.",
    ),
    ErrorCode.UNREACHABLE_NODES: (
        _REACHABLE,
        "Every node can be reached from the workflow's start.",
        "Take the circle apart that these nodes wait in.",
    ),
    ErrorCode.UNRECOGNIZED_VALUE: (
        _BINDING,
        "A bound scalar says of what type it is, and a task asks for amounts that are quantities.",
        "Write quantities as Kubernetes does (`500m`, `2`, `4Gi`), and bind values that have a type.",
    ),
    ErrorCode.VALUE_REQUIRED: (
        _INTERFACE,
        "Nothing that is needed is left out.",
        "Serialize again: flytekit leaves nothing out; or set what is named in the task's definition.",
    ),
    ErrorCode.VARIABLE_NAME_NOT_FOUND: (
        "validators/vars.go:validateOutputVar",
        "Bindings, promises and conditions name variables that their nodes have.",
        "Name a variable that the node has.",
    ),
    ErrorCode.WORKFLOW_REFERENCE_NOT_FOUND: (
        "requirements.go:updateNodeRequirements",
        "A node runs a launch plan that is registered, or a workflow that is embedded, under exactly that identifier.",
        "Refer to a launch plan that has outputs, or to a workflow that is embedded.",
    ),
}

RULES: Final = {
    code: Rule(re.sub("(?<!^)(?=[A-Z])", "-", code.value).lower(), f"{_COMPILER}/{source}", says, fix)
    for code, (source, says, fix) in _RULES.items()
}
"""The rule of each code."""
