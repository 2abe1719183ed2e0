"""A process that registers, or serves, until it is done or killed; it says what was acknowledged, a line each.

python -m registry.writer FOLDER create NAME COUNT
python -m registry.writer FOLDER upload COUNT
python -m registry.writer FOLDER serve PORT
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from registry.entities import DOMAIN, PROJECT, trio

import hatch_flyte
from hatch_flyte.bundle import Bundle
from hatch_flyte.errors import AlreadyExistsError
from hatch_flyte.registry.local import open_local

BUNDLE_BYTES = 3_000_000


def start(folder: Path, *arguments: object, **options: Any) -> subprocess.Popen[str]:
    """Start such a process; its output is text, line by line."""
    paths = [Path(__file__).parents[1], Path(hatch_flyte.__file__).parents[1]]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))}
    command = [sys.executable, "-m", "registry.writer", str(folder), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, **options)


def finished_lines(process: subprocess.Popen[str]) -> list[str]:
    """Return what a process says from here to its end, which must be a good one."""
    assert process.stdout
    with process.stdout as stream:
        lines = stream.read().splitlines()
    assert process.wait() == 0
    return lines


def bundle(number: int) -> Bundle:
    return Bundle(f"{number:032x}", bytes([number % 256]) * BUNDLE_BYTES)


def say(line: object) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def create(folder: Path, name: str, count: int) -> None:
    registry = open_local(folder)
    say("ready")
    for number in range(count):
        for identifier, spec in trio(f"{name}.{number}"):
            try:
                await registry.create(identifier, spec)
            except AlreadyExistsError:  # noqa: PERF203 # each entity has an outcome of its own
                say(f"there {identifier.kind.name} {identifier.name}")
            else:
                say(f"created {identifier.kind.name} {identifier.name}")
    await registry.close()


async def upload(folder: Path, count: int) -> None:
    registry = open_local(folder)
    say("ready")
    for number in range(count):
        await registry.upload(PROJECT, DOMAIN, bundle(number))
        say(f"uploaded {number}")
    await registry.close()


async def run_server(folder: Path, port: int) -> None:
    from hatch_flyte.registry.server import ServeOptions, serve

    await serve(folder, ServeOptions(port=port), lambda addresses: say(addresses.grpc), asyncio.Event())


def main(folder: str, task: str, *rest: str) -> None:
    if task == "create":
        asyncio.run(create(Path(folder), rest[0], int(rest[1])))
    elif task == "upload":
        asyncio.run(upload(Path(folder), int(rest[0])))
    else:
        asyncio.run(run_server(Path(folder), int(rest[0])))


if __name__ == "__main__":
    main(*sys.argv[1:])
