"""Errors, collected in scopes."""

from __future__ import annotations

import pytest

from hatch_flyte.rules.compiler.codes import ErrorCode
from hatch_flyte.rules.compiler.errors import CompileErrors, TooMuchError, Work, collected_text


def test_scopes_around_collect_too_and_those_beside_do_not() -> None:
    errors = CompileErrors()
    inner, beside = errors.scope().scope(), errors.scope()
    inner.value_required("n", "Id")
    assert errors.has_errors
    assert inner.has_errors
    assert not beside.has_errors


def test_the_same_error_is_listed_once_but_counts_in_each_scope() -> None:
    errors = CompileErrors()
    scopes = [errors.scope(), errors.scope()]
    for scope in scopes:
        scope.value_required("n", "Id")
    assert len(errors.sorted()) == 1
    assert all(scope.has_errors for scope in scopes)


def test_a_trial_is_nobodys() -> None:
    errors = CompileErrors()
    trial = errors.trial()
    trial.scope().value_required("n", "Id")
    assert trial.has_errors
    assert trial.scope().is_trial
    assert not errors.has_errors
    assert not errors.sorted()


def test_they_are_listed_by_code_then_by_text() -> None:
    errors = CompileErrors()
    errors.value_required("b", "Id")
    errors.value_required("a", "Id")
    errors.collect(ErrorCode.DUPLICATE_ALIAS, "z", "Twice.")
    assert collected_text(errors.sorted()) == (
        "Collected Errors: 3\n"
        "\tError 0: Code: DuplicateAlias, Node Id: z, Description: Twice.\n"
        "\tError 1: Code: ValueRequired, Node Id: a, Description: Value required [Id].\n"
        "\tError 2: Code: ValueRequired, Node Id: b, Description: Value required [Id].\n"
    )


def test_there_is_only_so_much_work_for_one_workflow() -> None:
    work = Work(10)
    work.spend(9)
    work.spend()
    with pytest.raises(TooMuchError):
        work.spend()


def test_long_texts_are_work_too() -> None:
    errors = CompileErrors(work=Work(100))
    errors.scope().value_required("n", "short")
    with pytest.raises(TooMuchError):
        errors.trial().value_required("n", "long" * 1000)
