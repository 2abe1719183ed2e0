from flytekit import task


def times(factor: int):
    @task
    def multiply(a: int) -> int:
        return factor * a

    return multiply


double = times(2)
