from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from flyteidl.admin.task_pb2 import TaskSpec
from google.protobuf import text_format
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct
from support_archives import launch_plan, task, workflow
from wire.mutations import Mutation, mutations
from wire.recordings import pairs

from hatch_flyte.changes import Change, Group, changes_of
from hatch_flyte.changes.entities import identity_changes
from hatch_flyte.entity import Kind
from hatch_flyte.wire.identifiers import Fill, fill
from hatch_flyte.wire.messages import SPECS, to_bytes
from hatch_flyte.wire.normal import OWNER

if TYPE_CHECKING:
    from collections.abc import Callable

    from flyteidl.admin.launch_plan_pb2 import LaunchPlan
    from google.protobuf.message import Message

UNKNOWN = b"\x9a\x3f\x01x"  # field 1011, text "x"


def merged(message: Message, text: str) -> Any:
    """Return a copy of `message` with what `text` says."""
    copy = type(message)()
    copy.CopyFrom(message)
    return text_format.Merge(text, copy)


def told(old: Message, new: Message) -> list[tuple[Group, str, object, object]]:
    return [(one.group, one.subject, one.old, one.new) for one in changes_of(old, new)]


def task_with(text: str) -> Any:
    return merged(task(), f"template {{ {text} }}")


def plan_with(text: str) -> Any:
    return merged(launch_plan(), f"spec {{ {text} }}")


def variable(name: str, kind: str, *, side: str = "inputs") -> str:
    return f'interface {{ {side} {{ variables {{ key: "{name}" value {{ type {{ {kind} }} }} }} }} }}'


def parameter(kind: str) -> str:
    return f'default_inputs {{ parameters {{ key: "a" value {{ {kind} }} }} }}'


