"""Secrets that a server repeats leave in no error: neither in its words nor in what caused it."""

from __future__ import annotations

import asyncio
import traceback

import pytest

from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.errors import NotFoundError, RejectedError
from hatch_flyte.registry.redaction import HIDDEN, Secrets

CANARY = "canary-93af/+x"


def secrets(*texts: str) -> Secrets:
    known = Secrets()
    known.add(*texts)
    return known


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (f"bad token {CANARY}", "bad token •••"),
        (f"got 'Bearer {CANARY}'", "got '•••'"),
        ("/?token=canary-93af%2F%2Bx", "/?token=•••"),
        ("Basic QmVhcmVyIGNhbmFyeS05M2FmLyt4", "Basic •••"),
        ("nothing of it", "nothing of it"),
    ],
)
def test_every_form_of_a_secret_is_replaced(said: str, shown: str) -> None:
    assert secrets(f"Bearer {CANARY}").hide(said) == shown


def test_forms_with_escapes_are_known_too() -> None:
    value = 'quo"te\\back'
    assert secrets(value).hide(f"{value!r} and {value}") == f"'{HIDDEN}' and {HIDDEN}"
    assert secrets(value).hide(r'"quo\"te\\back"') == f'"{HIDDEN}"'


def test_a_longer_secret_is_hidden_before_a_part_of_it() -> None:
    assert secrets("secret", "secret-and-more").hide("secret-and-more, secret") == f"{HIDDEN}, {HIDDEN}"


def test_short_texts_are_no_secrets() -> None:
    assert secrets("a", "prod", "").hide("a prod") == "a prod"


class TestGuard:
    async def failing(self, known: Secrets, problem: Exception, cause: Exception | None = None) -> Exception:
        async def work() -> None:
            await asyncio.sleep(0)
            raise problem from cause

        with pytest.raises(type(problem)) as caught:
            await known.guard(work())
        return caught.value

    async def test_what_succeeds_is_handed_on(self) -> None:
        assert await secrets(CANARY).guard(asyncio.sleep(0, "answer")) == "answer"

    async def test_an_error_without_secrets_is_raised_as_it_is_with_its_cause(self) -> None:
        problem, cause = RejectedError("no"), OSError("broken")
        assert await self.failing(secrets(CANARY), problem, cause) is problem
        assert problem.__cause__ is cause

    async def test_an_error_that_repeats_one_keeps_all_but_that(self) -> None:
        identifier = Identifier(Kind.TASK, "p", "d", "n", "1")
        problem = NotFoundError(f"no {CANARY}", hint=f"not {CANARY}", identifier=identifier)
        error = await self.failing(secrets(CANARY), problem)
        assert isinstance(error, NotFoundError)
        assert (error.message, error.hint, error.identifier) == ("no •••", "not •••", identifier)
        assert CANARY not in "".join(traceback.format_exception(error))

    @pytest.mark.parametrize("deep", [False, True])
    async def test_a_cause_that_repeats_one_is_left_out(self, *, deep: bool) -> None:
        cause = OSError(f"sent {CANARY}")
        between = ValueError("between")
        between.__context__ = cause
        error = await self.failing(secrets(CANARY), RejectedError("no"), between if deep else cause)
        assert str(error) == "no"
        assert (error.__cause__, error.__context__) == (None, None)

    async def test_other_exceptions_are_not_its_affair(self) -> None:
        problem = ValueError(CANARY)
        assert await self.failing(secrets(CANARY), problem) is problem
