"""Commands of other programs, run as a user would who has no settings of their own."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


async def run(folder: Path, *command: str) -> tuple[int, str, str]:
    """Run a command in `folder` with a home of its own; return its exit status and what it said."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FLYTE")}
    home = folder / "home"
    home.mkdir(exist_ok=True)
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env=kept | {"HOME": str(home), "COLUMNS": "200", "PYTHONWARNINGS": "ignore"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    return process.returncode or 0, output.decode(), errors.decode()
