"""What goes wrong in a trial, as frozen values: which calls, which attempts of them, and what happens to each.

Decided by method, entity, attempt and seed, never by a clock or by who comes first, so that a trial is the same each
time however its calls overtake each other. `nth` alone counts arrivals.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from flyteidl.admin.common_pb2 import ObjectGetRequest
from flyteidl.admin.launch_plan_pb2 import LaunchPlanCreateRequest, LaunchPlanUpdateRequest
from flyteidl.admin.task_pb2 import TaskCreateRequest
from flyteidl.admin.workflow_pb2 import WorkflowCreateRequest
from grpc import StatusCode

if TYPE_CHECKING:
    from collections.abc import Sequence

ALWAYS = 1 << 30
"""As many attempts as there are."""

_REQUESTS: dict[str, Any] = {
    "CreateTask": TaskCreateRequest,
    "CreateWorkflow": WorkflowCreateRequest,
    "CreateLaunchPlan": LaunchPlanCreateRequest,
    "UpdateLaunchPlan": LaunchPlanUpdateRequest,
    **dict.fromkeys(("GetTask", "GetWorkflow", "GetLaunchPlan"), ObjectGetRequest),
}
UPLOAD = "PUT"
"""The method of an upload."""


@dataclass(frozen=True)
class Abort:
    """A status instead of an answer; the server is not asked."""

    code: StatusCode = StatusCode.UNAVAILABLE
    words: str = "on purpose"
    trailing: tuple[tuple[str, str | bytes], ...] = ()


@dataclass(frozen=True)
class Lose:
    """The server does as it is asked; its answer is lost, and a status or a broken connection comes instead."""

    code: StatusCode = StatusCode.UNAVAILABLE


@dataclass(frozen=True)
class Hang:
    """No answer at all. With `done` the server does as it is asked first."""

    done: bool = False


@dataclass(frozen=True)
class Delay:
    """The call is passed on, so many seconds later."""

    seconds: float


@dataclass(frozen=True)
class Garbage:
    """An answer that is none."""

    data: bytes = b"\xff\xff"


@dataclass(frozen=True)
class Restart:
    """Nobody listens for so many seconds; calls in flight break off."""

    seconds: float


@dataclass(frozen=True)
class GoDeaf:
    """The connections that there are lead nowhere from now on, and nobody is told; new ones are served."""


@dataclass(frozen=True)
class Happen:
    """Something happens outside, as the harness knows it by this name; then the call is passed on."""

    what: str


@dataclass(frozen=True)
class Answer:
    """A file store's answer; with `stored` it has the file nevertheless."""

    status: int
    retry_after: str = ""
    stored: bool = False


@dataclass(frozen=True)
class Cut:
    """A connection that is reset once this part of an upload has come; that much of it reaches the store."""

    after: float = 0.0


Act = Abort | Lose | Hang | Delay | Garbage | Restart | GoDeaf | Happen | Answer | Cut
"""Uploads know `Lose`, `Hang`, `Delay`, `Answer`, `Cut` and `Happen`."""


@dataclass(frozen=True)
class Call:
    """One call as it arrives."""

    method: str
    entity: str
    """The name of the entity it is about; of other calls a digest of the request."""
    attempt: int
    """How often this was asked before, and once more."""
    bearer: str = ""
    """The token that it shows."""

    @property
    def writes(self) -> bool:
        """Whether it is sent to change something; to ask for an upload's address changes nothing."""
        return self.method.startswith(("Create", "Update", UPLOAD)) and self.method != "CreateUploadLocation"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What happens to the calls that it fits: by default to the first attempt of each."""

    act: Act
    method: str = "*"
    """A pattern as file names have it; `PUT` is the upload."""
    name: str = "*"
    """A pattern for the entity."""
    attempts: int = 1
    """So many attempts of each call."""
    nth: int = 0
    """The call by which it happens, counted from 1 among those that fit; 0: all of them."""
    since: bool = False
    """Whether it happens to all calls after the `nth`, too."""
    share: float = 1.0
    """The part of all that fits."""
    bearer: str = "*"
    """A pattern for the token."""

    def fits(self, call: Call) -> bool:
        """Tell whether `call` is one of those that are meant, whatever its number and share."""
        patterns = ((call.method, self.method), (call.entity, self.name), (call.bearer, self.bearer))
        return call.attempt <= self.attempts and all(fnmatchcase(*pair) for pair in patterns)


class FaultPlan:
    """Which fault meets which call: the first that fits. Only `nth` makes it depend on what came before."""

    def __init__(self, faults: Sequence[Fault] = (), seed: int = 0) -> None:
        self._faults, self._seed = tuple(faults), seed
        self._counts = [0] * len(self._faults)

    def act(self, call: Call) -> Act | None:
        """Return what happens to `call`, None if nothing does. To be asked once for each call."""
        return next((fault.act for index, fault in enumerate(self._faults) if self._meets(index, fault, call)), None)

    def _meets(self, index: int, fault: Fault, call: Call) -> bool:
        if not fault.fits(call):
            return False
        self._counts[index] += 1
        number = self._counts[index]
        if fault.nth and number != fault.nth and not (fault.since and number > fault.nth):
            return False
        return _chance(self._seed, index, call) < fault.share


def _chance(seed: int, index: int, call: Call) -> float:
    """Return a number from 0 to 1 that is the same for the same call in every run."""
    text = f"{seed} {index} {call.method} {call.entity} {call.attempt}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / (1 << 64)


def entity_of(method: str, request: bytes) -> str:
    """Return the name of what a request is about, or a digest of the request."""
    if method in _REQUESTS:
        return str(_REQUESTS[method].FromString(request).id.name)
    return hashlib.sha256(request).hexdigest()[:12]
