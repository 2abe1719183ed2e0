from flytekit import task

from importlib.resources import files

TIDES = (files("acme") / "data" / "tides.csv").read_text()


@task
def double(a: int) -> int:
    return 2 * a
