"""A project with one of everything that flytekit can express, as the files of a wheel."""

from __future__ import annotations

from support_flyte_kinds import KINDS
from support_wheels import WheelSource

IMAGE = "ghcr.io/acme/pipelines:1.4"
IMAGES = {"gpu": "ghcr.io/acme/pipelines-gpu:1.4"}

INIT = '''
"""Acme's pipelines."""

from flytekit import task


@task
def in_package() -> int:
    return 1
'''

SHAPES = """
from dataclasses import dataclass, field
from importlib.resources import files

LIMITS = [int(word) for word in (files("acme") / "data" / "limits.csv").read_text().split(",")]


@dataclass(frozen=True)
class Limits:
    low: int = LIMITS[0]
    high: int = LIMITS[1]


@dataclass
class Reading:
    station: str
    values: list[float] = field(default_factory=list)
    limits: Limits = field(default_factory=Limits)
"""

TASKS = '''
import functools
from datetime import timedelta
from typing import NamedTuple, Optional

from flytekit import ContainerTask, ImageSpec, Resources, Secret, kwtypes, reference_task, task
from flytekit.constants import CopyFileDetection
from flytekit.extras.tasks.shell import OutputLocation, ShellTask
from flytekit.types.file import FlyteFile

from acme.shapes import Limits, Reading


class Summary(NamedTuple):
    mean: float
    count: int


@task(retries=2, timeout=timedelta(minutes=5), environment={"B": "2", "A": "1", "C": "3"})
def load(days: int) -> list[Reading]:
    """Load the readings.

    :param days: how many days
    """
    return []


@task(cache=True, cache_version="1", requests=Resources(cpu="500m", mem="200Mi", gpu="1"))
def summarize(readings: list[Reading], limits: Limits, extra: Optional[dict[str, int]] = None) -> Summary:
    return Summary(0.0, 0)


@task(container_image="{{.image.gpu.fqn}}:{{.image.gpu.version}}", secret_requests=[Secret(group="g", key="k")])
def on_gpu(a: int) -> int:
    return a


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


@task
@logged
def decorated(a: int) -> int:
    return a


@task
def double(a: int) -> int:
    return 2 * a


@task
def add(a: int, b: int, c: int = 3, d: int = 4) -> int:
    return a + b + c + d


@task
def nothing() -> None:
    pass


@task
def clean_up(a: int, err: Optional[str] = None) -> None:
    pass


shell = ShellTask(
    name="acme.shell",
    script="echo {inputs.x} > {outputs.out}",
    inputs=kwtypes(x=str),
    output_locs=[OutputLocation(var="out", var_type=FlyteFile, location="/tmp/out.txt")],
)

raw = ContainerTask(
    name="acme.raw",
    image="alpine:3",
    inputs=kwtypes(a=int, b=str),
    outputs=kwtypes(out=int),
    command=["sh", "-c", "echo"],
)


@reference_task(project="other", domain="production", name="other.task", version="7")
def elsewhere(a: int) -> int: ...


spec = ImageSpec(
    name="acme-special",
    registry="ghcr.io/acme",
    packages=["numpy==2.0"],
    python_version="3.11",
    source_copy_mode=CopyFileDetection.NO_COPY,
)


@task(container_image=spec)
def on_spec(a: int) -> int:
    return a
'''

