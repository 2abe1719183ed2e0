from flytekit import task

from acme._version import __version__


@task(environment={"ACME_VERSION": __version__})
def double(a: int) -> int:
    return 2 * a
