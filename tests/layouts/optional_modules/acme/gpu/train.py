from flytekit import task


@task
def train(a: int) -> int:
    return 2 * a
