"""Reports over several periods: a dynamic workflow, because their number is known only at run time."""

from flytekit import dynamic, workflow

from harbour_weather.readings import USUAL_LIMITS, Limits
from harbour_weather.report import weather_report


@dynamic
def report_each(periods: list[int], limits: Limits) -> list[str]:
    """Run one weather report for each period, given in days."""
    return [weather_report(days=days, limits=limits) for days in periods]


@workflow
def period_comparison(periods: list[int], limits: Limits = USUAL_LIMITS) -> list[str]:
    """Report on several periods, each given in days and ending with the last day on record."""
    return report_each(periods=periods, limits=limits)
