from flytekit import workflow

from harbour.jobs import double


@workflow
def flow(a: int) -> int:
    return double(a=a)
