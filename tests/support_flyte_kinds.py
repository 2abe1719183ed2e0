"""Modules with the rarer kinds of entity: what flytekit can express, and two plugins' tasks."""

from __future__ import annotations

KINDS = """
from datetime import timedelta
from typing import Optional

from flytekit import (
    Cache, LaunchPlan, PagerDuty, PodTemplate, Resources, Secret, Slack, WorkflowExecutionPhase, dynamic,
    eager, kwtypes, map_task, reference_task, task, workflow,
)
from flytekit.core.array_node import array_node
from flytekit.core.base_sql_task import SQLTask
from flytekit.core.interface import Interface
from flytekit.core.legacy_map_task import map_task as legacy_map_task
from flytekit.core.python_customized_container_task import PythonCustomizedContainerTask
from flytekit.core.shim_task import ShimTaskExecutor
from flytekit.extras.accelerators import A100, T4
from flytekit.extras.sqlite3.task import SQLite3Config, SQLite3Task
from flytekit.models.common import RawOutputDataConfig
from flytekit.models.concurrency import ConcurrencyPolicy
from flytekit.models.security import Identity, SecurityContext
from flytekit.sensor.file_sensor import FileSensor
from flytekit.types.file import FlyteFile
from flytekit.types.schema import FlyteSchema
from kubernetes.client import V1Container, V1EnvVar, V1PodSpec, V1Toleration

POD = PodTemplate(
    primary_container_name="main",
    labels={"z": "1", "a": "2"},
    annotations={"team": "harbour"},
    pod_spec=V1PodSpec(
        node_selector={"disk": "ssd", "arch": "amd64"},
        tolerations=[V1Toleration(key="gpu", operator="Exists")],
        containers=[
            V1Container(name="main", env=[V1EnvVar(name="B", value="1"), V1EnvVar(name="A", value="2")]),
            V1Container(name="beside", image="alpine:3.20", command=["sleep", "1"]),
        ],
    ),
)


@workflow
def overridden(a: int) -> int:
    first = in_pod(a=a).with_overrides(pod_template=POD, name="first", cache=True, cache_version="3")
    return on_gpu(a=first).with_overrides(
        requests=Resources(cpu="2"), limits=Resources(mem="4Gi"), timeout=timedelta(hours=1), accelerator=A100,
        shared_memory="1Gi", container_image="ghcr.io/acme/other:2",
    )


@task(pod_template=POD, interruptible=True, deprecated="use another")
def in_pod(a: int) -> int:
    return a


@task(accelerator=T4, shared_memory=True, resources=Resources(gpu="1", mem=("1Gi", "2Gi")), enable_deck=True)
def on_gpu(a: int) -> int:
    return a


@task(accelerator=A100.partition_1g_5gb, pod_template_name="named")
def on_part_of_a_gpu(a: int) -> int:
    return a


@task(cache=Cache(version="2", serialize=True, ignored_inputs=("b",)), labels={"z": "1", "a": "2"})
def cached(a: int, b: int = 3) -> int:
    return a


@task(secret_requests=[Secret(group="g", key="k", mount_requirement=Secret.MountType.FILE, env_var="K")])
def with_secret() -> None: ...


sql = SQLTask(
    name="acme.sql",
    query_template="select * from t where a = {{ .inputs.a }}",
    inputs=kwtypes(a=int),
    outputs=kwtypes(results=FlyteSchema),
)

sqlite = SQLite3Task(
    name="acme.sqlite",
    query_template="select * from t limit {{ .inputs.limit }}",
    inputs=kwtypes(limit=int),
    output_schema_type=FlyteSchema,
    task_config=SQLite3Config(uri="https://example.com/db.zip", compressed=True),
)



class TidesExecutor(ShimTaskExecutor):
    def execute_from_model(self, tt, **kwargs): ...


class TidesTask(PythonCustomizedContainerTask):
    def __init__(self, name: str):
        super().__init__(
            name, None, "ghcr.io/acme/tides:1", TidesExecutor, task_type="tides", interface=Interface({"a": int}, {}),
        )

    def get_custom(self, settings):
        return {"harbour": "north"}


shim = TidesTask(name="acme.shim")
sensor = FileSensor(name="acme.sensor", timeout=timedelta(minutes=3))


@reference_task(project="other", domain="production", name="other.task", version="7")
def elsewhere(a: int) -> int: ...


@workflow
def leaf(a: int) -> int:
    return cached(a=a)


leaf_plan = LaunchPlan.get_or_create(leaf, name="acme.kinds_leaf")


@workflow
def mapped(numbers: list[int]) -> list[Optional[int]]:
    legacy_map_task(cached, concurrency=2)(a=numbers, b=[1])
    array_node(leaf_plan, concurrency=2, min_success_ratio=0.5)(a=numbers)
    array_node(elsewhere, concurrency=4)(a=numbers)
    map_task(in_pod)(a=numbers)
    return map_task(on_gpu, min_successes=1)(a=numbers).with_overrides(requests=Resources(cpu="1"))


@dynamic(node_dependency_hints=[leaf], container_image="ghcr.io/acme/other:2", environment={"A": "1"})
def hinted(a: int) -> int:
    return leaf(a=a)


@eager(environment={"A": "1"})
async def eagerly(a: int) -> int:
    return await leaf(a=a)


@task
def clean_up(file: FlyteFile, a: int, err: Optional[str] = None) -> None: ...


@workflow
def recovering(file: FlyteFile, a: int = 3) -> int:
    return hinted(a=a)


@workflow(on_failure=recovering, interruptible=True)
def guarded(file: FlyteFile, a: int) -> int:
    sensor(path="s3://bucket/file") >> sql(a=a)
    sqlite(limit=a)
    last = on_part_of_a_gpu(a=a)
    with_secret() >> last
    return last


guarded_plan = LaunchPlan.get_or_create(
    guarded,
    name="acme.guarded",
    fixed_inputs={"file": "s3://bucket/fixed"},
    default_inputs={"a": 1},
    notifications=[
        Slack(phases=[WorkflowExecutionPhase.FAILED, WorkflowExecutionPhase.TIMED_OUT], recipients_email=["a@x.org"]),
        PagerDuty(phases=[WorkflowExecutionPhase.ABORTED], recipients_email=["b@example.com"]),
    ],
    raw_output_data_config=RawOutputDataConfig("s3://bucket/raw"),
    security_context=SecurityContext(run_as=Identity(k8s_service_account="harbour", iam_role="arn:role")),
    concurrency=ConcurrencyPolicy(max_concurrency=2),
    overwrite_cache=True,
)
"""

PLUGINS = """
from flytekit import kwtypes, task, workflow
from flytekit.types.schema import FlyteSchema
from flytekitplugins.athena import AthenaConfig, AthenaTask
from flytekitplugins.kfmpi import Launcher, MPIJob, Worker

athena = AthenaTask(
    name="acme.athena",
    inputs=kwtypes(a=int),
    output_schema_type=FlyteSchema,
    query_template="select * from t where a = {{ .inputs.a }}",
    task_config=AthenaConfig(database="tides", catalog="AwsDataCatalog"),
)


@task(task_config=MPIJob(launcher=Launcher(replicas=1), worker=Worker(replicas=2, image="ghcr.io/acme/mpi:1"), slots=2))
def train(a: int) -> int:
    return a


@workflow
def plugged(a: int) -> FlyteSchema:
    return athena(a=train(a=a))
"""
