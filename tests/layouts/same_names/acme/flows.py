from flytekit import ContainerTask, Workflow, map_task, task, workflow


@task
def double(a: int) -> int:
    return 2 * a


@workflow
def one(a: list[int]) -> list[int]:
    return map_task(double)(a=a)


@workflow
def two(a: list[int]) -> list[int]:
    return map_task(double)(a=a)


tide = ContainerTask(name="acme.tide", image="alpine:3.20", command=["echo", "1"])
flow = Workflow(name="acme.tide")
flow.add_entity(tide)
