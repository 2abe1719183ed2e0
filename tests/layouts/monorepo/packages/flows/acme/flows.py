from flytekit import task, workflow

from weather import HEIGHT
from weather.jobs import double


@task
def tide(a: int) -> int:
    return HEIGHT * a


@workflow
def flow(a: int) -> int:
    return double(a=tide(a=a))
