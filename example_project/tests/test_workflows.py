"""The workflows and launch plans, run by flytekit in this process."""

import pytest

from harbour_weather.comparison import period_comparison
from harbour_weather.launch_plans import every_morning, short_and_long, weekly_quality_check, whole_record
from harbour_weather.quality import quality_check
from harbour_weather.readings import USUAL_LIMITS, Limits
from harbour_weather.report import weather_report


def test_a_quiet_period_has_no_warning() -> None:
    assert weather_report(days=3).splitlines() == [
        "No warnings",
        "breakwater: mean 6.1 m/s, gusts to 11.1 m/s (3 days)",
        "lighthouse: mean 7.7 m/s, gusts to 14.2 m/s (2 days)",
        "pier: mean 4.1 m/s, gusts to 8.1 m/s (3 days)",
    ]


@pytest.mark.parametrize(
    ("days", "headline"),
    [
        (3, "No warnings"),
        (7, "Gale warning: small craft stay in harbour"),
        (10, "STORM WARNING: stay in harbour"),
    ],
)
def test_the_headline_follows_the_strongest_gust(days: int, headline: str) -> None:
    assert weather_report(days=days).splitlines()[0] == headline


def test_the_limits_can_be_given() -> None:
    assert weather_report(days=3, limits=Limits(gale=14.0)).startswith("Gale warning")


def test_a_report_without_readings_says_so() -> None:
    assert weather_report(days=0) == "No warnings\nno readings"


def test_the_comparison_has_one_report_for_each_period() -> None:
    assert period_comparison(periods=[3, 10]) == [weather_report(days=3), weather_report(days=10)]


def test_the_quality_check_counts_the_faulty_readings() -> None:
    assert quality_check(days=10, limits=USUAL_LIMITS) == pytest.approx(28 / 30)


def test_the_launch_plans_bring_their_inputs() -> None:
    assert every_morning() == weather_report(days=3, limits=Limits(gale=13.9))
    assert whole_record() == weather_report(days=10)
    assert short_and_long() == [weather_report(days=days) for days in (3, 7, 10)]
    assert weekly_quality_check() == pytest.approx(quality_check(days=7, limits=USUAL_LIMITS))
