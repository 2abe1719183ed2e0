"""Rows of the table of faults in which a server refuses, misleads, or doesn't keep what it is given."""

from __future__ import annotations

from faults.support_fault_case import (
    CLEAN,
    CREATES,
    UNDISTURBED,
    Case,
    held,
)
from faults.support_fault_plan import (
    ALWAYS,
    UPLOAD,
    Abort,
    Answer,
    Cut,
    Fault,
    Hang,
    Lose,
)
from faults.support_trial import IMPATIENT
from grpc import StatusCode


def refusals() -> list[Case]:
    """Return the rows in which a server says no."""
    denied = Abort(StatusCode.PERMISSION_DENIED, "not yours")
    late = {"attempts": ALWAYS, "nth": 8, "since": True}
    return [
        Case(
            row="everything is denied",
            name="from the first write on",
            conditions=held(Fault(act=denied, method="Create[!U]*", attempts=ALWAYS)),
            code=6,
            says="not yours",
            writes=CLEAN,
        ),
        Case(
            row="everything is denied",
            name="reads too",
            conditions=held(Fault(act=denied, attempts=ALWAYS)),
            code=6,
            says="not yours",
            writes=CLEAN,
        ),
        Case(
            row="a revoked token in the middle",
            conditions=held(Fault(act=Abort(StatusCode.UNAUTHENTICATED, "token revoked"), **late)),  # type: ignore[arg-type] # the fields are these
            code=6,
            says="token revoked",
            writes=CLEAN,
        ),
        *(
            Case(
                row="one entity is refused",
                name=f"{method}{', keep going' if going else ''}",
                conditions=held(
                    Fault(act=Abort(StatusCode.INVALID_ARGUMENT, "a rule"), method=method, name="*1"),
                    keep_going=going,
                ),
                code=7,
                says="a rule",
                writes=CLEAN,
            )
            for method in CREATES
            for going in (False, True)
        ),
        Case(
            row="an internal error",
            conditions=held(Fault(act=Abort(StatusCode.INTERNAL, "panic"), method="CreateWorkflow", name="*2")),
            code=7,
            says="panic",
            writes=CLEAN,
        ),
    ]


def traps() -> list[Case]:
    """Return the rows of what flyteadmin says that is not so."""
    there = StatusCode.ALREADY_EXISTS
    return [
        *(
            Case(
                row="ALREADY_EXISTS of what is not there",
                name=method,
                conditions=held(Fault(act=Abort(there, "it is there"), method=method, name="*0", attempts=ALWAYS)),
                code=7,
                says="another version",
                writes=CLEAN,
            )
            for method in CREATES
        ),
        Case(
            row="a workflow that is found a moment later",
            conditions=held(
                Fault(act=Abort(StatusCode.NOT_FOUND, "no such workflow"), method="CreateLaunchPlan", attempts=2)
            ),
        ),
        Case(
            row="ALREADY_EXISTS of what is there",
            conditions=held(
                Fault(act=Lose(StatusCode.ALREADY_EXISTS), method="Create[TWL]*"),
                Fault(act=Abort(StatusCode.NOT_FOUND, "not yet"), method="Get*"),
            ),
            writes=CLEAN,
        ),
    ]


def uploads() -> list[Case]:
    """Return the rows of the file store."""

    def case(row: str, act: Abort | Answer | Cut | Lose | Hang, attempts: int = 1, **more: object) -> Case:
        patience = IMPATIENT if isinstance(act, Hang) else UNDISTURBED.patience
        conditions = held(
            Fault(act=act, method=UPLOAD, attempts=attempts), patience=patience, deadline=more.pop("deadline", 30)
        )
        return Case(row=f"upload: {row}", conditions=conditions, **more)  # type: ignore[arg-type] # the fields are these

    return [
        case("403", Answer(403), code=6, says="403", writes=CLEAN),
        case("500", Answer(500), name="once"),
        case("500", Answer(500), ALWAYS, name="always", code=5, says="500", deadline=0.4),
        case("503 with Retry-After", Answer(503, "1"), name="1 s"),
        case("503 with Retry-After", Answer(503, "600"), name="600 s", code=5, says="503", deadline=5, writes=CLEAN),
        case("a reset connection", Cut(), name="at once"),
        case("a reset connection", Cut(0.9), name="late"),
        case("a reset connection", Cut(), ALWAYS, name="always", code=5, says="connection broke", deadline=0.4),
        case("truncated", Cut(0.5)),
        case("the acknowledgement is lost", Lose()),
        case("the store hangs", Hang(), name="without the file"),
        case("the store hangs", Hang(done=True), name="with the file"),
        case("acknowledged but not stored", Answer(200), ALWAYS, code=7, says="not there|not stored"),
        case("acknowledged but not stored", Answer(200), name="once", code=7, says="not there|not stored"),
        case("500 though it is stored", Answer(500, stored=True)),
    ]
