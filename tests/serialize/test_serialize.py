from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from flyteidl.admin.launch_plan_pb2 import LaunchPlan
from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.admin.workflow_pb2 import WorkflowSpec
from support_flyte_project import IMAGE, IMAGES, PROJECT
from support_serialize import HERE, SETTINGS, TASK, serialize_modules, serialize_source
from support_wheels import WheelSource, build_wheel, wheel_of

from hatch_flyte.entity import Kind
from hatch_flyte.errors import ConfigError, SerializeError, WheelError
from hatch_flyte.serialize import Serialized, Settings, serialize
from hatch_flyte.serialize.modules import check_patterns, select_modules
from hatch_flyte.wheel import read_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from hatch_flyte.serialize import SerializedEntity

pytestmark = pytest.mark.flytekit

PLAN = """
from flytekit import LaunchPlan, task, workflow

@task
def double(a: int) -> int:
    return 2 * a

@workflow
def flow(a: int = 1) -> int:
    return double(a=a)

nightly = LaunchPlan.get_or_create(flow, name="nightly")
"""


def find(serialized: Serialized, kind: Kind, name: str) -> SerializedEntity:
    return next(entity for entity in serialized.entities if (entity.kind, entity.name) == (kind, name))


def task_of(serialized: Serialized, name: str) -> TaskSpec:
    return TaskSpec.FromString(find(serialized, Kind.TASK, name).data)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Serialized:
    settings = replace(SETTINGS, image=IMAGE, images=IMAGES, ownership="acme-pipelines")
    return serialize_source(tmp_path_factory.mktemp("project"), PROJECT, settings)


class TestEntities:
    def test_what_an_entity_needs_comes_before_it(self, project: Serialized) -> None:
        seen: set[tuple[Kind, str]] = set()
        for entity in project.entities:
            if entity.kind is Kind.WORKFLOW:
                template = WorkflowSpec.FromString(entity.data).template
                tasks = {node.task_node.reference_id.name for node in template.nodes if node.HasField("task_node")}
                assert {(Kind.TASK, name) for name in tasks - {"other.task"}} <= seen
            if entity.kind is Kind.LAUNCH_PLAN:
                assert (Kind.WORKFLOW, LaunchPlan.FromString(entity.data).spec.workflow_id.name) in seen
            seen.add((entity.kind, entity.name))

    def test_own_identifiers_are_left_to_fill_in(self, project: Serialized) -> None:
        for entity in project.entities:
            message = {
                Kind.TASK: lambda data: TaskSpec.FromString(data).template,
                Kind.WORKFLOW: lambda data: WorkflowSpec.FromString(data).template,
                Kind.LAUNCH_PLAN: LaunchPlan.FromString,
            }[entity.kind](entity.data)
            assert (message.id.project, message.id.domain, message.id.version) == ("", "", "")
            assert message.id.name == entity.name

    @pytest.mark.parametrize(
        ("kind", "name", "module", "place"),
        [
            (Kind.TASK, "acme.tasks.double", "acme.tasks", "acme/tasks.py"),
            (Kind.TASK, "acme.tasks.decorated", "acme.tasks", "acme/tasks.py"),
            (Kind.TASK, "acme.shell", "acme.tasks", "acme/tasks.py"),
            (Kind.TASK, "acme.__init__.in_package", "acme", "acme/__init__.py"),
            (Kind.TASK, "company.part.jobs.in_namespace", "company.part.jobs", "company/part/jobs.py"),
            (Kind.WORKFLOW, "acme.flows.branching", "acme.flows", "acme/flows.py"),
            (Kind.WORKFLOW, "acme.built", "acme.flows", "acme/flows.py"),
            (Kind.LAUNCH_PLAN, "acme.flows.branching", "acme.flows", "acme/flows.py"),
            (Kind.LAUNCH_PLAN, "acme.every_morning", "acme.plans", "acme/plans.py"),
        ],
    )
    def test_each_entity_tells_where_it_was_written(
        self, project: Serialized, kind: Kind, name: str, module: str, place: str
    ) -> None:
        entity = find(project, kind, name)
        assert (entity.module, entity.file) == (module, place)
        line = str(PROJECT.files[place]).lstrip("\n").splitlines()[entity.line - 1]
        assert line.startswith(("@", "def ", f"{name.rpartition('.')[2]} ="))

    def test_a_map_task_is_where_it_is_mapped(self, project: Serialized) -> None:
        mapped = next(entity for entity in project.entities if "map_double" in entity.name)
        line = str(PROJECT.files["acme/flows.py"]).lstrip("\n").splitlines()[mapped.line - 1]
        assert "map_task(double" in line

    def test_only_a_plan_that_asks_for_it_is_activated_by_itself(self, project: Serialized) -> None:
        assert [entity.name for entity in project.entities if entity.auto_activate] == ["acme.every_morning"]

    def test_every_launch_plan_and_nothing_else_carries_its_owner(self, project: Serialized) -> None:
        plans = [entity for entity in project.entities if entity.kind is Kind.LAUNCH_PLAN]
        for plan in plans:
            annotations = LaunchPlan.FromString(plan.data).spec.annotations.values
            assert annotations["hatch-flyte/distribution"] == "acme-pipelines"
        owned = [entity for entity in project.entities if b"hatch-flyte" in entity.data]
        assert owned == plans
        morning = LaunchPlan.FromString(find(project, Kind.LAUNCH_PLAN, "acme.every_morning").data)
        assert morning.spec.annotations.values["team"] == "harbour"

    def test_nobody_owns_launch_plans_when_that_is_switched_off(self, tmp_path: Path) -> None:
        serialized = serialize_modules(tmp_path, flows=PLAN)
        assert not any(b"hatch-flyte" in entity.data for entity in serialized.entities)

    def test_versions_and_image_are_those_of_the_worker(self, project: Serialized) -> None:
        from flytekit import __version__

        assert project.python == ".".join(map(str, sys.version_info[:3]))
        assert (project.flytekit, project.default_image) == (__version__, IMAGE)

    def test_an_entity_of_a_library_is_from_outside_of_the_wheel(self, tmp_path: Path) -> None:
        (tmp_path / "library").mkdir()
        (tmp_path / "library" / "lib_tasks.py").write_text(TASK)
        interpreter = replace(HERE, sys_path=(*sys.path, str(tmp_path / "library")))
        source = WheelSource({"flows.py": "import lib_tasks\n"})
        (entity,) = serialize_source(tmp_path, source, interpreter=interpreter).entities
        assert (entity.name, entity.module, entity.file, entity.line) == ("lib_tasks.double", "lib_tasks", "", 0)
        assert entity.place == "outside of the wheel (lib_tasks)"


