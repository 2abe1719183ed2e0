"""Random publishes for properties of plans: archives, what their clusters hold before, and how they are published.

All entities come from a few names, so that what is drawn twice meets. Every edition of a name takes and gives the same,
so that whatever refers to it compiles against each.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flyteidl.admin.launch_plan_pb2 import LaunchPlan
from flyteidl.core.types_pb2 import INTEGER
from hypothesis import strategies as st
from support_archives import archive_of, launch_plan, task, workflow
from support_registries import TARGET
from support_releases import declaring

from hatch_flyte.config import Activation, Overrides, Target
from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.order import Order
from hatch_flyte.plan import filled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyteidl.admin.task_pb2 import TaskSpec
    from flyteidl.admin.workflow_pb2 import WorkflowSpec
    from google.protobuf.message import Message

    from hatch_flyte.entries import Entry

NOW, BEFORE = "2.0", "1.0"
TASKS, FLOWS, PLANS = ("t0", "t1"), ("w0", "w1", "w2"), ("p0", "p1", "p2")
OWNERS = ("acme-pipelines", "acme-pipelines", "Acme_Pipelines", "another", "")
"""Whose a launch plan says it is: ours however it is spelt, others', nobody's."""
OVERRIDES = (
    Overrides(),
    Overrides(labels={"team": "tides"}),
    Overrides(image_registry={"ghcr.io/acme": "mirror.acme.io"}, service_account="ferry"),
    Overrides(raw_output_prefix="s3://acme/out", annotations={"on": "call"}, queue="night"),
)

Key = tuple[Kind, str]
Edition = dict[Key, "Message"]


@dataclass(frozen=True)
class Batch:
    """What was registered earlier, and which launch plans of it were activated."""

    edition: Mapping[Key, Message]
    version: str
    overrides: Overrides
    live: tuple[str, ...]

    def entries(self, target: Target) -> list[Entry]:
        """The batch's entities as they were registered in `target`."""
        order = Order(archive=archive_of(*self.edition.values(), version=self.version), version=self.version)
        return filled(order, replace(target, overrides=self.overrides), "")

    def lively(self, target: Target) -> list[Identifier]:
        """The launch plans that were activated."""
        return [
            Identifier(Kind.LAUNCH_PLAN, target.project, target.domain, name, self.version)
            for name in self.live
            if (Kind.LAUNCH_PLAN, name) in self.edition
        ]


@dataclass(frozen=True)
class Scene:
    """One publish of one archive to a cluster or two."""

    order: Order
    targets: tuple[Target, ...]
    before: tuple[tuple[Batch, ...], ...]
    """What each target's cluster holds."""
    independent: bool


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Draw a publish."""
    edition = draw(editions())
    count = draw(st.sampled_from([1, 1, 2]))
    kept = _without(edition, draw(st.sets(st.sampled_from(sorted(edition, key=str)), max_size=3)))
    archive = declaring(archive_of(*kept.values(), version=NOW), *draw(names()))
    order = Order(
        archive=archive,
        version=NOW,
        keep_going=draw(st.booleans()),
        prune=draw(st.sampled_from([True, True, False])),
        allow_breaking=draw(st.sampled_from([(), (), ("w*", "t*"), ("*",)])),
    )
    targets = tuple(draw(targets_named(f"cluster{index}", kept)) for index in range(count))
    before = tuple(tuple(draw(histories(edition, target.overrides))) for target in targets)
    return Scene(order=order, targets=targets, before=before, independent=draw(st.booleans()))


@st.composite
def targets_named(draw: st.DrawFn, cluster: str, edition: Edition) -> Target:
    """Draw a cluster's table; launch plans to activate are the edition's."""
    known = sorted(name for kind, name in edition if kind is Kind.LAUNCH_PLAN)
    mode = draw(st.sampled_from(["none", "declared", "scheduled", "named", "named"] if known else ["none"]))
    named = draw(st.lists(st.sampled_from(known), min_size=1, unique=True)) if mode == "named" else []
    return replace(
        TARGET,
        cluster=cluster,
        activation=Activation(mode, tuple(named)),  # type: ignore[arg-type] # one of the modes
        breaking_changes=draw(st.sampled_from(["warn", "allow", "refuse"])),
        overrides=draw(st.sampled_from(OVERRIDES)),
    )


@st.composite
def histories(draw: st.DrawFn, edition: Edition, overrides: Overrides) -> list[Batch]:
    """Draw what a cluster holds: an earlier release, part of this one as it is or in another form, others' entities."""
    held: list[Batch] = []
    if draw(st.booleans()):
        held.append(Batch(draw(editions()), BEFORE, draw(st.sampled_from(OVERRIDES)), draw(names())))
    if draw(st.booleans()):
        theirs = {(Kind.TASK, "t9"): task("t9"), (Kind.WORKFLOW, "w9"): workflow("w9", of="t9")}
        plan = draw(plans_named("p9", flows=("w9",)))
        held.append(Batch({**theirs, (Kind.LAUNCH_PLAN, "p9"): plan}, draw(st.sampled_from([BEFORE, NOW])),
                          Overrides(), draw(st.sampled_from([(), ("p9",)]))))  # fmt: skip
    share = draw(st.sampled_from(["nothing", "some", "all"]))
    if share != "nothing":
        other = draw(st.sampled_from([False, False, False, True]))
        now = draw(altered(edition)) if other else edition
        kept = draw(st.sets(st.sampled_from(sorted(now, key=str)))) if share == "some" else set(now)
        others = st.sampled_from([overrides] * 8 + [*OVERRIDES])
        held.append(Batch(_closed(now, kept), NOW, draw(others), draw(names())))
    return held


