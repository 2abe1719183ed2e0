"""What stopped a publish, as one error: for those who call it and expect one to be raised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatch_flyte.errors import ConflictError, RegistryError
from hatch_flyte.outcome import GOOD, Status

if TYPE_CHECKING:
    from hatch_flyte.errors import HatchFlyteError
    from hatch_flyte.outcome import Outcome, Report


def trouble_of(report: Report, conflict_hint: str) -> HatchFlyteError | None:
    """Return what stopped a publish: what it was cut off by, or the first that was refused; None if nothing did.

    `conflict_hint` says what to do about a version that is there with other content.
    """
    if report.ok:
        return None
    if report.error is not None:
        return report.error
    refused = [one for one in report.outcomes if one.status not in GOOD and one.status is not Status.SKIPPED]
    if refused:
        return refused[0].error or _conflict(refused[0], conflict_hint)
    unmoved = [moved for moved in report.moved if not moved.ok]
    failed = next((moved.error for moved in unmoved if moved.error), None)
    left = [*(one.detail for one in report.outcomes if one.status is Status.SKIPPED), *(one.detail for one in unmoved)]
    return failed or RegistryError(f"cluster {report.target.cluster}: {report.summary} ({left[0]})")


def _conflict(outcome: Outcome, hint: str) -> RegistryError:
    lines = "".join(f"\n  {difference}" for difference in outcome.differences)
    return ConflictError(
        f"{outcome.identifier}: is there with other content{lines}", hint=hint, identifier=outcome.identifier
    )
