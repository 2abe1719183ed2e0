from flytekit import task


@task
def double(a: int) -> int:
    return 2 * a
