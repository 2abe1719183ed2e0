from flytekit import task

FACTOR = 2


@task
def wild(a: int) -> int:
    return 2 * a
