from flytekit import task

RETRIES = 3


def _double(a: int) -> int:
    return 2 * a


def with_retries(function):
    return task(function, retries=RETRIES)


double = with_retries(_double)
