"""Every rule of the control plane by its identifier: where flyteadmin has it, and what it asks for.

A refusal names its rule, so that what a check finds can be selected, ignored and looked up. What a rule means in code
stands in the module about its noun. `rules` adds those of the compiler (`compiler/codes`) and ours (`lint_rules`).
"""

from __future__ import annotations

from typing import Final

from hatch_flyte.rules import lint_rules
from hatch_flyte.rules.compiler.codes import RULES
from hatch_flyte.rules.rule import Rule

_VALIDATION: Final = "flyteadmin/pkg/manager/impl/validation"
_GENERAL: Final = f"{_VALIDATION}/validation.go"
_TASK: Final = f"{_VALIDATION}/task_validator.go"
_PLAN: Final = f"{_VALIDATION}/launch_plan_validator.go"
_PROJECT: Final = f"{_VALIDATION}/project_validator.go"
_NOTIFICATION: Final = f"{_VALIDATION}/notifications_validator.go"
_EXECUTION: Final = f"{_VALIDATION}/execution_validator.go"

IDENTIFIER_TYPE: Final = Rule(
    "identifier-type",
    f"{_GENERAL}:ValidateIdentifier",
    "An identifier names the resource type of what it identifies.",
    fix="Have the launch plan name a workflow.",
)
IDENTIFIER_FIELDS: Final = Rule(
    "identifier-fields",
    f"{_GENERAL}:ValidateIdentifierFieldsSet",
    "An identifier has project, domain, name and version.",
    fix="Have the launch plan name its workflow.",
)
PLACE: Final = Rule(
    "place", f"{_PROJECT}:ValidateProjectAndDomain", "Project and domain are registered, and the project is active."
)
LABELS: Final = Rule(
    "labels",
    f"{_GENERAL}:validateLabels",
    "There are at most 16 labels, named as Kubernetes has it.",
    fix="Name labels as Kubernetes does: letters, digits, `-`, `_` and `.`, at most 63 characters.",
)
SAME_VERSION: Final = Rule(
    "same-version",
    "flyteadmin/pkg/manager/impl/task_manager.go:CreateTask",
    "A version that is registered keeps its content.",
)

TASK_TEMPLATE: Final = Rule(
    "task-template",
    f"{_TASK}:ValidateTask",
    "A task has a specification with a template.",
    fix="Serialize the task again: its protobuf is damaged.",
)
TASK_TYPE: Final = Rule(
    "task-type",
    f"{_TASK}:validateTaskTemplate",
    "A task has a type.",
    fix="Give the task a `task_type`.",
)
TASK_METADATA: Final = Rule(
    "task-metadata",
    f"{_TASK}:validateTaskTemplate",
    "A task has metadata.",
    fix="Serialize the task again with flytekit, which writes metadata.",
)
TASK_RUNTIME: Final = Rule(
    "task-runtime",
    f"{_TASK}:validateRuntimeMetadata",
    "A task's runtime has a version.",
    fix="Serialize the task again with flytekit, which writes its version.",
)
TASK_INTERFACE: Final = Rule(
    "task-interface",
    f"{_TASK}:validateTaskTemplate",
    "A task has an interface.",
    fix="Give the task an interface, be it an empty one.",
)
TASK_IMAGE: Final = Rule(
    "task-image",
    f"{_TASK}:validateContainer",
    "A task's container has an image.",
    fix="Set `image` under [tool.hatch-flyte], or `container_image` of the task.",
)
TASK_POD: Final = Rule(
    "task-pod",
    f"{_TASK}:validateK8sPod",
    "A pod task has a pod specification that can be read.",
    fix="Correct the task's `pod_template`: fields have to be of Kubernetes' types.",
)
TASK_COMPILES: Final = Rule(
    "task-compiles", "flytepropeller/pkg/compiler/task_compiler.go:CompileTask", "A task compiles."
)
RESOURCE_QUANTITY: Final = Rule(
    "resource-quantity",
    f"{_TASK}:addResourceEntryToMap",
    "A resource is a Kubernetes quantity, given once.",
    fix="Write quantities as Kubernetes does (`500m`, `2`, `4Gi`), each resource once.",
)
RESOURCE_GPU: Final = Rule(
    "resource-gpu",
    f"{_TASK}:validateResource",
    "GPUs are whole, and as many are requested as they are limited to.",
    fix="Ask for whole GPUs, and for as many as the limit says.",
)
RESOURCE_LIMIT: Final = Rule(
    "resource-limit",
    f"{_TASK}:validateResource",
    "A request isn't greater than the task's own limit.",
    fix="Lower the request, or raise the limit.",
)
RESOURCE_PLATFORM: Final = Rule(
    "resource-platform", f"{_TASK}:validateResource", "Requests and limits are within those of project and domain."
)