INTEGER, FLOAT = "simple: INTEGER", "simple: FLOAT"
DEFAULT = "var {{ type {{ simple: INTEGER }} }} default {{ scalar {{ primitive {{ integer: {} }} }} }}"
REQUIRED = "var { type { simple: INTEGER } } required: true"
FIXED = 'fixed_inputs {{ literals {{ key: "a" value {{ scalar {{ primitive {{ integer: {} }} }} }} }} }}'
CRON = 'entity_metadata {{ schedule {{ cron_schedule {{ schedule: "{}" }} }} }}'


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (task(), task_with(variable("b", INTEGER)), (Group.INTERFACE, "input b", None, "integer")),
        (task_with(variable("b", INTEGER)), task(), (Group.INTERFACE, "input b", "integer", None)),
        (
            task_with(variable("o1", INTEGER, side="outputs")),
            task_with(variable("o1", f"collection_type {{ {FLOAT} }}", side="outputs")),
            (Group.INTERFACE, "output o1", "integer", "list of float"),
        ),
        (
            task(),
            task_with(variable("a", f'{INTEGER} }} description: "how many"').removesuffix(" }")),
            (Group.INTERFACE, "input a description", None, "how many"),
        ),
        (task(), task(image="p:2"), (Group.IMAGE, "", "ghcr.io/acme/p:1", "p:2")),
        (
            task(),
            task_with('container { resources { requests { name: CPU value: "1" } } }'),
            (Group.RESOURCES, "request CPU", None, "1"),
        ),
        (
            task_with('container { resources { limits { name: MEMORY value: "1Gi" } } }'),
            task_with('container { resources { limits { name: MEMORY value: "2Gi" } } }'),
            (Group.RESOURCES, "limit MEMORY", "1Gi", "2Gi"),
        ),
        (
            task(),
            task_with('extended_resources { gpu_accelerator { device: "a100" } }'),
            (Group.RESOURCES, "gpu_accelerator.device", None, "a100"),
        ),
        (
            task(arguments="run -- task-name a"),
            task(arguments="run -- task-name b"),
            (Group.CODE, "arguments", ["run", "--", "task-name", "a"], ["run", "--", "task-name", "b"]),
        ),
        (task(), task_with('container { command: "sh" }'), (Group.CODE, "command", None, ["sh"])),
        (
            task_with('sql { statement: "select 1" }'),
            task_with('sql { statement: "select 2" }'),
            (Group.CODE, "SQL statement", "select 1", "select 2"),
        ),
        (task(), task_with('container { env { key: "A" value: "1" } }'), (Group.ENVIRONMENT, "A", None, "1")),
        (
            task_with('container { env { key: "A" value: "1" } }'),
            task_with('container { env { key: "A" value: "2" } }'),
            (Group.ENVIRONMENT, "A", "1", "2"),
        ),
        (task(), task_with("metadata { retries { retries: 3 } }"), (Group.RETRIES, "", None, 3)),
        (
            task_with("metadata { timeout { seconds: 5 } }"),
            task_with("metadata { timeout { seconds: 7 } }"),
            (Group.TIMEOUT, "", "5s", "7s"),
        ),
        (task(), task_with("metadata { discoverable: true }"), (Group.CACHE, "on", None, True)),
        (task(), task_with('metadata { discovery_version: "2" }'), (Group.CACHE, "version", None, "2")),
        (
            task(),
            task_with('metadata { runtime { version: "1.17" } }'),
            (Group.MADE_WITH, "flytekit", "1.16.31", "1.17"),
        ),
        (
            task(),
            task_with('security_context { secrets { group: "g" key: "k" } }'),
            (Group.SECURITY, "secrets[0]", None, "g k"),
        ),
        (
            task(),
            merged(task(), 'description { short_description: "Doubles." }'),
            (Group.DESCRIPTION, "short_description", None, "Doubles."),
        ),
        (launch_plan(), plan_with(CRON.format("0 6 * * *")), (Group.SCHEDULE, "", None, "cron 0 6 * * *")),
        (
            plan_with("entity_metadata { schedule { rate { value: 1 unit: HOUR } } }"),
            plan_with(CRON.format("0 6 * * *")),
            (Group.SCHEDULE, "", "every hour", "cron 0 6 * * *"),
        ),
        (
            launch_plan(),
            plan_with(parameter(DEFAULT.format(3))),
            (Group.INTERFACE, "input a", None, "integer, default 3"),
        ),
        (
            plan_with(parameter(DEFAULT.format(3))),
            plan_with(parameter(DEFAULT.format(4))),
            (Group.INPUTS, "default of a", "3", "4"),
        ),
        (launch_plan(), plan_with(FIXED.format(7)), (Group.INPUTS, "fixed a", None, "7")),
        (plan_with(FIXED.format(7)), plan_with(FIXED.format(8)), (Group.INPUTS, "fixed a", "7", "8")),
        (launch_plan(), launch_plan(of="acme.other"), (Group.WORKFLOW, "", "acme.flow", "acme.other")),
        (
            launch_plan(),
            plan_with('labels { values { key: "team" value: "x" } }'),
            (Group.LABELS, "label team", None, "x"),
        ),
        (
            launch_plan(),
            plan_with('entity_metadata { notifications { email { template: "t" } } }'),
            (Group.NOTIFICATIONS, "[0].email.template", None, "t"),
        ),
        (
            launch_plan(),
            plan_with('envs { values { key: "A" value: "1" } }'),
            (Group.ENVIRONMENT, "A", None, "1"),
        ),
        (
            launch_plan(),
            plan_with('security_context { run_as { k8s_service_account: "x" } }'),
            (Group.SECURITY, "run_as.k8s_service_account", None, "x"),
        ),
    ],
)
def test_a_change_has_its_group_and_is_said_in_words(old: Message, new: Message, expected: Any) -> None:
    assert told(old, new) == [expected]
    assert told(new, old) == [(*expected[:2], expected[3], expected[2])]


def test_a_default_that_becomes_required_is_told_as_both() -> None:
    assert told(plan_with(parameter(DEFAULT.format(3))), plan_with(parameter(REQUIRED))) == [
        (Group.INPUTS, "default of a", "3", None),
        (Group.INTERFACE, "input a required", None, True),
    ]


def test_a_type_of_the_same_words_is_told_field_by_field() -> None:
    old, new = (
        task_with(variable("a", f'simple: STRUCT structure {{ tag: "{tag}" }}', side="outputs")) for tag in ("x", "y")
    )

    [change] = changes_of(old, new)

    assert change == Change(
        Group.INTERFACE,
        "output a structure.tag",
        "template.interface.outputs.variables[a].type.structure.tag",
        "x",
        "y",
    )


def pod(image: str, *, cpu: str = "1") -> Any:
    containers = [{"name": "primary", "image": image, "args": ["x"], "resources": {"requests": {"cpu": cpu}}}]
    return ParseDict({"template": {"k8s_pod": {"pod_spec": {"containers": containers}}}}, TaskSpec())


