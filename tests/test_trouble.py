from __future__ import annotations

from support_registries import TARGET
from support_releases import plan_id

from hatch_flyte.activation import Move, Moved, MoveStatus
from hatch_flyte.errors import ConflictError, HatchFlyteError, RegistryError, RejectedError, UnreachableError
from hatch_flyte.outcome import Outcome, Report, Status
from hatch_flyte.trouble import trouble_of
from hatch_flyte.wire.compare import Difference

ENTITY = plan_id("acme.flow", "1.0")
REFUSED = RejectedError("refused")
HINT = "do this"


def trouble(*outcomes: Outcome, moved: tuple[Moved, ...] = (), error: HatchFlyteError | None = None) -> object:
    report = Report(target=TARGET, place="", version="1.0", outcomes=outcomes, moved=moved, error=error)
    return trouble_of(report, HINT)


def test_what_is_as_it_should_be_has_none() -> None:
    assert trouble(Outcome(ENTITY, Status.CREATED)) is None


def test_what_stopped_the_whole_cluster_comes_first() -> None:
    away = UnreachableError("nobody answers")

    assert trouble(Outcome(ENTITY, Status.SKIPPED), error=away) is away


def test_then_the_first_entity_that_was_refused() -> None:
    failed = Outcome(ENTITY, Status.FAILED, "refused", error=REFUSED)

    assert trouble(Outcome(ENTITY, Status.SKIPPED, "not sent"), failed) is REFUSED


def test_a_conflict_says_what_differs_and_what_to_do() -> None:
    problem = trouble(Outcome(ENTITY, Status.CONFLICT, differences=(Difference("spec.x", "1", "2"),)))

    assert isinstance(problem, ConflictError)
    assert "is there with other content\n  spec.x" in problem.message
    assert (problem.hint, problem.identifier) == (HINT, ENTITY)


def test_then_what_could_not_be_activated() -> None:
    move = Move(ENTITY, activate=True)
    skipped = Moved(move, MoveStatus.SKIPPED, "not sent: b has not registered all")

    assert trouble(moved=(skipped, Moved(move, MoveStatus.FAILED, "refused", REFUSED))) is REFUSED
    assert str(trouble(moved=(skipped,))) == (
        "cluster local: no entity; 1 skipped (not sent: b has not registered all)"
    )


def test_what_was_interrupted_says_so() -> None:
    problem = trouble(Outcome(ENTITY, Status.SKIPPED, "not sent: interrupted"))

    assert type(problem) is RegistryError
    assert str(problem) == "cluster local: 1 skipped (not sent: interrupted)"
