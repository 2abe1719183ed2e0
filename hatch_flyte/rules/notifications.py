"""Rules about notifications of launch plans and executions. Source: notifications_validator.go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flyteidl.core.execution_pb2 import WorkflowExecution

from hatch_flyte.rules import catalogue
from hatch_flyte.rules.refusal import invalid_value, missing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flyteidl.admin.common_pb2 import Notification

_ENDS: Final = frozenset(
    {WorkflowExecution.SUCCEEDED, WorkflowExecution.FAILED, WorkflowExecution.TIMED_OUT, WorkflowExecution.ABORTED}
)
"""Phases in which an execution ends."""


def check_notifications(notifications: Iterable[Notification]) -> None:
    """Refuse notifications that reach nobody, or of what isn't an end."""
    for notification in notifications:
        kind = notification.WhichOneof("type")
        if kind is None:
            raise invalid_value("notification type", rule=catalogue.NOTIFICATION_KIND)
        recipients = getattr(notification, kind).recipients_email
        if not recipients:
            raise missing("recipients", rule=catalogue.NOTIFICATION_RECIPIENTS)
        if not all(recipients):
            raise missing("recipient", rule=catalogue.NOTIFICATION_RECIPIENTS)
        if not _ENDS.issuperset(notification.phases):
            raise invalid_value("phase", rule=catalogue.NOTIFICATION_PHASE)
