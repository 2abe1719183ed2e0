from __future__ import annotations

import pytest

from hatch_flyte.config import Target
from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.errors import AccessError, HatchFlyteError, RejectedError, UnreachableError
from hatch_flyte.outcome import INTERRUPTED, Outcome, Report, Status, by_kind, exit_code

TARGET = Target("staging", None, insecure=False, project="p", domain="d")
ERRORS = {Status.FAILED: RejectedError("no"), Status.CONFLICT: None, Status.SKIPPED: None}


def outcome(status: Status, error: HatchFlyteError | None = None) -> Outcome:
    return Outcome(Identifier(Kind.TASK, "p", "d", "t", "1"), status, error=error or ERRORS.get(status))


def report(*statuses: Status, error: HatchFlyteError | None = None, interrupted: bool = False) -> Report:
    outcomes = tuple(outcome(status) for status in statuses)
    return Report(target=TARGET, place="", version="1", outcomes=outcomes, error=error, interrupted=interrupted)


@pytest.mark.parametrize(
    ("one", "code"),
    [
        pytest.param(report(Status.CREATED, Status.UNCHANGED), 0, id="good"),
        pytest.param(report(Status.PLANNED), 0, id="dry run"),
        pytest.param(report(), 0, id="nothing"),
        pytest.param(report(Status.CREATED, Status.CONFLICT, Status.SKIPPED), 8, id="conflict"),
        pytest.param(report(Status.FAILED, Status.SKIPPED), 7, id="failed"),
        pytest.param(report(Status.SKIPPED), 1, id="skipped is not good"),
        pytest.param(report(Status.SKIPPED, error=UnreachableError("away")), 5, id="cluster away"),
        pytest.param(report(Status.CREATED, Status.SKIPPED, interrupted=True), INTERRUPTED, id="interrupted"),
        pytest.param(report(Status.CREATED, interrupted=True), 0, id="interrupted when all was done"),
    ],
)
def test_the_exit_code_follows_from_the_outcomes(one: Report, code: int) -> None:
    assert one.exit_code == code
    assert one.ok is (code == 0)


@pytest.mark.parametrize(
    ("reports", "code"),
    [
        pytest.param((report(Status.CREATED), report(Status.UNCHANGED)), 0, id="all well"),
        pytest.param((report(Status.CREATED), report(Status.CONFLICT)), 8, id="one code"),
        pytest.param((report(Status.FAILED), report(Status.CONFLICT)), 1, id="different codes"),
        pytest.param(
            (report(Status.SKIPPED, error=AccessError("no")), report(Status.SKIPPED, interrupted=True)),
            INTERRUPTED,
            id="interrupted counts most",
        ),
    ],
)
def test_several_clusters_end_in_one_code(reports: tuple[Report, ...], code: int) -> None:
    assert exit_code(reports) == code


def test_a_summary_counts_what_there_is() -> None:
    statuses = (Status.UNCHANGED, Status.CREATED, Status.CREATED)

    assert report(*statuses).summary == "2 created, 1 unchanged"
    assert report().summary == "no entity"


def test_kinds_are_counted_in_words() -> None:
    assert by_kind([Kind.TASK, Kind.LAUNCH_PLAN, Kind.TASK]) == "2 tasks, 1 launch plan"
    assert by_kind([]) == "no entity"
