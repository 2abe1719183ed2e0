"""When and with what the workflows run."""

from datetime import timedelta

from flytekit import CronSchedule, FixedRate, Labels, LaunchPlan

from harbour_weather.comparison import period_comparison
from harbour_weather.quality import quality_check
from harbour_weather.readings import USUAL_LIMITS, Limits
from harbour_weather.report import weather_report

# Every morning at six. The inputs are defaults: a run by hand may change them.
every_morning = LaunchPlan.get_or_create(
    weather_report,
    name="harbour_weather.every_morning",
    default_inputs={"days": 3, "limits": Limits(gale=13.9)},
    schedule=CronSchedule(schedule="0 6 * * *"),
    labels=Labels({"team": "harbour-office"}),
    max_parallelism=10,
)

# The whole record. The input is fixed: nobody can change it.
whole_record = LaunchPlan.get_or_create(
    weather_report,
    name="harbour_weather.whole_record",
    fixed_inputs={"days": 10},
)

# Short and long periods side by side.
short_and_long = LaunchPlan.get_or_create(
    period_comparison,
    name="harbour_weather.short_and_long",
    default_inputs={"periods": [3, 7, 10]},
)

# Once a week, with nothing left to choose.
weekly_quality_check = LaunchPlan.get_or_create(
    quality_check,
    name="harbour_weather.weekly_quality_check",
    fixed_inputs={"days": 7, "limits": USUAL_LIMITS},
    schedule=FixedRate(duration=timedelta(days=7)),
)
