from flytekit import workflow

from weather.jobs import double


@workflow
def flow(a: int) -> int:
    return double(a=a)