@st.composite
def editions(draw: st.DrawFn) -> Edition:
    """Draw an entity of each kind for every name, the later workflows running the earlier ones."""
    edition: Edition = {(Kind.TASK, name): draw(tasks_named(name)) for name in TASKS}
    for index, name in enumerate(FLOWS):
        flows = {flow: edition[Kind.WORKFLOW, flow] for flow in FLOWS[:index]}
        edition[Kind.WORKFLOW, name] = draw(flows_named(name, flows))
        edition[Kind.LAUNCH_PLAN, name] = draw(plans_named(name, flows=(name,), open_input=True))
    for name in draw(st.sets(st.sampled_from(PLANS))):
        edition[Kind.LAUNCH_PLAN, name] = draw(plans_named(name, flows=FLOWS))
    return edition


@st.composite
def altered(draw: st.DrawFn, edition: Edition) -> Edition:
    """Draw the same edition with a task or a launch plan in another form, which may be the same."""
    key = draw(st.sampled_from(sorted((key for key in edition if key[0] is not Kind.WORKFLOW), key=str)))
    kind, name = key
    if kind is Kind.TASK:
        return {**edition, key: draw(tasks_named(name))}
    if draw(st.booleans()):
        relabelled = LaunchPlan.FromString(edition[key].SerializeToString())
        relabelled.spec.labels.values["team"] = "others"
        return {**edition, key: relabelled}
    plans = plans_named(name, flows=(name,) if name in FLOWS else FLOWS, open_input=name in FLOWS)
    return {**edition, key: draw(plans)}


def names() -> st.SearchStrategy[tuple[str, ...]]:
    """Draw names of launch plans."""
    return st.lists(st.sampled_from([*FLOWS[:1], *PLANS]), unique=True).map(tuple)


@st.composite
def tasks_named(draw: st.DrawFn, name: str) -> TaskSpec:
    """Draw a task."""
    return task(name, image=f"ghcr.io/acme/p:{draw(st.integers(1, 2))}")


@st.composite
def flows_named(draw: st.DrawFn, name: str, flows: Mapping[str, Message]) -> WorkflowSpec:
    """Draw a workflow of one node, which runs a task, one of `flows`, or the launch plan of that one's name."""
    kinds = ["task", "task", "workflow", "launch plan"] if flows else ["task"]
    made, runs = workflow(name), draw(st.sampled_from(kinds))
    node = made.template.nodes[0]
    node.metadata.name = draw(st.sampled_from(["one", "other"]))
    if runs == "task":
        node.task_node.reference_id.name = draw(st.sampled_from(TASKS))
        return made
    inner = draw(st.sampled_from(sorted(flows)))
    if runs == "launch plan":
        node.workflow_node.launchplan_ref.resource_type = 3
        node.workflow_node.launchplan_ref.name = inner
        return made
    node.workflow_node.sub_workflow_ref.resource_type = 2
    node.workflow_node.sub_workflow_ref.name = inner
    within = flows[inner]
    made.sub_workflows.append(within.template)  # type: ignore[attr-defined] # a WorkflowSpec
    made.sub_workflows.extend(within.sub_workflows)  # type: ignore[attr-defined] # a WorkflowSpec
    return made


@st.composite
def plans_named(draw: st.DrawFn, name: str, *, flows: tuple[str, ...], open_input: bool = False) -> LaunchPlan:
    """Draw a launch plan of one of `flows`; `open_input`: its input is for whoever starts it to give."""
    plan = launch_plan(name, of=draw(st.sampled_from(flows)))
    plan.spec.annotations.values["hatch-flyte/distribution"] = draw(st.sampled_from(OWNERS))
    if not plan.spec.annotations.values["hatch-flyte/distribution"]:
        del plan.spec.annotations.values["hatch-flyte/distribution"]
    if draw(st.booleans()):
        plan.spec.labels.values["team"] = draw(st.sampled_from(["tides", "ferries"]))
    given = draw(st.sampled_from(["open", "default"] if open_input else ["open", "default", "fixed"]))
    if given == "fixed":
        plan.spec.fixed_inputs.literals["a"].scalar.primitive.integer = draw(st.integers(1, 2))
    if given == "default":
        parameter = plan.spec.default_inputs.parameters["a"]
        parameter.var.type.simple = INTEGER
        parameter.default.scalar.primitive.integer = draw(st.integers(1, 2))
    if given != "open" and draw(st.booleans()):
        schedule = draw(st.sampled_from(["0 6 * * *", "0 1 * * *"]))
        plan.spec.entity_metadata.schedule.cron_schedule.schedule = schedule
    return plan


def _without(edition: Edition, dropped: set[Key]) -> Edition:
    return {key: message for key, message in edition.items() if key not in dropped}


def _closed(edition: Edition, kept: set[Key]) -> Edition:
    """Return what is kept of an edition, and all that it needs."""
    whole = Batch(edition, NOW, Overrides(), ()).entries(TARGET)
    needs = {(one.identifier.kind, one.identifier.name): one.needs for one in whole}
    wanted, known = sorted(kept, key=str), set(kept)
    for key in wanted:
        more = [(need.kind, need.name) for need in needs[key] if (need.kind, need.name) not in known]
        known.update(more)
        wanted.extend(more)
    return {key: message for key, message in edition.items() if key in known}
