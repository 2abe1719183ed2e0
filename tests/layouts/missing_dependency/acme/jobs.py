from flytekit import task

from acme_tides import tide


@task
def double(a: int) -> int:
    return 2 * a
