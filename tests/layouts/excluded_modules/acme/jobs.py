from flytekit import task

from acme.experiments.wild import FACTOR


@task
def double(a: int) -> int:
    return FACTOR * a
