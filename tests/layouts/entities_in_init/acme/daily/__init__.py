from flytekit import task, workflow


@task
def half(a: int) -> int:
    return a // 2


@workflow
def flow(a: int) -> int:
    return half(a=a)
