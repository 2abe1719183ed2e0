"""Who a cluster is told is calling: the port `Authenticator`, and bearer tokens from a variable or a command.

Tokens are held here and in gRPC, nowhere else; no message shows one. Knows neither gRPC nor configuration files.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final, Protocol

from hatch_flyte.errors import AccessError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

COMMAND_SECONDS: Final = 60.0
"""For a command to give a token: it may ask a service, but not a person."""


class Authenticator(Protocol):
    """Gives what a call shows, and another one when it was refused. Used in one event loop."""

    async def token(self) -> str:
        """Return the bearer token to show. Raises `AccessError` where there is none."""
        ...

    async def another(self, refused: str) -> str:
        """Return a token other than `refused`, which the cluster did not take; empty where there is no other."""
        ...

    @property
    def hint(self) -> str:
        """What to do about a token that is refused."""
        ...


class VariableToken:
    """A token that stands in an environment variable."""

    def __init__(self, name: str, environ: Mapping[str, str]) -> None:
        self._name, self._environ = name, environ

    @property
    def hint(self) -> str:
        """See `Authenticator.hint`."""
        return f"The token in the variable {self._name} is not taken: has it expired, or is it another cluster's?"

    async def token(self) -> str:
        """See `Authenticator.token`."""
        return _checked(self._environ.get(self._name, ""), f"the variable {self._name}")

    async def another(self, refused: str) -> str:
        """Return nothing: a variable does not change while we run."""
        del refused
        return ""


class CommandToken:
    """A token that a command prints. It is asked once, and again when the token was refused."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], folder: Path) -> None:
        self._command, self._environ, self._folder = tuple(command), environ, folder
        self._token = ""
        self._same = False
        """Whether asking again gave the token that had been refused: then it is not asked a third time."""
        self._asking = asyncio.Lock()

    @property
    def hint(self) -> str:
        """See `Authenticator.hint`."""
        return f"The token that `{self._command[0]}` prints is not taken, nor is another one that it was asked for."

    async def token(self) -> str:
        """See `Authenticator.token`."""
        async with self._asking:
            if not self._token:
                self._token = await self._ask()
            return self._token

    async def another(self, refused: str) -> str:
        """See `Authenticator.another`. Of many calls that are refused at once the first asks for all."""
        async with self._asking:
            if self._token == refused and not self._same:
                self._token = await self._ask()
                self._same = self._token == refused
            return "" if self._token == refused else self._token

    async def _ask(self) -> str:
        name = f"`{self._command[0]}`, the command of `auth`,"
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,  # it may have the token in it
                env=dict(self._environ),
                cwd=self._folder,
            )
        except OSError as problem:
            raise AccessError(f"{name} cannot be run ({problem.strerror or problem})") from problem
        try:
            output, _ = await asyncio.wait_for(process.communicate(), COMMAND_SECONDS)
        except asyncio.TimeoutError as problem:
            raise AccessError(f"{name} gave no token within {COMMAND_SECONDS:g} s") from problem
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        if process.returncode:
            raise AccessError(
                f"{name} gave no token (exit code {process.returncode})",
                hint="Run it by hand to see why: what it says is not shown here, since a token may be in it.",
            )
        return _checked(output.decode(errors="replace").strip(), name.rstrip(","))


def _checked(token: str, source: str) -> str:
    """Return `token` if a header can carry it: visible ASCII characters."""
    if not token:
        raise AccessError(f"expected a token from {source} (got nothing)", hint="Nothing was sent.")
    if not all("!" <= character <= "~" for character in token):
        raise AccessError(
            f"expected a token of visible ASCII characters from {source} (got others, or blanks)",
            hint="It must give the token alone, without `Bearer` before it. Nothing was sent.",
        )
    return token
