from flytekit import LaunchPlan, task, workflow


@task
def prüfe(länge: int) -> int:
    return länge


@workflow
def fluß(länge: int) -> int:
    return prüfe(länge=länge)


LaunchPlan.get_or_create(fluß, name="Every morning, 6:00", fixed_inputs={"länge": 1})
