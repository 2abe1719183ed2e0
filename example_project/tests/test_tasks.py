from datetime import date

from harbour_weather.readings import USUAL_LIMITS, Limits, Reading, StationSummary, sample_readings
from harbour_weather.tasks import clean, group_by_station, load_readings, share_kept, summarize, warning_level

DAY = date(2026, 3, 1)


def test_the_sample_has_ten_days_of_three_stations() -> None:
    readings = sample_readings()
    assert {r.station for r in readings} == {"breakwater", "lighthouse", "pier"}
    assert len({r.day for r in readings}) == 10
    assert len(readings) == 30


def test_the_last_days_on_record_are_loaded() -> None:
    assert {r.day for r in load_readings(days=2)} == {date(2026, 3, 9), date(2026, 3, 10)}
    assert load_readings(days=0) == []


def test_what_no_instrument_can_measure_is_dropped() -> None:
    good = Reading("pier", DAY, 4.0, 7.0)
    missing, too_strong, gust_below_mean = (
        Reading("pier", DAY, mean, gust) for mean, gust in ((-99.9, -99.9), (7.5, 127.5), (9.0, 8.0))
    )
    assert clean(readings=[missing, good, too_strong, gust_below_mean], limits=USUAL_LIMITS) == [good]


def test_groups_come_in_the_order_of_the_stations_names() -> None:
    pier, light = Reading("pier", DAY, 4.0, 7.0), Reading("lighthouse", DAY, 8.0, 12.0)
    assert group_by_station(readings=[pier, light, pier]) == [[light], [pier, pier]]


def test_a_summary_holds_the_mean_and_the_strongest_gust() -> None:
    summary = summarize(readings=[Reading("pier", DAY, 4.0, 7.0), Reading("pier", DAY, 5.0, 9.5)])
    assert summary == StationSummary("pier", days=2, mean_wind=4.5, strongest_gust=9.5)


def test_the_warning_level_follows_the_limits() -> None:
    limits = Limits(gale=10, storm=20)
    levels = [
        warning_level(summaries=[StationSummary("pier", 1, 5.0, gust)], limits=limits)
        for gust in (9.9, 10.0, 20.0)
    ]
    assert levels == [0, 1, 2]
    assert warning_level(summaries=[], limits=limits) == 0


def test_nothing_read_is_nothing_lost() -> None:
    assert share_kept(before=[], after=[]) == 1.0
