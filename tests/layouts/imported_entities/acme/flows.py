from flytekit import workflow
from acme_shared import half, halved

from acme import double as twice


@workflow
def flow(a: int) -> int:
    return twice(a=halved(a=half(a=a)))
