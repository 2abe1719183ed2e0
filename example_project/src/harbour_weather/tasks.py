"""The steps of the pipeline. Each takes and returns plain values, so each can be called and tested alone."""

from collections import defaultdict
from datetime import timedelta
from statistics import fmean

from flytekit import Resources, task

from harbour_weather.readings import Limits, Reading, StationSummary, sample_readings


@task(retries=2, timeout=timedelta(minutes=5))
def load_readings(days: int) -> list[Reading]:
    """Return the readings of the last `days` days on record, faulty ones included."""
    readings = sample_readings()
    recorded = sorted({reading.day for reading in readings})
    wanted = recorded[-days:] if days > 0 else []
    return [reading for reading in readings if reading.day in wanted]


@task(cache=True, cache_version="1")
def clean(readings: list[Reading], limits: Limits) -> list[Reading]:
    """Drop what an instrument cannot have measured: negative, implausibly strong, a gust below the mean."""
    return [r for r in readings if 0 <= r.mean_wind <= r.gust < limits.implausible]


@task
def group_by_station(readings: list[Reading]) -> list[list[Reading]]:
    """Return one list of readings for each station, in the order of the stations' names."""
    groups: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        groups[reading.station].append(reading)
    return [groups[station] for station in sorted(groups)]


@task(requests=Resources(cpu="500m", mem="200Mi"))
def summarize(readings: list[Reading]) -> StationSummary:
    """Summarize the readings, at least one, of a single station."""
    return StationSummary(
        station=readings[0].station,
        days=len(readings),
        mean_wind=round(fmean(reading.mean_wind for reading in readings), 1),
        strongest_gust=max(reading.gust for reading in readings),
    )


@task
def warning_level(summaries: list[StationSummary], limits: Limits) -> int:
    """Return 2 if any station had a storm, 1 if any had a gale, else 0."""
    strongest = max((summary.strongest_gust for summary in summaries), default=0.0)
    return (strongest >= limits.gale) + (strongest >= limits.storm)


@task
def write_report(headline: str, summaries: list[StationSummary]) -> str:
    """Return the report: the headline, then one line for each station."""
    lines = [
        f"{s.station}: mean {s.mean_wind:.1f} m/s, gusts to {s.strongest_gust:.1f} m/s ({s.days} days)"
        for s in summaries
    ]
    return "\n".join([headline, *(lines or ["no readings"])])


@task
def share_kept(before: list[Reading], after: list[Reading]) -> float:
    """Return which share of the readings survived the cleaning, 0 to 1; 1 if there were none."""
    return len(after) / len(before) if before else 1.0
