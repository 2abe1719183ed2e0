"""The headlines of a report, one task each: the branches of the report's conditional."""

from flytekit import task


@task
def storm_warning() -> str:
    """Return the headline for a storm."""
    return "STORM WARNING: stay in harbour"


@task
def gale_warning() -> str:
    """Return the headline for a gale."""
    return "Gale warning: small craft stay in harbour"


@task
def all_clear() -> str:
    """Return the headline for any other weather."""
    return "No warnings"
