from flytekit import workflow

from acme.jobs import double


@workflow
def flow(a: int) -> int:
    return double(a=a)
