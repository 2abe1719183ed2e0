"""The values that the tasks hand to each other, and the sample readings that ship with the package."""

import csv
from dataclasses import dataclass
from datetime import date
from importlib.resources import files


@dataclass(frozen=True)
class Reading:
    """One day at one station; wind speeds in m/s."""

    station: str
    day: date
    mean_wind: float
    gust: float


@dataclass(frozen=True)
class Limits:
    """What counts as a gale, as a storm, and as a broken instrument; wind speeds in m/s."""

    gale: float = 17.2  # Beaufort 8
    storm: float = 24.5  # Beaufort 10
    implausible: float = 75.0


@dataclass(frozen=True)
class StationSummary:
    """What one station measured over a period; wind speeds in m/s."""

    station: str
    days: int
    mean_wind: float
    strongest_gust: float


USUAL_LIMITS = Limits()


def sample_readings() -> list[Reading]:
    """Return the readings of the sample file, oldest first."""
    text = (files("harbour_weather") / "data" / "readings.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return [
        Reading(row["station"], date.fromisoformat(row["day"]), float(row["mean_wind"]), float(row["gust"]))
        for row in rows
    ]