def test_what_a_pod_says_of_its_containers_has_its_group_too() -> None:
    assert told(pod("p:1"), pod("p:2", cpu="2")) == [
        (Group.IMAGE, "container 0", "p:1", "p:2"),
        (Group.RESOURCES, "container 0 requests.cpu", "1", "2"),
    ]


def test_from_a_container_to_a_pod_both_images_are_told() -> None:
    images = [one for one in told(task(), pod("p:2")) if one[0] is Group.IMAGE]

    assert images == [(Group.IMAGE, "", "ghcr.io/acme/p:1", None), (Group.IMAGE, "container 0", None, "p:2")]


def test_what_no_group_knows_is_told_by_its_field() -> None:
    old, new = task(), task_with("metadata { is_eager: true }")
    new.template.custom.CopyFrom(ParseDict({"spark": {"cores": 2}, "a.b": None}, Struct()))

    assert changes_of(old, new) == (
        Change(Group.OTHER, "", "template.metadata.is_eager", None, True),  # noqa: FBT003 # a protobuf's value
        Change(Group.OTHER, "", "template.custom[a.b]", None, None),
        Change(Group.OTHER, "", "template.custom.spark.cores", None, 2.0),
    )


class TestFromAnywhere:
    @pytest.mark.parametrize("message", [task(), workflow(), launch_plan()])
    def test_where_an_entity_is_registered_is_no_change(self, message: Message) -> None:
        kind = next(kind for kind, one in SPECS.items() if isinstance(message, one))
        there = [
            fill(kind, message, Fill(project=project, domain="development", version=version, bundle_url=None))
            for project, version in (("a", "1.0"), ("b", "1.1"))
        ]

        assert changes_of(*there) == ()
        assert changes_of(message, there[0]) == ()

    def test_flytectls_templates_are_what_an_archive_leaves_open(self) -> None:
        old, new = launch_plan(), launch_plan()
        new.spec.workflow_id.version = "{{ registration.version }}"
        new.id.project = "{{ registration.project }}"

        assert changes_of(old, new) == ()
        assert identity_changes(Kind.LAUNCH_PLAN, old, new) == ()

    def test_a_pin_is_a_change(self) -> None:
        old, new = launch_plan(), launch_plan()
        new.spec.workflow_id.version = "7"

        assert told(old, new) == [(Group.WORKFLOW, "", "acme.flow", "acme.flow 7")]

    def test_a_pinned_identifier_of_its_own_is_told_apart(self) -> None:
        old, new = task(), task()
        new.template.id.version = "7"

        assert identity_changes(Kind.TASK, old, new) == (Change(Group.OTHER, "", "template.id.version", None, "7"),)

    def test_of_a_launch_plan_the_spec_is_enough(self) -> None:
        old, new = launch_plan(), plan_with("max_parallelism: 5")

        assert changes_of(old.spec, old) == ()
        assert changes_of(old, new.spec) == (Change(Group.OTHER, "", "spec.max_parallelism", None, 5),)

    def test_two_kinds_are_refused(self) -> None:
        with pytest.raises(ValueError, match=r"one kind \(got TaskSpec and LaunchPlan\)"):
            changes_of(task(), launch_plan())


class TestMeaning:
    def test_the_order_of_what_a_node_waits_for_is_no_change(self) -> None:
        old, new = workflow(), workflow()
        old.template.nodes[0].upstream_node_ids.extend("xy")
        new.template.nodes[0].upstream_node_ids.extend("yx")

        assert to_bytes(old) != to_bytes(new)
        assert changes_of(old, new) == ()

    def test_that_a_launch_plan_says_whose_it_is_is_no_change_and_another_owner_is_one(self) -> None:
        mine, another, nobodys = launch_plan(), launch_plan(), launch_plan()
        another.spec.annotations.values[OWNER] = "other"
        nobodys.spec.annotations.values.clear()

        assert changes_of(nobodys, mine) == changes_of(mine, nobodys) == ()
        assert told(mine, another) == [(Group.OWNER, "", "acme-pipelines", "other")]


