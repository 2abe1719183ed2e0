from flytekit import LaunchPlan, task, workflow


@task
def prüfe(length: int) -> int:
    return length


@workflow
def fluß(length: int) -> int:
    return prüfe(length=length)


LaunchPlan.get_or_create(fluß, name="Every morning, 6:00", fixed_inputs={"length": 1})