WORKFLOW_TEMPLATE: Final = Rule(
    "workflow-template",
    f"{_VALIDATION}/workflow_validator.go:ValidateWorkflow",
    "A workflow has a specification with a template.",
    fix="Serialize the workflow again: its protobuf is damaged.",
)
WORKFLOW_SIZE: Final = Rule(
    "workflow-size",
    f"{_VALIDATION}/workflow_validator.go:ValidateCompiledWorkflow",
    "A workflow has at most 100 nodes of its own.",
    fix="Put some of the nodes into a workflow of their own, use a map task, or have the limit raised "
    "(`registration.maxWorkflowNodes`) and ignore this rule.",
)
WORKFLOW_COMPILES: Final = Rule(
    "workflow-compiles", "flytepropeller/pkg/compiler/workflow_compiler.go:CompileWorkflow", "A workflow compiles."
)
WORKFLOW_REFERENCE: Final = Rule(
    "workflow-reference",
    "flyteadmin/pkg/manager/impl/workflow_manager.go:getCompiledWorkflow",
    "What a workflow runs is registered before it.",
    fix="Have the archive hold it too (`modules`, `exclude`), or refer to a version that is registered "
    "(`reference_task`, `reference_launch_plan`).",
)

PLAN_SPEC: Final = Rule("launch-plan-spec", f"{_PLAN}:ValidateLaunchPlan", "A launch plan has a specification.")
PLAN_WORKFLOW: Final = Rule(
    "launch-plan-workflow",
    "flyteadmin/pkg/manager/impl/launch_plan_manager.go:CreateLaunchPlan",
    "A launch plan's workflow is registered before it.",
    fix="Have the archive hold the workflow too (`modules`, `exclude`).",
)
PLAN_CONDITIONS: Final = Rule(
    "launch-plan-conditions",
    f"{_PLAN}:ValidateLaunchPlan",
    "A launch plan has no launch conditions.",
    fix="Leave out the launch plan's `trigger`: open-source Flyte has none.",
)
FIXED_INPUT: Final = Rule(
    "fixed-input",
    f"{_GENERAL}:validateLiteralMap",
    "A fixed input has a name and a value.",
    fix="Give the fixed input a name and a value.",
)
DEFAULT_INPUT: Final = Rule(
    "default-input",
    f"{_GENERAL}:validateParameterMap",
    "A default input has a name, a type, and a default of that type unless it is required.",
    fix="Give the default a value of its input's type, or leave it out.",
)
INPUT_DATETIME: Final = Rule(
    "input-datetime",
    f"{_GENERAL}:ValidateDatetime",
    "A point in time is within the years 1 to 9999.",
    fix="Name a time within the years 1 to 9999.",
)
PLAN_INPUTS: Final = Rule(
    "launch-plan-inputs",
    f"{_PLAN}:checkAndFetchExpectedInputForLaunchPlan",
    "A launch plan's inputs are inputs of its workflow.",
    fix="Leave the input out, or add it to the workflow.",
)
PLAN_INPUT_TYPE: Final = Rule(
    "launch-plan-input-type",
    f"{_PLAN}:checkAndFetchExpectedInputForLaunchPlan",
    "A launch plan's inputs have the types of its workflow's.",
    fix="Give the input a value of the type that the workflow takes.",
)
SCHEDULE_INPUTS: Final = Rule(
    "schedule-inputs",
    f"{_PLAN}:validateSchedule",
    "With a schedule every required input has a value.",
    fix="Give the input a value (`default_inputs`, `fixed_inputs`) or the workflow's parameter a default, or name "
    "it in the schedule's `kickoff_time_input_arg`.",
)
SCHEDULE_KICKOFF: Final = Rule(
    "schedule-kickoff",
    f"{_PLAN}:validateSchedule",
    "The kickoff time goes to a free input that is a datetime.",
    fix="Name an input of the workflow that is a `datetime` and not fixed.",
)
SCHEDULE_CRON: Final = Rule(
    "schedule-cron",
    f"{_PLAN}:validateSchedule",
    "A cron expression has five fields, or is one of the descriptors.",
    fix="Write five fields (minute, hour, day of month, month, day of week), or a descriptor such as `@daily`.",
)
NOTIFICATION_RECIPIENTS: Final = Rule(
    "notification-recipients",
    f"{_NOTIFICATION}:validateRecipientsEmail",
    "A notification has recipients.",
    fix="Name at least one address, and no empty one.",
)
NOTIFICATION_KIND: Final = Rule(
    "notification-kind",
    f"{_NOTIFICATION}:validateNotifications",
    "A notification is by email, Slack or PagerDuty.",
    fix="Use `Email`, `Slack` or `PagerDuty`.",
)
NOTIFICATION_PHASE: Final = Rule(
    "notification-phase",
    f"{_NOTIFICATION}:validateNotifications",
    "Notifications are of phases in which a run ends.",
    fix="Name phases in which a run ends: SUCCEEDED, FAILED, TIMED_OUT, ABORTED.",
)
ACTIVATION: Final = Rule(
    "activation",
    "flyteadmin/pkg/manager/impl/launch_plan_manager.go:UpdateLaunchPlan",
    "A launch plan is made active or inactive.",
)

