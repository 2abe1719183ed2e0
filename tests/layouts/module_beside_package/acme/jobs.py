from flytekit import task

from settings import FACTOR


@task
def double(a: int) -> int:
    return 2 * a
