"""The table of faults: what happens, and the end that a publish must come to. docs/faults.md has the same rows."""

from __future__ import annotations

from dataclasses import replace

from faults.support_fault_case import (
    CLEAN,
    CREATES,
    TROUBLED,
    Case,
    held,
)
from faults.support_fault_plan import (
    ALWAYS,
    Abort,
    Delay,
    Fault,
    Garbage,
    GoDeaf,
    Hang,
    Lose,
    Restart,
)
from faults.support_fault_refusals import refusals, traps, uploads
from faults.support_trial import IMPATIENT
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped] # brings no stubs
from grpc import StatusCode

TRANSIENT = (
    StatusCode.CANCELLED,
    StatusCode.UNAVAILABLE,
    StatusCode.RESOURCE_EXHAUSTED,
    StatusCode.ABORTED,
    StatusCode.DEADLINE_EXCEEDED,
)
METHODS = (
    "ListProjects",
    "ListTasks",
    "ListWorkflows",
    "ListLaunchPlans",
    "ListActiveLaunchPlans",
    *CREATES,
    "CreateUploadLocation",
    "UpdateLaunchPlan",
)
"""All that a publish calls, where nothing of the archive is there."""


def retry_info(seconds: float) -> tuple[tuple[str, str | bytes], ...]:
    """Return trailing metadata with a `google.rpc.RetryInfo`."""
    detail = any_pb2.Any()
    delay = duration_pb2.Duration(nanos=int(seconds * 1e9))
    detail.Pack(error_details_pb2.RetryInfo(retry_delay=delay))
    return (("grpc-status-details-bin", status_pb2.Status(details=[detail]).SerializeToString()),)


def _transient() -> list[Case]:
    codes = [
        Case(
            row="a transient code",
            name=f"{code.name} of {method}",
            conditions=held(Fault(act=Abort(code), method=method)),
        )
        for code in TRANSIENT
        for method in METHODS
    ]
    twelfth = [
        Case(
            row="the n-th call fails",
            name=f"{number}",
            conditions=held(Fault(act=Abort(), nth=number)),
        )
        for number in (1, 2, 7, 12, 19)
    ]
    share = [
        Case(
            row="20 % of calls fail",
            name=f"{type(act).__name__.lower()}, seed {seed}",
            conditions=held(Fault(act=act, method="[!P]*", attempts=ALWAYS, share=0.2), seed=seed),
            writes=TROUBLED,
            size=40,
        )
        for act in (Abort(), Lose(), Abort(StatusCode.RESOURCE_EXHAUSTED))
        for seed in (1, 2)
    ]
    return [*codes, *twelfth, *share]


def _answers() -> list[Case]:
    return [
        Case(row="nothing fails", writes=CLEAN),
        *(
            Case(
                row="an acknowledgement is lost",
                name=f"of {method}",
                conditions=held(Fault(act=Lose(), method=method)),
            )
            for method in (*CREATES, "UpdateLaunchPlan", "CreateUploadLocation")
        ),
        Case(
            row="every acknowledgement is lost",
            conditions=held(Fault(act=Lose(), method="CreateTask", attempts=ALWAYS)),
        ),
        *(
            Case(
                row="a call hangs",
                name=f"{method}{', done' if done else ''}",
                conditions=held(Fault(act=Hang(done), method=method), patience=IMPATIENT),
            )
            for method in ("ListTasks", "CreateTask", "CreateWorkflow", "UpdateLaunchPlan")
            for done in (False, True)
        ),
        Case(
            row="a server never answers",
            conditions=held(Fault(act=Hang(), attempts=ALWAYS), patience=IMPATIENT),
            code=5,
            says="DEADLINE_EXCEEDED",
        ),
        Case(
            row="an answer is none",
            conditions=held(Fault(act=Garbage(), method="ListTasks", attempts=ALWAYS)),
            code=7,
            says="not its answer",
        ),
    ]


def _pace() -> list[Case]:
    exhausted = StatusCode.RESOURCE_EXHAUSTED
    asked: dict[str, tuple[tuple[str, str | bytes], ...]] = {
        "without a word": (),
        "with RetryInfo": retry_info(0.2),
        "with pushback": (("grpc-retry-pushback-ms", "200"),),
    }
    return [
        *(
            Case(
                row="throttling",
                name=name,
                conditions=held(Fault(act=Abort(exhausted, "slower", trailing), method="Create*", attempts=2)),
            )
            for name, trailing in asked.items()
        ),
        Case(
            row="throttling until later than the deadline",
            conditions=held(
                Fault(act=Abort(exhausted, "quota", (("grpc-retry-pushback-ms", "60000"),)), method="CreateTask"),
                deadline=5,
            ),
            code=5,
            says="asks to wait 60 s",
        ),
        Case(
            row="a pushback that forbids another attempt",
            conditions=held(Fault(act=Abort(trailing=(("grpc-retry-pushback-ms", "-1"),)), method="CreateWorkflow")),
            code=5,
            says="on purpose",
        ),
        Case(row="a slow server", conditions=held(Fault(act=Delay(0.05), attempts=ALWAYS)), writes=CLEAN),
        Case(
            row="a transient code that stays",
            conditions=held(Fault(act=Abort(), method="CreateLaunchPlan", attempts=ALWAYS), deadline=0.5),
            code=5,
            says=r"tried \d+ times",
        ),
        Case(
            row="big messages",
            conditions=held(options=(("grpc.max_receive_message_length", 300),)),
            code=7,
            says="maxMessageSizeBytes",
            writes=CLEAN,
        ),
    ]


def _connections() -> list[Case]:
    restarts = [
        Case(
            row="the server restarts",
            name=f"for {seconds:g} s at write {number}",
            conditions=held(Fault(act=Restart(seconds), method="Create[!U]*", nth=number)),
            long=seconds > 1,
        )
        for seconds, number in ((0.3, 1), (0.3, 6), (0.3, 10), (2, 5), (15, 7))
    ]
    ages = [
        Case(
            row="GOAWAY (max_connection_age)",
            name=f"{age} ms, {grace} ms of grace",
            conditions=held(
                Fault(act=Delay(0.06), attempts=ALWAYS),
                options=(("grpc.max_connection_age_ms", age), ("grpc.max_connection_age_grace_ms", grace)),
            ),
        )
        for age, grace in ((200, 5000), (200, 20))
    ]
    deaf = [
        Case(
            row="a half-open connection",
            name=f"at {method}",
            conditions=held(Fault(act=GoDeaf(), method=method, nth=1), patience=IMPATIENT),
        )
        for method in ("ListTasks", "CreateTask", "CreateWorkflow")
    ]
    return [
        *restarts,
        Case(
            row="the server stays away",
            conditions=held(Fault(act=Restart(3), method="CreateWorkflow", nth=2), deadline=0.6),
            code=5,
            says="went away|on purpose|UNAVAILABLE",
        ),
        *ages,
        *deaf,
        Case(
            row="DNS failure",
            conditions=held(connection={"target": "dns:///flyte.invalid:443"}),
            code=5,
            says="no such host|nobody answers",
        ),
        Case(
            row="nobody listens",
            conditions=held(connection={"target": "dns:///127.0.0.1:1"}, patience=replace(IMPATIENT, connect=0.5)),
            code=5,
            says="nobody listens",
        ),
        Case(
            row="certificate errors",
            name="it speaks no TLS",
            conditions=held(connection={"insecure": False}),
            code=5,
            says="speaks no TLS",
        ),
    ]


CASES = [
    *_answers(), *_transient(), *_pace(), *_connections(), *refusals(), *traps(), *uploads(),
]  # fmt: skip
