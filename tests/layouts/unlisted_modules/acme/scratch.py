from flytekit import task


@task
def half(a: int) -> int:
    return 2 * a
