"""What the local registry answers when it does not do as asked, before it is a status or an exception of ours.

Knows neither gRPC nor the error tree: `local` and `server` translate it, each at one place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hatch_flyte.status_code import Code

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from hatch_flyte.rules.rule import Rule

DIFFERENT_STRUCTURE: Final = "with different structure already exists"
"""What flyteadmin says, with INVALID_ARGUMENT, of a version that holds other content (all releases since 1.13)."""


class RefusalError(Exception):
    """The local registry refuses a request.

    `message` is worded as flyteadmin words it; `details` are the messages that flyteadmin packs into its status; `rule`
    is what is broken, where it is more than that something isn't there.
    """

    def __init__(self, code: Code, message: str, *details: Message, rule: Rule | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
        self.rule = rule


def invalid(message: str, *details: Message, rule: Rule | None = None) -> RefusalError:
    """Return the refusal of a request that is wrong in itself."""
    return RefusalError(Code.INVALID_ARGUMENT, message, *details, rule=rule)


def missing(field: str, *, rule: Rule | None = None) -> RefusalError:
    """Return flyteadmin's refusal of a request that lacks a field."""
    return invalid(f"missing {field}", rule=rule)


def invalid_value(field: str, *, rule: Rule | None = None) -> RefusalError:
    """Return flyteadmin's refusal of a field's value."""
    return invalid(f"invalid value for {field}", rule=rule)


def not_found(message: str) -> RefusalError:
    """Return the refusal of a request about something that isn't there."""
    return RefusalError(Code.NOT_FOUND, message)