FLOWS = '''
from datetime import timedelta
from typing import Optional

from flytekit import (
    LaunchPlan, Workflow, approve, conditional, dynamic, eager, map_task, reference_launch_plan, sleep, wait_for_input,
    workflow,
)

from acme.shapes import Limits
from acme.tasks import (
    add, clean_up, decorated, double, elsewhere, load, nothing, on_gpu, on_spec, raw, shell, summarize,
)


@workflow
def leaf(a: int = 5) -> int:
    return double(a=a)


@workflow
def many_upstreams(a: int) -> int:
    nodes = [nothing() for _ in range(8)]
    last = double(a=a)
    for node in nodes:
        node >> last
    return add(a=double(a=a), b=double(a=last), c=double(a=a), d=leaf(a=a))


@workflow(on_failure=clean_up)
def with_failure(a: int) -> int:
    """Runs with a failure node.

    It has a long description, too.
    """
    return double(a=a)


@workflow
def branching(a: int) -> int:
    b = double(a=a)
    c = double(a=b)
    return (
        conditional("size")
        .if_((b > 3) & (c < 100))
        .then(add(a=b, b=c, c=a))
        .elif_(b == 2)
        .then(leaf(a=c))
        .else_()
        .then(double(a=b))
    )


@workflow
def gated(a: int) -> int:
    b = double(a=a)
    pause = sleep(timedelta(seconds=10))
    signal = wait_for_input("how-much", timeout=timedelta(hours=1), expected_type=int)
    b >> pause
    pause >> signal
    return add(a=approve(b, "fine", timeout=timedelta(hours=2)), b=signal)


@workflow
def mapped(days: int, numbers: list[int]) -> list[Optional[int]]:
    summarize(readings=load(days=days), limits=Limits(1, 2))
    return map_task(double, concurrency=3, min_success_ratio=0.5)(a=numbers)


@dynamic
def unrolled(n: int) -> list[int]:
    return [double(a=on_spec(a=i)) for i in range(n)]


@eager
async def eagerly(a: int) -> int:
    return a


@reference_launch_plan(project="other", domain="production", name="other.plan", version="7")
def other_plan(a: int) -> int: ...


leaf_plan = LaunchPlan.get_or_create(leaf, name="acme.leaf_plan", fixed_inputs={"a": 7})


@workflow
def everything(a: int) -> list[int]:
    shell(x="a")
    raw(a=a, b="b").with_overrides(node_name="raw-node", retries=3)
    on_gpu(a=elsewhere(a=a))
    decorated(a=other_plan(a=a))
    leaf_plan()
    branching(a=a)
    return unrolled(n=many_upstreams(a=a))


built = Workflow(name="acme.built")
built.add_workflow_input("a", int)
_first = built.add_entity(double, a=built.inputs["a"])
_second = built.add_entity(add, a=_first.outputs["o0"], b=built.inputs["a"])
built.add_workflow_output("sum", _second.outputs["o0"])
'''

PLANS = """
from datetime import datetime, timedelta, timezone

from flytekit import Annotations, CronSchedule, Email, FixedRate, Labels, LaunchPlan, WorkflowExecutionPhase
from flytekit import task, workflow

from acme.flows import leaf, many_upstreams
from acme.shapes import Limits


@task
def at(when: datetime, limits: Limits, table: dict[str, int]) -> datetime:
    return when


@workflow
def dated(
    when: datetime = datetime(2024, 2, 29, 12, tzinfo=timezone.utc),
    limits: Limits = Limits(),
    table: dict[str, int] = {"z": 1, "a": 2, "m": 3},
) -> datetime:
    return at(when=when, limits=limits, table=table)


every_morning = LaunchPlan.get_or_create(
    leaf,
    name="acme.every_morning",
    default_inputs={"a": 3},
    schedule=CronSchedule(schedule="0 6 * * *"),
    labels=Labels({"z": "1", "a": "2", "m": "3"}),
    annotations=Annotations({"team": "harbour"}),
    notifications=[Email(phases=[WorkflowExecutionPhase.FAILED], recipients_email=["a@example.com"])],
    max_parallelism=10,
    auto_activate=True,
)
every_ten_minutes = LaunchPlan.get_or_create(
    many_upstreams,
    name="acme.every_ten_minutes",
    fixed_inputs={"a": 1},
    schedule=FixedRate(duration=timedelta(minutes=10)),
)
"""

PART = """
from flytekit import task


@task
def in_namespace(a: int) -> int:
    return a
"""

PROJECT = WheelSource(
    {
        "acme/__init__.py": INIT,
        "acme/data/limits.csv": "3,9",
        "acme/shapes.py": SHAPES,
        "acme/tasks.py": TASKS,
        "acme/flows.py": FLOWS,
        "acme/plans.py": PLANS,
        "acme/kinds.py": KINDS,
        "company/part/jobs.py": PART,
        "single.py": PART,
    }
)