class TestImages:
    def test_stock_is_the_image_of_flytekit_for_this_python(self, tmp_path: Path) -> None:
        serialized = serialize_source(tmp_path, WheelSource({"t.py": TASK}), replace(SETTINGS, image="stock"))
        python = ".".join(map(str, sys.version_info[:2]))
        assert serialized.default_image == f"cr.flyte.org/flyteorg/flytekit:py{python}-{serialized.flytekit}"
        assert task_of(serialized, "t.double").template.container.image == serialized.default_image

    def test_named_images_fill_templates(self, project: Serialized) -> None:
        assert task_of(project, "acme.tasks.on_gpu").template.container.image == IMAGES["gpu"]

    def test_images_without_tag_or_digest_are_refused_together(self, tmp_path: Path) -> None:
        images = {"a": "ghcr.io/acme/a", "b": "localhost:5000/b", "c": "c@sha256:00", "d": "stock"}
        with pytest.raises(ConfigError) as caught:
            serialize_source(tmp_path, WheelSource({"t.py": TASK}), replace(SETTINGS, image="acme", images=images))
        assert [str(problem) for problem in caught.value.problems] == [
            "tool.hatch-flyte.image: expected NAME:TAG or NAME@DIGEST (got `acme`)",
            "tool.hatch-flyte.images.a: expected NAME:TAG or NAME@DIGEST (got `ghcr.io/acme/a`)",
            "tool.hatch-flyte.images.b: expected NAME:TAG or NAME@DIGEST (got `localhost:5000/b`)",
            "tool.hatch-flyte.images.d: expected NAME:TAG or NAME@DIGEST (got `stock`)",
        ]

    def test_an_image_that_a_template_names_must_be_configured(self, tmp_path: Path) -> None:
        source = TASK.replace("@task", '@task(container_image="{{.image.gpu.fqn}}:{{.image.gpu.version}}")')
        with pytest.raises(SerializeError) as caught:
            serialize_modules(tmp_path, t=source)
        assert caught.value.message == (
            "t.py:3: expected an image that is configured (got `gpu`, which the task t.double asks for)"
        )
        assert 'images = { gpu = "NAME:TAG" }' in caught.value.hint


class TestCodeInABundle:
    def test_tasks_download_their_code_first(self, tmp_path: Path) -> None:
        settings = replace(SETTINGS, code="wheel", destination="/srv/code")
        arguments = task_of(serialize_source(tmp_path, WheelSource({"t.py": TASK}), settings), "t.double").template
        assert list(arguments.container.args)[:7] == [
            "pyflyte-fast-execute",
            "--additional-distribution",
            "{{ .remote_package_path }}",
            "--dest-dir",
            "/srv/code",
            "--",
            "pyflyte-execute",
        ]

    def test_a_pod_override_before_the_task_does_not_double_that(self, tmp_path: Path) -> None:
        source = """
            from flytekit import PodTemplate, task, workflow
            from kubernetes.client import V1PodSpec

            @workflow
            def flow(a: int) -> int:
                return double(a=a).with_overrides(pod_template=PodTemplate(pod_spec=V1PodSpec(containers=[])))

            @task
            def double(a: int) -> int:
                return 2 * a
        """
        serialized = serialize_source(tmp_path, WheelSource({"t.py": source}), replace(SETTINGS, code="wheel"))
        assert list(task_of(serialized, "t.double").template.container.args).count("pyflyte-fast-execute") == 1
        overrides = WorkflowSpec.FromString(find(serialized, Kind.WORKFLOW, "t.flow").data).template.nodes[0].task_node
        assert str(overrides.overrides.pod_template).count("pyflyte-fast-execute") == 1


