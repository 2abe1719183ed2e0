"""Cron expressions: what robfig/cron's ParseStandard takes, and its words for what it doesn't."""

from __future__ import annotations

import pytest

from hatch_flyte.rules.cron import CronError, check_cron


@pytest.mark.parametrize(
    "text",
    [
        "0 6 * * *",
        "*/5 0-23/2 1,15 JAN-dec Mon",
        "? ? ? ? ?",
        "0,,5 * * * *",
        ", * * * *",
        "*-5 * * * *",
        "5/10 * * * *",
        "+5 * * * *",
        "0\t6 * * *",
        "@daily",
        "@every 1h30m",
        "@every -1.5s",
        "TZ=UTC 0 6 * * *",
        "CRON_TZ=Europe/Berlin @hourly",
        "TZ= 0 6 * * *",
    ],
)
def test_an_expression_is_taken(text: str) -> None:
    check_cron(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 0 6 * * *", "expected exactly 5 fields, found 6: [0 0 6 * * *]"),
        ("   ", "expected exactly 5 fields, found 0: []"),
        ("60 * * * *", "end of range (60) above maximum (59): 60"),
        ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
        ("* * * * 7", "end of range (7) above maximum (6): 7"),
        ("* * * * monday", 'failed to parse int from monday: strconv.Atoi: parsing "monday": invalid syntax'),
        ("-1 * * * *", 'failed to parse int from : strconv.Atoi: parsing "": invalid syntax'),
        ("*/-1 * * * *", "negative number (-1) not allowed: -1"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"),
        ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
        ("1/2/3 * * * *", "too many slashes: 1/2/3"),
        (
            f"{'9' * 20} * * * *",
            f'failed to parse int from {"9" * 20}: strconv.Atoi: parsing "{"9" * 20}": value out of range',
        ),
        ("@Daily", "unrecognized descriptor: @Daily"),
        ("@every", "unrecognized descriptor: @every"),
        ("@every soon", 'failed to parse duration @every soon: time: invalid duration "soon"'),
        ("@every 5", 'failed to parse duration @every 5: time: missing unit in duration "5"'),
        ("@every 5d", 'failed to parse duration @every 5d: time: unknown unit "d" in duration "5d"'),
        ("TZ=Nowhere/Land 0 6 * * *", "provided bad location Nowhere/Land: unknown time zone Nowhere/Land"),
        ("TZ=../etc 0 6 * * *", "provided bad location ../etc: time: invalid location name"),
        (f"0 6 * * *{' ' * 10_000}", "expected at most 10000 characters, found 10009"),
        ("TZ=UTC", "expected an expression behind the time zone, found none: TZ=UTC"),
    ],
)
def test_what_is_no_expression_is_refused_in_the_librarys_words(text: str, message: str) -> None:
    with pytest.raises(CronError) as caught:
        check_cron(text)
    assert str(caught.value) == message