PROJECT: Final = Rule("project", f"{_PROJECT}:ValidateProjectRegisterRequest", "A project has a name.")
PROJECT_ID: Final = Rule("project-id", f"{_PROJECT}:ValidateProject", "A project's identifier is a DNS label.")
PROJECT_TEXT: Final = Rule(
    "project-text", f"{_PROJECT}:ValidateProject", "A project's name and description are at most 64 and 300 bytes."
)
PROJECT_DOMAINS: Final = Rule("project-domains", f"{_PROJECT}:ValidateProject", "A project brings no domains.")

NAME: Final = Rule(
    "name", f"{_VALIDATION}/named_entity_validator.go", "A name is one of a task, a workflow or a launch plan."
)
DESCRIPTION: Final = Rule(
    "description",
    f"{_GENERAL}:ValidateDescriptionEntityGetRequest",
    "Descriptions are asked for by what they describe.",
)
ATTRIBUTES: Final = Rule(
    "attributes",
    f"{_VALIDATION}/attributes_validator.go:validateMatchingAttributes",
    "Attributes are of one kind.",
)
LIST: Final = Rule("list", f"{_GENERAL}:ValidateResourceListRequest", "A list has a project, a domain and a limit.")
LIST_TOKEN: Final = Rule("list-token", f"{_GENERAL}:ValidateToken", "A token is what the page before it said.")
LIST_SORT: Final = Rule(
    "list-sort", "flyteadmin/pkg/common/sorting.go:NewSortParameter", "Lists are sorted by columns that are there."
)
LIST_FILTER: Final = Rule(
    "list-filter",
    "flyteadmin/pkg/manager/impl/util/filters.go:ParseFilters",
    "A filter is FUNCTION(FIELD,VALUE) with a function and a field that are there.",
)
EXECUTION: Final = Rule(
    "execution", f"{_EXECUTION}:ValidateExecutionRequest", "An execution is of a launch plan or a task, and well named."
)
EXECUTION_INPUTS: Final = Rule(
    "execution-inputs",
    f"{_EXECUTION}:CheckAndFetchInputsForExecution",
    "An execution is given every required input, and no other than the launch plan leaves open.",
)
UPLOAD: Final = Rule(
    "upload",
    "flyteadmin/dataproxy/service.go:CreateUploadLocation",
    "An upload says where it goes, and by which MD5 or root.",
)
DOWNLOAD: Final = Rule(
    "download", "flyteadmin/dataproxy/service.go:CreateDownloadLocation", "A download is of something that is there."
)


def rules() -> dict[str, Rule]:
    """Return every rule by its identifier: the control plane's in the order of this module, the compiler's, ours."""
    own = [value for value in globals().values() if isinstance(value, Rule)]
    return {rule.id: rule for rule in (*own, *RULES.values(), *lint_rules.LINTS)}


def checked_rules() -> dict[str, Rule]:
    """Return the rules that an archive can break, by their identifiers."""
    return {identifier: rule for identifier, rule in rules().items() if rule.is_checked}