class TestModules:
    def test_a_name_means_the_module_and_all_below_it(self, tmp_path: Path) -> None:
        names = ("acme/__init__.py", "acme/flows/__init__.py", "acme/flows/daily.py", "acme/flowsheet.py", "other.py")
        wheel = read_wheel(build_wheel(tmp_path, WheelSource(dict.fromkeys(names, ""))))
        assert select_modules(wheel, ["acme.flows"]) == ["acme.flows", "acme.flows.daily"]
        assert select_modules(wheel, ["acme.flows.daily", "other"]) == ["acme.flows.daily", "other"]
        assert select_modules(wheel, []) == list(wheel.modules)

    def test_a_namespace_can_be_named(self, tmp_path: Path) -> None:
        wheel = read_wheel(build_wheel(tmp_path, WheelSource({"company/part/jobs.py": ""})))
        assert select_modules(wheel, ["company"]) == ["company.part.jobs"]

    def test_an_unknown_name_is_refused_with_a_suggestion(self, tmp_path: Path) -> None:
        wheel = read_wheel(wheel_of(tmp_path, acme__flows="", acme__tasks=""))
        with pytest.raises(SerializeError) as caught:
            check_patterns("tool.hatch-flyte.modules", ["acme.flow"], wheel)
        expected = "tool.hatch-flyte.modules: expected modules that the wheel ships (got `acme.flow`)"
        assert (caught.value.message, caught.value.hint) == (expected, "Did you mean `acme.flows`?")

    def test_an_unknown_name_that_is_like_none_is_refused_with_the_list(self, tmp_path: Path) -> None:
        wheel = read_wheel(wheel_of(tmp_path, **{f"m{number:02}": "" for number in range(22)}))
        with pytest.raises(SerializeError) as caught:
            check_patterns("tool.hatch-flyte.modules", ["zzzzzz"], wheel)
        assert caught.value.hint.startswith("It ships `m00`, `m01`")
        assert caught.value.hint.endswith("`m19` and 2 more.")

    def test_a_wheel_without_modules_is_refused(self, tmp_path: Path) -> None:
        wheel = read_wheel(build_wheel(tmp_path, WheelSource({"data.csv": ""})))
        with pytest.raises(SerializeError, match=r"expected a wheel with Python modules \(got none\)"):
            select_modules(wheel, [])

    def test_only_the_chosen_modules_are_imported(self, tmp_path: Path) -> None:
        source = WheelSource({"good.py": TASK, "bad.py": "1/0\n"})
        serialized = serialize_source(tmp_path, source, replace(SETTINGS, modules=("good",)))
        assert [entity.name for entity in serialized.entities] == ["good.double"]

    def test_no_entity_is_an_error_that_says_where_was_looked(self, tmp_path: Path) -> None:
        with pytest.raises(SerializeError) as caught:
            serialize_modules(tmp_path, a="x = 1", b="")
        assert caught.value.message == (
            "acme_pipelines-1.4-py3-none-any.whl: expected a task, workflow or launch plan (got none in `a`, `b`)"
        )
        assert '`modules = ["PACKAGE"]`' in caught.value.hint


class TestDefinedTwice:
    def test_contradicting_definitions_are_refused_with_both_places(self, tmp_path: Path) -> None:
        source = """
            from flytekit import ContainerTask, kwtypes
            make = lambda image: ContainerTask(name="acme.raw", image=image, command=["sh"], inputs=kwtypes(a=int))
        """
        use = "from acme.make import make\none = make('alpine:{}')\n"
        with pytest.raises(SerializeError) as caught:
            serialize_modules(tmp_path, acme__make=source, acme__one=use.format(1), acme__two=use.format(2))
        place = "acme/make.py:2"
        assert caught.value.message == (
            f"{place}: the task `acme.raw` is defined a second time, with other content (the first time: {place})"
        )

    def test_equal_definitions_are_kept_once(self, tmp_path: Path) -> None:
        source = TASK + (
            "\nfrom flytekit import map_task, workflow\n"
            "@workflow\ndef one(a: list[int]) -> list[int]:\n    return map_task(double)(a=a)\n"
            "@workflow\ndef two(a: list[int]) -> list[int]:\n    return map_task(double)(a=a)\n"
        )
        serialized = serialize_modules(tmp_path, flows=source)
        names = [entity.name for entity in serialized.entities if entity.kind is Kind.TASK]
        assert len(names) == len(set(names)) == 2


def test_a_wheel_that_is_damaged_inside_is_told_as_such(tmp_path: Path) -> None:
    path = wheel_of(tmp_path, t=TASK + "#" * 500)
    wheel = read_wheel(path)
    data = bytearray(path.read_bytes())
    data[60:90] = bytes(30)
    path.write_bytes(data)
    with pytest.raises(WheelError, match="the wheel is damaged"):
        serialize(wheel, Settings(image="a:1", images={}, code="image", ownership=None), HERE)