class TestNothingIsLeftOut:
    """Every small change of real entities is told, and named; but for what has no meaning."""

    EXAMPLES = (
        "task-flytekit-heavy",
        "task-flytekit-many-types",
        "task-resources-plain",
        "task-pod",
        "task-sql",
        "workflow-sub-workflow-nested",
        "workflow-branch-with-sub-workflow",
        "workflow-flytekit-gates",
        "workflow-flytekit-mapped-partial",
        "workflow-failure-node",
        "plan-default-list",
        "plan-default-and-fixed",
        "plan-flytekit-cron",
        "plan-security-context",
        "plan-notification-all-kinds",
    )
    PLACE = r"\.(project|domain|version)"
    SILENT = (
        (rf"(template\.)?id{PLACE}", "changed cleared", "where it is registered"),
        (rf".*(\.id|_id|_ref){PLACE}", "cleared", "the recorded ones say what is left open too"),
        (r".*\.upstream_node_ids", "swapped", "the control plane sorts them"),
    )

    def silent(self, mutation: Mutation) -> set[str]:
        return {
            why
            for pattern, whats, why in self.SILENT
            if re.fullmatch(pattern, mutation.path) and mutation.what in whats.split()
        }

    @pytest.mark.parametrize("scenario", EXAMPLES)
    def test_every_change_of_one_field_is_told(self, scenario: str) -> None:
        [pair] = [pair for pair in pairs() if pair.scenario == scenario]
        wrong = []
        for mutation in mutations(pair.sent):
            found = changes_of(pair.sent, mutation.message)
            quiet = self.silent(mutation)
            # A template's own place is what its references are compared with.
            if not (is_named(mutation.path, found) or (quiet and (not found or mutation.path.endswith(PLACES)))):
                wrong.append((mutation.what, mutation.path, found))

        assert wrong == []

    @pytest.mark.parametrize("kind", Kind)
    def test_what_is_the_same_has_no_change(self, kind: Kind) -> None:
        for pair in pairs(kind):
            assert changes_of(pair.sent, type(pair.sent).FromString(pair.sent.SerializeToString())) == ()

    def test_a_field_that_flyteidl_does_not_know_is_told_with_others(self) -> None:
        old, new = task(), task(image="p:2")
        new.template.container.MergeFromString(UNKNOWN)

        unknown = Change(Group.OTHER, "", "(fields unknown to this flyteidl)", None, ['1011: "x"'])
        assert changes_of(old, new)[1:] == (unknown,)
        new.template.container.image = old.template.container.image
        assert changes_of(old, new) == (unknown,)
        assert changes_of(new, new) == ()

    def test_values_that_json_takes_for_the_same_are_told_as_bytes(self) -> None:
        old, new = task(), task()
        old.template.custom["a"], new.template.custom["a"] = float("nan"), "nan"

        [change] = changes_of(old, new)

        assert change.field == "(bytes)"
        assert change.old != change.new

    def test_the_messages_themselves_stay_as_they_are(self) -> None:
        old, new = workflow(), workflow(of="acme.other")
        before = to_bytes(old), to_bytes(new)
        changes_of(old, new)

        assert (to_bytes(old), to_bytes(new)) == before

    def test_a_type_as_deep_as_protobuf_reads_it_is_compared(self) -> None:
        def deep(kind: str) -> TaskSpec:
            text = f"{'collection_type { ' * 80}simple: {kind}{' }' * 80}"
            return TaskSpec.FromString(task_with(variable("a", text)).SerializeToString())

        [change] = changes_of(deep("INTEGER"), deep("FLOAT"))

        assert str(change.new).endswith("list of float")


PLACES = (".project", ".domain", ".version")


def is_named(path: str, found: tuple[Change, ...]) -> bool:
    """Tell whether a change names the field, what it is part of, or a part of it."""
    return any(
        f"{one.field}.".startswith((f"{path}.", f"{path}["))
        or f"{path}.".startswith((f"{one.field}.", f"{one.field}["))
        for one in found
    )


def odd(make: Callable[[str], Message]) -> list[str]:
    return [change.field for change in changes_of(make("a].b"), make('c"d'))]


def test_names_that_look_like_paths_are_quoted() -> None:
    def labelled(name: str) -> LaunchPlan:
        plan = launch_plan()
        plan.spec.labels.values[name] = "x"
        return plan

    assert odd(labelled) == ['spec.labels.values["a].b"]', 'spec.labels.values["c\\"d"]']
