"""The daily report: a map task over the stations, and a conditional for the headline."""

from flytekit import conditional, map_task, workflow

from harbour_weather.headlines import all_clear, gale_warning, storm_warning
from harbour_weather.readings import USUAL_LIMITS, Limits
from harbour_weather.tasks import (
    clean,
    group_by_station,
    load_readings,
    summarize,
    warning_level,
    write_report,
)


@workflow
def weather_report(days: int = 7, limits: Limits = USUAL_LIMITS) -> str:
    """Report on the last days on record.

    Args:
        days: how many days to report on
        limits: what counts as a gale, as a storm, and as a broken instrument
    """
    readings = clean(readings=load_readings(days=days), limits=limits)
    groups = group_by_station(readings=readings)
    summaries = map_task(summarize, concurrency=4)(readings=groups)
    level = warning_level(summaries=summaries, limits=limits)
    headline = (
        conditional("headline")
        .if_(level == 2)
        .then(storm_warning())
        .elif_(level == 1)
        .then(gale_warning())
        .else_()
        .then(all_clear())
    )
    return write_report(headline=headline, summaries=summaries)
